/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the scheduler know of each other. Nodes are worked on in blocks, so that what is computed about a block stays in the nearest cache and
 * on the stack. */
#pragma once

#include "scheduler/sched.h"

#define SCHED_BLOCK      512
#define SCHED_LEN(a)     (sizeof(a) / sizeof((a)[0]))
#define SCHED_SHARE_BITS 50 /* of the fraction in a share factor */

/* Nodes at, at + 1, ... at + n - 1 of a snapshot; n is at most SCHED_BLOCK. */
struct sched_block {
	const struct sched_nodes *nodes;
	size_t at;
	size_t n;
};

/* The block that begins at `at`, which is below nodes->n. */
static inline struct sched_block sched_block_at(const struct sched_nodes *nodes, size_t at)
{
	size_t left = nodes->n - at;

	return (struct sched_block){ nodes, at, left < SCHED_BLOCK ? left : SCHED_BLOCK };
}

/* filters.c: sets ok[i] to 1 where node i of the block passes all filters but `skip` (SCHED_FELL_MAX: all), adds to fell[] how many fell at which, and
 * returns how many passed. */
uint32_t sched_filter_block(const struct sched_block *b, const struct sched_req *req, enum sched_filter skip, uint8_t *ok, uint32_t *fell);

/* How many of the n bytes, each 0 or 1, are 1; n is at most SCHED_BLOCK. */
uint32_t sched_count(const uint8_t *ok, size_t n);

/* scores.c: the score of every node of the block, feasible or not. */
void sched_score_block(const struct sched_block *b, const struct sched_req *req, const struct sched_options *opt, int64_t *score);
/* The terms of node i. */
void sched_score_terms(const struct sched_nodes *nodes, const struct sched_req *req, size_t i, int32_t terms[SCHED_TERM_MAX]);

/* resources.c: what is measured out in amounts, and where it stands in the public structs. */
struct sched_resource {
	const char *name;
	const char *unit;
	enum sched_filter filter;
	size_t column;    /* in struct sched_nodes */
	size_t would_fit; /* in struct sched_decision */
};
#define SCHED_RESOURCES 3
extern const struct sched_resource sched_resources[SCHED_RESOURCES];
int64_t sched_would_fit_of(const struct sched_decision *d, const struct sched_resource *r);
/* Fills the would_fit fields for a request that no node takes; ret->fell is filled already. */
void sched_would_fit(const struct sched_nodes *nodes, const struct sched_req *req, struct sched_decision *ret);
