/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses of controllers a node remembers, and when it has to start again to reach them. */
#include "agent/controllers.h"

#include "tests/lib/test.h"

#define LIST(...) ((struct cc_texts){ sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[]){ __VA_ARGS__ } })

static struct cc_arena *a;

static void set_up(void)
{
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
}

static const char *joined(const struct cc_texts *t)
{
	const char *text = "";

	for (size_t i = 0; i < t->n; i++)
		text = cc_printf(a, "%s%s%s", text, i > 0 ? " " : "", t->items[i]);
	return text;
}

static void expect(struct cc_texts known, struct cc_texts told, const char *reached, bool differs, const char *want)
{
	struct cc_texts now;

	ck_assert_msg(controllers_merge(&known, &told, reached, &now, a) == differs, "%s", want);
	ck_assert_str_eq(joined(&now), want);
}

START_TEST(the_one_that_answers_comes_first_and_those_told_after_it)
{
	expect(LIST("a:1"), LIST("a:1", "b:1"), "a:1", true, "a:1 b:1");
	expect(LIST("a:1", "b:1"), LIST("b:1", "a:1"), "b:1", false, "b:1 a:1");
	/* What a controller calls itself may not lead there from here. */
	expect(LIST("10.0.0.1:1"), LIST("a:1", "b:1"), "10.0.0.1:1", true, "10.0.0.1:1 a:1 b:1");
	/* One that is gone is forgotten. */
	expect(LIST("a:1", "b:1"), LIST("a:1"), "a:1", true, "a:1");
	expect(LIST("a:1"), (struct cc_texts){ 0 }, "a:1", false, "a:1");
}
END_TEST

START_TEST(nonsense_and_doubles_are_passed_over_and_there_are_not_too_many)
{
	expect(LIST("a:1"), LIST("", "b", "b:0", "b:99999", "a:1", "b:1", "b:1"), "a:1", true, "a:1 b:1");
	expect(LIST("a:1"), LIST("b:1", "b:2", "b:3", "b:4", "b:5", "b:6", "b:7", "b:8", "b:9"), "a:1", true, "a:1 b:1 b:2 b:3 b:4 b:5 b:6 b:7");
}
END_TEST

static bool same_ports(struct cc_texts known, struct cc_texts all)
{
	return controllers_same_ports(&known, &all, a);
}

START_TEST(only_a_port_that_was_not_known_needs_a_new_start)
{
	ck_assert(same_ports(LIST("a:8443"), LIST("a:8443", "b:8443", "[fd00::1]:8443")));
	ck_assert(same_ports(LIST("a:1", "b:2"), LIST("c:2")));
	ck_assert(!same_ports(LIST("a:8443"), LIST("a:8443", "b:8444")));
	ck_assert(same_ports(LIST("a:8443"), LIST("nonsense")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_controllers");
	TCase *tc = tcase_create("controllers");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_one_that_answers_comes_first_and_those_told_after_it);
	tcase_add_test(tc, nonsense_and_doubles_are_passed_over_and_there_are_not_too_many);
	tcase_add_test(tc, only_a_port_that_was_not_known_needs_a_new_start);
	suite_add_tcase(s, tc);
	return test_run(s);
}
