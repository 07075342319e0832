/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Randomness for property tests: the seed is printed first, and CC_SEED=n replays. Splitmix64, so that every machine gives the same run. */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct test_random {
	uint64_t state;
};

static inline struct test_random test_random_new(void)
{
	const char *given = getenv("CC_SEED");
	struct timespec now;
	struct test_random r;

	clock_gettime(CLOCK_REALTIME, &now);
	r.state = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec * 2654435761u + (uint64_t)now.tv_sec;
	printf("CC_SEED=%" PRIu64 "\n", r.state);
	fflush(stdout);
	return r;
}

static inline uint64_t test_random_next(struct test_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint32_t test_random_below(struct test_random *r, uint32_t n)
{
	return (uint32_t)(test_random_next(r) % n);
}
