/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of instances for nodes: whoever asks with what they have ends up with what is, by few changes or by all, whatever happened meanwhile. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <string.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo;
static struct principal eva;

/* What a node has. */
struct reader {
	char version[32];
	size_t n;
	struct zone_name items[64];
	size_t changes; /* that the last answer had */
	bool full;
};
static struct reader reader;

static void report_address(struct cc_uuid node, const char *address)
{
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	cc_set(r, node_report, address, address);
	*args = (struct cmd_node_sync){ .report = r, .node = node };
	ck_assert_int_eq(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), args)->error.code, CC_OK);
}

static void setup(void)
{
	engine_fixture_init(&f);
	reader = (struct reader){ 0 };
	ada = a_node(&f, "ada", 4096);
	bo = a_node(&f, "bo", 4096);
	report_address(ada, "192.0.2.1");
	report_address(bo, "2001:db8::2");
	an_image(&f, "busybox");
	eva = as_member(a_member(&f, "eva"));
}

static void teardown(void)
{
	engine_fixture_done(&f);
}

static void drop(struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].name, name) == 0)
			r->items[i--] = r->items[--r->n];
}

static const char *find(const struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].name, name) == 0)
			return r->items[i].address;
	return NULL;
}

/* Asks once. False when there is nothing to say. */
static bool ask(struct reader *r)
{
	const struct zone *z = engine_read_begin(f.engine);
	struct node_orders *o = cc_new(f.arena, struct node_orders);
	bool news = names_fill(engine_names(f.engine), z, r->version, o, f.arena);

	engine_read_end(f.engine);
	r->changes = o->names.n;
	r->full = cc_has(o, node_orders, names_full);
	if (!news)
		return false;
	if (r->full)
		r->n = 0;
	for (size_t i = 0; i < o->names.n; i++) {
		drop(r, o->names.items[i].name);
		if (cc_has(&o->names.items[i], zone_name, address))
			r->items[r->n++] = o->names.items[i];
	}
	strcpy(r->version, o->names_version);
	return true;
}

/* The instances that are on a node that has an address, and no others. */
static void check_reader(struct reader *r)
{
	const struct zone *z = engine_read_begin(f.engine);
	const struct instance *inst;
	size_t n = 0;

	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;) {
		const struct node *node = cc_has(inst, instance, node) ? zone_find(z, TABLE_NODE, inst->node) : NULL;

		if (node == NULL || inst->state == INST_DELETING || inst->desired == DESIRED_DELETE)
			continue;
		n++;
		ck_assert_msg(find(r, inst->name) != NULL, "%s is missing", inst->name);
		ck_assert_str_eq(find(r, inst->name), node->address);
	}
	engine_read_end(f.engine);
	ck_assert_uint_eq(r->n, n);
}

START_TEST(a_reader_learns_what_changed_and_nothing_twice)
{
	create(&f, eva, "one", "busybox", 0);
	ck_assert(ask(&reader));
	ck_assert(reader.full);
	check_reader(&reader);
	ck_assert(!ask(&reader));
	create(&f, eva, "two", "busybox", 0);
	ck_assert(ask(&reader));
	ck_assert(!reader.full);
	ck_assert_uint_eq(reader.changes, 1);
	check_reader(&reader);
	/* What does not move has no news, whatever else happens to it. */
	observe(&f, instance_now(&f, "two")->node, instance_now(&f, "two"), OBSERVED_RUNNING);
	act(&f, eva, "two", ACT_STOP);
	ck_assert(!ask(&reader));
	act(&f, eva, "two", ACT_DELETE);
	ck_assert(ask(&reader));
	ck_assert_uint_eq(reader.changes, 1);
	ck_assert_ptr_null(find(&reader, "two"));
	check_reader(&reader);
}
END_TEST

