/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/token.h"
#include "tests/lib/test.h"

#include <stdio.h>

static struct cc_arena *arena;

static void setup(void)
{
	arena = cc_arena_new(0);
}

static void teardown(void)
{
	cc_arena_free(arena);
}

static struct cc_token sample(void)
{
	struct cc_token t = {
		.kind = CC_TOKEN_NODE, .addresses = { "[2001:db8::1]:8443", "zone.example:8443" }, .n_addresses = 2, .zone = "vallcarca"
	};

	t.secret = cc_secret_new();
	t.expires_ms = 1800000000123;
	memset(t.pin.b, 0xa5, sizeof(t.pin.b));
	return t;
}

static const char *encoded(const struct cc_token *t)
{
	const char *text = NULL;
	struct cc_error err = { 0 };

	ck_assert_msg(cc_token_encode(t, arena, &text, &err) == 0, "%s", err.msg);
	return text;
}

START_TEST(a_token_survives_its_text)
{
	struct cc_token t = sample(), back;
	const char *text = encoded(&t);
	struct cc_error err = { 0 };

	ck_assert_int_eq(strncmp(text, "cct1_", 5), 0);
	ck_assert_uint_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), strlen(text));
	ck_assert_msg(cc_token_decode(text, arena, &back, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(back.kind, CC_TOKEN_NODE);
	ck_assert_uint_eq(back.n_addresses, 2);
	ck_assert_str_eq(back.addresses[0], t.addresses[0]);
	ck_assert_str_eq(back.addresses[1], t.addresses[1]);
	ck_assert_str_eq(back.zone, "vallcarca");
	ck_assert_int_eq(back.expires_ms, 1800000000123);
	ck_assert(cc_pin_equal(back.pin, t.pin));
	ck_assert_mem_eq(back.secret.b, t.secret.b, sizeof(t.secret.b));
}
END_TEST

START_TEST(the_largest_token_survives_its_text)
{
	static char address[CC_TOKEN_ADDRESS_MAX + 1], zone[CC_TOKEN_ZONE_MAX + 1];
	struct cc_token t = sample(), back;
	struct cc_error err = { 0 };

	memset(address, 'a', sizeof(address) - 1);
	memset(zone, 'z', sizeof(zone) - 1);
	t.zone = zone;
	t.n_addresses = CC_TOKEN_ADDRESSES_MAX;
	for (size_t i = 0; i < t.n_addresses; i++)
		t.addresses[i] = address;
	ck_assert_int_eq(cc_token_decode(encoded(&t), arena, &back, &err), 0);
	ck_assert_str_eq(back.addresses[7], address);
	ck_assert_str_eq(back.zone, zone);
}
END_TEST

START_TEST(lines_broken_by_a_terminal_do_not_matter)
{
	struct cc_token t = sample(), back;
	const char *text = encoded(&t);
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_token_decode(cc_printf(arena, " %.40s\n%.40s \r\n\t%s\n", text, text + 40, text + 80), arena, &back, &err), 0);
}
END_TEST

START_TEST(every_cut_and_every_changed_character_is_noticed)
{
	struct cc_token t = sample(), back;
	const char *text = encoded(&t);

	for (size_t n = 5; n < strlen(text); n++) {
		char *cut = cc_arena_memdup(arena, text, n), *changed = cc_arena_strdup(arena, text);
		struct cc_error err = { 0 };

		ck_assert_int_eq(cc_token_decode(cut, arena, &back, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.msg, "damaged or cut off"));
		changed[n] = changed[n] == 'A' ? 'B' : 'A';
		ck_assert_int_eq(cc_token_decode(changed, arena, &back, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.msg, "damaged or cut off"));
		ck_assert_ptr_null(strstr(err.msg, text + 20));
	}
}
END_TEST

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ "", "not a token" },
	{ "hello", "not a token" },
	{ "cct_AAAA", "not a token" },
	{ "cctx_AAAA", "not a token" },
	{ "cct2_AAAA", "newer version" },
	{ "cct10_AAAA", "newer version" },
	{ "cct1_", "damaged or cut off" },
	{ "cct1_AAAA", "damaged or cut off" },
	{ "cct1_!!!!", "damaged or cut off" },
};

START_TEST(another_text_is_refused_with_its_reason)
{
	struct cc_token back;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_token_decode(refused[_i].text, arena, &back, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_msg(strstr(err.msg, refused[_i].says) != NULL, "%s", err.msg);
}
END_TEST

START_TEST(an_endless_text_is_refused)
{
	char *text = cc_arena_alloc(arena, 100001);
	struct cc_token back;
	struct cc_error err = { 0 };

	memset(text, 'A', 100000);
	memcpy(text, "cct1_", 5);
	ck_assert_int_eq(cc_token_decode(text, arena, &back, &err), -1);
}
END_TEST

START_TEST(a_field_over_its_limit_is_not_encoded)
{
	static char zone[CC_TOKEN_ZONE_MAX + 2];
	struct cc_token t = sample();
	struct cc_error err = { 0 };
	const char *text;

	memset(zone, 'z', sizeof(zone) - 1);
	t.zone = zone;
	ck_assert_int_eq(cc_token_encode(&t, arena, &text, &err), -1);
	t = sample();
	t.n_addresses = 0;
	ck_assert_int_eq(cc_token_encode(&t, arena, &text, &err), -1);
	t = sample();
	t.addresses[0] = "with space:1";
	ck_assert_int_eq(cc_token_encode(&t, arena, &text, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("token");
	TCase *tc = tcase_create("token");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_token_survives_its_text);
	tcase_add_test(tc, the_largest_token_survives_its_text);
	tcase_add_test(tc, lines_broken_by_a_terminal_do_not_matter);
	tcase_add_test(tc, every_cut_and_every_changed_character_is_noticed);
	tcase_add_loop_test(tc, another_text_is_refused_with_its_reason, 0, CC_ARRAY_LEN(refused));
	tcase_add_test(tc, an_endless_text_is_refused);
	tcase_add_test(tc, a_field_over_its_limit_is_not_encoded);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
