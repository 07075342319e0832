/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far nodes are from each other, as the controller knows it. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo, cy;
static const struct cc_uuid controller;

static void setup(void)
{
	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 4096);
	bo = a_node(&f, "bo", 4096);
	cy = a_node(&f, "cy", 4096);
}

static void teardown(void)
{
	engine_fixture_done(&f);
}

static void measured(struct cc_uuid from, struct cc_uuid to, int64_t us)
{
	distances_measured(engine_distances(f.engine), from, to, us, f.now_ms);
}

static struct distance between(struct cc_uuid a, struct cc_uuid b)
{
	return distances_between(engine_distances(f.engine), a, b, f.now_ms);
}

static void ticks(int n)
{
	for (int i = 0; i < n; i++)
		tick(&f, 1000);
}

static int64_t revision(void)
{
	const struct zone *z = engine_read_begin(f.engine);
	int64_t r = zone_revision(z);

	engine_read_end(f.engine);
	return r;
}

static void assert_about(int64_t is, int64_t wanted, int64_t percent)
{
	ck_assert_msg(llabs(is - wanted) * 100 <= wanted * percent, "%lld instead of %lld", (long long)is, (long long)wanted);
}

START_TEST(a_node_is_unknown_until_something_was_measured)
{
	struct distance d = between(ada, bo);

	ck_assert_int_eq(distances_us(&d), SCHED_RTT_UNKNOWN);
	ck_assert(!cc_has(node_now(&f, ada), node, pos_error));
	measured(ada, controller, 8000);
	ticks(3);
	d = between(ada, controller);
	ck_assert_int_eq(d.measured_us, 8000);
	ck_assert_int_eq(d.age_ms, 3000);
	assert_about(d.estimate_us, 8000, 10);
	ck_assert(cc_has(node_now(&f, ada), node, pos_error));
	d = between(ada, bo);
	ck_assert_int_eq(distances_us(&d), SCHED_RTT_UNKNOWN);
}
END_TEST

static void measure_triangle(void)
{
	measured(ada, controller, 10000);
	measured(bo, controller, 12000);
	measured(cy, controller, 30000);
	measured(ada, bo, 4000);
	measured(cy, ada, 26000);
}

START_TEST(pairs_that_were_not_measured_follow_from_those_that_were)
{
	struct distance d;

	measure_triangle();
	ticks(10);
	d = between(bo, cy);
	ck_assert_int_eq(d.measured_us, 0);
	ck_assert_int_gt(d.estimate_us, 15000);
	ck_assert_int_lt(d.estimate_us, 42000);
	d = between(bo, ada);
	assert_about(d.estimate_us, 4000, 60);
	ck_assert_int_eq(distances_us(&d), 4000);
}
END_TEST

START_TEST(what_was_measured_is_no_news_for_ever)
{
	struct distance d;

	measure_triangle();
	ticks(10);
	f.now_ms += DISTANCES_FRESH_MS + 1;
	d = between(bo, ada);
	ck_assert_int_eq(d.measured_us, 0);
	ck_assert_int_gt(d.estimate_us, 0);
}
END_TEST

START_TEST(of_both_ends_words_the_longer_one_counts)
{
	struct distance d;

	measured(ada, bo, 100);
	d = between(bo, ada);
	ck_assert_int_eq(d.measured_us, 100);
	measured(bo, ada, 7000);
	d = between(ada, bo);
	ck_assert_int_eq(d.measured_us, 7000);
	measured(ada, bo, 9000);
	d = between(ada, bo);
	ck_assert_int_eq(d.measured_us, 9000);
}
END_TEST

START_TEST(a_restart_begins_with_the_points_that_were_stored)
{
	struct distance before, after;

	measure_triangle();
	ticks(10);
	before = between(bo, cy);
	engine_fixture_reload(&f, &engine_fixture_options);
	after = between(bo, cy);
	ck_assert_int_eq(before.estimate_us, after.estimate_us);
	ck_assert_int_eq(before.error, after.error);
	ck_assert_int_eq(between(ada, bo).measured_us, 0);
}
END_TEST