START_TEST(a_nodes_new_address_is_that_of_its_instances)
{
	char name[8];

	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "i%d", i);
		create(&f, eva, name, "busybox", 0);
	}
	ck_assert(ask(&reader));
	report_address(ada, "198.51.100.9");
	ck_assert(ask(&reader));
	ck_assert(!reader.full);
	check_reader(&reader);
	ck_assert(!ask(&reader));
	/* A text that is no address is told to nobody. */
	report_address(ada, "x\n1.2.3.4 evil");
	report_address(bo, "host.example");
	ck_assert(ask(&reader));
	ck_assert_uint_eq(reader.n, 0);
}
END_TEST

START_TEST(another_controller_means_the_same_by_a_version)
{
	create(&f, eva, "one", "busybox", 0);
	ck_assert(ask(&reader));
	engine_fixture_reload(&f, &engine_fixture_options);
	ck_assert(!ask(&reader));
	create(&f, eva, "two", "busybox", 0);
	ck_assert(ask(&reader));
	ck_assert(!reader.full);
	check_reader(&reader);
	/* Who was away for both gets all. */
	reader = (struct reader){ .version = "0123456789abcdef" };
	ck_assert(ask(&reader));
	ck_assert(reader.full);
	check_reader(&reader);
	reader = (struct reader){ .version = "no version" };
	ck_assert(ask(&reader));
	check_reader(&reader);
}
END_TEST

START_TEST(whoever_asks_whenever_has_what_is)
{
	struct reader often = { 0 }, seldom = { 0 };
	char name[8];

	for (int i = 0; i < 400; i++) {
		uint64_t r = f.random = f.random * UINT64_C(6364136223846793005) + 1442695040888963407;

		snprintf(name, sizeof(name), "i%d", (int)(r >> 33) % 12);
		if ((r >> 45) % 5 < 2)
			create(&f, eva, name, "busybox", 0);
		else if ((r >> 45) % 5 < 3)
			act(&f, eva, name, ACT_DELETE);
		else if ((r >> 45) % 5 < 4 && instance_now(&f, name) != NULL && instance_now(&f, name)->state == INST_DELETING)
			observe(&f, instance_now(&f, name)->node, instance_now(&f, name), OBSERVED_GONE);
		else
			report_address(r >> 50 & 1 ? ada : bo, r >> 51 & 1 ? "192.0.2.77" : "192.0.2.78");
		(void)ask(&often);
		check_reader(&often);
		if (i % 37 == 0) {
			(void)ask(&seldom);
			check_reader(&seldom);
		}
	}
}
END_TEST

static size_t count_touched(struct cc_uuid id)
{
	size_t n = 0;

	for (size_t i = 0; i < f.n_touched; i++)
		n += cc_uuid_equal(f.touched[i], id);
	f.n_touched = 0;
	return n;
}

START_TEST(nodes_with_instances_are_woken_together)
{
	struct cc_uuid node;

	create(&f, eva, "one", "busybox", 0);
	node = instance_now(&f, "one")->node;
	tick(&f, 1000);
	tick(&f, 1000);
	(void)count_touched(node);
	tick(&f, 1000);
	ck_assert_uint_eq(count_touched(node), 0);
	/* The other node's address: news for this one too, and more of it within the same second waits for the next tick. */
	create(&f, eva, "two", "busybox", 0);
	tick(&f, 1000);
	(void)count_touched(node);
	report_address(cc_uuid_equal(node, ada) ? bo : ada, "192.0.2.50");
	report_address(cc_uuid_equal(node, ada) ? bo : ada, "192.0.2.51");
	tick(&f, 1000);
	ck_assert_uint_eq(count_touched(node), cc_uuid_equal(instance_now(&f, "two")->node, node) ? 0 : 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine_names");
	TCase *t = tcase_create("engine_names");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_reader_learns_what_changed_and_nothing_twice);
	tcase_add_test(t, a_nodes_new_address_is_that_of_its_instances);
	tcase_add_test(t, another_controller_means_the_same_by_a_version);
	tcase_add_test(t, whoever_asks_whenever_has_what_is);
	tcase_add_test(t, nodes_with_instances_are_woken_together);
	suite_add_tcase(s, t);
	return test_run(s);
}
