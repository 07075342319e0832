/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Community networks as benchmarks, simulations and tests need them: of the size and shape of guifi.net, read from its export or made up from the figures
 * that are published of it. Both come in one struct. No names, addresses or places of real nodes are kept, only who hangs off whom and how far away. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_NONE   UINT32_MAX
#define NETWORK_LABELS 6 /* of each node */

/* As guifi.net calls them. */
enum network_kind { NETWORK_SUPERNODE, NETWORK_CLIENT, NETWORK_AP, NETWORK_MESH, NETWORK_ADHOC, NETWORK_OTHER, NETWORK_KIND_MAX };

enum network_link_kind {
	NETWORK_LINK_ACCESS,   /* a client at its access point: "ap/client" */
	NETWORK_LINK_BACKBONE, /* between access points: "wds" */
	NETWORK_LINK_WIRED,    /* fibre, cable or tunnel; the export has none of them, so these are ours: they join what would lie apart */
};

/* Nodes of a zone lie side by side in the array of nodes, its supernodes first. */
struct network_zone {
	uint32_t id;     /* of the export; else its number, from 1 */
	uint32_t region; /* number of the district that it is part of, from 0 */
	uint32_t first;  /* index of its first node */
	uint32_t n_nodes;
	uint32_t n_supernodes;
};

/* What a node's owner offers was never published: it follows from the kind of node by the shares in network_furnish.c. */
struct network_node {
	uint32_t id;   /* of the export; else its number, from 1 */
	uint32_t zone; /* index */
	enum network_kind kind;
	uint32_t supernode; /* index of the one it hangs off by radio; itself for a supernode; NETWORK_NONE: it is wired */
	uint32_t owner;     /* number, from 0 */
	const char *arch;   /* in Debian's words; static */
	const char *disk_kind;
	const char *power;
	uint32_t cpu_millis; /* offered, like the next three */
	uint32_t memory_mib;
	uint32_t disk_mib;
	uint32_t instances;
};

struct network_link {
	uint32_t a, b; /* indices of nodes; b is the access point of an access link */
	uint32_t metres;
	uint32_t rtt_us; /* without traffic */
	enum network_link_kind kind;
};

struct network {
	struct network_zone *zones;
	struct network_node *nodes;
	struct network_link *links;
	size_t n_zones, n_nodes, n_links, n_owners, n_regions;
	/* Links of node i: links[edges[k]] for k from edge_first[i] to edge_first[i + 1] - 1. */
	uint32_t *edge_first, *edges;
};

/* A made-up network of exactly `nodes` nodes (1 to 10,000,000): the same for the same seed, on every machine. 27,710 of them are as many as guifi.net had
 * in 2015. Never NULL. */
struct network *network_generate(size_t nodes, uint64_t seed);

/* The working nodes of an export: the files *_zones.tsv, *_nodes.tsv and *_links.tsv of `dir`, or the same with .gz. Links of nodes that do not work, and
 * those from a node to itself, are left out. `seed` is for what the export does not tell.
 * @err NOT_FOUND a file is missing, INVALID what is in one is not an export, IO */
int network_load(const char *dir, uint64_t seed, struct network **ret, struct cc_error *err);

/* NULL is allowed. */
void network_free(struct network *net);
CC_DEFINE_CLEANUP(struct network *, network_free)

const char *network_kind_text(enum network_kind kind);

/* What an owner would write on a node: kind, zone, region, power, disk, uplink; NETWORK_LABELS of them, in this order. */
struct network_label {
	const char *key; /* static */
	char value[16];
};
void network_labels(const struct network *net, uint32_t node, struct network_label ret[NETWORK_LABELS]);

/* Round-trip times from a node to all, microseconds, along the shortest paths and without traffic. `ret` has room for n_nodes. Every node can be reached. */
void network_rtt(const struct network *net, uint32_t from, uint32_t *ret);
