/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/hash.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <unistd.h>

/* FIPS 180-2 examples. */
static const struct {
	const char *text;
	const char *hex;
} known[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

START_TEST(known_texts_have_their_known_hash)
{
	char hex[CC_SHA256_HEX];
	struct cc_sha256_state s;

	ck_assert_str_eq(cc_sha256_format(cc_sha256(known[_i].text, strlen(known[_i].text)), hex), known[_i].hex);
	cc_sha256_init(&s);
	for (const char *p = known[_i].text; *p != '\0'; p++)
		cc_sha256_update(&s, p, 1);
	ck_assert_str_eq(cc_sha256_format(cc_sha256_final(&s), hex), known[_i].hex);
}
END_TEST

START_TEST(only_64_digits_are_a_hash)
{
	static const char good[] = "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	char text[80];
	struct cc_sha256 h;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_sha256_parse(good, &h, &err), 0);
	ck_assert(cc_sha256_equal(h, cc_sha256("abc", 3)));
	snprintf(text, sizeof(text), "%s0", good);
	ck_assert_int_eq(cc_sha256_parse(text, &h, &err), -1);
	strcpy(text, good);
	text[63] = 'g';
	ck_assert_int_eq(cc_sha256_parse(text, &h, &err), -1);
	text[63] = '\0';
	ck_assert_int_eq(cc_sha256_parse(text, &h, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tc = tcase_create("hash");

	tcase_add_loop_test(tc, known_texts_have_their_known_hash, 0, CC_ARRAY_LEN(known));
	tcase_add_test(tc, only_64_digits_are_a_hash);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
