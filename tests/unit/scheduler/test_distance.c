/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimated distances on synthetic networks of radio links. World k of a run has the seed CC_SEED + k. */
#include "scheduler/distance.h"
#include "tests/lib/test.h"
#include "tests/unit/scheduler/links.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 144, WORLDS = 3, PROBES = 6, NOBODY = UINT32_MAX };

static const struct {
	const char *name;
	struct links (*make)(struct test_random *, uint32_t);
	int median, p90; /* not worse than that, per mille */
} shapes[] = {
	{ "tree", links_tree, 150, 400 },
	{ "grid", links_grid, 160, 500 },
	{ "plain", links_plain, 220, 900 },
};

static struct test_random seed;

struct world {
	uint64_t seed;
	struct test_random random;
	struct links links;
	struct links_fit fit;
};

static struct world world_new(int shape, int number)
{
	struct world w = { .seed = seed.state + (uint64_t)number };

	w.random.state = w.seed;
	w.links = shapes[shape].make(&w.random, NODES);
	w.fit = links_fit(&w.links, &w.random, PROBES);
	return w;
}

static void world_done(struct world *w)
{
	links_free(&w->links);
	links_fit_free(&w->fit);
}

static struct links_error error_of(struct world *w, uint32_t but)
{
	return links_error(&w->links, w->fit.points, &w->random, 60, but);
}

START_TEST(a_few_measured_pairs_tell_the_distance_of_all)
{
	for (int k = 0; k < WORLDS; k++) {
		struct world w = world_new(_i, k);
		struct links_error e = error_of(&w, NOBODY);

		printf("%s: relative error median %d, p90 %d per mille\n", shapes[_i].name, e.median, e.p90);
		ck_assert_msg(
		        e.median <= shapes[_i].median && e.p90 <= shapes[_i].p90, "CC_SEED=%" PRIu64 ": median %d, p90 %d", w.seed, e.median, e.p90);
		world_done(&w);
	}
}
END_TEST

/* One node answers at random: at once, or after five seconds. */
START_TEST(a_liar_misplaces_nobody_but_itself)
{
	for (int k = 0; k < WORLDS; k++) {
		struct world w = world_new(_i, k);
		uint32_t liar = 1 + test_random_below(&w.random, NODES - 1);
		struct links_error e;

		for (size_t i = 0; i < w.fit.n_pairs; i++)
			if (w.fit.pairs[i].a == liar || w.fit.pairs[i].b == liar)
				w.fit.pairs[i].rtt_us = test_random_below(&w.random, 2) ? 5000000 : 1;
		for (int round = 0; round < 4 * LINKS_ROUNDS; round++)
			sched_fit(w.fit.points, 1, w.fit.pairs, w.fit.n_pairs, 7);
		e = error_of(&w, liar);
		ck_assert_msg(e.median <= shapes[_i].median * 3 / 2, "CC_SEED=%" PRIu64 ": median %d per mille", w.seed, e.median);
		world_done(&w);
	}
}
END_TEST

START_TEST(a_map_gets_no_worse_with_time)
{
	struct world w = world_new(_i, 0);
	struct links_error before = error_of(&w, NOBODY), after;

	for (int round = 0; round < 20 * LINKS_ROUNDS; round++)
		sched_fit(w.fit.points, 1, w.fit.pairs, w.fit.n_pairs, 7);
	after = error_of(&w, NOBODY);
	ck_assert_msg(after.median <= before.median + 50, "CC_SEED=%" PRIu64 ": median %d, was %d", w.seed, after.median, before.median);
	world_done(&w);
}
END_TEST

