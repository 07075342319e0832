/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots for tests: rows, which are easy to write and to move about, turned into the scheduler's columns for each decision. */
#pragma once

#include "scheduler/sched.h"

enum { SNAPSHOT_MAX = 1200 };

#define SNAPSHOT_SPREADS 2

struct snapshot_node {
	char name[24];
	bool silent, paused, drained;
	const char *arch; /* amd64 when NULL */
	uint32_t features;
	uint32_t owner;
	int64_t free_cpu, granted_cpu;
	int64_t free_mib, granted_mib;
	int64_t free_disk_mib;
	int64_t free_instances;
	int32_t bandwidth;
	int32_t unreliability; /* 1000 less what is put into the snapshot */
	uint64_t key;
	struct sched_point point;
	int32_t measured_us; /* from where requests are to be near to; 0: not measured */
	/* What a request has to say of the node. */
	uint32_t barred; /* SCHED_BAR numbers, as bits */
	bool image, affine;
	uint32_t like[SNAPSHOT_SPREADS];
};

struct snapshot {
	size_t n;
	/* Requests come from the member who owns the nodes with this number; 0: from one who owns none. */
	uint32_t member;
	/* Requests look at what the nodes have of it. */
	bool barred, image, affine;
	size_t n_spreads;
	uint32_t limit[SNAPSHOT_SPREADS];
	bool near; /* to the point of `req`, and what was measured */
	struct snapshot_node nodes[SNAPSHOT_MAX];
};

/* Appends a node. Ends the program when there is no room. */
void snapshot_add(struct snapshot *s, struct snapshot_node node);
void snapshot_remove(struct snapshot *s, size_t i);

/* The decision, made twice: on a snapshot that was built up at once, and on one that came about by changes and removals; the test fails when they differ, or when
 * the set of the feasible and their number do. Sets and lists of the request come from `s`. Memory is allocated to the byte, so that AddressSanitizer sees a
 * step over its end. */
struct sched_decision snapshot_place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt);

/* The first filter at which the node falls, SCHED_FELL_MAX when it can take the request; `but` is left out. Written down a second time: node by node, with
 * branches. */
enum sched_filter snapshot_fell(const struct snapshot *s, const struct sched_req *req, size_t i, enum sched_filter but);
bool snapshot_fits(const struct snapshot *s, const struct sched_req *req, size_t i);
/* The same for the score. */
int64_t snapshot_score(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt, size_t i);

/* The same for how far it is away, SCHED_RTT_UNKNOWN. */
int64_t snapshot_away_us(const struct snapshot *s, const struct sched_req *req, size_t i);

/* The sentence about a decision, in a buffer of its own until the next call. */
const char *snapshot_explain(const struct snapshot *s, const struct sched_decision *d, const struct sched_req *req);

/* A stream of numbers that the seed determines. */
struct random {
	uint64_t state;
};
uint64_t random_next(struct random *r);
/* From `low` to `high`, both included. */
int64_t random_between(struct random *r, int64_t low, int64_t high);

/* CC_SEED, or a number drawn once per program. Printed on the first call, so that a failure can be replayed. */
uint64_t random_seed(void);

/* A snapshot of up to 40 nodes, now and then of several blocks; amounts are small and few, so that ties and exact fits are frequent. */
void snapshot_random(struct random *r, struct snapshot *ret);
/* A request that about half of such nodes can take. */
struct sched_req random_request(struct random *r, const struct snapshot *s);
struct sched_options random_options(struct random *r);
