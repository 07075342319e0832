/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/secret.h"
#include "tests/lib/test.h"

#include <string.h>

START_TEST(a_secret_survives_its_text)
{
	struct cc_secret a = cc_secret_new(), b;
	struct cc_error err = { 0 };
	char text[CC_SECRET_TEXT];

	cc_secret_format(&a, text);
	ck_assert_uint_eq(strlen(text), 43);
	ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	ck_assert_int_eq(cc_secret_parse(text, &b, &err), 0);
	ck_assert_mem_eq(a.b, b.b, sizeof(a.b));
}
END_TEST

START_TEST(a_secret_matches_its_own_hash_only)
{
	struct cc_secret a = cc_secret_new(), b = cc_secret_new();
	struct cc_secret_hash hash = cc_secret_hash(&a);

	ck_assert(cc_secret_matches(&a, &hash));
	ck_assert(!cc_secret_matches(&b, &hash));
	b = a;
	b.b[31] ^= 1;
	ck_assert(!cc_secret_matches(&b, &hash));
	ck_assert_mem_ne(hash.b, a.b, sizeof(a.b));
}
END_TEST

static const char *const not_secrets[] = { "", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB" /* loose bits at the end */ };

START_TEST(another_text_is_refused_and_not_repeated)
{
	struct cc_secret s;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_secret_parse(not_secrets[_i], &s, &err), -1);
	ck_assert_ptr_null(strstr(err.msg, "AAAA"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secret");
	TCase *tc = tcase_create("secret");

	tcase_add_test(tc, a_secret_survives_its_text);
	tcase_add_test(tc, a_secret_matches_its_own_hash_only);
	tcase_add_loop_test(tc, another_text_is_refused_and_not_repeated, 0, CC_ARRAY_LEN(not_secrets));
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
