/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network may be compared by, and what holds of every one. */
#pragma once

#include "bench/lib/network.h"

struct network_figures {
	size_t supernodes, clients;
	size_t zones_without_supernode;
	size_t links[3];             /* by kind */
	size_t home[3];              /* of them, inside one zone */
	size_t linked_supernodes[3]; /* supernodes with 0, 1 and 2 links to other supernodes */
};

struct network_figures network_figures(const struct network *net);

/* Quantiles in percent of what a function says of each element; elements for which it says UINT32_MAX do not count. */
uint32_t quantile_of(const struct network *net, size_t n, uint32_t (*value)(const struct network *, size_t), unsigned percent);
double mean_of(const struct network *net, size_t n, uint32_t (*value)(const struct network *, size_t));

uint32_t zone_size(const struct network *net, size_t zone);
uint32_t zone_supernodes(const struct network *net, size_t zone); /* of zones that have some */
uint32_t node_clients(const struct network *net, size_t node);    /* of supernodes */
uint32_t access_metres(const struct network *net, size_t link);
uint32_t backbone_metres(const struct network *net, size_t link);

/* Fails the test when the struct contradicts itself or a node cannot be reached. */
void check_network(const struct network *net);
