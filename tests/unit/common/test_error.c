/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/error.h"
#include "common/utf8.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <string.h>

static int fail_with(struct cc_error *err, const char *name)
{
	return cc_fail(err, NOT_FOUND, "no such image: '%s'", name);
}

START_TEST(a_failure_says_what_where_and_of_which_kind)
{
	struct cc_error err = { .sys_errno = 7 };

	ck_assert_int_eq(fail_with(&err, "busybox"), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_int_eq(err.sys_errno, 0);
	ck_assert_str_eq(err.msg, "no such image: 'busybox'");
	ck_assert_ptr_nonnull(strstr(err.where, "test_error.c:"));
}
END_TEST

START_TEST(what_is_missing_is_told_to_people_and_to_programs)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_fail_missing(&err, "image", "busybx", "; see ccctl image list"), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_str_eq(err.msg, "no image 'busybx'; see ccctl image list");
	ck_assert_str_eq(err.noun, "image");
	ck_assert_str_eq(err.name, "busybx");
	fail_with(&err, "x");
	ck_assert_ptr_null(err.noun);
	ck_assert_str_eq(err.name, "");
}
END_TEST

START_TEST(context_is_put_before_the_message_and_keeps_the_code)
{
	struct cc_error err = { 0 };

	fail_with(&err, "x");
	ck_assert_int_eq(cc_wrap(&err, "creating '%s'", "hello"), -1);
	ck_assert_str_eq(err.msg, "creating 'hello': no such image: 'x'");
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
}
END_TEST

START_TEST(a_refused_system_call_adds_the_reason_of_errno)
{
	struct cc_error err = { 0 };

	errno = ENOSPC;
	ck_assert_int_eq(cc_fail_errno(&err, "writing '%s'", "/x"), -1);
	ck_assert_int_eq(err.code, CC_IO);
	ck_assert_int_eq(err.sys_errno, ENOSPC);
	ck_assert_str_eq(err.msg, "writing '/x': No space left on device");
}
END_TEST

START_TEST(a_long_message_is_cut_between_characters_and_stays_valid)
{
	struct cc_error err = { 0 };
	char text[2048];

	for (size_t pad = 0; pad < 4; pad++) {
		memset(text, 'x', pad);
		for (size_t i = pad; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x9a\x80", 5);
		cc_fail(&err, INVALID, "%s", text);
		ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
		ck_assert(cc_utf8_valid(err.msg, strlen(err.msg)));
		cc_wrap(&err, "%.*s", (int)(900 + pad), text);
		ck_assert(cc_utf8_valid(err.msg, strlen(err.msg)));
	}
}
END_TEST

START_TEST(a_message_is_valid_text_even_where_a_value_was_cut_inside_a_character)
{
	struct cc_error err = { 0 };

	cc_fail(&err, INVALID, "'%.3s' is no name", "ab\xc3\xbc");
	ck_assert_str_eq(err.msg, "'ab?' is no name");
	cc_wrap(&err, "\xff");
	ck_assert_str_eq(err.msg, "?: 'ab?' is no name");
}
END_TEST

START_TEST(context_that_fills_the_message_does_not_write_behind_it)
{
	struct cc_error err = { 0 };

	cc_fail(&err, CONFLICT, "inner");
	cc_wrap(&err, "%2000s", "x");
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	errno = EIO;
	cc_fail_errno(&err, "%2000s", "x");
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
}
END_TEST

START_TEST(every_code_has_a_full_row_and_is_found_by_its_slug)
{
	for (int c = 1; c < CC_CODE_MAX; c++) {
		const struct cc_code_info *i = cc_code_info((enum cc_code)c);

		ck_assert_int_eq(cc_code_from_slug(i->slug), c);
		ck_assert_int_ge(i->http_status, 400);
		ck_assert_int_lt(i->http_status, 600);
		ck_assert_int_ge(i->exit_status, 1);
		ck_assert_int_le(i->exit_status, 7);
		ck_assert_uint_gt(strlen(i->meaning), 10);
	}
}
END_TEST

START_TEST(an_unknown_code_is_an_internal_error)
{
	ck_assert_str_eq(cc_code_info(CC_CODE_MAX)->slug, "internal");
	ck_assert_str_eq(cc_code_info((enum cc_code) - 1)->slug, "internal");
	ck_assert_int_eq(cc_code_from_slug("of-the-future"), CC_INTERNAL);
	ck_assert_int_eq(cc_code_from_slug(""), CC_INTERNAL);
	ck_assert_int_eq(cc_code_from_slug("ok"), CC_INTERNAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error");
	TCase *tc = tcase_create("error");

	tcase_add_test(tc, a_failure_says_what_where_and_of_which_kind);
	tcase_add_test(tc, what_is_missing_is_told_to_people_and_to_programs);
	tcase_add_test(tc, context_is_put_before_the_message_and_keeps_the_code);
	tcase_add_test(tc, a_refused_system_call_adds_the_reason_of_errno);
	tcase_add_test(tc, a_long_message_is_cut_between_characters_and_stays_valid);
	tcase_add_test(tc, a_message_is_valid_text_even_where_a_value_was_cut_inside_a_character);
	tcase_add_test(tc, context_that_fills_the_message_does_not_write_behind_it);
	tcase_add_test(tc, every_code_has_a_full_row_and_is_found_by_its_slug);
	tcase_add_test(tc, an_unknown_code_is_an_internal_error);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
