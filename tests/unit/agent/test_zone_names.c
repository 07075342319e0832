/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/zone_names.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64];
static struct zone_names t;

static void setup(void)
{
	strcpy(dir, "/tmp/cc-names-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	t = (struct zone_names){ 0 };
}

static void teardown(void)
{
	char command[128];

	zone_names_done(&t);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* NULL address: the name is no more. */
static struct zone_name name(const char *name, const char *address)
{
	struct zone_name n = { .name = name };

	if (address != NULL)
		cc_set(&n, zone_name, address, address);
	return n;
}

static void take(const char *version, bool full, struct zone_name *items, size_t n)
{
	struct node_orders o = { 0 };

	if (version != NULL)
		cc_set(&o, node_orders, names_version, version);
	if (full)
		cc_set(&o, node_orders, names_full, true);
	o.names.items = items;
	o.names.n = n;
	o.has |= CC_BIT(node_orders_f_names);
	zone_names_take(&t, &o);
}

/* "name=address ..." in the order in which they are kept. */
static const char *all(const struct zone_names *names)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < names->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", i > 0 ? " " : "", names->items[i].name, names->items[i].address);
	return text;
}

START_TEST(changes_are_taken_in_and_all_replaces_all)
{
	struct zone_name first[] = { name("web", "10.0.0.1"), name("db", "10.0.0.2"), name("mail", "fd00::1") };
	struct zone_name then[] = { name("db", NULL), name("web", "10.0.0.9"), name("api", "10.0.0.3"), name("never", NULL) };
	struct zone_name whole[] = { name("only", "10.0.0.4") };

	take("v1", true, first, 3);
	ck_assert_str_eq(all(&t), "db=10.0.0.2 mail=fd00::1 web=10.0.0.1");
	ck_assert(t.unsaved && t.look);
	take("v2", false, then, 4);
	ck_assert_str_eq(all(&t), "api=10.0.0.3 mail=fd00::1 web=10.0.0.9");
	take("v3", true, whole, 1);
	ck_assert_str_eq(all(&t), "only=10.0.0.4");
	ck_assert_str_eq(t.version, "v3");
	take("v4", true, NULL, 0);
	ck_assert_str_eq(all(&t), "");
}
END_TEST

START_TEST(what_says_nothing_of_names_changes_nothing)
{
	struct zone_name first[] = { name("web", "10.0.0.1") }, other[] = { name("db", "10.0.0.2") };

	take("v1", true, first, 1);
	t.unsaved = t.look = false;
	take(NULL, true, other, 1);
	take("a version that is longer than any that there is", true, other, 1);
	ck_assert_str_eq(all(&t), "web=10.0.0.1");
	ck_assert_str_eq(t.version, "v1");
	ck_assert(!t.unsaved && !t.look);
}
END_TEST

START_TEST(what_is_no_address_is_no_name)
{
	struct zone_name first[] = { name("a", "10.0.0.1"), name("b", "10.0.0.2"), name("c", "10.0.0.3") };
	struct zone_name bad[] = { name("a", "10.0.0.256"), name("b", "host\n10.0.0.1"), name("d", "") };

	take("v1", true, first, 3);
	take("v2", false, bad, 3);
	ck_assert_str_eq(all(&t), "c=10.0.0.3");
}
END_TEST

START_TEST(more_than_there_may_be_are_left_out)
{
	struct zone_name *many = cc_calloc(ZONE_NAMES_MAX + 10, sizeof(*many));
	char(*words)[16] = cc_calloc(ZONE_NAMES_MAX + 10, sizeof(*words));
	struct zone_name gone = name("n00000", NULL), late = name("z", "10.0.0.2");

	for (size_t i = 0; i < ZONE_NAMES_MAX + 10; i++) {
		snprintf(words[i], sizeof(words[i]), "n%05zu", i);
		many[i] = name(words[i], "10.0.0.1");
	}
	take("v1", true, many, ZONE_NAMES_MAX + 10);
	ck_assert_uint_eq(t.n, ZONE_NAMES_MAX);
	ck_assert_str_eq(t.items[ZONE_NAMES_MAX - 1].name, words[ZONE_NAMES_MAX - 1]);
	take("v2", false, &late, 1);
	ck_assert_str_ne(t.items[t.n - 1].name, "z");
	take("v3", false, &gone, 1);
	take("v4", false, &late, 1);
	ck_assert_str_eq(t.items[t.n - 1].name, "z");
	free(many);
	free(words);
}
END_TEST

START_TEST(they_are_there_without_a_controller)
{
	struct zone_name first[] = { name("web", "10.0.0.1"), name("db", "fd00::2") };
	struct zone_names back = { 0 };
	struct cc_error err = { 0 };

	take("v1", true, first, 2);
	ck_assert_int_eq(zone_names_save(&t, dir, &err), 0);
	ck_assert(!t.unsaved);
	zone_names_load(&back, dir);
	ck_assert_str_eq(all(&back), "db=fd00::2 web=10.0.0.1");
	ck_assert_str_eq(back.version, "v1");
	ck_assert(back.look && !back.unsaved);
	zone_names_done(&back);
}
END_TEST

/* Then the controller is asked for all. */
START_TEST(what_is_missing_or_damaged_is_none)
{
	struct zone_name first[] = { name("web", "10.0.0.1") };
	struct zone_names back = { 0 };
	struct cc_error err = { 0 };
	char command[256];

	zone_names_load(&back, dir);
	ck_assert(back.n == 0 && back.version[0] == '\0');
	take("v1", true, first, 1);
	ck_assert_int_eq(zone_names_save(&t, dir, &err), 0);
	snprintf(command, sizeof(command), "for f in %s/*; do head -c 20 $f >$f.cut; mv $f.cut $f; done", dir);
	ck_assert_int_eq(system(command), 0);
	zone_names_load(&back, dir);
	ck_assert(back.n == 0 && back.version[0] == '\0');
	t.unsaved = true;
	ck_assert_int_eq(zone_names_save(&t, "/nonexistent", &err), -1);
	ck_assert(t.unsaved);
	zone_names_done(&back);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("zone_names");
	TCase *tc = tcase_create("zone_names");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, changes_are_taken_in_and_all_replaces_all);
	tcase_add_test(tc, what_says_nothing_of_names_changes_nothing);
	tcase_add_test(tc, what_is_no_address_is_no_name);
	tcase_add_test(tc, more_than_there_may_be_are_left_out);
	tcase_add_test(tc, they_are_there_without_a_controller);
	tcase_add_test(tc, what_is_missing_or_damaged_is_none);
	suite_add_tcase(s, tc);
	return test_run(s);
}
