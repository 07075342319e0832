/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for every snapshot and request. World number k of a run has the seed CC_SEED + k, so the seed in a failure replays it as the first one. */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>

enum { WORLDS = 10000 };

struct world {
	struct random random;
	struct snapshot snapshot;
	struct sched_req req;
	struct sched_options opt;
	struct sched_decision d;
};

static void world_init(struct world *w, uint64_t seed)
{
	w->random.state = seed;
	snapshot_random(&w->random, &w->snapshot);
	w->req = random_request(&w->random, &w->snapshot);
	w->opt = random_options(&w->random);
	w->d = snapshot_place(&w->snapshot, &w->req, &w->opt);
}

#define HOLDS(w, seed, cond) ck_assert_msg(cond, "CC_SEED=%" PRIu64 ": %s: %s", (seed), #cond, snapshot_explain(&(w)->snapshot, &(w)->d, &(w)->req))

static size_t count_fitting(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->snapshot.n; i++)
		n += snapshot_fits(&w->snapshot, &w->req, i);
	return n;
}

static void the_winner_fits(struct world *w, uint64_t seed)
{
	HOLDS(w, seed, w->d.placed == (count_fitting(w) > 0));
	if (w->d.placed)
		HOLDS(w, seed, snapshot_fits(&w->snapshot, &w->req, w->d.winner));
	if (w->d.have_runner_up)
		HOLDS(w, seed, snapshot_fits(&w->snapshot, &w->req, w->d.runner_up) && w->d.runner_up != w->d.winner);
}

static enum sched_tier tier_of(const struct world *w, size_t i)
{
	if (w->req.only_node == i)
		return SCHED_TIER_ASKED_FOR;
	return w->req.have_owner && w->req.owner == w->snapshot.nodes[i].owner ? SCHED_TIER_OWN : SCHED_TIER_ZONE;
}

static void no_nearer_feasible_tier_is_skipped(struct world *w, uint64_t seed)
{
	if (!w->d.placed)
		return;
	HOLDS(w, seed, tier_of(w, w->d.winner) == w->d.tier);
	if (w->d.have_runner_up)
		HOLDS(w, seed, tier_of(w, w->d.runner_up) == w->d.tier);
	for (size_t i = 0; i < w->snapshot.n; i++)
		if (snapshot_fits(&w->snapshot, &w->req, i))
			HOLDS(w, seed, tier_of(w, i) >= w->d.tier);
}

/* Moves everything, and the node asked for with it. */
static void shuffle(struct world *w)
{
	struct snapshot *s = &w->snapshot;

	for (size_t i = s->n; i > 1; i--) {
		size_t j = (size_t)random_between(&w->random, 0, (int64_t)i - 1);
		struct snapshot_node kept = s->nodes[i - 1];

		s->nodes[i - 1] = s->nodes[j];
		s->nodes[j] = kept;
		if (w->req.only_node == i - 1)
			w->req.only_node = j;
		else if (w->req.only_node == j)
			w->req.only_node = i - 1;
	}
}

static uint64_t key_of(const struct world *w, size_t i)
{
	return i == SCHED_ANY ? 0 : w->snapshot.nodes[i].key;
}

static void order_in_memory_does_not_matter(struct world *w, uint64_t seed)
{
	uint64_t winner = key_of(w, w->d.winner), runner_up = key_of(w, w->d.runner_up);
	struct sched_decision before = w->d;

	shuffle(w);
	w->d = snapshot_place(&w->snapshot, &w->req, &w->opt);
	HOLDS(w, seed, key_of(w, w->d.winner) == winner && key_of(w, w->d.runner_up) == runner_up);
	HOLDS(w, seed, w->d.score == before.score && w->d.margin == before.margin && w->d.tier == before.tier);
	HOLDS(w, seed, memcmp(w->d.fell, before.fell, sizeof(before.fell)) == 0);
	HOLDS(w, seed, w->d.would_fit_memory_mib == before.would_fit_memory_mib);
}

