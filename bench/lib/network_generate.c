/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shape is that of the working nodes and radio links in the complete export of guifi.net of March 2015. Zones, supernodes' clients and supernodes'
 * neighbours get their numbers from stratified draws, so that a small network has the same shape as a large one; then clients are dealt to the supernodes
 * that have places, most of them inside their zone. What finds no place is wired (network_furnish). */
#include "bench/lib/network_parts.h"
#include "common/check.h"

#include <stdlib.h>

/* ---- published figures ---- */

#define MEAN_ZONE_PPM 32371000 /* nodes */
#define SUPERNODE_PPM 84915
/* A client's supernode is in its own zone in 81.3 % of all cases, two linked supernodes are of one zone in 58.3 %. Small zones cannot meet that, so others
 * have to be above it. */
#define CLIENT_HOME_PPM   920000
#define BACKBONE_HOME_PPM 980000
#define ZONES_PER_REGION  36

static const struct quantile zone_sizes[] = { { 0, 1 }, { 222000, 1 }, { 320000, 2 }, { 400000, 3 }, { 500000, 6 }, { 567000, 10 }, { 650000, 16 },
	{ 750000, 29 }, { 840000, 50 }, { 900000, 88 }, { 917000, 100 }, { 950000, 144 }, { 970000, 215 }, { 990000, 380 }, { 996500, 500 },
	{ 1000000, 970 } };
static const struct quantile clients[] = { { 0, 0 }, { 500000, 0 }, { 600000, 2 }, { 750000, 8 }, { 775000, 10 }, { 900000, 29 }, { 954000, 50 },
	{ 982000, 100 }, { 990000, 131 }, { 997500, 222 }, { 999600, 275 }, { 1000000, 515 } };
/* Thousandths, rounded down: the middle of {0: 245, 1: 1034, 2: 543, 3: 196, 4: 126, 5: 61, 6: 48, 7: 28, 8: 17, more: 55}. */
static const struct quantile neighbours[] = { { 0, 0 }, { 104000, 999 }, { 104100, 1000 }, { 543500, 1999 }, { 774300, 2999 }, { 857600, 3999 },
	{ 911200, 4999 }, { 937100, 5999 }, { 957500, 6999 }, { 969400, 7999 }, { 976600, 9000 }, { 990000, 13000 }, { 998000, 22000 },
	{ 1000000, 32000 } };

/* Of the zones of up to `size` nodes, how many have no supernode; and which part of all their nodes are supernodes. */
static const struct {
	uint32_t size, none_ppm, share_ppm;
} supernodes_by_size[] = {
	{ 1, 647000, 353000 },
	{ 3, 601000, 225000 },
	{ 6, 292000, 260000 },
	{ 15, 262000, 173000 },
	{ 29, 55000, 153000 },
	{ 60, 46000, 91000 },
	{ UINT32_MAX, 8000, 62400 },
};

static enum network_kind draw_kind(struct test_random *r)
{
	uint32_t ppm = test_random_below(r, 1000000);

	return ppm < 971763 ? NETWORK_CLIENT : ppm < 986039 ? NETWORK_AP : ppm < 991284 ? NETWORK_MESH : ppm < 992822 ? NETWORK_ADHOC : NETWORK_OTHER;
}

static uint32_t draw_metres(enum network_link_kind kind, struct test_random *r)
{
	static const struct quantile access[] = { { 0, 5 }, { 50000, 68 }, { 100000, 109 }, { 250000, 239 }, { 500000, 580 }, { 750000, 1380 },
		{ 900000, 3100 }, { 990000, 8500 }, { 1000000, 25000 } };
	static const struct quantile backbone[] = { { 0, 10 }, { 50000, 141 }, { 100000, 241 }, { 250000, 593 }, { 500000, 2000 }, { 750000, 5000 },
		{ 900000, 9500 }, { 950000, 13700 }, { 990000, 25700 }, { 1000000, 90000 } };

	return quantile_draw(kind == NETWORK_LINK_ACCESS ? access : backbone, r);
}

static void add_radio(struct network *net, uint32_t a, uint32_t b, enum network_link_kind kind, struct test_random *r)
{
	network_add_link(net, (struct network_link){ a, b, draw_metres(kind, r), 0, kind });
}

/* ---- zones and nodes ---- */

/* Sizes that sum up to `nodes`: the draws scaled, and what is left over put where it changes least. */
static void draw_sizes(uint32_t *sizes, size_t zones, size_t nodes, struct test_random *r)
{
	uint64_t sum = 0, scaled = 0;

	for (size_t i = 0; i < zones; i++)
		sum += sizes[i] = quantile_stratum(zone_sizes, r, i, zones);
	for (size_t i = 0; i < zones; i++) {
		sizes[i] = (uint32_t)((sizes[i] * (uint64_t)nodes + sum / 2) / sum);
		sizes[i] = sizes[i] < 1 ? 1 : sizes[i] > 970 && zones > 1 ? 970 : sizes[i];
		scaled += sizes[i];
	}
	for (size_t i = zones - 1; scaled != nodes; i = i > zones / 2 ? i - 1 : zones - 1) {
		bool more = scaled < nodes;

		if (more ? zones > 1 && sizes[i] >= 970 : sizes[i] < 2)
			continue;
		sizes[i] += more ? 1 : -1u;
		scaled += more ? 1 : -UINT64_C(1);
	}
	random_shuffle(r, sizes, zones);
}

