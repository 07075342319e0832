/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All arrays have the same capacity; each is listed once in COLUMNS. The last node takes the place of a removed one. */
#include "controller/engine/columns.h"

#include "common/hash_table.h"
#include "common/welcome.h"

#include <stdlib.h>

#define COLUMNS(X)                 \
	X(uint8_t, ready)          \
	X(uint8_t, closed)         \
	X(uint8_t, arch)           \
	X(uint32_t, features)      \
	X(uint32_t, owner)         \
	X(int64_t, free_cpu)       \
	X(int64_t, free_mib)       \
	X(int64_t, free_disk_mib)  \
	X(int64_t, free_instances) \
	X(int64_t, granted_cpu)    \
	X(int64_t, granted_mib)    \
	X(uint64_t, key)           \
	X(uint64_t, share_cpu)     \
	X(uint64_t, share_mib)

/* What an id's number is. */
struct id_number {
	struct cc_uuid id;
	size_t number;
};

struct columns {
	size_t cap;
#define X(type, name) type *name;
	COLUMNS(X)
#undef X
	struct cc_uuid *id;
	const struct node **choosy; /* the rows of nodes that are not for everybody, NULL for the others */
	size_t n_choosy;
	struct sched_nodes sched;
	struct cc_hash index;  /* node -> its index */
	struct cc_hash owners; /* member -> its number; never removed */
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
	return cc_calloc(1, sizeof(struct columns));
}

void columns_free(struct columns *c)
{
#define X(type, name) free(c->name);
	COLUMNS(X)
#undef X
	free(c->id);
	free(c->choosy);
	free_numbers(&c->index);
	free_numbers(&c->owners);
	free(c);
}

static void grow(struct columns *c)
{
	c->cap = c->cap ? c->cap * 2 : 16;
#define X(type, name)                                             \
	c->name = cc_realloc(c->name, c->cap * sizeof(*c->name)); \
	c->sched.name = c->name;
	COLUMNS(X)
#undef X
	c->id = cc_realloc(c->id, c->cap * sizeof(*c->id));
	c->choosy = cc_realloc(c->choosy, c->cap * sizeof(*c->choosy));
}

static size_t index_for(struct columns *c, struct cc_uuid node)
{
	size_t i = columns_index(c, node);

	if (i != SIZE_MAX)
		return i;
	if (c->sched.n == c->cap)
		grow(c);
	i = c->sched.n++;
	c->id[i] = node;
	c->choosy[i] = NULL;
	return add_number(&c->index, node, i);
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

static uint32_t owner_number(struct columns *c, struct cc_uuid owner)
{
	const struct id_number *n = find_number(&c->owners, owner);

	return (uint32_t)(n != NULL ? n->number : add_number(&c->owners, owner, c->owners.n));
}

static int64_t bounded(int64_t amount)
{
	return amount > SCHED_AMOUNT_MAX ? SCHED_AMOUNT_MAX : amount < -SCHED_AMOUNT_MAX ? -SCHED_AMOUNT_MAX : amount;
}

static uint8_t closed_bits(const struct node *n)
{
	return (uint8_t)((cc_has(n, node, closed) ? SCHED_CLOSED_BY_OWNER : 0) | (cc_has(n, node, drained) ? SCHED_CLOSED_BY_ADMIN : 0));
}

static void note_choosy(struct columns *c, size_t i, const struct node *n)
{
	c->n_choosy -= c->choosy[i] != NULL;
	c->choosy[i] = n != NULL && (n->allow_members.n > 0 || n->deny_members.n > 0) ? n : NULL;
	c->n_choosy += c->choosy[i] != NULL;
}

void columns_put(struct columns *c, const struct node *n)
{
	size_t i = index_for(c, n->id);

	note_choosy(c, i, n);
	c->ready[i] = n->state == NODE_READY;
	c->closed[i] = closed_bits(n);
	c->arch[i] = sched_arch_number(n->arch);
	c->features[i] = feature_bits(&n->features);
	c->owner[i] = owner_number(c, n->owner);
	c->free_cpu[i] = bounded(n->granted_cpu_millis - n->used_cpu_millis);
	c->free_mib[i] = bounded(n->granted_memory_mib - n->used_memory_mib);
	c->free_disk_mib[i] = bounded(n->granted_disk_mib - n->used_disk_mib);
	c->free_instances[i] = bounded(n->granted_instances - n->used_instances);
	c->granted_cpu[i] = bounded(n->granted_cpu_millis);
	c->granted_mib[i] = bounded(n->granted_memory_mib);
	c->key[i] = cc_hash_id(n->id);
	c->share_cpu[i] = sched_share_factor(c->granted_cpu[i]);
	c->share_mib[i] = sched_share_factor(c->granted_mib[i]);
}

void columns_remove(struct columns *c, struct cc_uuid node)
{
	struct id_number *gone = find_number(&c->index, node);
	struct id_number *last;

	if (gone == NULL)
		return;
	note_choosy(c, gone->number, NULL);
	last = find_number(&c->index, c->id[c->sched.n - 1]);
#define X(type, name) c->name[gone->number] = c->name[last->number];
	COLUMNS(X)
#undef X
	c->id[gone->number] = last->id;
	c->choosy[gone->number] = c->choosy[last->number];
	last->number = gone->number;
	c->sched.n--;
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

bool columns_owner(const struct columns *c, struct cc_uuid member, uint32_t *ret)
{
	const struct id_number *n = find_number(&c->owners, member);

	if (n != NULL)
		*ret = (uint32_t)n->number;
	return n != NULL;
}

bool columns_unwelcome(const struct columns *c, const struct member *m, uint8_t *ret)
{
	for (size_t i = 0; i < c->sched.n && c->n_choosy > 0; i++) {
		const struct node *n = c->choosy[i];

		ret[i] = n != NULL && !cc_uuid_equal(n->owner, m->id) && !cc_is_welcome(&n->allow_members, &n->deny_members, m->name);
	}
	return c->n_choosy > 0;
}
