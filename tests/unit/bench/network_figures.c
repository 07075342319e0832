/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/bench/network_figures.h"

#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static bool is_supernode(const struct network *net, uint32_t node)
{
	return net->nodes[node].kind == NETWORK_SUPERNODE;
}

static const struct network_link *edge(const struct network *net, uint32_t k)
{
	return &net->links[net->edges[k]];
}

static size_t supernode_links(const struct network *net, uint32_t node)
{
	size_t n = 0;

	for (uint32_t k = net->edge_first[node]; k < net->edge_first[node + 1]; k++)
		n += edge(net, k)->kind != NETWORK_LINK_WIRED && is_supernode(net, edge(net, k)->a) && is_supernode(net, edge(net, k)->b);
	return n;
}

struct network_figures network_figures(const struct network *net)
{
	struct network_figures f = { 0 };

	for (uint32_t i = 0; i < net->n_nodes; i++) {
		size_t links = is_supernode(net, i) ? supernode_links(net, i) : SIZE_MAX;

		f.supernodes += is_supernode(net, i);
		f.clients += net->nodes[i].kind == NETWORK_CLIENT;
		if (links < 3)
			f.linked_supernodes[links]++;
	}
	for (size_t i = 0; i < net->n_zones; i++)
		f.zones_without_supernode += net->zones[i].n_supernodes == 0;
	for (size_t i = 0; i < net->n_links; i++) {
		const struct network_link *l = &net->links[i];

		f.links[l->kind]++;
		f.home[l->kind] += net->nodes[l->a].zone == net->nodes[l->b].zone;
	}
	return f;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t *values_of(const struct network *net, size_t n, uint32_t (*value)(const struct network *, size_t), size_t *ret_n)
{
	uint32_t *v = cc_calloc(n, sizeof(*v));

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		v[*ret_n] = value(net, i);
		*ret_n += v[*ret_n] != UINT32_MAX;
	}
	ck_assert_uint_gt(*ret_n, 0);
	return v;
}

uint32_t quantile_of(const struct network *net, size_t n, uint32_t (*value)(const struct network *, size_t), unsigned percent)
{
	cc_auto_free uint32_t *v = values_of(net, n, value, &n);

	qsort(v, n, sizeof(*v), compare);
	return v[percent < 100 ? n * percent / 100 : n - 1];
}

double mean_of(const struct network *net, size_t n, uint32_t (*value)(const struct network *, size_t))
{
	cc_auto_free uint32_t *v = values_of(net, n, value, &n);
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum / (double)n;
}

uint32_t zone_size(const struct network *net, size_t zone)
{
	return net->zones[zone].n_nodes;
}

uint32_t zone_supernodes(const struct network *net, size_t zone)
{
	return net->zones[zone].n_supernodes > 0 ? net->zones[zone].n_supernodes : UINT32_MAX;
}

uint32_t node_clients(const struct network *net, size_t node)
{
	uint32_t n = 0;

	if (!is_supernode(net, (uint32_t)node))
		return UINT32_MAX;
	for (uint32_t k = net->edge_first[node]; k < net->edge_first[node + 1]; k++)
		n += edge(net, k)->kind == NETWORK_LINK_ACCESS && edge(net, k)->b == node && !is_supernode(net, edge(net, k)->a);
	return n;
}

static uint32_t metres_of(const struct network *net, size_t link, enum network_link_kind kind)
{
	/* Longer ones are errors of the export. */
	return net->links[link].kind == kind && net->links[link].metres < 100000 ? net->links[link].metres : UINT32_MAX;
}

uint32_t access_metres(const struct network *net, size_t link)
{
	return metres_of(net, link, NETWORK_LINK_ACCESS);
}

uint32_t backbone_metres(const struct network *net, size_t link)
{
	return metres_of(net, link, NETWORK_LINK_BACKBONE);
}

/* A passed ck_assert costs a write; these are millions. */
#define require(condition)                        \
	do {                                      \
		if (!(condition))                 \
			ck_abort_msg(#condition); \
	} while (0)

static void check_node(const struct network *net, uint32_t i)
{
	const struct network_node *n = &net->nodes[i];
	struct network_label labels[NETWORK_LABELS];
	bool linked = is_supernode(net, i);

	require(n->zone < net->n_zones && n->owner < net->n_owners);
	require(n->cpu_millis > 0 && n->memory_mib > 0 && n->disk_mib > 0 && n->instances > 0);
	require(n->arch != NULL);
	for (uint32_t k = net->edge_first[i]; k < net->edge_first[i + 1]; k++)
		linked |= edge(net, k)->kind != NETWORK_LINK_WIRED && (edge(net, k)->a == n->supernode || edge(net, k)->b == n->supernode);
	require(n->supernode == NETWORK_NONE ? n->kind != NETWORK_SUPERNODE : is_supernode(net, n->supernode) && linked);
	network_labels(net, i, labels);
	require(strcmp(labels[0].key, "kind") == 0);
	require(strcmp(labels[0].value, network_kind_text(n->kind)) == 0);
	for (size_t k = 0; k < NETWORK_LABELS; k++)
		require(strlen(labels[k].value) > 0);
}

void check_network(const struct network *net)
{
	cc_auto_free uint32_t *rtt = cc_calloc(net->n_nodes, sizeof(*rtt));
	size_t first = 0;

	for (uint32_t z = 0; z < net->n_zones; z++) {
		require(net->zones[z].first == first);
		require(net->zones[z].n_nodes > 0);
		require(net->zones[z].region < net->n_regions);
		for (uint32_t i = 0; i < net->zones[z].n_nodes; i++) {
			require(net->nodes[first + i].zone == z);
			require(is_supernode(net, (uint32_t)first + i) == (i < net->zones[z].n_supernodes));
		}
		first += net->zones[z].n_nodes;
	}
	require(first == net->n_nodes);
	for (size_t l = 0; l < net->n_links; l++) {
		require(net->links[l].a < net->n_nodes && net->links[l].b < net->n_nodes && net->links[l].a != net->links[l].b);
		require(net->links[l].rtt_us > 0);
	}
	for (uint32_t i = 0; i < net->n_nodes; i++)
		check_node(net, i);
	network_rtt(net, 0, rtt);
	for (size_t i = 0; i < net->n_nodes; i++)
		require(rtt[i] < 5000000);
}
