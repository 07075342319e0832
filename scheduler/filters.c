/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filter first asks the summary of a block; only where that does not decide for all its nodes are they looked at, as a set and without branches. A new rule
 * is one function and one row. */
#include "scheduler/parts.h"

#include <string.h>

/* What a block as a whole does. */
enum verdict { SOME_PASS, ALL_PASS, NONE_PASS };

/* Sets *pass when some pass; `arg` is from the filter's row. */
typedef enum verdict filter_fn(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass);
/* Whether the filter has anything to do with the request. */
typedef bool applies_fn(const struct sched_job *job, int arg);

static enum verdict is_asked_for(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	size_t at = job->req->only_node - block * SCHED_BLOCK;

	(void)arg;
	if (at >= SCHED_BLOCK)
		return NONE_PASS;
	*pass = mask_none();
	sched_set_add(pass->w, at);
	return SOME_PASS;
}

static bool if_asked_for(const struct sched_job *job, int arg)
{
	(void)arg;
	return job->req->only_node != SCHED_ANY;
}

static bool always(const struct sched_job *job, int arg)
{
	(void)job, (void)arg;
	return true;
}

static enum verdict has_trait(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	const struct sched_summary *sum = &job->nodes->summary[block];

	if (sum->all >> arg & 1)
		return ALL_PASS;
	if ((sum->any >> arg & 1) == 0)
		return NONE_PASS;
	*pass = mask_of(sched_trait_words(job->nodes, block, (size_t)arg));
	return SOME_PASS;
}

static enum verdict lacks_trait(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	enum verdict v = has_trait(job, block, arg, pass);

	if (v == SOME_PASS)
		*pass = mask_not(*pass);
	return v == ALL_PASS ? NONE_PASS : v == NONE_PASS ? ALL_PASS : SOME_PASS;
}

static enum verdict has_arch(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	const struct sched_summary *sum = &job->nodes->summary[block];
	uint32_t want = job->req->arches;

	(void)arg;
	if ((sum->all & want) != 0)
		return ALL_PASS;
	if ((sum->any & want) == 0)
		return NONE_PASS;
	*pass = mask_none();
	for (want &= sum->any; want != 0; want &= want - 1)
		*pass = mask_or(*pass, mask_of(sched_trait_words(job->nodes, block, (size_t)__builtin_ctz(want))));
	return SOME_PASS;
}

static enum verdict has_features(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	const struct sched_summary *sum = &job->nodes->summary[block];
	uint32_t want = job->req->features;

	(void)arg;
	if ((sum->all & want) == want)
		return ALL_PASS;
	if ((sum->any & want) != want)
		return NONE_PASS;
	*pass = mask_not(mask_none());
	for (; want != 0; want &= want - 1)
		*pass = mask_and(*pass, mask_of(sched_trait_words(job->nodes, block, (size_t)__builtin_ctz(want))));
	return SOME_PASS;
}

static enum verdict is_not_barred(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	*pass = mask_not(mask_of(job->req->barred[arg] + block * SCHED_MASK_WORDS));
	return SOME_PASS;
}

static bool if_barred(const struct sched_job *job, int arg)
{
	return job->req->barred[arg] != NULL;
}

static enum verdict is_not_crowded(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	const struct sched_req *req = job->req;

	(void)arg;
	*pass = mask_not(mask_none());
	for (size_t s = 0; s < req->n_spreads; s++)
		for (size_t k = 0; k < req->spreads[s].n && req->spreads[s].limit > 0; k++)
			if (req->spreads[s].crowds[k].like >= req->spreads[s].limit)
				*pass = mask_minus(*pass, mask_of(req->spreads[s].crowds[k].nodes + block * SCHED_MASK_WORDS));
	return SOME_PASS;
}

static bool if_spread(const struct sched_job *job, int arg)
{
	(void)arg;
	for (size_t s = 0; s < job->req->n_spreads; s++)
		if (job->req->spreads[s].limit > 0)
			return true;
	return false;
}

static enum verdict has_amount(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	const struct sched_summary *sum = &job->nodes->summary[block];
	size_t base = block * SCHED_BLOCK;
	int32_t need = job->need[arg];
	uint8_t level = sched_level(need);
	struct sched_mask doubtful;

	if (sum->free_lo[arg] >= need)
		return ALL_PASS;
	if (sum->free_hi[arg] < need)
		return NONE_PASS;
	*pass = mask_bytes_from(job->nodes->level[arg] + base, level);
	if (sched_level(need - 1) != level)
		return SOME_PASS;
	/* Other amounts of the same level are smaller: those nodes are looked at one by one. */
	doubtful = mask_minus(*pass, mask_bytes_from(job->nodes->level[arg] + base, (uint8_t)(level + 1)));
	doubtful = mask_and(doubtful, sched_block_nodes(job->nodes, block));
	for (size_t i; mask_next(&doubtful, &i);)
		if (job->nodes->free[arg][base + i] < need)
			mask_drop(pass, i);
	return SOME_PASS;
}

