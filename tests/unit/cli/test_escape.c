/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/escape.h"
#include "tests/lib/test.h"

#include <string.h>

static const struct {
	const char *keys, *typed, *out;
	bool left;
} cases[] = {
	{ "~.", "ls\r", "ls\r", false },
	{ "~.", "~.x", "", true },
	{ "~.", "ls\r~.", "ls\r", true },
	{ "~.", "a~.", "a~.", false },
	{ "~.", "~~.", "~.", false },
	{ "~.", "~/x\r~x", "~/x\r~x", false },
	{ "~.", "\r~", "\r", false },
	{ "^a q", "ab\001q", "ab", true },
	{ "^a q", "\001\001q", "\001q", false },
	{ "^A q", "\001xq", "\001xq", false },
	{ "^] .", "~.\035.", "~.", true },
};

START_TEST(keys_are_for_the_program_unless_they_leave)
{
	struct cc_error err = { 0 };
	cc_auto_buf struct cc_buf whole = { 0 }, pieces = { 0 };
	struct escape e;
	bool left = false;

	ck_assert_int_eq(escape_parse(cases[_i].keys, &e, &err), 0);
	ck_assert_int_eq(escape_filter(&e, cases[_i].typed, strlen(cases[_i].typed), &whole), cases[_i].left);
	ck_assert_str_eq(cc_buf_str(&whole), cases[_i].out);
	ck_assert_int_eq(escape_parse(cases[_i].keys, &e, &err), 0);
	for (const char *p = cases[_i].typed; *p != '\0' && !left; p++)
		left = escape_filter(&e, p, 1, &pieces);
	ck_assert_str_eq(cc_buf_str(&pieces), cases[_i].out);
	ck_assert_int_eq(left, cases[_i].left);
}
END_TEST

static const char *const wrong[] = { "", "q", "~", "^a", "^aq", "^a  ", "^m q", "^J q", "^1 q", "^a qq" };

START_TEST(what_nobody_could_type_is_refused)
{
	struct cc_error err = { 0 };
	struct escape e;

	ck_assert_int_eq(escape_parse(wrong[_i], &e, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli escape");
	TCase *tc = tcase_create("escape");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, keys_are_for_the_program_unless_they_leave, 0, CC_ARRAY_LEN(cases));
	tcase_add_loop_test(tc, what_nobody_could_type_is_refused, 0, CC_ARRAY_LEN(wrong));
	return test_run(s);
}
