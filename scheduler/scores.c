/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares are thousandths and come from one multiplication with a factor of 50 fractional bits: 1000 / granted, rounded up. The product of an amount that is
 * at most `granted` stays below 2^61, and the share is exact while granted is below 2^25.
 * Few nodes are scored: from the summary of a block follows what none of its nodes can surpass, and from the share that a node uses already what it cannot. */
#include "scheduler/parts.h"

enum { FULL = SCHED_FULL };

const struct sched_options sched_default_options = { .weight = { [SCHED_TERM_FIT] = 0,
	                                                     [SCHED_TERM_LOAD] = 4,
	                                                     [SCHED_TERM_SPREAD] = 8,
	                                                     [SCHED_TERM_RELIABILITY] = 2,
	                                                     [SCHED_TERM_IMAGE] = 1,
	                                                     [SCHED_TERM_AFFINITY] = 8 } };

uint64_t sched_share_factor(int32_t granted)
{
	uint64_t g = granted > 1 ? (uint64_t)granted : 1;

	return (((uint64_t)FULL << SCHED_SHARE_BITS) + g - 1) / g;
}

int32_t sched_share(int64_t amount, int32_t granted, uint64_t factor)
{
	amount = amount > granted ? granted : amount;
	amount = amount < 0 ? 0 : amount;
	return (int32_t)(((uint64_t)amount * factor) >> SCHED_SHARE_BITS);
}

/* The least and the most that a term can be in a block. */
struct range {
	int32_t lo, hi;
};

static int32_t min32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t max32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* The share in use of cpu and of memory when the request is there too. */
static int32_t used_cpu(const struct sched_job *job, size_t i)
{
	const struct sched_nodes *c = job->nodes;

	return sched_share((int64_t)c->granted_cpu[i] - c->free[SCHED_CPU][i] + job->need[SCHED_CPU], c->granted_cpu[i], c->share_cpu[i]);
}

static int32_t used_memory(const struct sched_job *job, size_t i)
{
	const struct sched_nodes *c = job->nodes;

	return sched_share((int64_t)c->granted_mib[i] - c->free[SCHED_MEMORY][i] + job->need[SCHED_MEMORY], c->granted_mib[i], c->share_mib[i]);
}

/* The share that an amount is at least, or at most, with a factor that need not be of the node; an amount may be far beyond what is granted. */
static int32_t share_about(int32_t amount, uint64_t factor)
{
	unsigned __int128 share = ((unsigned __int128)(uint32_t)amount * factor) >> SCHED_SHARE_BITS;

	return share > FULL ? FULL : (int32_t)share;
}

/* Bounds on the share that the request itself is. */
static struct range asked_cpu(const struct sched_job *job, const struct sched_summary *s)
{
	return (struct range){ share_about(job->need[SCHED_CPU], s->cpu_lo), share_about(job->need[SCHED_CPU], s->cpu_hi) + 1 };
}

static struct range asked_memory(const struct sched_job *job, const struct sched_summary *s)
{
	return (struct range){ share_about(job->need[SCHED_MEMORY], s->mib_lo), share_about(job->need[SCHED_MEMORY], s->mib_hi) + 1 };
}

static int32_t value_fit(const struct sched_job *job, size_t i)
{
	const struct sched_nodes *c = job->nodes;
	int32_t cpu = sched_share(job->need[SCHED_CPU], c->granted_cpu[i], c->share_cpu[i]);
	int32_t memory = sched_share(job->need[SCHED_MEMORY], c->granted_mib[i], c->share_mib[i]);

	return cpu > memory ? used_cpu(job, i) : used_memory(job, i);
}

static struct range range_fit(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	const struct sched_summary *s = &job->nodes->summary[block];

	(void)in;
	return (struct range){ 0, min32(FULL, max32(s->used_cpu_hi + asked_cpu(job, s).hi, s->used_mib_hi + asked_memory(job, s).hi)) };
}

static int32_t value_load(const struct sched_job *job, size_t i)
{
	return FULL - max32(used_cpu(job, i), used_memory(job, i));
}

static struct range range_load(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	const struct sched_summary *s = &job->nodes->summary[block];

	(void)in;
	return (struct range){ 0, FULL - min32(FULL, max32(s->used_cpu_lo + asked_cpu(job, s).lo, s->used_mib_lo + asked_memory(job, s).lo)) };
}

static int32_t value_spread(const struct sched_job *job, size_t i)
{
	const struct sched_req *req = job->req;
	uint32_t sum = 0;

	for (size_t s = 0; s < req->n_spreads; s++) {
		uint32_t like = 0;

		for (size_t k = 0; k < req->spreads[s].n && like == 0; k++)
			like = sched_set_has(req->spreads[s].crowds[k].nodes, i) ? req->spreads[s].crowds[k].like : 0;
		sum += (uint32_t)FULL / (1 + like);
	}
	return (int32_t)(sum / req->n_spreads);
}

static struct range range_any(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	(void)job, (void)block, (void)in;
	return (struct range){ 0, FULL };
}