static bool if_needed(const struct sched_job *job, int arg)
{
	return job->need[arg] > 0;
}

static enum verdict is_near(const struct sched_job *job, size_t block, int arg, struct sched_mask *pass)
{
	(void)arg;
	if (!sched_may_reach(job, block, job->req->within_us))
		return NONE_PASS;
	if (sched_does_reach(job, block, job->req->within_us))
		return ALL_PASS;
	*pass = sched_reach(job, block, job->req->within_us);
	return SOME_PASS;
}

static bool if_bound(const struct sched_job *job, int arg)
{
	(void)arg;
	return job->req->within_us > 0;
}

// clang-format off
#define BIT(trait) (__builtin_ctz(trait))
#define BARRED(NAME) [SCHED_FELL_##NAME] = { is_not_barred, if_barred, SCHED_BAR(NAME) }
static const struct {
	filter_fn *pass;
	applies_fn *applies;
	int arg;
} filters[SCHED_FELL_MAX] = {
	[SCHED_FELL_NOT_ASKED_FOR] = { is_asked_for,   if_asked_for, 0 },
	[SCHED_FELL_SILENT]        = { has_trait,      always,       BIT(SCHED_READY) },
	[SCHED_FELL_PAUSED]        = { lacks_trait,    always,       BIT(SCHED_PAUSED) },
	[SCHED_FELL_DRAINED]       = { lacks_trait,    always,       BIT(SCHED_DRAINED) },
	[SCHED_FELL_ARCH]          = { has_arch,       always,       0 },
	[SCHED_FELL_FEATURES]      = { has_features,   always,       0 },
	BARRED(UNWELCOME), BARRED(THERE), BARRED(KIND), BARRED(HOURS), BARRED(CAPPED), BARRED(PORT_CLOSED), BARRED(PORT_TAKEN), BARRED(CONSTRAINT), BARRED(EXTRAS),
	[SCHED_FELL_CROWDED]       = { is_not_crowded, if_spread,    0 },
	[SCHED_FELL_INSTANCES]     = { has_amount,     if_needed,    SCHED_INSTANCES },
	[SCHED_FELL_CPU]           = { has_amount,     if_needed,    SCHED_CPU },
	[SCHED_FELL_MEMORY]        = { has_amount,     if_needed,    SCHED_MEMORY },
	[SCHED_FELL_DISK]          = { has_amount,     if_needed,    SCHED_DISK },
	[SCHED_FELL_BANDWIDTH]     = { has_amount,     if_needed,    SCHED_BANDWIDTH },
	[SCHED_FELL_FAR]           = { is_near,        if_bound,     0 },
};

static const char *const filter_texts[] = {
#define F(NAME, text, one, many, without) text,
#include "scheduler/filters.def"
#undef F
};
// clang-format on

const char *sched_filter_text(enum sched_filter f)
{
	return filter_texts[f];
}

void sched_filters_init(struct sched_job *job)
{
	memcpy(job->need, job->req->need, sizeof(job->need));
	job->need[SCHED_INSTANCES] = 1;
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		if (filters[f].applies(job, filters[f].arg))
			job->filters[job->n_filters++] = (enum sched_filter)f;
}

struct sched_mask sched_filter_one(const struct sched_job *job, size_t block, enum sched_filter f)
{
	struct sched_mask all = sched_block_nodes(job->nodes, block), pass;

	switch (filters[f].pass(job, block, filters[f].arg, &pass)) {
	case ALL_PASS:
		return all;
	case NONE_PASS:
		return mask_none();
	default:
		return mask_and(pass, all);
	}
}

struct sched_mask sched_filter_block(const struct sched_job *job, size_t block, uint32_t fell[SCHED_FELL_MAX])
{
	struct sched_mask ok = sched_block_nodes(job->nodes, block), pass;
	uint32_t left = job->nodes->summary[block].n;

	for (size_t k = 0; k < job->n_filters && left > 0; k++) {
		enum sched_filter f = job->filters[k];
		enum verdict v = filters[f].pass(job, block, filters[f].arg, &pass);
		uint32_t before = left;

		if (v == ALL_PASS)
			continue;
		ok = v == NONE_PASS ? mask_none() : mask_and(ok, pass);
		left = mask_count(ok);
		fell[f] += before - left;
	}
	return ok;
}
