/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A descriptor that becomes readable at a moment of boot time. For loops that must wake when a lease ends: the time-outs of poll and epoll stand still while
 * the machine sleeps, so a wait that was begun before is over only long after its moment. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define CC_NEVER_MS INT64_MAX

/* Set to never. The descriptor is the caller's. @err IO */
int cc_boot_timer_open(int *ret_fd, struct cc_error *err);
/* Readable from `at_ms` (cc_boottime_ms) on, until it is set anew; CC_NEVER_MS: not at all. */
void cc_boot_timer_set(int fd, int64_t at_ms);

static inline int64_t cc_earlier_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
