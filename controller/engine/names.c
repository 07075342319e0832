/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TEXT    64
#define ADDRESS_TEXT 46

struct change {
	uint64_t before; /* the version that it changed */
	char name[NAME_TEXT];
	char address[ADDRESS_TEXT]; /* "": gone */
};

struct names {
	uint64_t version; /* the sum over all of a hash of each */
	char old[ADDRESS_TEXT];
	size_t max;
	uint64_t first, end; /* change i lies in ring[i % max] */
	struct change ring[];
};

/* FNV-1a, then mixed, so that sums of them are as good as hashes of sets. */
static uint64_t hash_one(const char *name, const char *address)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	for (h = (h ^ ' ') * UINT64_C(0x100000001b3); *address != '\0'; address++)
		h = (h ^ (uint8_t)*address) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

/* "" when it has none, or one that is no number. */
static const char *node_address(const struct node *node)
{
	const char *address = node != NULL && cc_has(node, node, address) ? node->address : "";

	return strlen(address) < ADDRESS_TEXT && address[strspn(address, "0123456789abcdefABCDEF.:")] == '\0' ? address : "";
}

static const char *address_of(const struct zone *z, const struct instance *inst)
{
	if (inst == NULL || !cc_has(inst, instance, node) || inst->desired == DESIRED_DELETE || inst->state == INST_DELETING)
		return "";
	return node_address(zone_find(z, TABLE_NODE, inst->node));
}

static void note(struct names *n, const char *name, const char *old, const char *now)
{
	struct change *c;

	if (strcmp(old, now) == 0)
		return;
	if (n->end - n->first == n->max)
		n->first++;
	c = &n->ring[n->end++ % n->max];
	c->before = n->version;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->address, sizeof(c->address), "%s", now);
	n->version -= old[0] != '\0' ? hash_one(name, old) : 0;
	n->version += now[0] != '\0' ? hash_one(name, now) : 0;
}

struct names *names_new(const struct zone *z, size_t ring_max)
{
	size_t max = ring_max > 0 ? ring_max : NAMES_USUAL;
	struct names *n = cc_calloc(1, sizeof(*n) + max * sizeof(struct change));
	const struct instance *inst;

	n->max = max;
	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;)
		if (address_of(z, inst)[0] != '\0')
			n->version += hash_one(inst->name, address_of(z, inst));
	return n;
}

void names_free(struct names *n)
{
	free(n);
}

void names_before(struct names *n, const struct zone *z, const struct effect *x)
{
	const char *old = "";

	if (x->table == TABLE_INSTANCE)
		old = address_of(z, zone_find(z, TABLE_INSTANCE, x->id));
	else if (x->table == TABLE_NODE)
		old = node_address(zone_find(z, TABLE_NODE, x->id));
	snprintf(n->old, sizeof(n->old), "%s", old);
	/* Its name goes with it. */
	if (x->table == TABLE_INSTANCE && x->row == NULL && old[0] != '\0')
		note(n, ((const struct instance *)zone_find(z, TABLE_INSTANCE, x->id))->name, n->old, "");
}

void names_after(struct names *n, const struct zone *z, const struct effect *x)
{
	const struct instance *inst;

	if (x->table == TABLE_INSTANCE && (inst = zone_find(z, TABLE_INSTANCE, x->id)) != NULL)
		note(n, inst->name, n->old, address_of(z, inst));
	if (x->table != TABLE_NODE || strcmp(n->old, node_address(zone_find(z, TABLE_NODE, x->id))) == 0)
		return;
	for (size_t at = 0; (inst = zone_next_of_node(z, x->id, &at)) != NULL;)
		if (inst->desired != DESIRED_DELETE && inst->state != INST_DELETING)
			note(n, inst->name, n->old, address_of(z, inst));
}

uint64_t names_version(const struct names *n)
{
	return n->version;
}

static void add(struct node_orders *o, const char *name, const char *address, struct cc_arena *a)
{
	struct zone_name *to = &o->names.items[o->names.n++];

	*to = (struct zone_name){ .name = cc_arena_strdup(a, name) };
	if (address[0] != '\0')
		cc_set(to, zone_name, address, cc_arena_strdup(a, address));
}

/* The change that was made to that version last; n->end when that is forgotten. */
static uint64_t find(const struct names *n, const char *version)
{
	char *end;
	uint64_t value = strtoull(version, &end, 16);

	for (uint64_t at = n->end; version[0] != '\0' && *end == '\0' && at > n->first; at--)
		if (n->ring[(at - 1) % n->max].before == value)
			return at - 1;
	return n->end;
}

static void add_all(uint64_t version, const struct zone *z, struct node_orders *ret, struct cc_arena *a)
{
	const struct instance *inst;
	size_t most = zone_count(z, TABLE_INSTANCE);

	if (version == 0)
		return; /* the sum over none */
	ret->names.items = cc_new_array(a, most < NAMES_MAX ? most : NAMES_MAX, struct zone_name);
	for (size_t at = 0; ret->names.n < NAMES_MAX && (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;)
		if (address_of(z, inst)[0] != '\0')
			add(ret, inst->name, address_of(z, inst), a);
}

bool names_fill(const struct names *n, const struct zone *z, const char *version, struct node_orders *ret, struct cc_arena *a)
{
	char now[24];
	uint64_t at;

	snprintf(now, sizeof(now), "%016" PRIx64, n->version);
	if (strcmp(now, version) == 0)
		return false;
	at = find(n, version);
	ret->has |= CC_BIT(node_orders_f_names);
	cc_set(ret, node_orders, names_version, cc_arena_strdup(a, now));
	if (at == n->end || n->end - at > NAMES_AT_ONCE) {
		cc_set(ret, node_orders, names_full, true);
		add_all(n->version, z, ret, a);
		return true;
	}
	ret->names.items = cc_new_array(a, n->end - at, struct zone_name);
	for (; at < n->end; at++)
		add(ret, n->ring[at % n->max].name, n->ring[at % n->max].address, a);
	return true;
}
