/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/secret.h"
#include "tests/lib/test.h"

#include <string.h>

START_TEST(a_secret_is_written_as_a_word_for_urls)
{
	struct cc_secret ones = { 0 }, other = cc_secret_new();
	char text[CC_SECRET_TEXT];

	memset(ones.b, 0xff, sizeof(ones.b));
	ck_assert_str_eq(cc_secret_format(&ones, text), "__________________________________________8");
	cc_secret_format(&other, text);
	ck_assert_uint_eq(strlen(text), 43);
	ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
}
END_TEST

START_TEST(no_two_secrets_are_the_same_and_a_wiped_one_is_none)
{
	struct cc_secret a = cc_secret_new(), b = cc_secret_new();
	static const struct cc_secret none;

	ck_assert_mem_ne(a.b, b.b, sizeof(a.b));
	cc_secret_wipe(&a);
	ck_assert_mem_eq(a.b, none.b, sizeof(a.b));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secret");
	TCase *tc = tcase_create("secret");

	tcase_add_test(tc, a_secret_is_written_as_a_word_for_urls);
	tcase_add_test(tc, no_two_secrets_are_the_same_and_a_wiped_one_is_none);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
