/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of blocks, the newest first; the newest serves until it is full. Pieces over half a block get a block of their own behind the newest. */
#include "common/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ONE_BLOCK_PER_PIECE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_PER_PIECE 1
#endif
#endif
#ifndef ONE_BLOCK_PER_PIECE
#define ONE_BLOCK_PER_PIECE 0
#endif

#define DEFAULT_BLOCK 4096
#define ALIGNMENT     _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) unsigned char data[];
};

struct cc_arena {
	struct block *blocks;
	size_t block_bytes;
	size_t used;
};

struct cc_arena *cc_arena_new(size_t block_bytes)
{
	struct cc_arena *a = cc_calloc(1, sizeof(*a));

	a->block_bytes = block_bytes ? block_bytes : DEFAULT_BLOCK;
	return a;
}

static void free_blocks(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void cc_arena_free(struct cc_arena *a)
{
	if (a == NULL)
		return;
	free_blocks(a->blocks);
	free(a);
}

void cc_arena_reset(struct cc_arena *a)
{
	a->used = 0;
	if (a->blocks == NULL)
		return;
	free_blocks(a->blocks->next);
	a->blocks->next = NULL;
	if (ONE_BLOCK_PER_PIECE) {
		free(a->blocks);
		a->blocks = NULL;
		return;
	}
	a->blocks->used = 0;
}

size_t cc_arena_used(const struct cc_arena *a)
{
	return a->used;
}

static struct block *block_new(size_t size)
{
	struct block *b = cc_malloc(sizeof(*b) + size);

	b->size = size;
	b->used = 0;
	return b;
}

static struct block *block_for(struct cc_arena *a, size_t size)
{
	struct block *newest = a->blocks;
	struct block *b;

	if (!ONE_BLOCK_PER_PIECE && newest != NULL && newest->size - newest->used >= size)
		return newest;
	if (newest != NULL && size > a->block_bytes / 2) {
		b = block_new(size);
		b->next = newest->next;
		newest->next = b;
		return b;
	}
	b = block_new(ONE_BLOCK_PER_PIECE || size > a->block_bytes ? size : a->block_bytes);
	b->next = newest;
	a->blocks = b;
	return b;
}

static size_t round_up(size_t size)
{
	if (size == 0)
		size = 1;
	return ONE_BLOCK_PER_PIECE ? size : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *cc_arena_alloc(struct cc_arena *a, size_t size)
{
	size_t need = round_up(size);
	struct block *b;
	void *p;

	/* Far below where rounding and the head of a block would wrap. */
	if (size > PTRDIFF_MAX / 2)
		cc_out_of_memory(size);
	b = block_for(a, need);
	p = b->data + b->used;
	b->used += need;
	a->used += need;
	return memset(p, 0, size);
}

void *cc_arena_array(struct cc_arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		cc_out_of_memory(SIZE_MAX);
	return cc_arena_alloc(a, bytes);
}

char *cc_arena_strdup(struct cc_arena *a, const char *s)
{
	return cc_arena_memdup(a, s, strlen(s));
}

char *cc_arena_memdup(struct cc_arena *a, const void *p, size_t len)
{
	char *copy = cc_arena_alloc(a, len + 1);

	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

char *cc_vprintf(struct cc_arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	CC_PRE(len >= 0);
	s = cc_arena_alloc(a, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	return s;
}

char *cc_printf(struct cc_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = cc_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
