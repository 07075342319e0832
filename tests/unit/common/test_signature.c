/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/signature.h"
#include "tests/lib/test.h"

#include <sodium.h>
#include <string.h>

/* Made by minisign 0.11: `minisign -G -W`, and `minisign -S` with and without -l of the text. */
#define TEXT       "communitycloud image 1\nsha256 x\n"
#define PUBLIC     "RWRu1ePcu3nbRB3s8gFQmQTgzRP9bzEm28QGKG3/m9wIiw1Rsx3t55uv"
#define PUBLIC_PUB "untrusted comment: minisign public key 44DB79BBDCE3D56E\n" PUBLIC "\n"
#define SECRET                                                                                                                                             \
	"untrusted comment: minisign encrypted secret key\n"                                                                                               \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAbtXj3Lt520Qi0uVj0mZoDGn/MsQG2UcYh5OIfhWLnNd+B60FaXozzh3s8gFQmQTgzRP9bzEm" \
	"28QGKG3/m9wIiw1Rsx3t55uvAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define SIGNED                                                                                                   \
	"untrusted comment: signature from minisign secret key\n"                                                \
	"RURu1ePcu3nbRCSrd4gMfhSfHeQZSVMRAQSmd4GsuRzuWt9A3Z0kF9uwsletrgvXuFTvNugGhmeCNflqd32RwyAaBq+ty4vfvQE=\n" \
	"trusted comment: timestamp:1795247526\tfile:st\thashed\n"                                               \
	"c0nIpg4j3Cgzrq9v1E3SB4+Cy0uhAXBY4NjW2oLH+rbneYKBT7va+OPJWtqXesU5HI+l+28fp4fcrOikrzh4Dg==\n"
#define LEGACY "RWRu1ePcu3nbRO8Y8Xg51gumBn88zpNDQMbugcjvt7CLRzztZinzwU+8LDrX6S6cpVbSr/BjKVg2tzGt38v4+oy7kLuJuTL6awE="

static struct cc_public_key key;

static void set_up(void)
{
	struct cc_error err = { 0 };

	ck_assert_msg(cc_public_key_parse(PUBLIC, &key, &err) == 0, "%s", err.msg);
}

/* "" when the text is signed so, else why not. */
static const char *refusal(const char *signature, const char *text)
{
	struct cc_texts all = { 1, &signature };
	static struct cc_error err;

	err = (struct cc_error){ 0 };
	if (cc_image_check(&key, 1, &all, text, &err) == 0)
		return "";
	ck_assert_int_eq(err.code, CC_DENIED);
	return err.msg;
}

/* Another letter in the middle of the second line. */
static void forge(char *signature)
{
	char *at = strchr(signature, '\n') + 50;

	*at = *at == 'A' ? 'B' : 'A';
}

START_TEST(keys_and_signatures_of_minisign_are_read)
{
	struct cc_public_key from_file;
	struct cc_error err = { 0 };
	char id[CC_KEY_ID_TEXT];

	ck_assert_int_eq(cc_public_key_parse(PUBLIC_PUB, &from_file, &err), 0);
	ck_assert_int_eq(memcmp(&from_file, &key, sizeof(key)), 0);
	ck_assert_str_eq(cc_key_id_format(key.id, id), "44DB79BBDCE3D56E");
	ck_assert_str_eq(refusal(SIGNED, TEXT), "");
	ck_assert_str_eq(refusal(LEGACY, TEXT), "");
}
END_TEST

START_TEST(another_text_or_a_changed_signature_does_not_fit)
{
	char forged[sizeof(SIGNED)] = SIGNED;

	ck_assert_ptr_nonnull(strstr(refusal(SIGNED, TEXT " "), "44DB79BBDCE3D56E does not fit"));
	ck_assert_ptr_nonnull(strstr(refusal(LEGACY, ""), "does not fit"));
	forge(forged);
	ck_assert_ptr_nonnull(strstr(refusal(forged, TEXT), "does not fit"));
	ck_assert_ptr_nonnull(strstr(refusal("RURu", TEXT), "not signed"));
	key.id[0] ^= 1;
	ck_assert_ptr_nonnull(strstr(refusal(SIGNED, TEXT), "44DB79BBDCE3D56E, which is not trusted"));
}
END_TEST

START_TEST(what_is_signed_here_is_what_minisign_would_take)
{
	char line[CC_SIGNATURE_TEXT];
	struct cc_secret_key secret;
	struct cc_error err = { 0 };

	ck_assert_msg(cc_secret_key_parse(SECRET, &secret, &err) == 0, "%s", err.msg);
	cc_sign(&secret, TEXT, strlen(TEXT), line);
	/* Ed25519 signs the same in the same way. */
	ck_assert_ptr_nonnull(strstr(SIGNED, line));
	ck_assert_uint_eq(strlen(line), CC_SIGNATURE_TEXT - 1);
}
END_TEST

START_TEST(one_good_signature_among_others_is_enough)
{
	char forged[] = SIGNED;
	const char *items[] = { "nonsense", forged, LEGACY };
	struct cc_texts all = { 3, items };
	struct cc_error err = { 0 };

	forge(forged);
	ck_assert_int_eq(cc_image_check(&key, 1, &all, TEXT, &err), 0);
	all.n = 2;
	ck_assert_int_lt(cc_image_check(&key, 1, &all, TEXT, &err), 0);
	all.n = 0;
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(cc_image_check(&key, 1, &all, TEXT, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "not signed"));
}
END_TEST

static const char *const no_keys[] = { "", "RW", "untrusted comment: no more", PUBLIC "x", "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC",
	SIGNED };

START_TEST(what_is_no_key_is_refused)
{
	struct cc_public_key public;
	struct cc_secret_key secret;
	struct cc_error err = { 0 };

	ck_assert_int_lt(cc_public_key_parse(no_keys[_i], &public, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(cc_secret_key_parse(no_keys[_i], &secret, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "minisign -G -W"));
}
END_TEST

START_TEST(a_damaged_or_locked_secret_key_says_so)
{
	char text[] = SECRET;
	struct cc_secret_key secret;
	struct cc_error err = { 0 };

	*(strchr(text, '\n') + 150) ^= 1;
	ck_assert_int_lt(cc_secret_key_parse(text, &secret, &err), 0);
	ck_assert_str_eq(err.msg, "it is damaged");
	memcpy(text, SECRET, sizeof(text));
	memcpy(strchr(text, '\n') + 1, "RWRTY0Iy", 8);
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(cc_secret_key_parse(text, &secret, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--statement"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signature");
	TCase *tc = tcase_create("signature");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, keys_and_signatures_of_minisign_are_read);
	tcase_add_test(tc, another_text_or_a_changed_signature_does_not_fit);
	tcase_add_test(tc, what_is_signed_here_is_what_minisign_would_take);
	tcase_add_test(tc, one_good_signature_among_others_is_enough);
	tcase_add_loop_test(tc, what_is_no_key_is_refused, 0, CC_ARRAY_LEN(no_keys));
	tcase_add_test(tc, a_damaged_or_locked_secret_key_says_so);
	return test_run(s);
}
