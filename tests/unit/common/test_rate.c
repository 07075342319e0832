/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/rate.h"
#include "tests/lib/test.h"

#include <string.h>

static const struct {
	const char *text;
	int64_t kbit;
	const char *shown;
} good[] = { { "none", 0, "none" }, { "1kbit", 1, "1 kbit/s" }, { "512kbit/s", 512, "512 kbit/s" }, { "10Mbit", 10000, "10 Mbit/s" },
	{ "10mbit", 10000, "10 Mbit/s" }, { "1500kbit", 1500, "1.5 Mbit/s" }, { "1Gbit/s", 1000000, "1 Gbit/s" },
	{ "100Gbit", CC_RATE_MAX_KBIT, "100 Gbit/s" } };

START_TEST(rates_are_read_and_shown)
{
	struct cc_error err = { 0 };
	char text[CC_RATE_TEXT];
	int64_t kbit = -1;

	ck_assert_int_eq(cc_rate_parse(good[_i].text, &kbit, &err), 0);
	ck_assert_int_eq(kbit, good[_i].kbit);
	ck_assert_str_eq(cc_rate_format(kbit, text), good[_i].shown);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = { { "", "is no rate" }, { "10", "is no rate" }, { "10M", "is no rate" }, { "10MB", "is no rate" }, { "10Mbits", "is no rate" },
	{ "-1Mbit", "is no rate" }, { " 1Mbit", "is no rate" }, { "1.5Mbit", "is no rate" }, { "Mbit", "is no rate" }, { "1Mbit/h", "is no rate" },
	{ "0kbit", "out of range" }, { "101Gbit", "out of range" }, { "99999999999999999999kbit", "out of range" } };

START_TEST(what_is_no_rate_is_refused)
{
	struct cc_error err = { 0 };
	int64_t kbit = -1;

	ck_assert_int_eq(cc_rate_parse(bad[_i].text, &kbit, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_int_eq(kbit, -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rate");
	TCase *tc = tcase_create("rate");

	tcase_add_loop_test(tc, rates_are_read_and_shown, 0, CC_ARRAY_LEN(good));
	tcase_add_loop_test(tc, what_is_no_rate_is_refused, 0, CC_ARRAY_LEN(bad));
	suite_add_tcase(s, tc);
	return test_run(s);
}
