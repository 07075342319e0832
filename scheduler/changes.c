/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would have been enough, when no node takes a request: single changes, or all that the nearest node asks for at once. Among equals the node with the
 * smallest key, so that the order of nodes in memory does not matter. */
#include "scheduler/parts.h"

#include <inttypes.h>
#include <stdio.h>

_Static_assert(SCHED_FELL_MAX <= 32, "sets of filters are 32 bits");

/* Nodes of a block by the filters that they fail. */
struct failing {
	struct sched_mask at[SCHED_FELL_MAX];
	struct sched_mask one, more; /* at least one, at least two */
};

static void find_failing(const struct sched_job *job, size_t block, struct failing *ret)
{
	struct sched_mask all = sched_block_nodes(job->nodes, block);

	ret->one = ret->more = mask_none();
	for (size_t k = 0; k < job->n_filters; k++) {
		struct sched_mask *at = &ret->at[job->filters[k]];

		*at = mask_minus(all, sched_filter_one(job, block, job->filters[k]));
		ret->more = mask_or(ret->more, mask_and(ret->one, *at));
		ret->one = mask_or(ret->one, *at);
	}
}

static bool is_before(const struct sched_nodes *nodes, size_t a, size_t b)
{
	return b == SCHED_ANY || nodes->key[a] < nodes->key[b];
}

/* The largest amount above 0 that one of these has. */
static void take_largest(const struct sched_job *job, size_t block, enum sched_resource r, struct sched_mask of, struct sched_decision *ret)
{
	for (size_t i; mask_next(&of, &i);) {
		size_t node = block * SCHED_BLOCK + i;
		int32_t free = job->nodes->free[r][node];

		if (free <= 0 || free < ret->would_fit[r] || (free == ret->would_fit[r] && !is_before(job->nodes, node, ret->fit_node[r])))
			continue;
		ret->would_fit[r] = free;
		ret->fit_node[r] = node;
	}
}

static void take_nearest(const struct sched_job *job, size_t block, struct sched_mask of, struct sched_decision *ret)
{
	for (size_t i; mask_next(&of, &i);) {
		size_t node = block * SCHED_BLOCK + i;
		int64_t away = sched_away_us(job, node), now = ret->would_reach_us;

		if (away < 0 || (now >= 0 && (away > now || (away == now && !is_before(job->nodes, node, ret->reach_node)))))
			continue;
		ret->would_reach_us = away;
		ret->reach_node = node;
	}
}

static void look_at_single(const struct sched_job *job, size_t block, struct sched_decision *ret)
{
	struct failing f;

	find_failing(job, block, &f);
	for (size_t k = 0; k < job->n_filters; k++) {
		struct sched_mask *at = &f.at[job->filters[k]];

		*at = mask_minus(*at, f.more);
		ret->only_for[job->filters[k]] += mask_count(*at);
	}
	if (job->req->within_us > 0)
		take_nearest(job, block, f.at[SCHED_FELL_FAR], ret);
	for (enum sched_resource r = 0; r < SCHED_RESOURCES; r++)
		if (job->need[r] > 0)
			take_largest(job, block, r, f.at[sched_resource_words[r].filter], ret);
}

/* Whether a request that the node fails at this filter may be changed so that it does not. */
static bool may_change(const struct sched_job *job, size_t node, enum sched_filter f)
{
	if (sched_filter_without(f) != NULL)
		return true;
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		if (sched_resource_words[r].filter == f)
			return job->nodes->free[r][node] > 0;
	return false;
}

/* What the node fails; 0 when something of it cannot be helped. */
static uint32_t fails_of(const struct sched_job *job, const struct failing *f, size_t node)
{
	uint32_t fails = 0;

	for (size_t k = 0; k < job->n_filters; k++) {
		enum sched_filter filter = job->filters[k];

		if (!sched_set_has(f->at[filter].w, node % SCHED_BLOCK))
			continue;
		if (!may_change(job, node, filter))
			return 0;
		fails |= (uint32_t)1 << filter;
	}
	return fails;
}

static int count(uint32_t set)
{
	int n = 0;

	for (; set != 0; set &= set - 1)
		n++;
	return n;
}

