/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for every snapshot and request. World number k of a run has the seed CC_SEED + k, so the seed in a failure replays it as the first one. */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>

enum { WORLDS = 2000 };

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
	HOLDS(w, seed, w->d.placed == (w->d.n_best > 0));
	for (size_t k = 0; k < w->d.n_best; k++) {
		HOLDS(w, seed, snapshot_fits(&w->snapshot, &w->req, w->d.best[k].node));
		for (size_t other = 0; other < k; other++)
			HOLDS(w, seed, w->d.best[k].node != w->d.best[other].node);
	}
}

static enum sched_tier tier_of(const struct world *w, size_t i)
{
	if (w->req.only_node == i)
		return SCHED_TIER_ASKED_FOR;
	return w->snapshot.member != 0 && w->snapshot.member == w->snapshot.nodes[i].owner ? SCHED_TIER_OWN : SCHED_TIER_ZONE;
}

static void no_nearer_feasible_tier_is_skipped(struct world *w, uint64_t seed)
{
	if (!w->d.placed)
		return;
	for (size_t k = 0; k < w->d.n_best; k++)
		HOLDS(w, seed, tier_of(w, w->d.best[k].node) == w->d.tier);
	for (size_t i = 0; i < w->snapshot.n; i++)
		if (snapshot_fits(&w->snapshot, &w->req, i))
			HOLDS(w, seed, tier_of(w, i) >= w->d.tier);
}

/* In which band of the zone a node lies, written down a second time: 0 up to 1 ms, 1 up to 2 ms... */
static int band_of(const struct world *w, size_t i)
{
	int64_t away = snapshot_away_us(&w->snapshot, &w->req, i);
	int band = 0;

	if (away < 0)
		return SCHED_BANDS;
	for (int64_t us = 1000; us < away; us *= 2)
		band++;
	return band < SCHED_BANDS ? band : SCHED_BANDS;
}

/* Whether the tier of the decision is cut up into bands. */
static bool has_bands(const struct world *w)
{
	return w->d.tier == SCHED_TIER_ZONE || (w->d.tier == SCHED_TIER_OWN && w->req.near_own);
}

