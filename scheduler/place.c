/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters first, over all nodes, so that the counts are those of the whole zone; then the nearest tier with a feasible node; then the best two of it. The
 * order among equals comes from (seed, key) alone: no index takes part in it. */
#include "scheduler/parts.h"

#include <string.h>

/* Keeps in `in`, which comes as a copy of the feasible nodes, those of the tier. */
typedef void tier_fn(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict in);

static bool asks_for_node(const struct sched_req *req)
{
	return req->only_node != SCHED_ANY;
}

static bool has_own(const struct sched_req *req)
{
	return req->have_owner;
}

static bool always(const struct sched_req *req)
{
	(void)req;
	return true;
}

static void keep_own(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict in)
{
	const uint32_t *owner = b->nodes->owner + b->at;
	uint32_t me = req->owner;

	for (size_t i = 0; i < b->n; i++)
		in[i] &= owner[i] == me;
}

// clang-format off
static const struct {
	const char *text;
	bool (*applies)(const struct sched_req *req);
	tier_fn *keep; /* NULL: all feasible nodes; of a node asked for, the filters have left no other */
} tiers[SCHED_TIER_MAX] = {
	[SCHED_TIER_ASKED_FOR] = { "asked for", asks_for_node, NULL },
	[SCHED_TIER_OWN]       = { "own",       has_own,       keep_own },
	[SCHED_TIER_ZONE]      = { "zone",      always,        NULL },
};
// clang-format on

const char *sched_tier_text(enum sched_tier t)
{
	return tiers[t].text;
}

struct candidate {
	size_t node;
	int64_t score;
	uint64_t lot;
};

/* The two best so far. */
struct podium {
	struct candidate first, second;
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
	if (b->node == SCHED_ANY)
		return true;
	return a->score != b->score ? a->score > b->score : a->lot > b->lot;
}

static void podium_offer(struct podium *p, struct candidate c)
{
	if (is_better(&c, &p->first)) {
		p->second = p->first;
		p->first = c;
	} else if (is_better(&c, &p->second)) {
		p->second = c;
	}
}

static void choose_in_block(
        const struct sched_block *b, const struct sched_req *req, const struct sched_options *opt, const uint8_t *in, struct podium *p)
{
	const uint64_t *key = b->nodes->key + b->at;
	uint64_t salt = mix(req->seed);
	int64_t score[SCHED_BLOCK];

	sched_score_block(b, req, opt, score);
	for (size_t i = 0; i < b->n; i++)
		if (in[i] & (score[i] >= p->second.score)) /* & because in[] is as good as random and the whole is seldom true */
			podium_offer(p, (struct candidate){ b->at + i, score[i], mix(key[i] ^ salt) });
}

static struct podium choose_in_tier(
        enum sched_tier tier, const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_options *opt, const uint8_t *ok)
{
	struct podium p = { { SCHED_ANY, INT64_MIN, 0 }, { SCHED_ANY, INT64_MIN, 0 } };
	uint8_t in[SCHED_BLOCK];

	for (size_t at = 0; at < nodes->n; at += SCHED_BLOCK) {
		struct sched_block b = sched_block_at(nodes, at);

		memcpy(in, ok + at, b.n);
		if (tiers[tier].keep != NULL)
			tiers[tier].keep(req, &b, in);
		if (sched_count(in, b.n) > 0)
			choose_in_block(&b, req, opt, in, &p);
	}
	return p;
}

static void set_winner(struct sched_decision *d, enum sched_tier tier, const struct podium *p)
{
	d->placed = true;
	d->winner = p->first.node;
	d->tier = tier;
	d->score = p->first.score;
	d->have_runner_up = p->second.node != SCHED_ANY;
	if (d->have_runner_up) {
		d->runner_up = p->second.node;
		d->margin = p->first.score - p->second.score;
	}
}

void sched_place(
        const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_options *opt, uint8_t *ok, struct sched_decision *ret)
{
	struct sched_decision d = { .winner = SCHED_ANY,
		.runner_up = SCHED_ANY,
		.considered = nodes->n,
		.would_fit_cpu = -1,
		.would_fit_memory_mib = -1,
		.would_fit_disk_mib = -1 };

	for (size_t at = 0; at < nodes->n; at += SCHED_BLOCK) {
		struct sched_block b = sched_block_at(nodes, at);

		d.feasible += sched_filter_block(&b, req, SCHED_FELL_MAX, ok + at, d.fell);
	}
	for (size_t tier = 0; tier < SCHED_TIER_MAX && d.feasible > 0 && !d.placed; tier++) {
		struct podium p;

		if (!tiers[tier].applies(req))
			continue;
		p = choose_in_tier((enum sched_tier)tier, nodes, req, opt, ok);
		if (p.first.node != SCHED_ANY)
			set_winner(&d, (enum sched_tier)tier, &p);
	}
	if (d.placed)
		sched_score_terms(nodes, req, d.winner, d.terms);
	else
		sched_would_fit(nodes, req, &d);
	*ret = d;
}
