/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What making up a network and reading one have in common. */
#pragma once

#include "bench/lib/network.h"
#include "tests/lib/random.h"

/* A distribution as points of its quantile function, straight lines in between: integers, so that every machine draws the same. Ends with ppm 1000000. */
struct quantile {
	uint32_t ppm;
	uint32_t value;
};

/* The value at `ppm`, at most 1000000. */
uint32_t quantile_at(const struct quantile *q, uint32_t ppm);
/* One draw. */
uint32_t quantile_draw(const struct quantile *q, struct test_random *r);
/* The i-th of n draws, one from each n-th part of the distribution: together they have its shape however few they are. */
uint32_t quantile_stratum(const struct quantile *q, struct test_random *r, size_t i, size_t n);
/* True in `ppm` of a million cases. */
bool random_chance(struct test_random *r, uint32_t ppm);
void random_shuffle(struct test_random *r, uint32_t *values, size_t n);

/* Zones and nodes all zeros, supernodes NETWORK_NONE, no links yet. */
struct network *network_new(size_t zones, size_t nodes);
/* There is always room: the array grows. */
void network_add_link(struct network *net, struct network_link link);

/* With zones, nodes and radio links in place: joins what lies apart, fills in the rest of nodes and links, and the edges. */
void network_furnish(struct network *net, uint64_t seed);
/* The edges anew, after links were added. */
void network_index_links(struct network *net);
