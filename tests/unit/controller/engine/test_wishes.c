/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What members wish of the place of an instance: labels of nodes, nearness, distance from their others. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo, cleo;
static struct principal eva;

static void report_labels(struct cc_uuid node, size_t n, const struct cc_pair *labels)
{
	struct node_report r = { 0 };
	struct cmd_node_sync args = { .report = &r, .node = node };

	cc_set(&r, node_report, labels, ((struct cc_map){ n, (struct cc_pair *)labels }));
	ck_assert_int_eq(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), &args)->error.code, CC_OK);
}

/* ada and bo are at the mill, cleo is on the hill and has a gpu. */
static void setup(void)
{
	static const struct cc_pair mill[] = { { "site", "mill" } }, hill[] = { { "site", "hill" }, { "gpu", "" } };

	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 4096);
	bo = a_node(&f, "bo", 2048);
	cleo = a_node(&f, "cleo", 1024);
	report_labels(ada, 1, mill);
	report_labels(bo, 1, mill);
	report_labels(cleo, 2, hill);
	an_image(&f, "busybox");
	eva = as_member(a_member(&f, "eva"));
}

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

struct wish {
	const char *constraint, *affinity, *spread, *near;
	int64_t within_ms;
	const char *app; /* value of a label of the instance */
};

static struct command *wish(struct principal who, const char *name, struct wish w)
{
	struct instance_spec *spec = cc_new(f.arena, struct instance_spec);
	struct cmd_instance_create *args = cc_new(f.arena, struct cmd_instance_create);
	struct cc_pair *app = cc_new(f.arena, struct cc_pair);

	*spec = (struct instance_spec){ .name = name, .image = "busybox" };
	if (w.constraint != NULL)
		cc_set(spec, instance_spec, constraint, w.constraint);
	if (w.affinity != NULL)
		cc_set(spec, instance_spec, affinity, w.affinity);
	if (w.spread != NULL)
		cc_set(spec, instance_spec, spread, w.spread);
	if (w.near != NULL)
		cc_set(spec, instance_spec, near, w.near);
	if (w.within_ms > 0)
		cc_set(spec, instance_spec, within_ms, w.within_ms);
	*app = (struct cc_pair){ "app", w.app };
	if (w.app != NULL)
		cc_set(spec, instance_spec, labels, ((struct cc_map){ 1, app }));
	*args = (struct cmd_instance_create){ .spec = spec, .id = engine_fixture_id(&f) };
	return engine_run(&f, COMMAND_INSTANCE_CREATE, who, args);
}

static void assert_on(const struct command *cmd, const char *name, struct cc_uuid node)
{
	ck_assert_msg(cmd->error.code == CC_OK, "%s: %s", name, cmd->error.msg);
	ck_assert_msg(cc_uuid_equal(instance_now(&f, name)->node, node), "%s is on %s", name, node_now(&f, instance_now(&f, name)->node)->name);
}

static void assert_answer(const struct command *cmd, enum cc_code code, const char *says)
{
	ck_assert_msg(cmd->error.code == code, "%s: %s", cc_code_info(cmd->error.code)->slug, cmd->error.msg);
	ck_assert_msg(strstr(cmd->error.msg, says) != NULL, "%s", cmd->error.msg);
}

START_TEST(a_constraint_is_kept_and_told)
{
	const struct command *cmd;

	assert_on(wish(eva, "one", (struct wish){ .constraint = "site=hill" }), "one", cleo);
	assert_on(wish(eva, "two", (struct wish){ .constraint = "gpu, site in (mill,hill)" }), "two", cleo);
	assert_on(wish(eva, "three", (struct wish){ .constraint = "!gpu,site!=elsewhere" }), "three", ada);
	ck_assert_str_eq(instance_now(&f, "one")->constraint, "site=hill");
	cmd = wish(eva, "four", (struct wish){ .constraint = "site=moon" });
	assert_answer(cmd, CC_NO_CAPACITY, "3 do not match the constraint; it would fit without the constraint (3 nodes)");
	assert_answer(wish(eva, "five", (struct wish){ .constraint = "site in (" }), CC_INVALID, "constraint: selector:");
}
END_TEST

START_TEST(labels_that_change_are_followed)
{
	static const struct cc_pair moon[] = { { "site", "moon" } };

	report_labels(bo, 1, moon);
	assert_on(wish(eva, "one", (struct wish){ .constraint = "site=moon" }), "one", bo);
	report_labels(bo, 0, NULL);
	assert_answer(wish(eva, "two", (struct wish){ .constraint = "site" }), CC_OK, "");
	assert_answer(wish(eva, "three", (struct wish){ .constraint = "site=moon" }), CC_NO_CAPACITY, "do not match");
	assert_on(wish(eva, "four", (struct wish){ .constraint = "!site" }), "four", bo);
}
END_TEST

START_TEST(affinity_prefers_and_does_not_insist)
{
	assert_on(wish(eva, "one", (struct wish){ .affinity = "gpu" }), "one", cleo);
	assert_on(wish(eva, "two", (struct wish){ .affinity = "site=moon" }), "two", ada);
	assert_answer(wish(eva, "three", (struct wish){ .affinity = "=" }), CC_INVALID, "affinity: selector:");
}
END_TEST