static void look_at_several(const struct sched_job *job, size_t block, struct sched_decision *ret)
{
	struct sched_mask helpless = mask_none(), left;
	struct failing f;

	find_failing(job, block, &f);
	/* Most nodes of a large zone, to be done with a block at a time. */
	for (size_t k = 0; k < job->n_filters; k++)
		if (job->filters[k] <= SCHED_FELL_INSTANCES && sched_filter_without(job->filters[k]) == NULL)
			helpless = mask_or(helpless, f.at[job->filters[k]]);
	left = mask_minus(sched_block_nodes(job->nodes, block), helpless);
	for (size_t i; mask_next(&left, &i);) {
		size_t node = block * SCHED_BLOCK + i;
		uint32_t fails = fails_of(job, &f, node);
		int n = count(fails), least = count(ret->nearest_fails);

		if (fails == 0 || (ret->nearest != SCHED_ANY && (n > least || (n == least && !is_before(job->nodes, node, ret->nearest)))))
			continue;
		ret->nearest = node;
		ret->nearest_fails = fails;
	}
}

void sched_would_do(const struct sched_job *job, struct sched_decision *ret)
{
	struct sched_change changes[SCHED_CHANGES_MAX];
	bool together;

	ret->reach_node = SCHED_ANY;
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ret->fit_node[r] = SCHED_ANY;
	for (size_t block = 0; block < job->nodes->blocks; block++)
		look_at_single(job, block, ret);
	if (sched_changes(ret, changes, &together) > 0)
		return;
	for (size_t block = 0; block < job->nodes->blocks; block++)
		look_at_several(job, block, ret);
	if (ret->nearest == SCHED_ANY)
		return;
	ret->nearest_us = sched_away_us(job, ret->nearest);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ret->nearest_fit[r] = job->nodes->free[r][ret->nearest];
}

static size_t changes_of_nearest(const struct sched_decision *d, struct sched_change ret[SCHED_CHANGES_MAX])
{
	size_t n = 0;

	for (enum sched_filter f = 0; f < SCHED_FELL_MAX; f++) {
		if (!(d->nearest_fails >> f & 1))
			continue;
		ret[n] = (struct sched_change){ .filter = f, .amount = f == SCHED_FELL_FAR ? d->nearest_us : -1, .node = d->nearest, .nodes = 1 };
		for (size_t r = 0; r < SCHED_RESOURCES; r++)
			if (sched_resource_words[r].filter == f)
				ret[n].amount = d->nearest_fit[r];
		n++;
	}
	return n;
}

size_t sched_changes(const struct sched_decision *d, struct sched_change ret[SCHED_CHANGES_MAX], bool *ret_together)
{
	size_t n = 0;

	*ret_together = d->nearest != SCHED_ANY && d->nearest_fails != 0;
	if (*ret_together)
		return changes_of_nearest(d, ret);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		if (d->would_fit[r] > 0)
			ret[n++] = (struct sched_change){ sched_resource_words[r].filter, d->would_fit[r], d->fit_node[r],
				d->only_for[sched_resource_words[r].filter] };
	if (d->would_reach_us >= 0)
		ret[n++] = (struct sched_change){ SCHED_FELL_FAR, d->would_reach_us, d->reach_node, d->only_for[SCHED_FELL_FAR] };
	for (enum sched_filter f = 0; f < SCHED_FELL_MAX; f++)
		if (sched_filter_without(f) != NULL && d->only_for[f] > 0 && (f != SCHED_FELL_FAR || d->would_reach_us < 0))
			ret[n++] = (struct sched_change){ f, -1, SCHED_ANY, d->only_for[f] };
	return n;
}

/* Tenths of a millisecond, rounded up: a bound of so much would do. */
static int64_t tenths_up(int64_t us)
{
	return (us + 99) / 100;
}

static int amount_text(const struct sched_resource_words *w, int64_t amount, char *text, size_t size)
{
	int digits = 3;
	int64_t part = amount % w->parts;

	if (w->parts == 1 || part == 0)
		return snprintf(text, size, "with at most %" PRId64 " %s", amount / w->parts, w->unit);
	for (; part % 10 == 0; part /= 10)
		digits--;
	return snprintf(text, size, "with at most %" PRId64 ".%0*" PRId64 " %s", amount / w->parts, digits, part, w->unit);
}

int sched_change_text(const struct sched_change *c, char *text, size_t size)
{
	if (c->amount >= 0 && c->filter == SCHED_FELL_FAR)
		return snprintf(text, size, "within %" PRId64 ".%" PRId64 " ms", tenths_up(c->amount) / 10, tenths_up(c->amount) % 10);
	for (size_t r = 0; r < SCHED_RESOURCES && c->amount >= 0; r++)
		if (sched_resource_words[r].filter == c->filter)
			return amount_text(&sched_resource_words[r], c->amount, text, size);
	return snprintf(text, size, "%s", sched_filter_without(c->filter));
}
