/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/id.h"
#include "tests/lib/test.h"

static const char some[] = "01932a6e-8c00-7abc-8def-0123456789ab";

START_TEST(the_text_form_comes_back)
{
	char text[CC_UUID_TEXT];
	struct cc_error err = { 0 };
	struct cc_uuid id;

	ck_assert_int_eq(cc_uuid_parse(some, &id, &err), 0);
	ck_assert_str_eq(cc_uuid_format(id, text), some);
	ck_assert_int_eq(cc_uuid_parse("01932A6E-8C00-7ABC-8DEF-0123456789AB", &id, &err), 0);
	ck_assert_str_eq(cc_uuid_format(id, text), some);
	ck_assert_int_eq(cc_uuid_parse("00000000-0000-0000-0000-000000000000", &id, &err), 0);
	ck_assert(cc_uuid_is_nil(id));
}
END_TEST

START_TEST(no_other_character_is_taken_anywhere)
{
	const struct cc_uuid before = { { 7 } };
	struct cc_uuid id = before;

	for (size_t at = 0; at < sizeof(some) - 1; at++)
		for (int c = 0; c < 256; c++) {
			bool dash = some[at] == '-';
			bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
			struct cc_error err = { 0 };
			char text[sizeof(some)];

			if (dash ? c == '-' : hex)
				continue;
			memcpy(text, some, sizeof(some));
			text[at] = (char)c;
			ck_assert_int_eq(cc_uuid_parse(text, &id, &err), -1);
			ck_assert_int_eq(err.code, CC_INVALID);
			ck_assert(cc_uuid_equal(id, before));
		}
}
END_TEST

static const char *const wrong[] = { "", "-", "01932a6e-8c00-7abc-8def-0123456789ab0", "01932a6e-8c00-7abc-8def-0123456789a",
	"01932a6e8c007abc8def0123456789ab", "{01932a6e-8c00-7abc-8def-0123456789ab}", " 01932a6e-8c00-7abc-8def-0123456789ab",
	"01932a6e-8c00-7abc-8def-0123456789ab ", "0x932a6e-8c00-7abc-8def-0123456789ab" };

START_TEST(nothing_but_36_characters_is_an_id)
{
	struct cc_error err = { 0 };
	struct cc_uuid id;

	ck_assert_int_eq(cc_uuid_parse(wrong[_i], &id, &err), -1);
}
END_TEST

START_TEST(new_ids_are_of_version_7_and_ordered_by_time)
{
	static const int64_t times[] = { 0, 1, 255, 256, 1795000000000, ((int64_t)1 << 48) - 1 };
	struct cc_uuid last = { { 0 } };

	for (size_t i = 0; i < CC_ARRAY_LEN(times); i++) {
		struct cc_uuid id = cc_uuid_new(times[i]);
		int64_t ms = 0;

		for (int k = 0; k < 6; k++)
			ms = ms << 8 | id.b[k];
		ck_assert_int_eq(ms, times[i]);
		ck_assert_uint_eq(id.b[6] >> 4, 7);
		ck_assert_uint_eq(id.b[8] >> 6, 2);
		ck_assert_int_gt(memcmp(id.b, last.b, 16), 0);
		last = id;
	}
	ck_assert(!cc_uuid_equal(cc_uuid_new(5), cc_uuid_new(5)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("id");
	TCase *tc = tcase_create("id");

	tcase_add_test(tc, the_text_form_comes_back);
	tcase_add_test(tc, no_other_character_is_taken_anywhere);
	tcase_add_loop_test(tc, nothing_but_36_characters_is_an_id, 0, CC_ARRAY_LEN(wrong));
	tcase_add_test(tc, new_ids_are_of_version_7_and_ordered_by_time);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
