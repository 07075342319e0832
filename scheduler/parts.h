/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the scheduler know of each other. */
#pragma once

#include "scheduler/mask.h"

#define SCHED_LEN(a)     (sizeof(a) / sizeof((a)[0]))
#define SCHED_SHARE_BITS 50 /* of the fraction in a share factor */
#define SCHED_TRAITS     32
#define SCHED_FULL       1000 /* of a share and of a term */

/* Of the nodes of a block: lowest and highest of what they have. */
struct sched_summary {
	uint32_t n;
	uint32_t kind;     /* what its first node was like */
	uint32_t all, any; /* the traits that all have, that any has */
	int32_t free_lo[SCHED_RESOURCES], free_hi[SCHED_RESOURCES];
	int16_t used_cpu_lo, used_cpu_hi, used_mib_lo, used_mib_hi;
	int16_t reliability_lo, reliability_hi;
	uint64_t cpu_lo, cpu_hi, mib_lo, mib_hi; /* share factors */
	int32_t x_lo, x_hi, y_lo, y_hi, height_lo, height_hi;
};

/* What is the same for all nodes of a decision. */
struct sched_job {
	const struct sched_nodes *nodes;
	const struct sched_req *req;
	const struct sched_options *opt;
	int32_t need[SCHED_RESOURCES];
	size_t n_filters; /* those that this request has something to do with, in order */
	enum sched_filter filters[SCHED_FELL_MAX];
	size_t n_traits; /* how many of them look at traits */
	size_t n_terms;  /* those that count in this decision */
	enum sched_term terms[SCHED_TERM_MAX];
	uint64_t salt;
	uint64_t measured; /* bit b % 64 is set for each block b that has a node to which the way was measured */
};

/* The nodes of a block. */
static inline struct sched_mask sched_block_nodes(const struct sched_nodes *nodes, size_t block)
{
	return mask_of(nodes->there + block * SCHED_MASK_WORDS);
}

/* The words of a block in the sets of a snapshot's traits. */
static inline uint64_t *sched_trait_words(const struct sched_nodes *nodes, size_t block, size_t trait)
{
	return nodes->trait_sets + (block * SCHED_TRAITS + trait) * SCHED_MASK_WORDS;
}

/* nodes.c: a value above 0 as one of 232 levels, which keep the four leading bits; 0 for all others. Never falls. */
static inline uint8_t sched_level(int32_t value)
{
	int e;

	if (value < 8)
		return (uint8_t)(value > 0 ? value : 0);
	e = 31 - __builtin_clz((uint32_t)value);
	return (uint8_t)(8 * (e - 2) + (value >> (e - 3) & 7));
}

/* filters.c: which filters there are for a request. */
void sched_filters_init(struct sched_job *job);
/* The nodes of the block that pass all filters; adds to fell[] how many fell at which. */
struct sched_mask sched_filter_block(const struct sched_job *job, size_t block, uint32_t fell[SCHED_FELL_MAX]);
/* The nodes of the block that pass this filter. */
struct sched_mask sched_filter_one(const struct sched_job *job, size_t block, enum sched_filter f);

/* scores.c: which terms count. */
void sched_terms_init(struct sched_job *job);
/* What an amount is multiplied with. */
uint64_t sched_share_factor(int32_t granted);
/* The share that `amount` is of `granted`, 0 to 1000. */
int32_t sched_share(int64_t amount, int32_t granted, uint64_t factor);
int64_t sched_score(const struct sched_job *job, size_t i);
void sched_score_terms(const struct sched_job *job, size_t i, int32_t terms[SCHED_TERM_MAX]);
/* No node of the block that is in `in` has a higher score than this. */
int64_t sched_score_bound(const struct sched_job *job, size_t block, const struct sched_mask *in);
/* Those of `in` that may have a score of at least `least`: none that has is left out. */
struct sched_mask sched_score_from(const struct sched_job *job, size_t block, struct sched_mask in, int64_t least);

/* near.c */
void sched_near_init(struct sched_job *job);
/* Whether the request is to be near to anything. */
bool sched_is_near(const struct sched_req *req);
/* How far the node is away, SCHED_RTT_UNKNOWN. */
int64_t sched_away_us(const struct sched_job *job, size_t i);
/* The number of the band that the node is in. */
size_t sched_band(const struct sched_job *job, size_t i);
/* False when no node of the block is so near. */
bool sched_may_reach(const struct sched_job *job, size_t block, int64_t us);
/* True when all are. */
bool sched_does_reach(const struct sched_job *job, size_t block, int64_t us);
/* Those of the block that are so near; what is not a node does not matter. */
struct sched_mask sched_reach(const struct sched_job *job, size_t block, int64_t us);
/* Of the feasible nodes those in the nearest band that has any, into `in`. `first` is scratch memory, one per block. */
void sched_nearest(const struct sched_job *job, const uint64_t *ok, uint64_t *in, int64_t *first);

/* resources.c */
struct sched_resource_words {
	const char *unit;
	int32_t parts; /* of a unit: amounts are counted in these */
	enum sched_filter filter;
};
extern const struct sched_resource_words sched_resource_words[SCHED_RESOURCES];

/* explain.c: what to do without, for nodes that fall at the filter; NULL where that is nothing, or an amount. */
const char *sched_filter_without(enum sched_filter f);

/* changes.c: fills what would have let a node take a request that no node takes. */
void sched_would_do(const struct sched_job *job, struct sched_decision *ret);
