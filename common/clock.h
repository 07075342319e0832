/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clocks. Wall time is for people and ids; durations and leases count boot time, which no one can set. A test build can shift the wall clock by the
 * environment variable CC_TEST_CLOCK_OFFSET_FILE: a file holding milliseconds to add, read at each call; release builds ignore it. */
#pragma once

#include "common/arena.h"
#include "common/error.h"

#include <stdint.h>

#define CC_TIME_TEXT 25 /* "2026-11-20T21:05:00.123Z" with its NUL */

/* Milliseconds since 1970, UTC. */
int64_t cc_now_ms(void);
/* Milliseconds since boot, counting sleep (CLOCK_BOOTTIME). */
int64_t cc_boottime_ms(void);
/* The kernel's id of this boot, 36 characters; "" when it cannot be read. Any thread. */
const char *cc_boot_id(void);

/* The moments that RFC 3339 can write: years 1 to 9999. */
#define CC_TIME_MIN_MS INT64_C(-62135596800000)
#define CC_TIME_MAX_MS INT64_C(253402300799999)

/* RFC 3339 in UTC with milliseconds; returns `text`. Outside the years 1 to 9999 the first or last moment within. */
char *cc_time_format(int64_t ms, char text[CC_TIME_TEXT]);
/* Reads RFC 3339 with any offset and up to nine decimals; what is under a millisecond is cut off. A leap second is the moment after it. Sets *ret only on
 * success. @err INVALID no such form or date, or outside the years 1 to 9999 */
int cc_time_parse(const char *text, int64_t *ret_ms, struct cc_error *err);

/* The longest duration: a hundred years. A clock plus one cannot overflow. */
#define CC_DURATION_MAX_MS (INT64_C(36500) * 86400000)

/* Reads "250ms", "30s", "5m", "12h", "7d". Sets *ret only on success. @err INVALID no such form, or over CC_DURATION_MAX_MS */
int cc_duration_parse(const char *text, int64_t *ret_ms, struct cc_error *err);
/* The largest unit that divides it: "90s", "2h". In the arena. */
char *cc_duration_format(struct cc_arena *a, int64_t ms);
