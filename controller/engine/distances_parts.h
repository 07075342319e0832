/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of distances.h know of each other. Everything under the lock. */
#pragma once

#include "controller/engine/distances.h"

#include "common/hash_table.h"

#include <pthread.h>

#define CONTROLLER 0 /* its place */
#define BY_MAX     (2 * DISTANCES_ASKED_MAX)

struct measured {
	uint32_t to;
	int32_t us; /* 0: the entry is free */
	int64_t at_ms;
	struct sched_samples samples;
};

struct slot {
	struct cc_uuid node;
	bool used;
	struct sched_point stored;
	int64_t stored_ms; /* 0: not in this run */
	uint16_t port;     /* where it answers; 0: not */
	int64_t choose_ms; /* when targets are chosen anew */
	int64_t choose_after_ms;
	size_t n_targets;
	uint32_t targets[DISTANCES_TARGETS];
	size_t asked; /* by so many others */
	struct measured measured[DISTANCES_PAIRS];
	uint32_t by[BY_MAX]; /* who measured the way to it, 0: nobody; the last ones, and some that have forgotten it */
	uint32_t next_by;
};

struct distances {
	pthread_mutex_t lock;
	struct cc_hash places;
	struct sched_point *points;
	struct slot *slots;
	uint32_t n, cap;
	uint32_t n_free;          /* places of nodes that went */
	struct sched_pair *pairs; /* what is fitted; as of `listed` */
	size_t n_pairs, cap_pairs;
	bool listed;
	int rounds;        /* still to go */
	size_t cursor;     /* in the round that is under way */
	size_t n_answer;   /* nodes that answer */
	int64_t looked_ms; /* for points to be stored */
};

/* The node's place; false when it has none. */
bool distances_find(const struct distances *d, struct cc_uuid node, uint32_t *ret);
/* What both ends say of the pair, NULL for neither. Of two the longer one counts: so nobody gets nearer by its own word alone. */
const struct measured *distances_pair(struct distances *d, uint32_t a, uint32_t b, int64_t now_ms);

/* distances_targets.c */
void distances_set_port(struct distances *d, uint32_t at, uint16_t port);
/* The node measures nobody any more. */
void distances_drop_targets(struct distances *d, struct slot *s);
/* The node does not measure `to` any more, which is going. */
void distances_forget_target(struct slot *s, uint32_t to);