START_TEST(its_like_are_kept_apart)
{
	const struct command *cmd;

	assert_on(wish(eva, "one", (struct wish){ .spread = "node:1", .app = "web" }), "one", ada);
	assert_on(wish(eva, "two", (struct wish){ .spread = "node:1", .app = "web" }), "two", bo);
	/* What has other labels, or is another member's, is not of its like. */
	assert_answer(wish(eva, "other", (struct wish){ .spread = "node:1", .app = "db" }), CC_OK, "");
	assert_answer(wish(as_admin, "foreign", (struct wish){ .spread = "node:1", .app = "web" }), CC_OK, "");
	assert_on(wish(eva, "three", (struct wish){ .spread = "node:1", .app = "web" }), "three", cleo);
	cmd = wish(eva, "four", (struct wish){ .spread = "node:1", .app = "web" });
	assert_answer(cmd, CC_NO_CAPACITY, "3 have as many of its like as may be together; it would fit without the limit of its like (3 nodes)");
	assert_answer(wish(eva, "five", (struct wish){ .spread = "node:2", .app = "web" }), CC_OK, "");
}
END_TEST

START_TEST(its_like_are_spread_over_labels_and_owners)
{
	assert_on(wish(eva, "one", (struct wish){ .spread = "site" }), "one", ada);
	assert_on(wish(eva, "two", (struct wish){ .spread = "site" }), "two", cleo);
	assert_on(wish(eva, "three", (struct wish){ .spread = "site,node" }), "three", bo);
	assert_on(wish(eva, "four", (struct wish){ .spread = "site:2" }), "four", cleo);
	assert_answer(wish(eva, "five", (struct wish){ .spread = "site:2" }), CC_NO_CAPACITY, "as many of its like");
	/* All nodes of this zone are the admin's. */
	assert_answer(wish(eva, "six", (struct wish){ .spread = "owner:4" }), CC_NO_CAPACITY, "3 have as many of its like");
	assert_answer(wish(eva, "seven", (struct wish){ .spread = "owner:5" }), CC_OK, "");
}
END_TEST

// clang-format off
static const char *const bad_spreads[] = { "", ",", "node,", "node:", "node:0", "node:-1", "node:x", "node:1x", ":1", "a,b,c,d,e" };
// clang-format on

START_TEST(what_is_no_spread_is_refused)
{
	assert_answer(wish(eva, "one", (struct wish){ .spread = bad_spreads[_i] }), CC_INVALID, "spread: ");
}
END_TEST

START_TEST(nearness_needs_a_place)
{
	assert_answer(wish(eva, "one", (struct wish){ .near = "nobody" }), CC_NOT_FOUND, "near: there is no node and no member 'nobody'");
	assert_answer(wish(eva, "one", (struct wish){ .near = "eva" }), CC_CONFLICT, "near: no node of the member 'eva' has a known place yet");
	assert_answer(wish(eva, "one", (struct wish){ .within_ms = 20 }), CC_INVALID, "within: no node of your own has a known place");
	/* Only the node itself is known to be near. */
	assert_on(wish(eva, "one", (struct wish){ .near = "cleo" }), "one", cleo);
	assert_on(wish(eva, "two", (struct wish){ .near = "cleo", .within_ms = 5 }), "two", cleo);
	assert_answer(wish(eva, "three", (struct wish){ .near = "cleo", .within_ms = 5, .constraint = "!gpu" }), CC_NO_CAPACITY,
	        "2 are too far away, or nobody knows how far");
}
END_TEST

static void report_rtt(struct cc_uuid from, struct cc_uuid to, int64_t rtt_us)
{
	struct node_rtt rtt = { 0 };
	struct node_report r = { 0 };
	struct cmd_node_sync args = { .report = &r, .node = from };

	cc_set(&rtt, node_rtt, node, to);
	cc_set(&rtt, node_rtt, rtt_us, rtt_us);
	cc_set(&rtt, node_rtt, age_s, 0);
	r.measured.n = 1;
	r.measured.items = &rtt;
	r.has |= CC_BIT(node_report_f_measured);
	ck_assert_int_eq(engine_run(&f, COMMAND_NODE_SYNC, as_node(from), &args)->error.code, CC_OK);
}

START_TEST(what_was_measured_counts)
{
	report_rtt(bo, cleo, 3500);
	report_rtt(ada, cleo, 12000);
	assert_answer(wish(eva, "one", (struct wish){ .near = "cleo", .within_ms = 5, .constraint = "!gpu" }), CC_OK, "");
	assert_on(wish(eva, "two", (struct wish){ .near = "cleo", .constraint = "site=mill" }), "two", bo);
	assert_answer(wish(eva, "three", (struct wish){ .near = "cleo", .within_ms = 3, .constraint = "!gpu" }), CC_NO_CAPACITY,
	        "it would fit on bo within 3.5 ms");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wishes");
	TCase *tc = tcase_create("wishes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_constraint_is_kept_and_told);
	tcase_add_test(tc, labels_that_change_are_followed);
	tcase_add_test(tc, affinity_prefers_and_does_not_insist);
	tcase_add_test(tc, its_like_are_kept_apart);
	tcase_add_test(tc, its_like_are_spread_over_labels_and_owners);
	tcase_add_loop_test(tc, what_is_no_spread_is_refused, 0, CC_ARRAY_LEN(bad_spreads));
	tcase_add_test(tc, nearness_needs_a_place);
	tcase_add_test(tc, what_was_measured_counts);
	suite_add_tcase(s, tc);
	return test_run(s);
}
