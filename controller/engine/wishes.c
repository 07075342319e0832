/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/wishes.h"

#include "controller/engine/columns.h"
#include "controller/engine/distances.h"

#include <stdlib.h>
#include <string.h>

#define SPREADS_MAX 4
#define LIMIT_MAX   1000000

/* What is looked at to say one thing. */
struct saying {
	const struct decide *d;
	const struct instance *inst;
	struct cc_arena *arena;
	int64_t boot_ms;
	size_t words;
	struct sched_req *req;
	struct cc_error *err;
};

void wishes_take(const struct instance_spec *spec, struct instance *inst)
{
#define TAKE(field)                             \
	if (cc_has(spec, instance_spec, field)) \
	cc_set(inst, instance, field, spec->field)
	TAKE(constraint);
	TAKE(affinity);
	TAKE(spread);
	TAKE(near);
	TAKE(within_ms);
#undef TAKE
}

static uint64_t *new_set(const struct saying *s)
{
	return cc_new_array(s->arena, s->words, uint64_t);
}

static uint64_t *select_nodes(const struct saying *s, const char *text)
{
	struct cc_selector selector;
	uint64_t *set;

	if (cc_selector_parse(text, s->arena, &selector, s->err) < 0)
		return NULL;
	set = new_set(s);
	node_labels_select(zone_node_labels(s->d->zone), &selector, set, s->words, s->arena);
	return set;
}

static int say_labels(const struct saying *s)
{
	uint64_t *set;

	if (cc_has(s->inst, instance, constraint)) {
		if ((set = select_nodes(s, s->inst->constraint)) == NULL)
			return cc_wrap(s->err, "constraint");
		for (size_t w = 0; w < s->words; w++)
			set[w] = ~set[w];
		s->req->barred[SCHED_BAR(CONSTRAINT)] = set;
	}
	if (cc_has(s->inst, instance, affinity)) {
		if ((set = select_nodes(s, s->inst->affinity)) == NULL)
			return cc_wrap(s->err, "affinity");
		s->req->affine = set;
	}
	return 0;
}

/* Spread */

/* One domain that has instances of its like. */
struct domain {
	struct cc_uuid id;       /* of the node or the owner */
	const char *value;       /* of the label */
	const struct node *node; /* any in it */
	uint32_t like;
};

struct spreading {
	char *key; /* "node", "owner", or a label of nodes */
	uint32_t limit;
	struct domain *domains;
	size_t n;
};

static bool is_like(const struct instance *a, const struct instance *b)
{
	static const struct cc_map none;
	const struct cc_map *of_a = cc_has(a, instance, labels) ? &a->labels : &none, *of_b = cc_has(b, instance, labels) ? &b->labels : &none;

	if (of_a->n != of_b->n || cc_uuid_equal(a->id, b->id))
		return false;
	for (size_t i = 0; i < of_a->n; i++) {
		const char *other = cc_map_get(of_b, of_a->items[i].key);

		if (other == NULL || strcmp(other, of_a->items[i].value) != 0)
			return false;
	}
	return true;
}

/* False when the node is in no domain: it has no such label. */
static bool domain_of(const struct spreading *sp, const struct node *n, struct domain *ret)
{
	*ret = (struct domain){ .node = n, .like = 1 };
	if (strcmp(sp->key, "node") == 0)
		ret->id = n->id;
	else if (strcmp(sp->key, "owner") == 0)
		ret->id = n->owner;
	else
		ret->value = cc_map_get(&n->labels, sp->key);
	return ret->value != NULL || !cc_uuid_is_nil(ret->id);
}

static void count_like(struct spreading *sp, const struct node *n)
{
	struct domain one;

	if (!domain_of(sp, n, &one))
		return;
	for (size_t i = 0; i < sp->n; i++) {
		struct domain *had = &sp->domains[i];

		if (one.value != NULL ? strcmp(one.value, had->value) == 0 : cc_uuid_equal(one.id, had->id)) {
			had->like++;
			return;
		}
	}
	sp->domains[sp->n++] = one;
}

static void add_nodes(const struct saying *s, const struct spreading *sp, const struct domain *d, uint64_t *set)
{
	const uint32_t *owned;
	size_t n;

	if (d->value != NULL) {
		node_labels_add(zone_node_labels(s->d->zone), sp->key, d->value, set, s->words);
	} else if (strcmp(sp->key, "node") == 0) {
		sched_set_add(set, zone_sched_index(s->d->zone, d->id));
	} else {
		n = zone_owned_nodes(s->d->zone, d->id, &owned);
		for (size_t i = 0; i < n; i++)
			sched_set_add(set, owned[i]);
	}
}

static struct sched_spread spread_of(const struct saying *s, const struct spreading *sp)
{
	struct sched_crowd *crowds = cc_new_array(s->arena, sp->n, struct sched_crowd);
	uint64_t **sets = cc_new_array(s->arena, sp->n, uint64_t *);
	size_t n = 0;

	for (size_t i = 0; i < sp->n; i++) {
		size_t k = 0;

		while (k < n && crowds[k].like != sp->domains[i].like)
			k++;
		if (k == n) {
			sets[n] = new_set(s);
			crowds[n++] = (struct sched_crowd){ sp->domains[i].like, sets[k] };
		}
		add_nodes(s, sp, &sp->domains[i], sets[k]);
	}
	return (struct sched_spread){ sp->limit, n, crowds };
}

