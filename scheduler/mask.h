/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of the nodes of one block, as four words. The loops are written so that the compiler makes them straight; comparisons of bytes and of halves become
 * masks with the one instruction that processors have for it, where it is known here. */
#pragma once

#include "scheduler/sched.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SCHED_MASK_WORDS (SCHED_BLOCK / 64)

struct sched_mask {
	uint64_t w[SCHED_MASK_WORDS];
};

static inline struct sched_mask mask_none(void)
{
	return (struct sched_mask){ { 0 } };
}

static inline struct sched_mask mask_of(const uint64_t *words)
{
	struct sched_mask m;

	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		m.w[k] = words[k];
	return m;
}

static inline struct sched_mask mask_and(struct sched_mask a, struct sched_mask b)
{
	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		a.w[k] &= b.w[k];
	return a;
}

static inline struct sched_mask mask_or(struct sched_mask a, struct sched_mask b)
{
	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		a.w[k] |= b.w[k];
	return a;
}

static inline struct sched_mask mask_not(struct sched_mask a)
{
	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		a.w[k] = ~a.w[k];
	return a;
}

/* a without b */
static inline struct sched_mask mask_minus(struct sched_mask a, struct sched_mask b)
{
	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		a.w[k] &= ~b.w[k];
	return a;
}

static inline bool mask_any(struct sched_mask a)
{
	return (a.w[0] | a.w[1] | a.w[2] | a.w[3]) != 0;
}

static inline void mask_drop(struct sched_mask *m, size_t i)
{
	m->w[i / 64] &= ~((uint64_t)1 << (i % 64));
}

/* Two bits, four, eight at a time: processors that Debian builds for need not be able to count. */
static inline uint64_t mask_count_pairs(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	return (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
}

static inline uint32_t mask_count(struct sched_mask a)
{
	uint64_t bytes = 0; /* 32 at most in each */

	for (size_t k = 0; k < SCHED_MASK_WORDS; k++)
		bytes += mask_count_pairs(a.w[k]);
	bytes = (bytes & 0x00ff00ff00ff00ff) + (bytes >> 8 & 0x00ff00ff00ff00ff);
	return (uint32_t)(bytes * 0x0001000100010001 >> 48);
}

/* for (size_t i; mask_next(&m, &i);) takes one after another out of m. */
static inline bool mask_next(struct sched_mask *m, size_t *ret)
{
	for (size_t k = 0; k < SCHED_MASK_WORDS; k++) {
		if (m->w[k] == 0)
			continue;
		*ret = 64 * k + (size_t)__builtin_ctzll(m->w[k]);
		m->w[k] &= m->w[k] - 1;
		return true;
	}
	return false;
}

/* Where the byte is at least `least`. The columns are aligned and as long as whole blocks. */
static inline struct sched_mask mask_bytes_from(const uint8_t *bytes, uint8_t least)
{
	struct sched_mask m = { { 0 } };
#if defined(__SSE2__)
	__m128i want = _mm_set1_epi8((char)least);

	for (size_t k = 0; k < SCHED_BLOCK / 16; k++) {
		__m128i have = _mm_load_si128((const __m128i *)(const void *)bytes + k);
		uint32_t bits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(have, want), have));

		m.w[k / 4] |= (uint64_t)bits << (k % 4 * 16);
	}
#else
	for (size_t i = 0; i < SCHED_BLOCK; i++)
		m.w[i / 64] |= (uint64_t)(bytes[i] >= least) << (i % 64);
#endif
	return m;
}

/* Where the half is at most `most`. */
static inline struct sched_mask mask_halves_to(const int16_t *halves, int16_t most)
{
	struct sched_mask m = { { 0 } };
#if defined(__SSE2__)
	__m128i want = _mm_set1_epi16(most);

	for (size_t k = 0; k < SCHED_BLOCK / 16; k++) {
		const __m128i *at = (const __m128i *)(const void *)halves + 2 * k;
		__m128i low = _mm_cmpgt_epi16(_mm_load_si128(at), want), high = _mm_cmpgt_epi16(_mm_load_si128(at + 1), want);
		uint32_t bits = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) ^ 0xffff;

		m.w[k / 4] |= (uint64_t)bits << (k % 4 * 16);
	}
#else
	for (size_t i = 0; i < SCHED_BLOCK; i++)
		m.w[i / 64] |= (uint64_t)(halves[i] <= most) << (i % 64);
#endif
	return m;
}