START_TEST(points_that_were_lost_with_their_batch_are_stored_again)
{
	measure_triangle();
	f.lose = true;
	tick(&f, 1000);
	f.lose = false;
	ck_assert(!cc_has(node_now(&f, ada), node, pos_error));
	ticks(3);
	ck_assert(cc_has(node_now(&f, ada), node, pos_error));
}
END_TEST

/* Radio always differs a little. */
START_TEST(what_is_as_it_was_writes_nothing)
{
	int64_t before;

	measure_triangle();
	ticks(10);
	before = revision();
	for (int i = 0; i < 100; i++) {
		distances_sample(engine_distances(f.engine), ada, controller, 10000 + i % 7 * 100, f.now_ms);
		measured(ada, bo, 4000 + i % 3 * 50);
		tick(&f, 20000);
		for (int k = 0; k < 3; k++) {
			struct node_report r = { .revision = before };
			struct cmd_node_sync args = { .report = &r, .node = k == 0 ? ada : k == 1 ? bo : cy };

			engine_run(&f, COMMAND_NODE_SYNC, as_node(args.node), &args);
		}
	}
	ck_assert_int_eq(revision(), before);
}
END_TEST

START_TEST(a_node_that_moved_is_stored_anew_but_seldom)
{
	int64_t before;

	measure_triangle();
	ticks(10);
	before = revision();
	measured(cy, controller, 90000);
	measured(cy, ada, 85000);
	ticks(30);
	ck_assert_int_eq(revision(), before);
	ck_assert_int_eq(between(cy, controller).measured_us, 90000);
	f.now_ms += 600000;
	ticks(2);
	ck_assert_int_gt(revision(), before);
	ck_assert_int_gt(node_now(&f, cy)->pos_h, 5000);
}
END_TEST

START_TEST(one_outlier_among_the_samples_does_not_count)
{
	struct distances *d = engine_distances(f.engine);
	static const int64_t us[] = { 9000, 9100, 8800, 250000, 9000, 20, 9050 };

	for (size_t i = 0; i < CC_ARRAY_LEN(us); i++)
		distances_sample(d, ada, controller, us[i], f.now_ms);
	assert_about(between(ada, controller).measured_us, 9000, 5);
}
END_TEST

START_TEST(a_node_that_is_removed_leaves_nothing)
{
	struct cc_uuid dee;

	measure_triangle();
	ticks(5);
	engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "ada", true });
	ck_assert_int_eq(between(bo, ada).estimate_us, SCHED_RTT_UNKNOWN);
	ck_assert_int_eq(between(cy, ada).measured_us, 0);
	dee = a_node(&f, "dee", 4096);
	ticks(5);
	ck_assert_int_eq(between(bo, dee).estimate_us, SCHED_RTT_UNKNOWN);
	ck_assert_int_eq(between(cy, dee).measured_us, 0);
}
END_TEST

START_TEST(a_node_has_so_many_pairs_and_no_more)
{
	struct cc_uuid other[40];
	char name[16];
	size_t n = 0;

	measured(ada, controller, 5000);
	for (size_t i = 0; i < CC_ARRAY_LEN(other); i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		other[i] = a_node(&f, name, 1024);
		f.now_ms++;
		measured(ada, other[i], 6000);
	}
	for (size_t i = 0; i < CC_ARRAY_LEN(other); i++)
		n += between(ada, other[i]).measured_us > 0;
	ck_assert_uint_eq(n, DISTANCES_PAIRS - 1);
	ck_assert_int_gt(between(ada, other[39]).measured_us, 0);
	ck_assert_int_gt(between(ada, controller).measured_us, 0);
}
END_TEST