static void no_nearer_feasible_band_is_skipped(struct world *w, uint64_t seed)
{
	if (!w->d.placed || !has_bands(w))
		return;
	for (size_t k = 0; k < w->d.n_best; k++) {
		HOLDS(w, seed, band_of(w, w->d.best[k].node) == band_of(w, w->d.best[0].node));
		HOLDS(w, seed, w->d.best[k].distance_us == snapshot_away_us(&w->snapshot, &w->req, w->d.best[k].node));
	}
	for (size_t i = 0; i < w->snapshot.n; i++)
		if (snapshot_fits(&w->snapshot, &w->req, i) && tier_of(w, i) == w->d.tier)
			HOLDS(w, seed, band_of(w, i) >= band_of(w, w->d.best[0].node));
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

static uint64_t key_of(const struct world *w, size_t k)
{
	return k < w->d.n_best ? w->snapshot.nodes[w->d.best[k].node].key : 0;
}

static void order_in_memory_does_not_matter(struct world *w, uint64_t seed)
{
	struct sched_decision before = w->d;
	uint64_t keys[SCHED_TOP];

	for (size_t k = 0; k < SCHED_TOP; k++)
		keys[k] = key_of(w, k);
	shuffle(w);
	w->d = snapshot_place(&w->snapshot, &w->req, &w->opt);
	HOLDS(w, seed, w->d.n_best == before.n_best && w->d.tier == before.tier);
	for (size_t k = 0; k < SCHED_TOP; k++)
		HOLDS(w, seed, key_of(w, k) == keys[k] && w->d.best[k].score == before.best[k].score);
	HOLDS(w, seed, memcmp(w->d.fell, before.fell, sizeof(before.fell)) == 0);
	HOLDS(w, seed, memcmp(w->d.only_for, before.only_for, sizeof(before.only_for)) == 0);
	HOLDS(w, seed, memcmp(w->d.would_fit, before.would_fit, sizeof(before.would_fit)) == 0);
}

static void a_loser_that_goes_changes_nothing(struct world *w, uint64_t seed)
{
	uint64_t winner = key_of(w, 0);
	size_t gone;

	if (!w->d.placed || w->snapshot.n < 2)
		return;
	gone = (size_t)random_between(&w->random, 0, (int64_t)w->snapshot.n - 1);
	if (gone == w->d.best[0].node)
		return;
	snapshot_remove(&w->snapshot, gone);
	if (w->req.only_node != SCHED_ANY && w->req.only_node > gone)
		w->req.only_node--;
	w->d = snapshot_place(&w->snapshot, &w->req, &w->opt);
	HOLDS(w, seed, w->d.placed && key_of(w, 0) == winner);
}

static void the_counts_are_those_of_a_plain_scan(struct world *w, uint64_t seed)
{
	uint32_t fell[SCHED_FELL_MAX + 1] = { 0 };
	size_t sum = 0;

	for (size_t i = 0; i < w->snapshot.n; i++)
		fell[snapshot_fell(&w->snapshot, &w->req, i, SCHED_FELL_MAX)]++;
	for (size_t f = 0; f < SCHED_FELL_MAX; f++) {
		HOLDS(w, seed, w->d.fell[f] == fell[f]);
		sum += fell[f];
	}
	HOLDS(w, seed, w->d.feasible == fell[SCHED_FELL_MAX]);
	HOLDS(w, seed, w->d.considered == w->snapshot.n && w->d.considered == w->d.feasible + sum);
}

static int descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void the_best_are_those_of_a_plain_scan(struct world *w, uint64_t seed)
{
	int64_t *scores = cc_malloc((w->snapshot.n + 1) * sizeof(*scores));
	size_t n = 0;

	for (size_t i = 0; i < w->snapshot.n && w->d.placed; i++)
		if (snapshot_fits(&w->snapshot, &w->req, i) && tier_of(w, i) == w->d.tier &&
		        (!has_bands(w) || band_of(w, i) == band_of(w, w->d.best[0].node)))
			scores[n++] = snapshot_score(&w->snapshot, &w->req, &w->opt, i);
	qsort(scores, n, sizeof(*scores), descending);
	HOLDS(w, seed, w->d.n_best == (n < SCHED_TOP ? n : SCHED_TOP));
	for (size_t k = 0; k < w->d.n_best; k++) {
		HOLDS(w, seed, w->d.best[k].score == scores[k]);
		HOLDS(w, seed, w->d.best[k].score == snapshot_score(&w->snapshot, &w->req, &w->opt, w->d.best[k].node));
	}
	free(scores);
}

static void the_score_is_the_weighted_sum(struct world *w, uint64_t seed)
{
	for (size_t k = 0; k < w->d.n_best; k++) {
		int64_t sum = 0;

		for (size_t t = 0; t < SCHED_TERM_MAX; t++) {
			HOLDS(w, seed, w->d.best[k].terms[t] >= 0 && w->d.best[k].terms[t] <= 1000);
			sum += (int64_t)w->opt.weight[t] * w->d.best[k].terms[t];
		}
		HOLDS(w, seed, w->d.best[k].score == sum);
	}
}

/* The amount that would fit is what the decision says: that much is placed, and one more is not. */
static void check_would_fit(struct world *w, uint64_t seed, enum sched_resource r)
{
	int32_t *need = &w->req.need[r], asked = *need, would_fit = w->d.would_fit[r];

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
	check_would_fit(w, seed, SCHED_CPU);
	check_would_fit(w, seed, SCHED_MEMORY);
	check_would_fit(w, seed, SCHED_DISK);
	check_would_fit(w, seed, SCHED_BANDWIDTH);
}

static void what_would_reach_is_exact(struct world *w, uint64_t seed)
{
	int64_t asked = w->req.within_us, would_reach = w->d.would_reach_us;

	HOLDS(w, seed, would_reach == -1 || (!w->d.placed && would_reach > asked));
	if (w->d.placed || asked == 0)
		return;
	w->req.within_us = would_reach > 0 ? would_reach : INT64_MAX;
	HOLDS(w, seed, snapshot_place(&w->snapshot, &w->req, &w->opt).placed == (would_reach > 0));
	w->req.within_us = would_reach > 0 ? would_reach - 1 : INT64_MAX;
	HOLDS(w, seed, !snapshot_place(&w->snapshot, &w->req, &w->opt).placed);
	w->req.within_us = asked;
}

static void what_it_would_do_without_is_exact(struct world *w, uint64_t seed)
{
	for (enum sched_filter f = 0; f < SCHED_FELL_MAX; f++) {
		uint32_t n = 0;

		for (size_t i = 0; i < w->snapshot.n && !w->d.placed; i++)
			n += snapshot_fell(&w->snapshot, &w->req, i, f) == SCHED_FELL_MAX;
		HOLDS(w, seed, w->d.only_for[f] == n);
	}
}

/* Together they do, and they are told only when no single one does. Amounts alone can be changed here: what has to be left out is the caller's. */
static void all_that_the_nearest_lacks_is_exact(struct world *w, uint64_t seed)
{
	struct sched_change changes[SCHED_CHANGES_MAX];
	struct sched_req before = w->req;
	bool together, amounts = true;
	size_t n = sched_changes(&w->d, changes, &together);

	HOLDS(w, seed, !w->d.placed || n == 0);
	HOLDS(w, seed, !together || n > 1);
	for (size_t k = 0; together && k < n; k++) {
		HOLDS(w, seed, changes[k].node == w->d.nearest);
		amounts = amounts && changes[k].amount >= 0;
		switch (changes[k].filter) {
		case SCHED_FELL_CPU:
			w->req.need[SCHED_CPU] = (int32_t)changes[k].amount;
			break;
		case SCHED_FELL_MEMORY:
			w->req.need[SCHED_MEMORY] = (int32_t)changes[k].amount;
			break;
		case SCHED_FELL_DISK:
			w->req.need[SCHED_DISK] = (int32_t)changes[k].amount;
			break;
		case SCHED_FELL_BANDWIDTH:
			w->req.need[SCHED_BANDWIDTH] = (int32_t)changes[k].amount;
			break;
		case SCHED_FELL_FAR:
			w->req.within_us = changes[k].amount;
			break;
		default:
			HOLDS(w, seed, changes[k].amount < 0);
		}
	}
	if (together && amounts)
		HOLDS(w, seed, snapshot_place(&w->snapshot, &w->req, &w->opt).placed);
	w->req = before;
}

// clang-format off
static const struct {
	const char *name;
	void (*check)(struct world *w, uint64_t seed);
} properties[] = {
	{ "the winner fits",                         the_winner_fits },
	{ "no nearer feasible tier is skipped",      no_nearer_feasible_tier_is_skipped },
	{ "no nearer feasible band is skipped",      no_nearer_feasible_band_is_skipped },
	{ "order in memory does not matter",         order_in_memory_does_not_matter },
	{ "a loser that goes changes nothing",       a_loser_that_goes_changes_nothing },
	{ "the counts are those of a plain scan",    the_counts_are_those_of_a_plain_scan },
	{ "the best are those of a plain scan",      the_best_are_those_of_a_plain_scan },
	{ "the score is the weighted sum",           the_score_is_the_weighted_sum },
	{ "what would fit is exact",                 what_would_fit_is_exact },
	{ "what would reach is exact",               what_would_reach_is_exact },
	{ "what it would do without is exact",       what_it_would_do_without_is_exact },
	{ "all that the nearest lacks is exact",     all_that_the_nearest_lacks_is_exact },
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
		helped += w->d.would_fit[SCHED_CPU] > 0 || w->d.would_fit[SCHED_MEMORY] > 0 || w->d.would_fit[SCHED_DISK] > 0;
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
