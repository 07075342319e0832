/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks of radio links, for tests and benchmarks of distances: who is linked to whom and how long a round trip over each link takes at best. */
#pragma once

#include "scheduler/distance.h"
#include "tests/lib/random.h"

struct link {
	uint32_t a, b;
	int32_t us;
};

struct links {
	uint32_t n; /* nodes, from 0 */
	struct link *items;
	size_t n_items;
	/* Of the links of node i: to[from[i]] to to[from[i + 1] - 1]. Made by links_done. */
	uint32_t *from, *to;
	int32_t *us;
};

/* The caller's to release. */
void links_add(struct links *l, uint32_t a, uint32_t b, int32_t us);
void links_done(struct links *l);
void links_free(struct links *l);

/* A few supernodes in a tree and households that hang off them, some one behind the other; node 0 is a supernode. */
struct links links_tree(struct test_random *r, uint32_t n);
/* A grid of roofs, each linked to its neighbours. */
struct links links_grid(struct test_random *r, uint32_t n);
/* Roofs anywhere on a plain, each linked to the three nearest and all of one piece. */
struct links links_plain(struct test_random *r, uint32_t n);

/* The round trip between `source` and every node over the shortest way, 0 where there is none; `ret` has n elements. */
void links_rtt(const struct links *l, uint32_t source, int32_t *ret);
/* What one probe over a way of `rtt` would measure: radio repeats what is lost, and now and then the channel is busy. */
int32_t links_sample(struct test_random *r, int32_t rtt);

struct links_fit {
	struct sched_point *points;
	struct sched_pair *pairs;
	size_t n_pairs;
};
/* Measures as a zone does: everybody to node 0, and `probes` others that are chosen anew each of four times; a fit after each. Node 0 is held at the origin. */
struct links_fit links_fit(const struct links *l, struct test_random *r, size_t probes);
#define LINKS_ROUNDS 60 /* of sched_fit, each time */
void links_fit_free(struct links_fit *f);
/* Relative errors of the estimates between `sources` nodes of chance and all others: the median and the 90th percentile, per mille. `but` is left out. */
struct links_error {
	int median, p90;
};
struct links_error links_error(const struct links *l, const struct sched_point *points, struct test_random *r, uint32_t sources, uint32_t but);
