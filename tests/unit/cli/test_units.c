/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts as people write and read them, and mistyped words. */
#include "cli/units.h"
#include "common/suggest.h"
#include "tests/lib/test.h"

static const struct {
	const char *text;
	int64_t mib; /* -1: refused */
} sizes[] = {
	{ "256MiB", 256 },
	{ "256M", 256 },
	{ "256", 256 },
	{ "2GiB", 2048 },
	{ "1.5GiB", 1536 },
	{ "2 GiB", 2048 },
	{ "1TiB", 1048576 },
	{ "0", 0 },
	{ "0.5GiB", 512 },
	{ "", -1 },
	{ "MiB", -1 },
	{ "5MB", -1 },
	{ "5GB", -1 },
	{ "-1", -1 },
	{ "1.5MiB", -1 },
	{ "1.2345G", -1 },
	{ "1e3", -1 },
	{ "0x10", -1 },
	{ "1 2", -1 },
	{ "99999999999", -1 },
};

START_TEST(sizes_are_read_or_refused)
{
	struct cc_error err = { 0 };
	int64_t mib = -7;
	int result = units_parse_mib(sizes[_i].text, &mib, &err);

	ck_assert_msg((result == 0) == (sizes[_i].mib >= 0), "'%s': %d %s", sizes[_i].text, result, err.msg);
	ck_assert_int_eq(mib, sizes[_i].mib >= 0 ? sizes[_i].mib : -7);
	ck_assert_int_eq(err.code, result == 0 ? CC_OK : CC_INVALID);
}
END_TEST

static const struct {
	const char *text;
	int64_t millis;
} cpus[] = { { "0.5", 500 }, { "2", 2000 }, { "500m", 500 }, { "0.125", 125 }, { "1.5m", -1 }, { "2x", -1 }, { "", -1 }, { ".5", -1 },
	{ "0.1234", -1 } };

START_TEST(amounts_of_processor_are_read_or_refused)
{
	struct cc_error err = { 0 };
	int64_t millis = -7;
	int result = units_parse_cpu(cpus[_i].text, &millis, &err);

	ck_assert_msg((result == 0) == (cpus[_i].millis >= 0), "'%s': %d %s", cpus[_i].text, result, err.msg);
	ck_assert_int_eq(millis, cpus[_i].millis >= 0 ? cpus[_i].millis : -7);
}
END_TEST

START_TEST(amounts_are_written_for_people)
{
	cc_auto_buf struct cc_buf b = { 0 };
	static const int64_t now = 1800000000000;

	units_add_mib(&b, 128);
	cc_buf_addc(&b, '|');
	units_add_mib(&b, 2048);
	cc_buf_addc(&b, '|');
	units_add_mib(&b, 12600);
	cc_buf_addc(&b, '|');
	units_add_mib_of(&b, 384, 2048);
	cc_buf_addc(&b, '|');
	units_add_mib_of(&b, 1536, 16384);
	cc_buf_addc(&b, '|');
	units_add_bytes(&b, 512);
	cc_buf_addc(&b, '|');
	units_add_bytes(&b, 1153434);
	cc_buf_addc(&b, '|');
	units_add_cpu(&b, 500);
	cc_buf_addc(&b, '|');
	units_add_cpu(&b, 4000);
	cc_buf_addc(&b, '|');
	units_add_cpu(&b, 125);
	ck_assert_str_eq(b.data, "128 MiB|2 GiB|12.3 GiB|384/2048 MiB|1.5/16 GiB|512 B|1.1 MiB|0.5|4|0.125");
	cc_buf_clear(&b);
	units_add_age(&b, now, now);
	cc_buf_addc(&b, '|');
	units_add_age(&b, now - 42000, now);
	cc_buf_addc(&b, '|');
	units_add_age(&b, now - 180000, now);
	cc_buf_addc(&b, '|');
	units_add_age(&b, now + 23 * 3600000LL, now);
	cc_buf_addc(&b, '|');
	units_add_age(&b, now - 12 * 86400000LL, now);
	cc_buf_addc(&b, '|');
	units_add_span(&b, 214);
	cc_buf_addc(&b, '|');
	units_add_span(&b, 185000);
	ck_assert_str_eq(b.data, "just now|42 s ago|3 min ago|in 23 h|12 days ago|0.21 s|3 min 5 s");
}
END_TEST

START_TEST(distance_counts_swaps_as_one)
{
	ck_assert_uint_eq(cc_suggest_distance("create", "create"), 0);
	ck_assert_uint_eq(cc_suggest_distance("craete", "create"), 1);
	ck_assert_uint_eq(cc_suggest_distance("", "abc"), 3);
	ck_assert_uint_eq(cc_suggest_distance("kitten", "sitting"), 3);
}
END_TEST

START_TEST(the_nearest_word_is_found)
{
	struct cc_suggest s;

	cc_suggest_init(&s, "busybx");
	cc_suggest_offer(&s, "debian");
	ck_assert_ptr_null(s.best);
	cc_suggest_offer(&s, "busybox");
	cc_suggest_offer(&s, NULL);
	ck_assert_str_eq(s.best, "busybox");
	cc_suggest_init(&s, "b");
	cc_suggest_offer(&s, "a");
	ck_assert_ptr_null(s.best);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli units");
	TCase *tc = tcase_create("units");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, sizes_are_read_or_refused, 0, CC_ARRAY_LEN(sizes));
	tcase_add_loop_test(tc, amounts_of_processor_are_read_or_refused, 0, CC_ARRAY_LEN(cpus));
	tcase_add_test(tc, amounts_are_written_for_people);
	tcase_add_test(tc, distance_counts_swaps_as_one);
	tcase_add_test(tc, the_nearest_word_is_found);
	return test_run(s);
}
