/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/boot_timer.h"
#include "common/clock.h"
#include "tests/lib/test.h"

#include <poll.h>
#include <unistd.h>

static int fd;

static void setup(void)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_boot_timer_open(&fd, &err), 0);
}

static void teardown(void)
{
	close(fd);
}

static int wait_for_it(int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms);
}

START_TEST(a_timer_is_readable_from_its_moment_on)
{
	int64_t at = cc_boottime_ms() + 30;

	cc_boot_timer_set(fd, at);
	ck_assert_int_eq(wait_for_it(0), 0);
	ck_assert_int_eq(wait_for_it(10000), 1);
	ck_assert_int_ge(cc_boottime_ms(), at);
	ck_assert_int_eq(wait_for_it(0), 1);
}
END_TEST

START_TEST(a_moment_in_the_past_has_come)
{
	cc_boot_timer_set(fd, cc_boottime_ms() - 1000);
	ck_assert_int_eq(wait_for_it(10000), 1);
	cc_boot_timer_set(fd, 0);
	ck_assert_int_eq(wait_for_it(10000), 1);
}
END_TEST

START_TEST(a_timer_that_is_set_anew_forgets_that_it_was_over)
{
	cc_boot_timer_set(fd, 1);
	ck_assert_int_eq(wait_for_it(10000), 1);
	cc_boot_timer_set(fd, cc_boottime_ms() + 60000);
	ck_assert_int_eq(wait_for_it(0), 0);
	cc_boot_timer_set(fd, 1);
	cc_boot_timer_set(fd, CC_NEVER_MS);
	ck_assert_int_eq(wait_for_it(20), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("boot_timer");
	TCase *tc = tcase_create("boot_timer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_timer_is_readable_from_its_moment_on);
	tcase_add_test(tc, a_moment_in_the_past_has_come);
	tcase_add_test(tc, a_timer_that_is_set_anew_forgets_that_it_was_over);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