START_TEST(the_same_pairs_give_the_same_points)
{
	struct test_random r = { 11 };
	struct links l = links_tree(&r, NODES);
	struct links_fit f = links_fit(&l, &r, PROBES);
	uint64_t sum = 0;

	for (size_t i = 0; i < NODES; i++)
		sum = sum * 31 + (uint64_t)(int64_t)f.points[i].x * 7 + (uint64_t)(int64_t)f.points[i].y * 5 + (uint64_t)f.points[i].height * 3 +
		      (uint64_t)f.points[i].error;
	ck_assert_uint_eq(sum, 6273969919825831916u);
	links_free(&l);
	links_fit_free(&f);
}
END_TEST

START_TEST(what_was_never_measured_is_unknown)
{
	struct sched_point p[4] = { { .error = 1 } };
	struct sched_pair pairs[] = { { 2, 3, 5000 }, { 0, 1, 8000 } };

	sched_fit(p, 1, pairs, 2, 1);
	ck_assert(sched_point_is_known(&p[1]));
	ck_assert(!sched_point_is_known(&p[2]) && !sched_point_is_known(&p[3]));
	ck_assert_int_eq(sched_distance_us(&p[1], &p[2]), SCHED_RTT_UNKNOWN);
	ck_assert(p[0].x == 0 && p[0].y == 0 && p[0].height == 0);
}
END_TEST

/* Nothing but their way to the controller is known of them: packets between them are taken to go that way. */
START_TEST(nodes_that_measured_nobody_else_meet_at_the_controller)
{
	struct sched_point p[3] = { { .error = 1 } };
	struct sched_pair pairs[] = { { 0, 1, 8000 }, { 0, 2, 4000 } };

	for (int i = 0; i < 100; i++)
		sched_fit(p, 1, pairs, 2, 1);
	ck_assert_int_le(llabs(sched_distance_us(&p[0], &p[1]) - 8000), 200);
	ck_assert_int_le(llabs(sched_distance_us(&p[1], &p[2]) - 12000), 2500);
}
END_TEST

START_TEST(extremes_do_no_harm)
{
	struct test_random r = { seed.state };
	struct sched_point p[8] = { { .error = 1 } };

	for (int i = 0; i < 20000; i++) {
		struct sched_pair pair = { test_random_below(&r, 8), test_random_below(&r, 8),
			test_random_below(&r, 2) ? SCHED_RTT_MAX : 1 + (int32_t)test_random_below(&r, 100) };

		if (pair.a != pair.b)
			sched_fit(p, 1, &pair, 1, test_random_next(&r));
	}
	for (int i = 0; i < 8; i++)
		ck_assert(p[i].height >= 0 && p[i].height <= SCHED_RTT_MAX && p[i].error > 0 && p[i].error <= SCHED_ERROR_MAX);
	p[1] = (struct sched_point){ SCHED_PLANE_MAX, SCHED_PLANE_MAX, SCHED_RTT_MAX, SCHED_ERROR_MAX };
	p[2] = (struct sched_point){ -SCHED_PLANE_MAX, -SCHED_PLANE_MAX, 0, SCHED_ERROR_MAX };
	sched_fit(p, 1, &(struct sched_pair){ 1, 2, SCHED_RTT_MAX }, 1, 1);
	ck_assert_int_gt(sched_distance_us(&p[1], &p[2]), 0);
}
END_TEST

START_TEST(what_was_kept_is_believed_within_bounds)
{
	static const int64_t bad[][4] = { { INT64_MIN, 0, 0, 1 }, { 0, SCHED_PLANE_MAX + 1, 0, 1 }, { 0, 0, -1, 1 }, { 0, 0, SCHED_RTT_MAX + 1, 1 },
		{ 0, 0, 0, 0 }, { 0, 0, 0, INT64_MAX } };
	struct sched_point p;

	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		ck_assert(!sched_point_make(bad[i][0], bad[i][1], bad[i][2], bad[i][3], &p));
		ck_assert(!sched_point_is_known(&p));
	}
	ck_assert(sched_point_make(-5, SCHED_PLANE_MAX, 7, 100, &p));
	ck_assert(p.x == -5 && p.y == SCHED_PLANE_MAX && p.height == 7 && p.error == 100);
}
END_TEST