static size_t targets(struct cc_uuid node, struct distances_target ret[DISTANCES_TARGETS])
{
	return distances_targets(engine_distances(f.engine), node, f.now_ms, ret);
}

static void answers(struct cc_uuid node, int64_t port)
{
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	cc_set(r, node_report, probe_port, port);
	*args = (struct cmd_node_sync){ .report = r, .node = node };
	ck_assert_int_eq(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), args)->error.code, CC_OK);
}

START_TEST(nodes_measure_those_that_answer_and_no_others)
{
	struct distances_target t[DISTANCES_TARGETS];

	answers(ada, 8446);
	ck_assert_uint_eq(targets(ada, t), 0);
	answers(bo, 9000);
	ck_assert_uint_eq(targets(ada, t), 1);
	ck_assert(cc_uuid_equal(t[0].node, bo));
	ck_assert_uint_eq(t[0].port, 9000);
	ck_assert_uint_eq(targets(cy, t), 0); /* it does not answer, so it does not ask */
	answers(cy, 9001);
	ck_assert_uint_eq(targets(ada, t), 2);
	answers(bo, 0);
	ck_assert_uint_eq(targets(ada, t), 1);
	ck_assert(cc_uuid_equal(t[0].node, cy));
	engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "cy", true });
	ck_assert_uint_eq(targets(ada, t), 0);
}
END_TEST

START_TEST(targets_stay_and_nobody_has_too_many)
{
	struct distances_target t[DISTANCES_TARGETS], again[DISTANCES_TARGETS];
	struct cc_uuid node[60];
	size_t asked[60] = { 0 };
	char name[16];

	for (size_t i = 0; i < CC_ARRAY_LEN(node); i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		node[i] = a_node(&f, name, 1024);
		answers(node[i], 8446);
		measured(node[i], controller, i == 0 ? 1000 : 20000); /* the first is the nearest of all */
	}
	ticks(3);
	for (int round = 0; round < 20; round++) {
		memset(asked, 0, sizeof(asked));
		for (size_t i = 0; i < CC_ARRAY_LEN(node); i++) {
			ck_assert_uint_eq(targets(node[i], t), DISTANCES_TARGETS);
			for (size_t k = 0; k < DISTANCES_TARGETS; k++)
				for (size_t j = 0; j < CC_ARRAY_LEN(node); j++)
					asked[j] += cc_uuid_equal(node[j], t[k].node);
		}
		for (size_t j = 0; j < CC_ARRAY_LEN(node); j++)
			ck_assert_uint_le(asked[j], DISTANCES_ASKED_MAX);
		f.now_ms += 600000 << (round < 5 ? round : 5);
	}
	targets(node[7], t);
	f.now_ms += 60000;
	targets(node[7], again);
	ck_assert_int_eq(memcmp(t, again, sizeof(t)), 0);
}
END_TEST

static int64_t rtt_of(const struct distances_near *near, size_t n, struct cc_uuid node)
{
	for (size_t i = 0; i < n; i++)
		if (cc_uuid_equal(near[i].node, node))
			return near[i].rtt_us;
	return 0;
}

START_TEST(what_was_measured_around_a_node_is_found_from_both_ends)
{
	struct distances_near near[DISTANCES_AROUND_MAX];
	struct distances *d = engine_distances(f.engine);

	measure_triangle();
	ck_assert_uint_eq(distances_around(d, ada, f.now_ms, near, DISTANCES_AROUND_MAX), 2);
	ck_assert_int_eq(rtt_of(near, 2, bo), 4000);
	ck_assert_int_eq(rtt_of(near, 2, cy), 26000);
	measured(ada, cy, 27000);
	measured(bo, ada, 3000);
	ck_assert_uint_eq(distances_around(d, ada, f.now_ms, near, DISTANCES_AROUND_MAX), 2);
	ck_assert_int_eq(rtt_of(near, 2, bo), 4000);
	ck_assert_int_eq(rtt_of(near, 2, cy), 27000);
	ck_assert_uint_eq(distances_around(d, bo, f.now_ms, near, DISTANCES_AROUND_MAX), 1);
	ck_assert_uint_eq(distances_around(d, ada, f.now_ms, near, 1), 1);
	ck_assert_uint_eq(distances_around(d, controller, f.now_ms, near, DISTANCES_AROUND_MAX), 0);
	engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "bo", true });
	ck_assert_uint_eq(distances_around(d, ada, f.now_ms, near, DISTANCES_AROUND_MAX), 1);
	f.now_ms += DISTANCES_FRESH_MS + 1;
	ck_assert_uint_eq(distances_around(d, ada, f.now_ms, near, DISTANCES_AROUND_MAX), 0);
}
END_TEST

