/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t first_ms = CC_TIME_MIN_MS;
static const int64_t last_ms = CC_TIME_MAX_MS;

static void check_round_trip(int64_t ms, const char *text)
{
	struct cc_error err = { 0 };
	char got[CC_TIME_TEXT];
	int64_t back;

	cc_time_format(ms, got);
	if (text != NULL)
		ck_assert_str_eq(got, text);
	ck_assert_msg(cc_time_parse(got, &back, &err) == 0, "%s", err.msg);
	ck_assert_msg(back == ms, "%s: %lld came back as %lld", got, (long long)ms, (long long)back);
}

static const struct {
	int64_t ms;
	const char *text;
} known[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ 1, "1970-01-01T00:00:00.001Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ -1000, "1969-12-31T23:59:59.000Z" },
	{ -1001, "1969-12-31T23:59:58.999Z" },
	{ 951782400000, "2000-02-29T00:00:00.000Z" },
	{ 4107542399999, "2100-02-28T23:59:59.999Z" },
	{ 4107542400000, "2100-03-01T00:00:00.000Z" },
	{ 2147483648000, "2038-01-19T03:14:08.000Z" },
	{ CC_TIME_MIN_MS, "0001-01-01T00:00:00.000Z" },
	{ CC_TIME_MAX_MS, "9999-12-31T23:59:59.999Z" },
};

START_TEST(known_moments_have_their_text)
{
	check_round_trip(known[_i].ms, known[_i].text);
}
END_TEST

START_TEST(every_year_and_every_day_of_four_centuries_comes_back)
{
	struct tm tm = { 0 };

	for (int year = 1; year <= 9999; year++) {
		tm = (struct tm){ .tm_year = year - 1900, .tm_mday = 1 };
		check_round_trip((int64_t)timegm(&tm) * 1000, NULL);
		check_round_trip((int64_t)timegm(&tm) * 1000 + 86400000LL * 364 + 86399999, NULL);
	}
	for (int64_t day = 0; day < 146097; day++)
		check_round_trip(day * 86400000 + 1, NULL);
}
END_TEST

START_TEST(random_moments_come_back)
{
	struct test_random r = test_random_new();

	for (int i = 0; i < 20000; i++)
		check_round_trip(first_ms + (int64_t)(test_random_next(&r) % (uint64_t)(last_ms - first_ms)), NULL);
}
END_TEST

START_TEST(moments_that_have_no_text_show_as_the_nearest_that_has)
{
	char text[CC_TIME_TEXT];

	ck_assert_str_eq(cc_time_format(INT64_MIN, text), "0001-01-01T00:00:00.000Z");
	ck_assert_str_eq(cc_time_format(INT64_MIN + 1000, text), "0001-01-01T00:00:00.000Z");
	ck_assert_str_eq(cc_time_format(first_ms - 1, text), "0001-01-01T00:00:00.000Z");
	ck_assert_str_eq(cc_time_format(last_ms + 1, text), "9999-12-31T23:59:59.999Z");
	ck_assert_str_eq(cc_time_format(INT64_MAX, text), "9999-12-31T23:59:59.999Z");
}
END_TEST