static void a_loser_that_goes_changes_nothing(struct world *w, uint64_t seed)
{
	uint64_t winner = key_of(w, w->d.winner);
	size_t gone;

	if (!w->d.placed || w->snapshot.n < 2)
		return;
	gone = (size_t)random_between(&w->random, 0, (int64_t)w->snapshot.n - 1);
	if (gone == w->d.winner)
		return;
	snapshot_remove(&w->snapshot, gone);
	if (w->req.only_node != SCHED_ANY && w->req.only_node > gone)
		w->req.only_node--;
	w->d = snapshot_place(&w->snapshot, &w->req, &w->opt);
	HOLDS(w, seed, w->d.placed && key_of(w, w->d.winner) == winner);
}

static void the_counts_add_up(struct world *w, uint64_t seed)
{
	size_t fell = 0;

	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		fell += w->d.fell[f];
	HOLDS(w, seed, w->d.considered == w->snapshot.n);
	HOLDS(w, seed, w->d.considered == w->d.feasible + fell);
	HOLDS(w, seed, w->d.feasible == count_fitting(w));
}

static void the_score_is_the_weighted_sum(struct world *w, uint64_t seed)
{
	int64_t sum = 0;

	if (!w->d.placed)
		return;
	for (size_t t = 0; t < SCHED_TERM_MAX; t++) {
		HOLDS(w, seed, w->d.terms[t] >= 0 && w->d.terms[t] <= 1000);
		sum += (int64_t)w->opt.weight[t] * w->d.terms[t];
	}
	HOLDS(w, seed, w->d.score == sum);
	HOLDS(w, seed, w->d.margin >= 0);
}

/* The amount that would fit is what the decision says: that much is placed, and one more is not. */
static void check_would_fit(struct world *w, uint64_t seed, int64_t *need, int64_t would_fit)
{
	int64_t asked = *need;

	if (w->d.placed)
		HOLDS(w, seed, would_fit == -1);
	HOLDS(w, seed, would_fit == -1 || (would_fit >= 1 && would_fit < asked));
	if (!w->d.placed && would_fit > 0) {
		*need = would_fit;
		HOLDS(w, seed, snapshot_place(&w->snapshot, &w->req, &w->opt).placed);
	}
	if (!w->d.placed && asked > 0) {
		*need = would_fit > 0 ? would_fit + 1 : 1;
		HOLDS(w, seed, !snapshot_place(&w->snapshot, &w->req, &w->opt).placed);
	}
	*need = asked;
}

static void what_would_fit_is_exact(struct world *w, uint64_t seed)
{
	check_would_fit(w, seed, &w->req.cpu_millis, w->d.would_fit_cpu);
	check_would_fit(w, seed, &w->req.memory_mib, w->d.would_fit_memory_mib);
	check_would_fit(w, seed, &w->req.disk_mib, w->d.would_fit_disk_mib);
}

// clang-format off
static const struct {
	const char *name;
	void (*check)(struct world *w, uint64_t seed);
} properties[] = {
	{ "the winner fits",                         the_winner_fits },
	{ "no nearer feasible tier is skipped",      no_nearer_feasible_tier_is_skipped },
	{ "order in memory does not matter",         order_in_memory_does_not_matter },
	{ "a loser that goes changes nothing",       a_loser_that_goes_changes_nothing },
	{ "the counts add up",                       the_counts_add_up },
	{ "the score is the weighted sum",           the_score_is_the_weighted_sum },
	{ "what would fit is exact",                 what_would_fit_is_exact },
};
// clang-format on

START_TEST(holds_in_every_world)
{
	struct world *w = cc_malloc(sizeof(*w));
	size_t placed = 0, refused = 0, helped = 0;

	for (uint64_t k = 0; k < WORLDS; k++) {
		uint64_t seed = random_seed() + k;

		world_init(w, seed);
		placed += w->d.placed;
		refused += !w->d.placed;
		helped += w->d.would_fit_cpu > 0 || w->d.would_fit_memory_mib > 0 || w->d.would_fit_disk_mib > 0;
		properties[_i].check(w, seed);
	}
	free(w);
	/* The worlds are of all kinds, or nothing was shown. */
	ck_assert_msg(placed > WORLDS / 4 && refused > WORLDS / 8 && helped > WORLDS / 20, "%s: %zu placed, %zu refused, %zu with advice",
	        properties[_i].name, placed, refused, helped);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scheduler properties");
	TCase *tc = tcase_create("properties");

	(void)random_seed();
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, holds_in_every_world, 0, CC_ARRAY_LEN(properties));
	suite_add_tcase(s, tc);
	return test_run(s);
}