static int32_t value_reliability(const struct sched_job *job, size_t i)
{
	return job->nodes->reliability[i];
}

static struct range range_reliability(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	const struct sched_summary *s = &job->nodes->summary[block];

	(void)in;
	return (struct range){ s->reliability_lo, s->reliability_hi };
}

static struct range range_set(const uint64_t *set, size_t block, const struct sched_mask *in)
{
	return (struct range){ 0, mask_any(mask_and(*in, mask_of(set + block * SCHED_MASK_WORDS))) ? FULL : 0 };
}

static int32_t value_image(const struct sched_job *job, size_t i)
{
	return sched_set_has(job->req->has_image, i) ? FULL : 0;
}

static struct range range_image(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	return range_set(job->req->has_image, block, in);
}

static int32_t value_affinity(const struct sched_job *job, size_t i)
{
	return sched_set_has(job->req->affine, i) ? FULL : 0;
}

static struct range range_affinity(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	return range_set(job->req->affine, block, in);
}

static bool always(const struct sched_req *req)
{
	(void)req;
	return true;
}

static bool if_spread(const struct sched_req *req)
{
	return req->n_spreads > 0;
}

static bool if_image(const struct sched_req *req)
{
	return req->has_image != NULL;
}

static bool if_affine(const struct sched_req *req)
{
	return req->affine != NULL;
}

// clang-format off
static const struct {
	const char *text;
	bool (*applies)(const struct sched_req *req); /* else the term is 0 everywhere */
	int32_t (*value)(const struct sched_job *job, size_t i);
	struct range (*range)(const struct sched_job *job, size_t block, const struct sched_mask *in);
} terms_table[SCHED_TERM_MAX] = {
	[SCHED_TERM_FIT]         = { "fit",         always,    value_fit,         range_fit },
	[SCHED_TERM_LOAD]        = { "load",        always,    value_load,        range_load },
	[SCHED_TERM_SPREAD]      = { "spread",      if_spread, value_spread,      range_any },
	[SCHED_TERM_RELIABILITY] = { "reliability", always,    value_reliability, range_reliability },
	[SCHED_TERM_IMAGE]       = { "image",       if_image,  value_image,       range_image },
	[SCHED_TERM_AFFINITY]    = { "affinity",    if_affine, value_affinity,    range_affinity },
};
// clang-format on

const char *sched_term_text(enum sched_term t)
{
	return terms_table[t].text;
}

void sched_terms_init(struct sched_job *job)
{
	for (size_t t = 0; t < SCHED_TERM_MAX; t++)
		if (job->opt->weight[t] != 0 && terms_table[t].applies(job->req))
			job->terms[job->n_terms++] = (enum sched_term)t;
}

int64_t sched_score(const struct sched_job *job, size_t i)
{
	int64_t score = 0;

	for (size_t k = 0; k < job->n_terms; k++)
		score += (int64_t)job->opt->weight[job->terms[k]] * terms_table[job->terms[k]].value(job, i);
	return score;
}

void sched_score_terms(const struct sched_job *job, size_t i, int32_t terms[SCHED_TERM_MAX])
{
	for (size_t t = 0; t < SCHED_TERM_MAX; t++)
		terms[t] = terms_table[t].applies(job->req) ? terms_table[t].value(job, i) : 0;
}

/* The most that a term can add to a score in the block. */
static int64_t most_of(const struct sched_job *job, size_t block, enum sched_term t, const struct sched_mask *in)
{
	struct range r = terms_table[t].range(job, block, in);
	int64_t weight = job->opt->weight[t];

	return weight > 0 ? weight * r.hi : weight * r.lo;
}

/* The bound without what LOAD adds. */
static int64_t bound_of_others(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	int64_t sum = 0;

	for (size_t k = 0; k < job->n_terms; k++)
		if (job->terms[k] != SCHED_TERM_LOAD)
			sum += most_of(job, block, job->terms[k], in);
	return sum;
}

int64_t sched_score_bound(const struct sched_job *job, size_t block, const struct sched_mask *in)
{
	return bound_of_others(job, block, in) + (job->opt->weight[SCHED_TERM_LOAD] != 0 ? most_of(job, block, SCHED_TERM_LOAD, in) : 0);
}

struct sched_mask sched_score_from(const struct sched_job *job, size_t block, struct sched_mask in, int64_t least)
{
	const struct sched_summary *s = &job->nodes->summary[block];
	int64_t weight = job->opt->weight[SCHED_TERM_LOAD], others = bound_of_others(job, block, &in), used;
	size_t base = block * SCHED_BLOCK;

	if (weight <= 0 || least <= others)
		return in;
	/* The share in use that a node may have with the request at most; neither what it uses of cpu now nor of memory may be beyond it, less what is asked. */
	used = FULL - (least - others + weight - 1) / weight;
	if (used < 0)
		return mask_none();
	in = mask_and(in, mask_halves_to(job->nodes->used_cpu + base, (int16_t)(used - asked_cpu(job, s).lo)));
	return mask_and(in, mask_halves_to(job->nodes->used_mib + base, (int16_t)(used - asked_memory(job, s).lo)));
}