static const struct {
	const char *text;
	const char *same_as;
} written[] = {
	{ "2026-11-20T21:05:00Z", "2026-11-20T21:05:00.000Z" },
	{ "2026-11-20t21:05:00z", "2026-11-20T21:05:00.000Z" },
	{ "2026-11-20 21:05:00Z", "2026-11-20T21:05:00.000Z" },
	{ "2026-11-20T21:05:00.5Z", "2026-11-20T21:05:00.500Z" },
	{ "2026-11-20T21:05:00.12Z", "2026-11-20T21:05:00.120Z" },
	{ "2026-11-20T21:05:00.123999999Z", "2026-11-20T21:05:00.123Z" },
	{ "2026-11-20T21:05:00+00:00", "2026-11-20T21:05:00.000Z" },
	{ "2026-11-20T21:05:00-00:00", "2026-11-20T21:05:00.000Z" },
	{ "2026-11-20T21:05:00+01:00", "2026-11-20T20:05:00.000Z" },
	{ "2026-11-20T21:05:00-03:30", "2026-11-21T00:35:00.000Z" },
	{ "2026-11-20T21:05:00+23:59", "2026-11-19T21:06:00.000Z" },
	{ "2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z" },
	{ "2024-03-01T00:30:00.25+01:00", "2024-02-29T23:30:00.250Z" },
	{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z" },
	{ "2016-12-31T23:59:60.9Z", "2017-01-01T00:00:00.900Z" },
	{ "2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000Z" },
	{ "1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z" },
	{ "0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000Z" },
	{ "9999-12-31T22:59:59.999-01:00", "9999-12-31T23:59:59.999Z" },
};

START_TEST(offsets_decimals_and_leap_seconds_are_read)
{
	struct cc_error err = { 0 };
	char text[CC_TIME_TEXT];
	int64_t ms;

	ck_assert_msg(cc_time_parse(written[_i].text, &ms, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cc_time_format(ms, text), written[_i].same_as);
}
END_TEST

static const char *const no_times[] = {
	"",
	"Z",
	"now",
	"2026",
	"2026-11-20",
	"2026-11-20T21:05",
	"2026-11-20T21:05Z",
	"2026-11-20T21:05:00",
	/* days, months, hours that there are not */
	"2026-00-20T21:05:00Z",
	"2026-13-20T21:05:00Z",
	"2026-11-00T21:05:00Z",
	"2026-11-31T21:05:00Z",
	"2026-02-29T21:05:00Z",
	"2100-02-29T21:05:00Z",
	"2026-02-30T21:05:00Z",
	"2026-11-20T24:00:00Z",
	"2026-11-20T21:60:00Z",
	"2026-11-20T21:05:61Z",
	/* a leap second anywhere but at the end of a day in UTC */
	"2026-11-20T21:05:60Z",
	"2026-11-20T23:58:60Z",
	"2016-12-31T23:59:60+01:00",
	/* signs, blanks and missing digits where digits belong */
	"-026-11-20T21:05:00Z",
	"+026-11-20T21:05:00Z",
	" 026-11-20T21:05:00Z",
	"2026- 1-20T21:05:00Z",
	"2026-+1-20T21:05:00Z",
	"2026-11-20T 1:05:00Z",
	"2026-11-20T21:-5:00Z",
	"02026-11-20T21:05:00Z",
	"20261-11-20T21:05:00Z",
	"2026-1-20T21:05:00Z",
	/* other separators */
	"2026/11/20T21:05:00Z",
	"2026-11-20_21:05:00Z",
	"2026-11-20T21.05.00Z",
	"2026-11-20T21:05:00,5Z",
	/* fractions */
	"2026-11-20T21:05:00.Z",
	"2026-11-20T21:05:00.1234567890Z",
	"2026-11-20T21:05:00.-1Z",
	/* offsets */
	"2026-11-20T21:05:00+1:00",
	"2026-11-20T21:05:00+01",
	"2026-11-20T21:05:00+0100",
	"2026-11-20T21:05:00+24:00",
	"2026-11-20T21:05:00+01:60",
	"2026-11-20T21:05:00++1:00",
	"2026-11-20T21:05:00+-1:00",
	"2026-11-20T21:05:00+01:-1",
	"2026-11-20T21:05:00+ 1:00",
	"2026-11-20T21:05:00 01:00",
	"2026-11-20T21:05:00ZZ",
	"2026-11-20T21:05:00Z ",
	"2026-11-20T21:05:00+01:00Z",
	"2026-11-20T21:05:00+01:000",
	/* out of the years that have four digits */
	"0000-12-31T23:59:59Z",
	"0001-01-01T00:59:59+01:00",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z",
};

START_TEST(what_is_no_time_is_refused_and_changes_nothing)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(no_times); i++) {
		struct cc_error err = { 0 };
		int64_t ms = 42;

		ck_assert_msg(cc_time_parse(no_times[i], &ms, &err) == -1, "'%s' was taken as %lld", no_times[i], (long long)ms);
		ck_assert_int_eq(err.code, CC_INVALID);
		ck_assert_ptr_nonnull(strstr(err.msg, "is not a time"));
		ck_assert_int_eq(ms, 42);
	}
}
END_TEST

START_TEST(a_time_cut_anywhere_is_refused)
{
	static const char text[] = "2026-11-20T21:05:00.123456789+01:30";
	struct cc_error err = { 0 };
	int64_t ms;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		cc_auto_free char *part = strndup(text, n);

		ck_assert_int_eq(cc_time_parse(part, &ms, &err), -1);
	}
	ck_assert_int_eq(cc_time_parse(text, &ms, &err), 0);
}
END_TEST