/* The first ones have most: 31 % and 18 % of all nodes were in two districts. */
static uint32_t draw_region(size_t regions, struct test_random *r)
{
	static const uint32_t ppm[] = { 310000, 180000, 72000, 60000, 49000, 42000 };
	uint32_t drawn = test_random_below(r, 1000000);

	for (uint32_t i = 0; i < CC_ARRAY_LEN(ppm) && i < regions; i++) {
		if (drawn < ppm[i])
			return i;
		drawn -= ppm[i];
	}
	return test_random_below(r, (uint32_t)regions);
}

static uint32_t draw_supernodes(uint32_t size, struct test_random *r)
{
	size_t row = 0;
	uint64_t n;

	while (size > supernodes_by_size[row].size)
		row++;
	if (random_chance(r, supernodes_by_size[row].none_ppm))
		return 0;
	/* One and a half times as many as on average at most, and half as many at least. */
	n = (uint64_t)size * supernodes_by_size[row].share_ppm * (500 + test_random_below(r, 1001)) /
	    (UINT64_C(1000) * (1000000 - supernodes_by_size[row].none_ppm));
	return n < 1 ? 1 : n > size ? size : (uint32_t)n;
}

/* One more or less here and there until the share of all nodes is right. */
static void settle_supernodes(struct network *net, size_t have, struct test_random *r)
{
	size_t want = (net->n_nodes * SUPERNODE_PPM + 500000) / 1000000;

	want = want < 1 ? 1 : want;
	while (have != want) {
		/* A zone as likely as it is large. */
		struct network_zone *z = &net->zones[net->nodes[test_random_below(r, (uint32_t)net->n_nodes)].zone];

		if (have == 0 || (have < want && z->n_supernodes > 0 && z->n_supernodes < z->n_nodes)) {
			z->n_supernodes++;
			have++;
		} else if (have > want && z->n_supernodes > 1) {
			z->n_supernodes--;
			have--;
		}
	}
}

static void make_zones(struct network *net, struct test_random *r)
{
	uint32_t *sizes = cc_calloc(net->n_zones, sizeof(*sizes)), first = 0;
	size_t regions = (net->n_zones + ZONES_PER_REGION - 1) / ZONES_PER_REGION, supernodes = 0;

	draw_sizes(sizes, net->n_zones, net->n_nodes, r);
	for (uint32_t i = 0; i < net->n_zones; i++) {
		struct network_zone *z = &net->zones[i];

		*z = (struct network_zone){ i + 1, draw_region(regions, r), first, sizes[i], draw_supernodes(sizes[i], r) };
		supernodes += z->n_supernodes;
		for (uint32_t k = 0; k < z->n_nodes; k++)
			net->nodes[first + k] = (struct network_node){ .id = first + k + 1, .zone = i, .supernode = NETWORK_NONE };
		first += z->n_nodes;
	}
	settle_supernodes(net, supernodes, r);
	for (uint32_t i = 0; i < net->n_nodes; i++) {
		const struct network_zone *z = &net->zones[net->nodes[i].zone];
		bool super = i - z->first < z->n_supernodes;

		net->nodes[i].kind = super ? NETWORK_SUPERNODE : draw_kind(r);
		net->nodes[i].supernode = super ? i : NETWORK_NONE;
	}
	free(sizes);
}

/* ---- clients ---- */

struct deal {
	struct network *net;
	struct test_random *r;
	uint32_t *supernodes; /* all of them */
	size_t n_supernodes;
	uint32_t *places;    /* by node: clients that it is still to get */
	uint32_t *next_home; /* by zone: the first client that may be without a supernode */
	uint32_t *abroad;    /* all clients in random order */
	size_t n_abroad, next_abroad;
};

/* Many places go where there are many clients: a large zone has eight tickets where a small one has one or none. */
static void give_places(struct deal *d)
{
	uint32_t *open = cc_calloc(d->n_supernodes, sizeof(*open)), *room = cc_calloc(d->net->n_zones, sizeof(*room));
	size_t n = d->n_supernodes;

	for (size_t i = 0; i < n; i++)
		open[i] = d->supernodes[i];
	for (size_t i = 0; i < d->net->n_zones; i++)
		room[i] = d->net->zones[i].n_nodes - d->net->zones[i].n_supernodes;
	for (size_t i = d->n_supernodes; i-- > 0;) {
		uint32_t want = quantile_stratum(clients, d->r, i, d->n_supernodes), zone;
		size_t best = test_random_below(d->r, (uint32_t)n);

		for (int tries = 0; tries < 8 && room[d->net->nodes[open[best]].zone] < want; tries++) {
			size_t other = test_random_below(d->r, (uint32_t)n);

			if (room[d->net->nodes[open[other]].zone] > room[d->net->nodes[open[best]].zone])
				best = other;
		}
		zone = d->net->nodes[open[best]].zone;
		room[zone] -= want < room[zone] ? want : room[zone];
		d->places[open[best]] = want;
		open[best] = open[--n];
	}
	free(open);
	free(room);
}

