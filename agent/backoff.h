/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting longer after each failure in a row. Pure: times are boot time in ms and come as arguments, so does chance. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS   60000

struct backoff {
	unsigned failures; /* in a row */
	int64_t next_ms;   /* not before; 0: at once */
};

/* 1 s, 2 s, 4 s … 60 s. */
int64_t backoff_delay_ms(unsigned failures);

/* Counts one more failure at `now_ms` and returns the wait. With `chance` other than 0 the wait is between a half and the whole of it, so that a village's
 * nodes do not come back in step. */
int64_t backoff_fail(struct backoff *b, int64_t now_ms, uint32_t chance);
void backoff_reset(struct backoff *b);
static inline bool backoff_due(const struct backoff *b, int64_t now_ms)
{
	return now_ms >= b->next_ms;
}
