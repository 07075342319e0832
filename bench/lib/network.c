/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lib/network.h"

#include "bench/lib/network_parts.h"
#include "common/check.h"

#include <stdlib.h>
#include <string.h>

/* ---- chance ---- */

uint32_t quantile_at(const struct quantile *q, uint32_t ppm)
{
	while (q[1].ppm < ppm)
		q++;
	return (uint32_t)(q[0].value + (uint64_t)(q[1].value - q[0].value) * (ppm - q[0].ppm) / (q[1].ppm - q[0].ppm));
}

uint32_t quantile_draw(const struct quantile *q, struct test_random *r)
{
	return quantile_at(q, test_random_below(r, 1000000));
}

uint32_t quantile_stratum(const struct quantile *q, struct test_random *r, size_t i, size_t n)
{
	return quantile_at(q, (uint32_t)((i * UINT64_C(1000000) + test_random_below(r, 1000000)) / n));
}

bool random_chance(struct test_random *r, uint32_t ppm)
{
	return test_random_below(r, 1000000) < ppm;
}

void random_shuffle(struct test_random *r, uint32_t *values, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = test_random_below(r, (uint32_t)i);
		uint32_t v = values[i - 1];

		values[i - 1] = values[j];
		values[j] = v;
	}
}

/* ---- the struct ---- */

struct network *network_new(size_t zones, size_t nodes)
{
	struct network *net = cc_calloc(1, sizeof(*net));

	net->zones = cc_calloc(zones, sizeof(*net->zones));
	net->nodes = cc_calloc(nodes, sizeof(*net->nodes));
	net->links = cc_calloc(1, sizeof(*net->links));
	net->n_zones = zones;
	net->n_nodes = nodes;
	for (size_t i = 0; i < nodes; i++)
		net->nodes[i].supernode = NETWORK_NONE;
	return net;
}

void network_add_link(struct network *net, struct network_link link)
{
	/* Grown at powers of two. */
	if (net->n_links > 0 && (net->n_links & (net->n_links - 1)) == 0)
		net->links = cc_realloc(net->links, 2 * net->n_links * sizeof(*net->links));
	net->links[net->n_links++] = link;
}

void network_index_links(struct network *net)
{
	uint32_t *next = cc_calloc(net->n_nodes + 1, sizeof(*next));

	free(net->edge_first);
	free(net->edges);
	net->edge_first = cc_calloc(net->n_nodes + 1, sizeof(*net->edge_first));
	net->edges = cc_calloc(2 * net->n_links + 1, sizeof(*net->edges));
	for (size_t l = 0; l < net->n_links; l++) {
		net->edge_first[net->links[l].a + 1]++;
		net->edge_first[net->links[l].b + 1]++;
	}
	for (size_t i = 0; i < net->n_nodes; i++)
		net->edge_first[i + 1] += net->edge_first[i];
	memcpy(next, net->edge_first, (net->n_nodes + 1) * sizeof(*next));
	for (size_t l = 0; l < net->n_links; l++) {
		net->edges[next[net->links[l].a]++] = (uint32_t)l;
		net->edges[next[net->links[l].b]++] = (uint32_t)l;
	}
	free(next);
}

void network_free(struct network *net)
{
	if (net == NULL)
		return;
	free(net->zones);
	free(net->nodes);
	free(net->links);
	free(net->edge_first);
	free(net->edges);
	free(net);
}

/* ---- what is asked of it ---- */

const char *network_kind_text(enum network_kind kind)
{
	static const char *const texts[NETWORK_KIND_MAX] = {
		[NETWORK_SUPERNODE] = "supernode",
		[NETWORK_CLIENT] = "client",
		[NETWORK_AP] = "ap",
		[NETWORK_MESH] = "mesh",
		[NETWORK_ADHOC] = "adhoc",
		[NETWORK_OTHER] = "other",
	};

	return texts[kind];
}

static struct network_label label(const char *key, const char *value)
{
	struct network_label l = { .key = key };

	snprintf(l.value, sizeof(l.value), "%s", value);
	return l;
}

static struct network_label numbered(const char *key, char prefix, uint32_t number)
{
	struct network_label l = { .key = key };

	snprintf(l.value, sizeof(l.value), "%c%u", prefix, number);
	return l;
}

void network_labels(const struct network *net, uint32_t node, struct network_label ret[NETWORK_LABELS])
{
	const struct network_node *n = &net->nodes[node];
	const struct network_zone *z = &net->zones[n->zone];

	ret[0] = label("kind", network_kind_text(n->kind));
	ret[1] = numbered("zone", 'z', z->id);
	ret[2] = numbered("region", 'r', z->region);
	ret[3] = label("power", n->power);
	ret[4] = label("disk", n->disk_kind);
	ret[5] = label("uplink", n->supernode != NETWORK_NONE ? "radio" : "wired");
}

/* ---- round-trip times: Dijkstra with a binary heap of (time, node) in one number ---- */

struct heap {
	uint64_t *items;
	size_t n;
};

static void heap_push(struct heap *h, uint64_t item)
{
	size_t i = h->n++;

	for (; i > 0 && h->items[(i - 1) / 2] > item; i = (i - 1) / 2)
		h->items[i] = h->items[(i - 1) / 2];
	h->items[i] = item;
}

static uint64_t heap_pop(struct heap *h)
{
	uint64_t top = h->items[0], last = h->items[--h->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && h->items[child + 1] < h->items[child])
			child++;
		if (h->items[child] >= last)
			break;
		h->items[i] = h->items[child];
		i = child;
	}
	h->items[i] = last;
	return top;
}

void network_rtt(const struct network *net, uint32_t from, uint32_t *ret)
{
	/* Each link puts a node on it at most once from either end. */
	struct heap h = { .items = cc_calloc(2 * net->n_links + 1, sizeof(uint64_t)) };

	memset(ret, 0xff, net->n_nodes * sizeof(*ret));
	ret[from] = 0;
	heap_push(&h, from);
	while (h.n > 0) {
		uint64_t item = heap_pop(&h);
		uint32_t node = (uint32_t)item, us = (uint32_t)(item >> 32);

		if (us > ret[node])
			continue;
		for (uint32_t k = net->edge_first[node]; k < net->edge_first[node + 1]; k++) {
			const struct network_link *l = &net->links[net->edges[k]];
			uint32_t other = l->a == node ? l->b : l->a, sum = us + l->rtt_us;

			if (sum >= ret[other])
				continue;
			ret[other] = sum;
			heap_push(&h, (uint64_t)sum << 32 | other);
		}
	}
	free(h.items);
}
