/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scheduler's snapshot, and beside it what it does not know, by the same indexes: ids, owners, who is let in. */
#include "controller/engine/columns.h"

#include "common/hash_table.h"
#include "common/welcome.h"

#include <stdlib.h>

/* What an id's number is. */
struct id_number {
	struct cc_uuid id;
	size_t number;
};

/* The nodes of one member. */
struct owned {
	struct cc_uuid member;
	size_t n, cap;
	uint32_t *nodes; /* their indexes */
};

struct columns {
	void *memory; /* of sched */
	size_t most;  /* nodes there is memory for */
	struct sched_nodes sched;
	struct cc_uuid *id;
	struct cc_uuid *owner;
	const struct node **choosy; /* the rows of nodes that are not for everybody, NULL for the others */
	size_t n_choosy;
	struct node_labels *labels;
	struct cc_hash index;  /* struct id_number: node -> its index */
	struct cc_hash owners; /* struct owned; never removed */
};

static bool number_has_id(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct id_number *)item)->id, *(const struct cc_uuid *)key);
}

static struct id_number *find_number(const struct cc_hash *h, struct cc_uuid id)
{
	return (struct id_number *)cc_hash_find(h, cc_hash_id(id), number_has_id, &id);
}

static size_t add_number(struct cc_hash *h, struct cc_uuid id, size_t number)
{
	struct id_number *n = cc_malloc(sizeof(*n));

	*n = (struct id_number){ id, number };
	cc_hash_add(h, cc_hash_id(id), n);
	return number;
}

static void free_numbers(struct cc_hash *h)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL;)
		free((void *)p);
	cc_hash_free(h);
}

struct columns *columns_new(void)
{
	struct columns *c = cc_calloc(1, sizeof(*c));

	c->labels = node_labels_new();
	return c;
}

static void free_owners(struct cc_hash *h)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL;) {
		struct owned *o = (struct owned *)p;

		free(o->nodes);
		free(o);
	}
	cc_hash_free(h);
}

void columns_free(struct columns *c)
{
	node_labels_free(c->labels);
	free(c->memory);
	free(c->id);
	free(c->owner);
	free(c->choosy);
	free_numbers(&c->index);
	free_owners(&c->owners);
	free(c);
}

static void grow(struct columns *c)
{
	size_t most = c->most ? c->most * 2 : SCHED_BLOCK, cap;
	void *memory = cc_malloc(sched_nodes_size(most));
	struct sched_nodes grown;

	sched_nodes_init(&grown, memory, most);
	sched_nodes_copy(&grown, &c->sched);
	free(c->memory);
	c->memory = memory;
	c->most = most;
	c->sched = grown;
	cap = grown.cap * SCHED_BLOCK;
	c->id = cc_realloc(c->id, cap * sizeof(*c->id));
	c->owner = cc_realloc(c->owner, cap * sizeof(*c->owner));
	c->choosy = cc_realloc(c->choosy, cap * sizeof(*c->choosy));
}

static bool owned_is_of(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct owned *)item)->member, *(const struct cc_uuid *)key);
}

static struct owned *find_owned(const struct columns *c, struct cc_uuid member)
{
	return (struct owned *)cc_hash_find(&c->owners, cc_hash_id(member), owned_is_of, &member);
}

static void own(struct columns *c, struct cc_uuid member, size_t node)
{
	struct owned *o = find_owned(c, member);

	if (o == NULL) {
		o = cc_calloc(1, sizeof(*o));
		o->member = member;
		cc_hash_add(&c->owners, cc_hash_id(member), o);
	}
	if (o->n == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 2;
		o->nodes = cc_realloc(o->nodes, o->cap * sizeof(*o->nodes));
	}
	o->nodes[o->n++] = (uint32_t)node;
}

static void disown(struct columns *c, struct cc_uuid member, size_t node)
{
	struct owned *o = find_owned(c, member);

	for (size_t k = 0; k < o->n; k++) {
		if (o->nodes[k] != node)
			continue;
		o->nodes[k] = o->nodes[--o->n];
		return;
	}
}

/* What a node says it has, and what that lets it run. */
static const struct {
	const char *word;
	uint32_t bits;
} features_known[] = {
	{ "lxc", SCHED_FEATURE_CONTAINER },
	{ "sim", SCHED_FEATURE_CONTAINER },
	{ "volumes", SCHED_FEATURE_VOLUMES },
	{ "bandwidth-limit", SCHED_FEATURE_BANDWIDTH },
};

static uint32_t feature_bits(const struct cc_texts *features)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < features->n; i++)
		for (size_t k = 0; k < CC_ARRAY_LEN(features_known); k++)
			if (strcmp(features->items[i], features_known[k].word) == 0)
				bits |= features_known[k].bits;
	return bits;
}

