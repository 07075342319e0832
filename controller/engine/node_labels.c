/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One entry for each name=value and one for each name, in one hash; each node has the list of its entries, so that what it had before is known when it changes. */
#include "controller/engine/node_labels.h"

#include "common/hash_table.h"
#include "scheduler/sched.h"

#include <stdlib.h>

struct entry {
	char *key, *value; /* value NULL: any */
	size_t nodes;      /* in the set */
	size_t words;
	uint64_t *set;
};

struct held {
	size_t n;
	struct entry **entries;
};

struct node_labels {
	struct cc_hash entries;
	struct held *nodes; /* by index */
	size_t cap;
};

struct pair {
	const char *key, *value;
};

static bool entry_is(const void *item, const void *key)
{
	const struct entry *e = item;
	const struct pair *p = key;

	return strcmp(e->key, p->key) == 0 && (e->value == NULL) == (p->value == NULL) && (p->value == NULL || strcmp(e->value, p->value) == 0);
}

static uint64_t hash_of(const char *key, const char *value)
{
	return cc_hash_text(key) * 31 + (value != NULL ? cc_hash_text(value) : 0);
}

static struct entry *find(const struct node_labels *l, const char *key, const char *value)
{
	return (struct entry *)cc_hash_find(&l->entries, hash_of(key, value), entry_is, &(struct pair){ key, value });
}

static struct entry *find_or_make(struct node_labels *l, const char *key, const char *value)
{
	struct entry *e = find(l, key, value);

	if (e != NULL)
		return e;
	e = cc_calloc(1, sizeof(*e));
	e->key = cc_strdup(key);
	e->value = value != NULL ? cc_strdup(value) : NULL;
	cc_hash_add(&l->entries, hash_of(key, value), e);
	return e;
}

static void free_entry(struct entry *e)
{
	free(e->key);
	free(e->value);
	free(e->set);
	free(e);
}

struct node_labels *node_labels_new(void)
{
	return cc_calloc(1, sizeof(struct node_labels));
}

void node_labels_free(struct node_labels *l)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(&l->entries, &at)) != NULL;)
		free_entry((struct entry *)p);
	cc_hash_free(&l->entries);
	for (size_t i = 0; i < l->cap; i++)
		free(l->nodes[i].entries);
	free(l->nodes);
	free(l);
}

static void set_bit(struct entry *e, size_t index)
{
	size_t words = index / 64 + 1;

	if (words > e->words) {
		e->set = cc_realloc(e->set, words * sizeof(*e->set));
		memset(e->set + e->words, 0, (words - e->words) * sizeof(*e->set));
		e->words = words;
	}
	sched_set_add(e->set, index);
	e->nodes++;
}

static void clear_bit(struct node_labels *l, struct entry *e, size_t index)
{
	sched_set_drop(e->set, index);
	if (--e->nodes > 0)
		return;
	cc_hash_remove(&l->entries, hash_of(e->key, e->value), e);
	free_entry(e);
}

static struct held *held_by(struct node_labels *l, size_t index)
{
	size_t cap = l->cap ? l->cap : 64;

	while (cap <= index)
		cap *= 2;
	if (cap > l->cap) {
		l->nodes = cc_realloc(l->nodes, cap * sizeof(*l->nodes));
		memset(l->nodes + l->cap, 0, (cap - l->cap) * sizeof(*l->nodes));
		l->cap = cap;
	}
	return &l->nodes[index];
}

/* A node changes often, its labels seldom. */
static bool is_same(const struct held *h, const struct cc_map *labels)
{
	if (h->n != 2 * labels->n)
		return false;
	for (size_t i = 0; i < labels->n; i++) {
		const struct entry *e = h->entries[2 * i];

		if (!entry_is(e, &(struct pair){ labels->items[i].key, labels->items[i].value }))
			return false;
	}
	return true;
}

void node_labels_put(struct node_labels *l, size_t index, const struct cc_map *labels)
{
	struct held *h = held_by(l, index), was = *h;
	size_t n = labels != NULL ? labels->n : 0;

	if (labels != NULL && is_same(h, labels))
		return;
	*h = (struct held){ 2 * n, n > 0 ? cc_malloc(2 * n * sizeof(*h->entries)) : NULL };
	for (size_t i = 0; i < n; i++) {
		h->entries[2 * i] = find_or_make(l, labels->items[i].key, labels->items[i].value);
		h->entries[2 * i + 1] = find_or_make(l, labels->items[i].key, NULL);
	}
	/* Old ones first, then new ones: an entry that is in both must not be freed in between. */
	for (size_t i = 0; i < h->n; i++)
		h->entries[i]->nodes++;
	for (size_t i = 0; i < was.n; i++)
		clear_bit(l, was.entries[i], index);
	for (size_t i = 0; i < h->n; i++) {
		set_bit(h->entries[i], index);
		h->entries[i]->nodes--;
	}
	free(was.entries);
}

void node_labels_add(const struct node_labels *l, const char *key, const char *value, uint64_t *set, size_t words)
{
	const struct entry *e = find(l, key, value);

	for (size_t w = 0; e != NULL && w < words && w < e->words; w++)
		set[w] |= e->set[w];
}

void node_labels_select(const struct node_labels *l, const struct cc_selector *s, uint64_t *set, size_t words, struct cc_arena *a)
{
	uint64_t *one = cc_new_array(a, words, uint64_t);

	memset(set, 0xff, words * sizeof(*set));
	for (size_t i = 0; i < s->n; i++) {
		const struct cc_requirement *r = &s->items[i];
		uint64_t turn = r->negated ? ~(uint64_t)0 : 0;

		memset(one, 0, words * sizeof(*one));
		for (size_t k = 0; k < r->values.n; k++)
			node_labels_add(l, r->key, r->values.items[k], one, words);
		if (r->values.n == 0)
			node_labels_add(l, r->key, NULL, one, words);
		for (size_t w = 0; w < words; w++)
			set[w] &= one[w] ^ turn;
	}
}