/* A client that has no supernode yet, from here or anywhere; NETWORK_NONE when all have one. */
static uint32_t take_client(struct deal *d, uint32_t zone, bool home)
{
	const struct network_zone *z = &d->net->zones[zone];
	uint32_t *next = &d->next_home[zone];

	for (; home && *next < z->first + z->n_nodes; (*next)++)
		if (d->net->nodes[*next].supernode == NETWORK_NONE)
			return *next;
	for (; d->next_abroad < d->n_abroad; d->next_abroad++)
		if (d->net->nodes[d->abroad[d->next_abroad]].supernode == NETWORK_NONE)
			return d->abroad[d->next_abroad];
	return NETWORK_NONE;
}

static void deal_clients(struct deal *d)
{
	for (size_t i = 0; i < d->n_supernodes; i++) {
		uint32_t s = d->supernodes[i], zone = d->net->nodes[s].zone;

		for (; d->places[s] > 0; d->places[s]--) {
			uint32_t client = take_client(d, zone, random_chance(d->r, CLIENT_HOME_PPM));

			if (client == NETWORK_NONE)
				return;
			d->net->nodes[client].supernode = s;
			add_radio(d->net, client, s, NETWORK_LINK_ACCESS, d->r);
		}
	}
}

/* ---- the backbone ---- */

static uint32_t draw_neighbour(struct deal *d, uint32_t s, const uint32_t *open, size_t n_open)
{
	const struct network_zone *z = &d->net->zones[d->net->nodes[s].zone];
	bool home = random_chance(d->r, BACKBONE_HOME_PPM);

	for (int tries = 0; tries < 8 && home; tries++) {
		uint32_t t = z->first + test_random_below(d->r, z->n_supernodes);

		if (t != s && d->places[t] > 0)
			return t;
	}
	for (int tries = 0; tries < 32; tries++) {
		uint32_t t = open[test_random_below(d->r, (uint32_t)n_open)];

		/* The district next, then whoever is left. */
		if (t != s && d->places[t] > 0 && (tries >= 16 || d->net->zones[d->net->nodes[t].zone].region == z->region))
			return t;
	}
	return NETWORK_NONE;
}

static void link_supernodes(struct deal *d)
{
	uint32_t *open = cc_calloc(d->n_supernodes, sizeof(*open));
	size_t n = d->n_supernodes;

	random_shuffle(d->r, d->supernodes, n);
	for (size_t i = 0; i < n; i++) {
		open[i] = d->supernodes[i];
		d->places[open[i]] = quantile_stratum(neighbours, d->r, i, n) / 1000;
	}
	random_shuffle(d->r, open, n);
	while (n > 1) {
		uint32_t s = open[n - 1], t;

		if (d->places[s] == 0) {
			n--;
			continue;
		}
		t = draw_neighbour(d, s, open, n);
		if (t == NETWORK_NONE) {
			d->places[s] = 0;
			continue;
		}
		d->places[s]--;
		d->places[t]--;
		add_radio(d->net, s, t, NETWORK_LINK_BACKBONE, d->r);
	}
	free(open);
}

static void make_links(struct network *net, struct test_random *r)
{
	struct deal d = { .net = net, .r = r };

	d.supernodes = cc_calloc(net->n_nodes, sizeof(*d.supernodes));
	d.abroad = cc_calloc(net->n_nodes, sizeof(*d.abroad));
	d.places = cc_calloc(net->n_nodes, sizeof(*d.places));
	d.next_home = cc_calloc(net->n_zones, sizeof(*d.next_home));
	for (uint32_t i = 0; i < net->n_nodes; i++) {
		if (net->nodes[i].kind == NETWORK_SUPERNODE)
			d.supernodes[d.n_supernodes++] = i;
		else
			d.abroad[d.n_abroad++] = i;
	}
	for (size_t i = 0; i < net->n_zones; i++)
		d.next_home[i] = net->zones[i].first;
	random_shuffle(r, d.supernodes, d.n_supernodes);
	random_shuffle(r, d.abroad, d.n_abroad);
	give_places(&d);
	deal_clients(&d);
	link_supernodes(&d);
	free(d.supernodes);
	free(d.abroad);
	free(d.places);
	free(d.next_home);
}

struct network *network_generate(size_t nodes, uint64_t seed)
{
	size_t zones = (nodes * UINT64_C(1000000) + MEAN_ZONE_PPM / 2) / MEAN_ZONE_PPM;
	struct test_random r = { seed };
	struct network *net;

	CC_PRE(nodes >= 1 && nodes <= 10000000);
	net = network_new(zones < 1 ? 1 : zones, nodes);
	make_zones(net, &r);
	make_links(net, &r);
	network_furnish(net, seed);
	return net;
}