static struct node_rtt told(struct cc_uuid node, int64_t us, int64_t age_s)
{
	struct node_rtt m = { 0 };

	cc_set(&m, node_rtt, node, node);
	cc_set(&m, node_rtt, rtt_us, us);
	cc_set(&m, node_rtt, age_s, age_s);
	return m;
}

START_TEST(what_a_node_reports_is_taken_in_with_its_age)
{
	struct node_rtt items[] = { told(bo, 5000, 60), told(cy, 7000, INT64_MAX), told(ada, 1, 0), { .node = cy, .rtt_us = 1 } };
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync args = { .report = r, .node = ada };

	f.now_ms += 4 * DISTANCES_FRESH_MS;
	r->measured.items = items;
	r->measured.n = CC_ARRAY_LEN(items);
	r->has |= CC_BIT(node_report_f_measured);
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args);
	ck_assert_int_eq(between(bo, ada).measured_us, 5000);
	ck_assert_int_eq(between(bo, ada).age_ms, 60000);
	f.now_ms++;
	ck_assert_int_eq(between(cy, ada).measured_us, 0);
	ck_assert_int_eq(between(ada, ada).measured_us, 0);
}
END_TEST

START_TEST(nonsense_is_passed_over)
{
	struct cc_uuid nobody = engine_fixture_id(&f);

	measured(ada, nobody, 1000);
	measured(nobody, ada, 1000);
	measured(ada, ada, 1000);
	measured(controller, ada, 1000);
	measured(ada, bo, 0);
	measured(ada, bo, -5);
	ck_assert_int_eq(between(ada, bo).measured_us, 0);
	measured(ada, bo, INT64_MAX);
	ck_assert_int_eq(between(ada, bo).measured_us, SCHED_RTT_MAX);
	ticks(3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("distances");
	TCase *tc = tcase_create("distances");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_node_is_unknown_until_something_was_measured);
	tcase_add_test(tc, pairs_that_were_not_measured_follow_from_those_that_were);
	tcase_add_test(tc, what_was_measured_is_no_news_for_ever);
	tcase_add_test(tc, of_both_ends_words_the_longer_one_counts);
	tcase_add_test(tc, a_restart_begins_with_the_points_that_were_stored);
	tcase_add_test(tc, points_that_were_lost_with_their_batch_are_stored_again);
	tcase_add_test(tc, what_is_as_it_was_writes_nothing);
	tcase_add_test(tc, a_node_that_moved_is_stored_anew_but_seldom);
	tcase_add_test(tc, one_outlier_among_the_samples_does_not_count);
	tcase_add_test(tc, a_node_that_is_removed_leaves_nothing);
	tcase_add_test(tc, a_node_has_so_many_pairs_and_no_more);
	tcase_add_test(tc, nodes_measure_those_that_answer_and_no_others);
	tcase_add_test(tc, targets_stay_and_nobody_has_too_many);
	tcase_add_test(tc, what_was_measured_around_a_node_is_found_from_both_ends);
	tcase_add_test(tc, what_a_node_reports_is_taken_in_with_its_age);
	tcase_add_test(tc, nonsense_is_passed_over);
	suite_add_tcase(s, tc);
	return test_run(s);
}