/* "node", or "node:1" */
static int read_spreading(const struct saying *s, const char *text, size_t len, struct spreading *ret)
{
	char *colon, *end;
	long limit = 0;

	*ret = (struct spreading){ .key = cc_arena_memdup(s->arena, text, len) };
	colon = strchr(ret->key, ':');
	if (colon != NULL) {
		*colon = '\0';
		limit = strtol(colon + 1, &end, 10);
		if (limit < 1 || limit > LIMIT_MAX || *end != '\0')
			limit = -1;
	}
	if (limit < 0 || ret->key[0] == '\0')
		return cc_fail(s->err, INVALID,
		        "spread: '%.*s' is none; say node, owner or the name of a label of nodes, and after a colon how many may be together: node:1,site",
		        (int)len, text);
	ret->limit = (uint32_t)limit;
	return 0;
}

static void count_all(const struct saying *s, struct spreading *sp)
{
	const struct instance *other;
	size_t n = 0, at;

	for (at = 0; zone_next_of(s->d->zone, TABLE_INSTANCE, s->inst->member, &at) != NULL;)
		n += 2;
	sp->domains = cc_new_array(s->arena, n, struct domain);
	for (at = 0; (other = zone_next_of(s->d->zone, TABLE_INSTANCE, s->inst->member, &at)) != NULL;) {
		const struct node *node = cc_has(other, instance, node) ? zone_find(s->d->zone, TABLE_NODE, other->node) : NULL;
		const struct node *to = cc_has(other, instance, other) ? zone_find(s->d->zone, TABLE_NODE, other->other) : NULL;

		if (node != NULL && is_like(s->inst, other))
			count_like(sp, node);
		/* On its way it counts where it goes too. */
		if (to != NULL && is_like(s->inst, other))
			count_like(sp, to);
	}
}

static int say_spread(const struct saying *s)
{
	struct sched_spread *all = cc_new_array(s->arena, SPREADS_MAX, struct sched_spread);
	const char *at = s->inst->spread;
	size_t n = 0;

	while (true) {
		size_t len = strcspn(at, ",");
		struct spreading one;

		if (n == SPREADS_MAX)
			return cc_fail(s->err, INVALID, "spread: over %d kinds of places at most", SPREADS_MAX);
		if (read_spreading(s, at, len, &one) < 0)
			return -1;
		count_all(s, &one);
		all[n++] = spread_of(s, &one);
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
	s->req->spreads = all;
	s->req->n_spreads = n;
	return 0;
}

/* Nearness */

/* One of the member's own nodes, the same each time; NULL when none has a known place. */
static const struct node *home_of(const struct zone *z, struct cc_uuid member)
{
	const struct node *home = NULL;
	const uint32_t *owned;
	size_t n = zone_owned_nodes(z, member, &owned);

	for (size_t i = 0; i < n; i++) {
		const struct node *node = zone_find(z, TABLE_NODE, zone_sched_id(z, owned[i]));
		struct sched_point p = columns_point_of(node);

		if (sched_point_is_known(&p) && (home == NULL || memcmp(&node->id, &home->id, sizeof(home->id)) < 0))
			home = node;
	}
	return home;
}

static int find_near(const struct saying *s, const struct node **ret)
{
	const struct zone *z = s->d->zone;
	const char *near = s->inst->near;
	const struct member *m;

	*ret = zone_find_ref(z, TABLE_NODE, near);
	if (*ret != NULL)
		return 0;
	m = zone_find_ref(z, TABLE_MEMBER, near);
	if (m == NULL)
		return cc_fail(s->err, NOT_FOUND, "near: there is no node and no member '%s'; see ccctl node list", near);
	*ret = home_of(z, m->id);
	if (*ret == NULL)
		return cc_fail(s->err, CONFLICT, "near: no node of the member '%s' has a known place yet; name a node, see ccctl node list", near);
	return 0;
}

/* The node itself, and what was measured from it or to it. */
static void say_measured(const struct saying *s, const struct node *near)
{
	struct distances_near around[DISTANCES_AROUND_MAX];
	size_t n = distances_around(s->d->distances, near->id, s->boot_ms, around, DISTANCES_AROUND_MAX);
	struct sched_measured *all = cc_new_array(s->arena, n + 1, struct sched_measured);

	s->req->measured = all;
	all[s->req->n_measured++] = (struct sched_measured){ (uint32_t)zone_sched_index(s->d->zone, near->id), 0 };
	for (size_t i = 0; i < n; i++) {
		size_t index = zone_sched_index(s->d->zone, around[i].node);

		if (index != SIZE_MAX)
			all[s->req->n_measured++] = (struct sched_measured){ (uint32_t)index, (int32_t)around[i].rtt_us };
	}
}

static int say_near(const struct saying *s)
{
	const struct node *near;

	if (!cc_has(s->inst, instance, near))
		near = home_of(s->d->zone, s->inst->member);
	else if (find_near(s, &near) < 0)
		return -1;
	if (cc_has(s->inst, instance, within_ms))
		s->req->within_us = s->inst->within_ms * 1000;
	if (near == NULL && s->req->within_us > 0)
		return cc_fail(s->err, INVALID, "within: no node of your own has a known place; say with near from where");
	if (near == NULL)
		return 0;
	s->req->near = columns_point_of(near);
	s->req->near_own = cc_has(s->inst, instance, near);
	say_measured(s, near);
	return 0;
}

int wishes_say(const struct decide *d, const struct command *cmd, const struct instance *inst, struct sched_req *ret, struct cc_error *err)
{
	struct saying s = { d, inst, cmd->arena, cmd->boot_ms, sched_words(zone_sched_nodes(d->zone)), ret, err };

	if (say_labels(&s) < 0 || say_near(&s) < 0)
		return -1;
	return cc_has(inst, instance, spread) ? say_spread(&s) : 0;
}
