/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares are thousandths and come from one multiplication with a factor of 50 fractional bits: 1000 / granted, rounded up. The product of an amount that is
 * at most `granted` stays below 2^61, and the share is exact while granted is below 2^25. Terms are
 * computed for all nodes of a block, because picking out the feasible ones costs more than it saves. */
#include "scheduler/parts.h"

typedef void term_fn(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value);

enum { FULL = 1000 };

const struct sched_options sched_default_options = { .weight = { [SCHED_TERM_FIT] = 0, [SCHED_TERM_LOAD] = 1 } };

uint64_t sched_share_factor(int64_t granted)
{
	uint64_t g = granted > 1 ? (uint64_t)granted : 1;

	return (((uint64_t)FULL << SCHED_SHARE_BITS) + g - 1) / g;
}

/* One resource of a block: columns, already moved to where the block begins. */
struct share {
	const int64_t *granted, *free;
	const uint64_t *factor;
	int64_t need;
	size_t n;
};

static struct share share_of(
        const struct sched_block *b, const int64_t *granted, const int64_t *free, const uint64_t *factor, int64_t need, uint64_t *scratch)
{
	struct share s = { granted + b->at, free + b->at, scratch, need, b->n };

	if (factor != NULL)
		s.factor = factor + b->at;
	else
		for (size_t i = 0; i < b->n; i++)
			scratch[i] = sched_share_factor(s.granted[i]);
	return s;
}

static struct share cpu_of(const struct sched_req *req, const struct sched_block *b, uint64_t *scratch)
{
	const struct sched_nodes *c = b->nodes;

	return share_of(b, c->granted_cpu, c->free_cpu, c->share_cpu, req->cpu_millis, scratch);
}

static struct share memory_of(const struct sched_req *req, const struct sched_block *b, uint64_t *scratch)
{
	const struct sched_nodes *c = b->nodes;

	return share_of(b, c->granted_mib, c->free_mib, c->share_mib, req->memory_mib, scratch);
}

/* The share that `amount` is of `granted`, 0 where nothing is granted. */
static inline int32_t share_of_amount(int64_t amount, int64_t granted, uint64_t factor)
{
	amount = amount > granted ? granted : amount;
	amount = amount < 0 ? 0 : amount;
	return (int32_t)(((uint64_t)amount * factor) >> SCHED_SHARE_BITS);
}

/* The share in use when the request is there too. */
static void used_shares(const struct share *s, int32_t *restrict used)
{
	const int64_t *granted = s->granted, *free = s->free;
	const uint64_t *factor = s->factor;
	int64_t need = s->need;

	for (size_t i = 0; i < s->n; i++)
		used[i] = share_of_amount(granted[i] - free[i] + need, granted[i], factor[i]);
}

/* The share that the request itself is. */
static void asked_shares(const struct share *s, int32_t *restrict asked)
{
	for (size_t i = 0; i < s->n; i++)
		asked[i] = share_of_amount(s->need, s->granted[i], s->factor[i]);
}

static void term_fit(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value)
{
	int32_t asked_cpu[SCHED_BLOCK], asked_mem[SCHED_BLOCK], used_cpu[SCHED_BLOCK];
	uint64_t scratch[SCHED_BLOCK];
	struct share cpu = cpu_of(req, b, scratch), mem;

	asked_shares(&cpu, asked_cpu);
	used_shares(&cpu, used_cpu);
	mem = memory_of(req, b, scratch);
	asked_shares(&mem, asked_mem);
	used_shares(&mem, value);
	for (size_t i = 0; i < b->n; i++)
		value[i] = asked_cpu[i] > asked_mem[i] ? used_cpu[i] : value[i];
}

static void term_load(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value)
{
	int32_t used_cpu[SCHED_BLOCK];
	uint64_t scratch[SCHED_BLOCK];
	struct share cpu = cpu_of(req, b, scratch), mem;

	used_shares(&cpu, used_cpu);
	mem = memory_of(req, b, scratch);
	used_shares(&mem, value);
	for (size_t i = 0; i < b->n; i++)
		value[i] = FULL - (used_cpu[i] > value[i] ? used_cpu[i] : value[i]);
}

// clang-format off
static const struct {
	const char *text;
	term_fn *value;
} terms_table[SCHED_TERM_MAX] = {
	[SCHED_TERM_FIT]  = { "fit",  term_fit },
	[SCHED_TERM_LOAD] = { "load", term_load },
};
// clang-format on

const char *sched_term_text(enum sched_term t)
{
	return terms_table[t].text;
}

void sched_score_block(const struct sched_block *b, const struct sched_req *req, const struct sched_options *opt, int64_t *score)
{
	int32_t value[SCHED_BLOCK];

	for (size_t i = 0; i < b->n; i++)
		score[i] = 0;
	for (size_t t = 0; t < SCHED_TERM_MAX; t++) {
		int64_t weight = opt->weight[t];

		if (weight == 0)
			continue;
		terms_table[t].value(req, b, value);
		for (size_t i = 0; i < b->n; i++)
			score[i] += weight * value[i];
	}
}

void sched_score_terms(const struct sched_nodes *nodes, const struct sched_req *req, size_t i, int32_t terms[SCHED_TERM_MAX])
{
	struct sched_block one = { nodes, i, 1 };

	for (size_t t = 0; t < SCHED_TERM_MAX; t++)
		terms_table[t].value(req, &one, &terms[t]);
}
