/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/lists.h"

#include "common/hash_table.h"

#include <stdlib.h>

#define PARENTS_MAX 4

struct list {
	enum table table;
	struct cc_uuid parent;
	struct row **items;
	size_t n;
	size_t cap;
};

struct lists {
	struct cc_hash all; /* struct list */
};

struct key {
	enum table table;
	struct cc_uuid parent;
};

static bool list_is_of(const void *item, const void *key)
{
	const struct list *l = item;
	const struct key *k = key;

	return l->table == k->table && cc_uuid_equal(l->parent, k->parent);
}

static struct list *find(const struct lists *all, enum table t, struct cc_uuid parent)
{
	return (struct list *)cc_hash_find(&all->all, cc_hash_id(parent), list_is_of, &(struct key){ t, parent });
}

/* No id looks like it: those are of a version that has a number. */
struct cc_uuid lists_key(struct cc_uuid node, enum lists_kind kind)
{
	node.b[6] = (uint8_t)((node.b[6] & 0x0f) | (kind == LISTS_OTHER ? 0xf0 : 0xe0));
	return node;
}

/* Whom a row belongs to; returns how many. */
static size_t parents_of(const struct row *r, struct cc_uuid ret[PARENTS_MAX])
{
	const struct instance *inst = r->values;
	const struct volume *v = r->values;
	const struct snapshot *s = r->values;
	const struct attachment *a = r->values;
	size_t n = 0;

	switch (r->table) {
	case TABLE_INSTANCE:
		ret[n++] = inst->member;
		if (cc_has(inst, instance, node))
			ret[n++] = inst->node;
		if (cc_has(inst, instance, other))
			ret[n++] = lists_key(inst->other, LISTS_OTHER);
		if (cc_has(inst, instance, home))
			ret[n++] = lists_key(inst->home, LISTS_HOME);
		return n;
	case TABLE_VOLUME:
		ret[0] = v->node;
		return cc_has(v, volume, node);
	case TABLE_SNAPSHOT:
		ret[0] = s->instance;
		return 1;
	case TABLE_ATTACHMENT:
		ret[0] = a->instance;
		ret[1] = a->volume;
		return 2;
	default:
		return 0;
	}
}

struct lists *lists_new(void)
{
	return cc_calloc(1, sizeof(struct lists));
}

void lists_free(struct lists *all)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(&all->all, &at)) != NULL;) {
		struct list *l = (struct list *)p;

		free(l->items);
		free(l);
	}
	cc_hash_free(&all->all);
	free(all);
}

static void add(struct lists *all, struct row *r, struct cc_uuid parent)
{
	struct list *l = find(all, r->table, parent);

	if (l == NULL) {
		l = cc_calloc(1, sizeof(*l));
		l->table = r->table;
		l->parent = parent;
		cc_hash_add(&all->all, cc_hash_id(parent), l);
	}
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 2;
		l->items = cc_realloc(l->items, l->cap * sizeof(struct row *));
	}
	l->items[l->n++] = r;
}

static void take_out(struct list *l, const struct row *r)
{
	size_t i = 0;

	while (i < l->n && l->items[i] != r)
		i++;
	if (i < l->n)
		l->items[i] = l->items[--l->n];
}

static void drop(struct lists *all, const struct row *r, struct cc_uuid parent)
{
	struct list *l = find(all, r->table, parent);

	if (l == NULL)
		return;
	take_out(l, r);
	if (l->n > 0)
		return;
	cc_hash_remove(&all->all, cc_hash_id(parent), l);
	free(l->items);
	free(l);
}

void lists_add(struct lists *all, struct row *r)
{
	struct cc_uuid parents[PARENTS_MAX];

	for (size_t n = parents_of(r, parents), i = 0; i < n; i++)
		add(all, r, parents[i]);
}

void lists_remove(struct lists *all, const struct row *r)
{
	struct cc_uuid parents[PARENTS_MAX];

	for (size_t n = parents_of(r, parents), i = 0; i < n; i++)
		drop(all, r, parents[i]);
}

const void *lists_next(const struct lists *all, enum table t, struct cc_uuid parent, size_t *at)
{
	const struct list *l = find(all, t, parent);

	return l != NULL && *at < l->n ? l->items[(*at)++]->values : NULL;
}
