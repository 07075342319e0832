/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/boot_timer.h"

#include "common/check.h"

#include <sys/timerfd.h>
#include <time.h>

int cc_boot_timer_open(int *ret_fd, struct cc_error *err)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return cc_fail_errno(err, "making a timer");
	*ret_fd = fd;
	return 0;
}

void cc_boot_timer_set(int fd, int64_t at_ms)
{
	/* All zero would be never. */
	int64_t ms = at_ms < 1 ? 1 : at_ms;
	struct itimerspec at = { .it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 } };

	if (at_ms == CC_NEVER_MS)
		at = (struct itimerspec){ 0 };
	CC_PRE(timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) == 0);
}
