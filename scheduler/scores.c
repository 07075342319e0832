/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares are thousandths and come from one multiplication with a factor of 50 fractional bits: 1000 / granted, rounded up. The product of an amount that is
 * at most `granted` stays below 2^61, and the share is exact while granted is below 2^25. */
#include "scheduler/parts.h"

typedef void term_fn(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value);

enum { FULL = 1000 };

const struct sched_options sched_default_options = { .weight = { [SCHED_TERM_FIT] = 0, [SCHED_TERM_LOAD] = 1 } };

/* A node that grants nothing counts as one that grants the least there is. */
static int64_t granted_at_least_one(int64_t granted)
{
	return granted > 1 ? granted : 1;
}

uint64_t sched_share_factor(int64_t granted)
{
	uint64_t g = (uint64_t)granted_at_least_one(granted);

	return (((uint64_t)FULL << SCHED_SHARE_BITS) + g - 1) / g;
}

/* One resource of a block: columns, already moved to where the block begins. */
struct share {
	const int64_t *granted, *free;
	const uint64_t *factor;
	int64_t need;
};

static struct share share_of(
        const int64_t *granted, const int64_t *free, const uint64_t *factor, int64_t need, const struct sched_block *b, uint64_t *scratch)
{
	struct share s = { granted + b->at, free + b->at, scratch, need };

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

	return share_of(c->granted_cpu, c->free_cpu, c->share_cpu, req->cpu_millis, b, scratch);
}

static struct share memory_of(const struct sched_req *req, const struct sched_block *b, uint64_t *scratch)
{
	const struct sched_nodes *c = b->nodes;

	return share_of(c->granted_mib, c->free_mib, c->share_mib, req->memory_mib, b, scratch);
}

static inline int32_t share_of_amount(const struct share *s, size_t i, int64_t amount)
{
	int64_t granted = granted_at_least_one(s->granted[i]);

	amount = amount > granted ? granted : amount;
	amount = amount < 0 ? 0 : amount;
	return (int32_t)(((uint64_t)amount * s->factor[i]) >> SCHED_SHARE_BITS);
}

/* The share in use when the request is there too. */
static inline int32_t used_share(const struct share *s, size_t i)
{
	return share_of_amount(s, i, s->granted[i] - s->free[i] + s->need);
}

static void term_fit(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value)
{
	uint64_t scratch[2][SCHED_BLOCK];
	struct share cpu = cpu_of(req, b, scratch[0]), mem = memory_of(req, b, scratch[1]);

	for (size_t i = 0; i < b->n; i++) {
		bool mostly_cpu = share_of_amount(&cpu, i, cpu.need) > share_of_amount(&mem, i, mem.need);
		int32_t of_cpu = used_share(&cpu, i), of_mem = used_share(&mem, i);

		value[i] = mostly_cpu ? of_cpu : of_mem;
	}
}

static void term_load(const struct sched_req *req, const struct sched_block *b, int32_t *restrict value)
{
	uint64_t scratch[2][SCHED_BLOCK];
	struct share cpu = cpu_of(req, b, scratch[0]), mem = memory_of(req, b, scratch[1]);

	for (size_t i = 0; i < b->n; i++) {
		int32_t of_cpu = used_share(&cpu, i), of_mem = used_share(&mem, i);

		value[i] = FULL - (of_cpu > of_mem ? of_cpu : of_mem);
	}
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