static const struct {
	const char *text;
	int64_t ms;
	const char *again;
} durations[] = {
	{ "0ms", 0, "0ms" },
	{ "0d", 0, "0ms" },
	{ "250ms", 250, "250ms" },
	{ "1000ms", 1000, "1s" },
	{ "30s", 30000, "30s" },
	{ "90s", 90000, "90s" },
	{ "120s", 120000, "2m" },
	{ "12h", 43200000, "12h" },
	{ "24h", 86400000, "1d" },
	{ "007d", 604800000, "7d" },
	{ "3153600000000ms", CC_DURATION_MAX_MS, "36500d" },
	{ "36500d", CC_DURATION_MAX_MS, "36500d" },
};

START_TEST(durations_are_read_and_written_with_the_largest_unit)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error err = { 0 };
	int64_t ms;

	ck_assert_msg(cc_duration_parse(durations[_i].text, &ms, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(ms, durations[_i].ms);
	ck_assert_str_eq(cc_duration_format(a, ms), durations[_i].again);
}
END_TEST

static const char *const no_durations[] = { "", "s", "5", "5x", "5 s", "5s ", " 5s", "-5s", "+5s", "5.5s", "5S", "5sec", "0x5s", "1e3s", "5mss",
	"3153600000001ms", "36501d", "9223372036854775807ms", "106751991167d", "106751991168d", "99999999999999999999d", "5m30s" };

START_TEST(what_is_no_duration_is_refused_and_changes_nothing)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(no_durations); i++) {
		struct cc_error err = { 0 };
		int64_t ms = 42;

		ck_assert_msg(cc_duration_parse(no_durations[i], &ms, &err) == -1, "'%s' was taken as %lld", no_durations[i], (long long)ms);
		ck_assert_int_eq(err.code, CC_INVALID);
		ck_assert_int_eq(ms, 42);
	}
}
END_TEST

START_TEST(durations_below_zero_can_at_least_be_shown)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);

	ck_assert_str_eq(cc_duration_format(a, -5000), "-5s");
	ck_assert_str_eq(cc_duration_format(a, INT64_MIN), "-9223372036854775808ms");
}
END_TEST

START_TEST(boot_time_does_not_go_back_and_this_boot_has_an_id)
{
	int64_t before = cc_boottime_ms();

	ck_assert_int_gt(before, 0);
	ck_assert_int_ge(cc_boottime_ms(), before);
	ck_assert_uint_eq(strlen(cc_boot_id()), 36);
	ck_assert_str_eq(cc_boot_id(), cc_boot_id());
}
END_TEST

START_TEST(a_test_build_shifts_the_wall_clock_by_what_a_file_says)
{
	char path[] = "/tmp/cc-test-clock-XXXXXX";
	int fd = mkstemp(path);
	int64_t real = cc_now_ms();
	int64_t boot = cc_boottime_ms();

	ck_assert_int_eq(write(fd, "3600000\n", 8), 8);
	setenv("CC_TEST_CLOCK_OFFSET_FILE", path, 1);
	ck_assert_int_ge(cc_now_ms() - real, 3600000);
	ck_assert_int_lt(cc_now_ms() - real, 3660000);
	ck_assert_int_lt(cc_boottime_ms() - boot, 60000);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_lt(cc_now_ms() - real, 60000);
	close(fd);
	unlink(path);
	ck_assert_int_lt(cc_now_ms() - real, 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, known_moments_have_their_text, 0, CC_ARRAY_LEN(known));
	tcase_add_test(tc, every_year_and_every_day_of_four_centuries_comes_back);
	tcase_add_test(tc, random_moments_come_back);
	tcase_add_test(tc, moments_that_have_no_text_show_as_the_nearest_that_has);
	tcase_add_loop_test(tc, offsets_decimals_and_leap_seconds_are_read, 0, CC_ARRAY_LEN(written));
	tcase_add_test(tc, what_is_no_time_is_refused_and_changes_nothing);
	tcase_add_test(tc, a_time_cut_anywhere_is_refused);
	tcase_add_loop_test(tc, durations_are_read_and_written_with_the_largest_unit, 0, CC_ARRAY_LEN(durations));
	tcase_add_test(tc, what_is_no_duration_is_refused_and_changes_nothing);
	tcase_add_test(tc, durations_below_zero_can_at_least_be_shown);
	tcase_add_test(tc, boot_time_does_not_go_back_and_this_boot_has_an_id);
	tcase_add_test(tc, a_test_build_shifts_the_wall_clock_by_what_a_file_says);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
