/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the export does not tell. Round-trip times follow what was measured on guifi.net (about 2 ms per hop between routers, clients a heavy-tailed few more);
 * machines, owners and power are assumptions: boards and old computers at clients, boxes of the Atom class at supernodes, of which owners give one, two or
 * three thirds, one person to most nodes and clubs with dozens. */
#include "bench/lib/network_parts.h"
#include "common/check.h"

#include <stdlib.h>

/* Both directions at two thirds of the speed of light, per 1,000 km. */
#define LIGHT_US_PER_MM 10000

/* ---- machines ---- */

static const struct machine {
	const char *arch, *disk;
	uint32_t cores, memory_mib, disk_mib;
} machines[] = {
	{ "armhf", "sd", 1, 512, 8192 },
	{ "armhf", "sd", 4, 1024, 16384 },
	{ "arm64", "sd", 4, 4096, 32768 },
	{ "amd64", "hdd", 2, 2048, 122880 },
	{ "amd64", "ssd", 4, 4096, 122880 },
	{ "amd64", "hdd", 4, 8192, 256000 },
	{ "amd64", "ssd", 16, 65536, 2048000 },
};

/* Percent of the nodes of a kind. */
static const uint8_t machine_shares[NETWORK_KIND_MAX][CC_ARRAY_LEN(machines)] = {
	[NETWORK_SUPERNODE] = { 3, 5, 7, 35, 35, 10, 5 },
	[NETWORK_CLIENT] = { 25, 25, 18, 14, 8, 9, 1 },
	[NETWORK_AP] = { 40, 25, 15, 10, 5, 4, 1 },
	[NETWORK_MESH] = { 50, 30, 10, 5, 3, 2, 0 },
	[NETWORK_ADHOC] = { 50, 30, 10, 5, 3, 2, 0 },
	[NETWORK_OTHER] = { 25, 25, 18, 14, 8, 9, 1 },
};

static const struct machine *draw_machine(enum network_kind kind, struct test_random *r)
{
	uint32_t percent = test_random_below(r, 100);
	size_t i = 0;

	while (percent >= machine_shares[kind][i])
		percent -= machine_shares[kind][i++];
	return &machines[i];
}

static const char *draw_power(struct test_random *r)
{
	uint32_t percent = test_random_below(r, 100);

	return percent < 85 ? "grid" : percent < 95 ? "ups" : "solar";
}

static void furnish_node(struct network_node *n, struct test_random *r)
{
	const struct machine *m = draw_machine(n->kind, r);
	uint32_t thirds = 1 + test_random_below(r, 3);

	n->arch = m->arch;
	n->disk_kind = m->disk;
	n->power = draw_power(r);
	n->cpu_millis = m->cores * 1000 * thirds / 3;
	n->memory_mib = m->memory_mib * thirds / 3;
	n->disk_mib = m->disk_mib * thirds / 3;
	n->instances = 3 * thirds * (m->cores > 1 ? m->cores / 2 : 1);
}

/* Nodes of one owner are neighbours. */
static void share_out(struct network *net, struct test_random *r)
{
	static const struct quantile nodes_owned[] = { { 0, 1 }, { 850000, 1 }, { 960000, 3 }, { 990000, 8 }, { 999000, 30 }, { 1000000, 80 } };
	size_t left = 0;

	for (size_t i = 0; i < net->n_nodes; i++, left--) {
		if (left == 0) {
			left = quantile_draw(nodes_owned, r);
			net->n_owners++;
		}
		net->nodes[i].owner = (uint32_t)net->n_owners - 1;
	}
}

/* ---- links ---- */

static uint32_t draw_rtt(const struct network_link *l, struct test_random *r)
{
	static const struct quantile access[] = { { 0, 600 }, { 100000, 1000 }, { 500000, 2600 }, { 750000, 7000 }, { 900000, 16000 },
		{ 950000, 36000 }, { 990000, 80000 }, { 1000000, 200000 } };
	static const struct quantile backbone[] = { { 0, 300 }, { 100000, 800 }, { 500000, 1900 }, { 900000, 3500 }, { 990000, 6000 },
		{ 1000000, 15000 } };
	static const struct quantile wired[] = { { 0, 500 }, { 500000, 8000 }, { 900000, 25000 }, { 1000000, 60000 } };
	static const struct quantile *const by_kind[] = {
		[NETWORK_LINK_ACCESS] = access,
		[NETWORK_LINK_BACKBONE] = backbone,
		[NETWORK_LINK_WIRED] = wired,
	};

	return quantile_draw(by_kind[l->kind], r) + (uint32_t)((uint64_t)l->metres * LIGHT_US_PER_MM / 1000000);
}

/* Disjoint sets with path halving. */
static uint32_t root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static void unite(uint32_t *parent, uint32_t *size, uint32_t a, uint32_t b)
{
	a = root_of(parent, a);
	b = root_of(parent, b);
	if (a == b)
		return;
	if (size[a] < size[b]) {
		parent[a] = b;
		size[b] += size[a];
	} else {
		parent[b] = a;
		size[a] += size[b];
	}
}

/* A supernode of the largest part, of the node's zone if there is one: where fibre or a tunnel would lead. */
static uint32_t draw_hub(
        const struct network *net, uint32_t *parent, uint32_t largest, uint32_t node, const uint32_t *hubs, size_t n_hubs, struct test_random *r)
{
	const struct network_zone *z = &net->zones[net->nodes[node].zone];

	for (uint32_t i = 0; i < z->n_supernodes; i++)
		if (root_of(parent, z->first + i) == largest)
			return z->first + i;
	return n_hubs > 0 ? hubs[test_random_below(r, (uint32_t)n_hubs)] : largest;
}

static void join_parts(struct network *net, struct test_random *r)
{
	uint32_t *parent = cc_calloc(net->n_nodes, sizeof(*parent)), *size = cc_calloc(net->n_nodes, sizeof(*size));
	uint32_t *hubs = cc_calloc(net->n_nodes, sizeof(*hubs)), largest = 0;
	size_t n_hubs = 0;

	for (uint32_t i = 0; i < net->n_nodes; i++) {
		parent[i] = i;
		size[i] = 1;
	}
	for (size_t l = 0; l < net->n_links; l++)
		unite(parent, size, net->links[l].a, net->links[l].b);
	for (uint32_t i = 0; i < net->n_nodes; i++)
		if (size[root_of(parent, i)] > size[largest])
			largest = root_of(parent, i);
	for (uint32_t i = 0; i < net->n_nodes; i++)
		if (net->nodes[i].kind == NETWORK_SUPERNODE && root_of(parent, i) == largest)
			hubs[n_hubs++] = i;
	for (uint32_t i = 0; i < net->n_nodes; i++)
		if (root_of(parent, i) == i && i != largest)
			network_add_link(
			        net, (struct network_link){ i, draw_hub(net, parent, largest, i, hubs, n_hubs, r), .kind = NETWORK_LINK_WIRED });
	free(parent);
	free(size);
	free(hubs);
}

void network_furnish(struct network *net, uint64_t seed)
{
	struct test_random r = { seed ^ 0x6675726e69736821 };

	for (size_t i = 0; i < net->n_nodes; i++)
		furnish_node(&net->nodes[i], &r);
	share_out(net, &r);
	for (size_t i = 0; i < net->n_zones; i++)
		if (net->zones[i].region >= net->n_regions)
			net->n_regions = net->zones[i].region + 1;
	join_parts(net, &r);
	for (size_t l = 0; l < net->n_links; l++)
		net->links[l].rtt_us = draw_rtt(&net->links[l], &r);
	network_index_links(net);
}
