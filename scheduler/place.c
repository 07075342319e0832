/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters first, over all nodes, so that the counts are those of the whole zone; then the nearest tier with a feasible node; then the best of it. The order
 * among equals comes from (seed, key) alone: no index takes part in it. */
#include "scheduler/parts.h"

#include <string.h>

struct candidate {
	size_t node;
	int64_t score;
	uint64_t lot;
};

enum { NEAR = 64 }; /* to the bound of a block: those scored first */

/* The best so far, the first first. */
struct podium {
	size_t n;
	struct candidate best[SCHED_TOP];
};

/* The finaliser of splitmix64: different numbers stay different. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	return a->score != b->score ? a->score > b->score : a->lot > b->lot;
}

/* What a candidate must score at least to be worth a look. */
static int64_t podium_bar(const struct podium *p)
{
	return p->n < SCHED_TOP ? INT64_MIN : p->best[SCHED_TOP - 1].score;
}

static void podium_offer(struct podium *p, const struct sched_job *job, size_t node)
{
	struct candidate c = { node, sched_score(job, node), 0 };
	size_t at;

	if (c.score < podium_bar(p))
		return;
	c.lot = mix(job->nodes->key[node] ^ job->salt);
	if (p->n == SCHED_TOP && !is_better(&c, &p->best[SCHED_TOP - 1]))
		return;
	p->n += p->n < SCHED_TOP;
	for (at = p->n - 1; at > 0 && is_better(&c, &p->best[at - 1]); at--)
		p->best[at] = p->best[at - 1];
	p->best[at] = c;
}

static void offer_all(const struct sched_job *job, size_t block, struct sched_mask of, struct podium *p)
{
	for (size_t i; mask_next(&of, &i);)
		podium_offer(p, job, block * SCHED_BLOCK + i);
}

/* First those near the bound: they raise the bar for the others. */
static void choose_in_block(const struct sched_job *job, size_t block, struct sched_mask in, int64_t bound, struct podium *p)
{
	int64_t near = bound - NEAR;
	struct sched_mask first;

	if (podium_bar(p) < near) {
		first = sched_score_from(job, block, in, near);
		offer_all(job, block, first, p);
		in = mask_minus(in, first);
	}
	offer_all(job, block, sched_score_from(job, block, in, podium_bar(p)), p);
}

/* The most promising block first, for the same reason. */
static void choose_among(const struct sched_job *job, const uint64_t *ok, int64_t *bound, struct podium *p)
{
	size_t blocks = job->nodes->blocks, first = 0;

	for (size_t block = 0; block < blocks; block++) {
		struct sched_mask in = mask_of(ok + block * SCHED_MASK_WORDS);

		bound[block] = mask_any(in) ? sched_score_bound(job, block, &in) : INT64_MIN;
		first = bound[block] > bound[first] ? block : first;
	}
	for (size_t k = 0; k < blocks; k++) {
		size_t block = k == 0 ? first : k <= first ? k - 1 : k;

		if (bound[block] != INT64_MIN && bound[block] >= podium_bar(p))
			choose_in_block(job, block, mask_of(ok + block * SCHED_MASK_WORDS), bound[block], p);
	}
}

static void choose_in_zone(const struct sched_job *job, uint64_t *scratch, struct podium *p)
{
	size_t words = sched_words(job->nodes);
	int64_t *per_block = (int64_t *)(scratch + 2 * words);
	uint64_t *in = scratch;

	if (sched_is_near(job->req)) {
		in = scratch + words;
		sched_nearest(job, scratch, in, per_block);
	}
	choose_among(job, in, per_block, p);
}

static void choose_asked_for(const struct sched_job *job, uint64_t *ok, struct podium *p)
{
	/* The filters have left no other. */
	if (job->req->only_node / SCHED_BLOCK < job->nodes->blocks && sched_set_has(ok, job->req->only_node))
		podium_offer(p, job, job->req->only_node);
}

static void choose_own(const struct sched_job *job, uint64_t *ok, struct podium *p)
{
	const struct sched_req *req = job->req;
	bool by_band = req->near_own && sched_is_near(req);
	size_t nearest = SCHED_BANDS;

	for (size_t k = 0; k < req->n_own && by_band; k++)
		if (sched_set_has(ok, req->own[k]) && sched_band(job, req->own[k]) < nearest)
			nearest = sched_band(job, req->own[k]);
	for (size_t k = 0; k < req->n_own; k++)
		if (sched_set_has(ok, req->own[k]) && (!by_band || sched_band(job, req->own[k]) == nearest))
			podium_offer(p, job, req->own[k]);
}

// clang-format off
static const struct {
	const char *text;
	void (*choose)(const struct sched_job *job, uint64_t *scratch, struct podium *p); /* scratch begins with the feasible ones */
} tiers[SCHED_TIER_MAX] = {
	[SCHED_TIER_ASKED_FOR] = { "asked for", choose_asked_for },
	[SCHED_TIER_OWN]       = { "own",       choose_own },
	[SCHED_TIER_ZONE]      = { "zone",      choose_in_zone },
};
// clang-format on

const char *sched_tier_text(enum sched_tier t)
{
	return tiers[t].text;
}

static void set_best(struct sched_decision *d, const struct sched_job *job, enum sched_tier tier, const struct podium *p)
{
	d->placed = true;
	d->tier = tier;
	d->n_best = p->n;
	for (size_t k = 0; k < p->n; k++) {
		d->best[k] = (struct sched_candidate){
			.node = p->best[k].node, .score = p->best[k].score, .distance_us = sched_away_us(job, p->best[k].node)
		};
		sched_score_terms(job, p->best[k].node, d->best[k].terms);
	}
}

void sched_place(
        const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_options *opt, uint64_t *scratch, struct sched_decision *ret)
{
	struct sched_job job = { .nodes = nodes, .req = req, .opt = opt, .salt = mix(req->seed) };

	*ret = (struct sched_decision){ .considered = nodes->n, .would_reach_us = -1, .nearest = SCHED_ANY, .nearest_us = -1 };
	memset(ret->would_fit, -1, sizeof(ret->would_fit));
	sched_filters_init(&job);
	sched_terms_init(&job);
	sched_near_init(&job);
	for (size_t block = 0; block < nodes->blocks; block++) {
		struct sched_mask m = sched_filter_block(&job, block, ret->fell);

		memcpy(scratch + block * SCHED_MASK_WORDS, m.w, sizeof(m.w));
		ret->feasible += mask_count(m);
	}
	for (size_t tier = 0; tier < SCHED_TIER_MAX && ret->feasible > 0 && !ret->placed; tier++) {
		struct podium p = { 0 };

		tiers[tier].choose(&job, scratch, &p);
		if (p.n > 0)
			set_best(ret, &job, (enum sched_tier)tier, &p);
	}
	if (!ret->placed)
		sched_would_do(&job, ret);
}