START_TEST(roots_are_exact)
{
	struct test_random r = { seed.state };

	for (int i = 0; i < 100000; i++) {
		uint64_t v = test_random_next(&r) >> test_random_below(&r, 64), root = sched_root(v);

		ck_assert(root * root <= v && (root == UINT32_MAX || (root + 1) * (root + 1) > v));
	}
	ck_assert_uint_eq(sched_root(0), 0);
	ck_assert_uint_eq(sched_root(UINT64_MAX), UINT32_MAX);
}
END_TEST

START_TEST(of_the_last_samples_the_lowest_but_one_counts)
{
	static const int32_t us[] = { 9000, 40000, 8000, 7000, 9500, 20000000 };
	static const int32_t counts[] = { 9000, 9000, 9000, 8000, 8000, 8000 };
	struct sched_samples s = { 0 };

	ck_assert_int_eq(sched_samples_value(&s), 0);
	for (size_t i = 0; i < CC_ARRAY_LEN(us); i++) {
		sched_samples_add(&s, us[i]);
		ck_assert_int_eq(sched_samples_value(&s), counts[i]);
	}
}
END_TEST

START_TEST(whom_to_measure_are_neighbours_and_others)
{
	struct sched_point p[100] = { 0 };
	uint8_t may[100];
	uint32_t ret[SCHED_PROBES_MAX];
	size_t n;

	memset(may, 1, sizeof(may));
	for (int i = 0; i < 100; i++)
		p[i] = (struct sched_point){ .x = i * 1000, .error = 100 };
	may[51] = 0;
	n = sched_choose_probes(p, may, 100, 50, 6, 3, ret);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(ret[0], 49);
	ck_assert((ret[1] == 48 && ret[2] == 52) || (ret[1] == 52 && ret[2] == 48));
	for (size_t i = 0; i < n; i++) {
		ck_assert(ret[i] != 50 && ret[i] != 51);
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(ret[i], ret[k]);
	}
	memset(p, 0, sizeof(p)); /* nobody is near where nothing is known */
	for (uint64_t s = 0; s < 100; s++)
		ck_assert_uint_eq(sched_choose_probes(p, may, 4, 0, 6, s, ret), 3);
	memset(may, 0, sizeof(may));
	ck_assert_uint_eq(sched_choose_probes(p, may, 100, 50, 6, 3, ret), 0);
	ck_assert_uint_eq(sched_choose_probes(p, may, 0, 0, 6, 3, ret), 0);
	may[50] = may[7] = 1;
	ck_assert_uint_eq(sched_choose_probes(p, may, 100, 50, 1000, 3, ret), 1);
	ck_assert_uint_eq(ret[0], 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("distance");
	TCase *tc = tcase_create("distance");

	seed = test_random_new();
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_few_measured_pairs_tell_the_distance_of_all, 0, CC_ARRAY_LEN(shapes));
	tcase_add_loop_test(tc, a_liar_misplaces_nobody_but_itself, 0, CC_ARRAY_LEN(shapes));
	tcase_add_loop_test(tc, a_map_gets_no_worse_with_time, 0, CC_ARRAY_LEN(shapes));
	tcase_add_test(tc, the_same_pairs_give_the_same_points);
	tcase_add_test(tc, what_was_never_measured_is_unknown);
	tcase_add_test(tc, nodes_that_measured_nobody_else_meet_at_the_controller);
	tcase_add_test(tc, extremes_do_no_harm);
	tcase_add_test(tc, what_was_kept_is_believed_within_bounds);
	tcase_add_test(tc, roots_are_exact);
	tcase_add_test(tc, of_the_last_samples_the_lowest_but_one_counts);
	tcase_add_test(tc, whom_to_measure_are_neighbours_and_others);
	suite_add_tcase(s, tc);
	return test_run(s);
}
