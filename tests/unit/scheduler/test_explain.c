/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentence and its buffer. Which words are chosen when stands in tests/golden/scheduler. */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <stdlib.h>
#include <string.h>

static const char *name_of(void *arg, size_t index)
{
	(void)arg;
	return index == 0 ? "ada" : "bo";
}

static const struct sched_decision placed = { .placed = true,
	.tier = SCHED_TIER_ZONE,
	.n_best = 2,
	.best = { { .node = 0, .score = 812, .distance_us = 12301 }, { .node = 1, .score = 640, .distance_us = 9000 } },
	.considered = 3,
	.feasible = 2,
	.fell = { [SCHED_FELL_MEMORY] = 1 } };
static const char placed_text[] =
        "placed on ada in the zone, 12.4 ms away: score 812 before bo with 640; 3 nodes looked at, 1 fell out: not enough memory (1)";

static const struct sched_decision refused = { .considered = 5,
	.fell = { [SCHED_FELL_SILENT] = 1, [SCHED_FELL_CONSTRAINT] = 2, [SCHED_FELL_MEMORY] = 2 },
	.only_for = { [SCHED_FELL_SILENT] = 1, [SCHED_FELL_CONSTRAINT] = 2, [SCHED_FELL_MEMORY] = 1 },
	.would_reach_us = 34000,
	.reach_node = 1,
	.would_fit = { -1, 384, -1, -1, -1 },
	.nearest = SCHED_ANY };
static const char refused_text[] =
        "no node can take this: of 5 nodes, 1 is silent, 2 do not match the constraint, 2 have not enough memory; it would fit on ada with at most 384 MiB of "
        "memory, or on bo within 34.0 ms, or without the constraint (2 nodes)";

static const struct {
	const struct sched_decision *d;
	const char *text;
} cases[] = { { &placed, placed_text }, { &refused, refused_text } };

START_TEST(a_short_buffer_gets_the_beginning_and_the_length_is_that_of_all)
{
	const char *want = cases[_i].text;
	struct sched_req req = { .only_node = SCHED_ANY };
	int whole = (int)strlen(want);

	for (size_t size = 0; size <= strlen(want) + 1; size++) {
		char *text = cc_malloc(size + 1);

		memset(text, '~', size + 1);
		ck_assert_int_eq(sched_explain(cases[_i].d, &req, name_of, NULL, text, size), whole);
		ck_assert_int_eq(text[size], '~');
		if (size > 0) {
			ck_assert_uint_eq(strlen(text), size - 1);
			ck_assert_int_eq(strncmp(text, want, size - 1), 0);
		}
		free(text);
	}
	ck_assert_int_eq(sched_explain(cases[_i].d, &req, name_of, NULL, NULL, 0), whole);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scheduler explain");
	TCase *tc = tcase_create("explain");

	tcase_add_loop_test(tc, a_short_buffer_gets_the_beginning_and_the_length_is_that_of_all, 0, CC_ARRAY_LEN(cases));
	suite_add_tcase(s, tc);
	return test_run(s);
}
