/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots for tests: rows, which are easy to write and to move about, turned into the scheduler's columns for each decision. */
#pragma once

#include "scheduler/sched.h"

enum { SNAPSHOT_MAX = 1200 };

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
	uint64_t key;
};

struct snapshot {
	size_t n;
	struct snapshot_node nodes[SNAPSHOT_MAX];
};

/* Appends a node. Ends the program when there is no room. */
void snapshot_add(struct snapshot *s, struct snapshot_node node);
void snapshot_remove(struct snapshot *s, size_t i);

/* The decision, made twice: with share factors in the snapshot and without; the test fails when they differ, or when ok[] and `feasible` do. Columns are
 * allocated to the byte, so that AddressSanitizer sees a step over their ends. */
struct sched_decision snapshot_place(const struct snapshot *s, const struct sched_req *req, const struct sched_options *opt);

/* Whether the node can take the request, written down a second time: node by node, with branches. */
bool snapshot_fits(const struct snapshot *s, const struct sched_req *req, size_t i);

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
