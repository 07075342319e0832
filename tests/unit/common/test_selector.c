/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/selector.h"
#include "tests/lib/test.h"

static struct cc_pair pairs[] = { { "app", "shop" }, { "tier", "db" }, { "in", "x" }, { "empty", "" } };
static const struct cc_map labels = { CC_ARRAY_LEN(pairs), pairs };

static const struct {
	const char *text;
	int matches; /* -1: is refused */
} cases[] = {
	{ "", 1 },
	{ "  ", 1 },
	{ "app", 1 },
	{ "!app", 0 },
	{ "nope", 0 },
	{ "!nope", 1 },
	{ "app=shop", 1 },
	{ "app==shop", 1 },
	{ " app = shop , tier = db ", 1 },
	{ "app=shop,tier=web", 0 },
	{ "app!=shop", 0 },
	{ "nope!=shop", 1 },
	{ "tier in (web,db)", 1 },
	{ "tier in (web)", 0 },
	{ "tier notin (web)", 1 },
	{ "tier notin (web,db)", 0 },
	{ "nope notin (web)", 1 },
	{ "nope in (web)", 0 },
	{ "in=x", 1 },
	{ "in in (x)", 1 },
	{ "empty=", 1 },
	{ "app=", 0 },
	{ "app in(shop)", 1 },
	{ "app,", -1 },
	{ ",app", -1 },
	{ "=", -1 },
	{ "!", -1 },
	{ "a b", -1 },
	{ "a in", -1 },
	{ "a in x", -1 },
	{ "a in (", -1 },
	{ "a in ()", -1 },
	{ "a in (b", -1 },
	{ "a=b=c", -1 },
	{ "!a=b", -1 },
	{ "(a)", -1 },
};

START_TEST(a_selector_matches_or_is_refused)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_selector s;
	struct cc_error err = { 0 };
	int r = cc_selector_parse(cases[_i].text, a, &s, &err);

	ck_assert_msg((r == 0) == (cases[_i].matches >= 0), "'%s': %s", cases[_i].text, err.msg);
	if (r == 0)
		ck_assert_msg(cc_selector_matches(&s, &labels) == (cases[_i].matches == 1), "'%s'", cases[_i].text);
	else
		ck_assert_ptr_nonnull(strstr(err.msg, "selector: "));
}
END_TEST

START_TEST(a_selector_is_bounded)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_selector s;
	struct cc_error err = { 0 };
	char text[512] = "a";

	for (int i = 1; i < CC_SELECTOR_MAX; i++)
		strcat(text, ",a");
	ck_assert_int_eq(cc_selector_parse(text, a, &s, &err), 0);
	strcat(text, ",a");
	ck_assert_int_eq(cc_selector_parse(text, a, &s, &err), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("selector");
	TCase *tc = tcase_create("selector");

	tcase_add_loop_test(tc, a_selector_matches_or_is_refused, 0, CC_ARRAY_LEN(cases));
	tcase_add_test(tc, a_selector_is_bounded);
	suite_add_tcase(s, tc);
	return test_run(s);
}