static int32_t bounded(int64_t amount)
{
	/* One less than a request can ask for, so that a request for more than can be told apart fits nowhere. */
	const int64_t most = SCHED_AMOUNT_MAX - 1;

	return (int32_t)(amount > most ? most : amount < -most ? -most : amount);
}

static uint32_t traits_of(const struct node *n)
{
	return (n->state == NODE_READY ? SCHED_READY : 0) | (cc_has(n, node, closed) ? SCHED_PAUSED : 0) |
	       (cc_has(n, node, drained) ? SCHED_DRAINED : 0) | feature_bits(&n->features) | sched_arch_bit(n->arch);
}

static void note_choosy(struct columns *c, size_t i, const struct node *n)
{
	c->n_choosy -= c->choosy[i] != NULL;
	c->choosy[i] = n != NULL && (n->allow_members.n > 0 || n->deny_members.n > 0) ? n : NULL;
	c->n_choosy += c->choosy[i] != NULL;
}

struct sched_point columns_point_of(const struct node *n)
{
	struct sched_point point = { 0 };

	if (cc_has(n, node, pos_error))
		(void)sched_point_make(n->pos_x, n->pos_y, n->pos_h, n->pos_error, &point);
	return point;
}

static struct sched_node sched_node_of(const struct node *n)
{
	return (struct sched_node){ .traits = traits_of(n),
		.free = { [SCHED_CPU] = bounded(n->granted_cpu_millis - n->used_cpu_millis),
		        [SCHED_MEMORY] = bounded(n->granted_memory_mib - n->used_memory_mib),
		        [SCHED_DISK] = bounded(n->granted_disk_mib - n->used_disk_mib),
		        [SCHED_INSTANCES] = bounded(n->granted_instances - n->used_instances) },
		.granted_cpu = bounded(n->granted_cpu_millis),
		.granted_mib = bounded(n->granted_memory_mib),
		.reliability = 1000,
		.point = columns_point_of(n),
		.key = cc_hash_id(n->id) };
}

static size_t add(struct columns *c, const struct node *n, const struct sched_node *node)
{
	size_t i;

	if (c->sched.n == c->most)
		grow(c);
	i = sched_nodes_add(&c->sched, node);
	c->id[i] = n->id;
	c->owner[i] = n->owner;
	c->choosy[i] = NULL;
	own(c, n->owner, i);
	return add_number(&c->index, n->id, i);
}

void columns_put(struct columns *c, const struct node *n)
{
	struct sched_node node = sched_node_of(n);
	size_t i = columns_index(c, n->id);

	if (i == SIZE_MAX)
		i = add(c, n, &node);
	else
		sched_nodes_put(&c->sched, i, &node);
	note_choosy(c, i, n);
	node_labels_put(c->labels, i, &n->labels);
	if (cc_uuid_equal(c->owner[i], n->owner))
		return;
	disown(c, c->owner[i], i);
	own(c, n->owner, i);
	c->owner[i] = n->owner;
}

void columns_remove(struct columns *c, struct cc_uuid node)
{
	struct id_number *gone = find_number(&c->index, node);

	if (gone == NULL)
		return;
	note_choosy(c, gone->number, NULL);
	node_labels_put(c->labels, gone->number, NULL);
	disown(c, c->owner[gone->number], gone->number);
	sched_nodes_remove(&c->sched, gone->number);
	cc_hash_remove(&c->index, cc_hash_id(node), gone);
	free(gone);
}

const struct sched_nodes *columns_sched(const struct columns *c)
{
	return &c->sched;
}

struct cc_uuid columns_id(const struct columns *c, size_t index)
{
	return c->id[index];
}

size_t columns_index(const struct columns *c, struct cc_uuid node)
{
	const struct id_number *n = find_number(&c->index, node);

	return n != NULL ? n->number : SIZE_MAX;
}

size_t columns_owned(const struct columns *c, struct cc_uuid member, const uint32_t **ret)
{
	const struct owned *o = find_owned(c, member);

	*ret = o != NULL ? o->nodes : NULL;
	return o != NULL ? o->n : 0;
}

bool columns_welcomes(const struct node *n, const struct member *m)
{
	return cc_uuid_equal(n->owner, m->id) || cc_is_welcome(&n->allow_members, &n->deny_members, m->name);
}

const uint64_t *columns_unwelcome(const struct columns *c, const struct member *m, struct cc_arena *a)
{
	uint64_t *set;

	if (c->n_choosy == 0)
		return NULL;
	set = cc_new_array(a, sched_words(&c->sched), uint64_t);
	for (size_t at = 0, i; sched_nodes_next(&c->sched, &at, &i);) {
		const struct node *n = c->choosy[i];

		if (n != NULL && !columns_welcomes(n, m))
			sched_set_add(set, i);
	}
	return set;
}

const struct node_labels *columns_labels(const struct columns *c)
{
	return c->labels;
}
