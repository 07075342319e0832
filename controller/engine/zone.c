/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each table is a hash by id plus, where it is named, one by name; single columns that are looked up (secrets, pins) have a hash of their own, and each node
 * keeps the list of its instances. zone_apply replaces a row everywhere at once, so all indexes point at the same struct row. */
#include "controller/engine/zone.h"

#include "common/hash_table.h"

#include <stdlib.h>

/* Indexes over one text column. */
enum text_index { BY_TOKEN_HASH, BY_INVITE_HASH, BY_PIN, TEXT_INDEX_MAX };

struct node_slot {
	struct cc_uuid node;
	struct row **instances; /* not referenced on their own: the id index holds them */
	size_t n;
	size_t cap;
};

/* The scheduler's columns, owned here. */
struct columns {
	size_t cap;
	uint8_t *ready;
	uint8_t *arch;
	uint32_t *features;
	uint32_t *owner;
	int64_t *free_cpu, *free_mib, *free_disk_mib, *free_instances, *granted_cpu, *granted_mib;
	uint64_t *key, *share_cpu, *share_mib;
	struct node_slot *slots;
};

struct zone {
	char name[64];
	struct cc_uuid id;
	int64_t revision;
	struct cc_hash by_id[TABLE_MAX];
	struct cc_hash by_name[TABLE_MAX];
	struct cc_hash by_text[TEXT_INDEX_MAX];
	struct cc_hash node_at; /* id -> index into the columns, as struct id_number */
	struct columns cols;
	struct sched_nodes sched;
	struct cc_hash owners; /* id -> number, as struct id_number */
	uint32_t n_owners;
};

struct id_number {
	struct cc_uuid id;
	size_t number;
};

static uint64_t hash_id(struct cc_uuid id)
{
	return cc_hash_bytes(id.b, sizeof(id.b));
}

static bool row_has_id(const void *item, const void *key)
{
	const struct row *r = item;

	return cc_uuid_equal(((const struct row_head *)r->values)->id, *(const struct cc_uuid *)key);
}

static bool row_has_name(const void *item, const void *key)
{
	const struct row *r = item;

	return strcmp(table_row_name(r->table, r->values), key) == 0;
}

static bool number_has_id(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct id_number *)item)->id, *(const struct cc_uuid *)key);
}

struct zone *zone_new(const char *name, struct cc_uuid id)
{
	struct zone *z = cc_calloc(1, sizeof(*z));

	snprintf(z->name, sizeof(z->name), "%s", name);
	z->id = id;
	return z;
}

static void free_numbers(struct cc_hash *h)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL;)
		free((void *)p);
	cc_hash_free(h);
}

static void free_columns(struct columns *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(c->slots[i].instances);
	free(c->ready);
	free(c->arch);
	free(c->features);
	free(c->owner);
	free(c->free_cpu);
	free(c->free_mib);
	free(c->free_disk_mib);
	free(c->free_instances);
	free(c->granted_cpu);
	free(c->granted_mib);
	free(c->key);
	free(c->share_cpu);
	free(c->share_mib);
	free(c->slots);
}

void zone_free(struct zone *z)
{
	const void *r;

	if (z == NULL)
		return;
	for (int t = 0; t < TABLE_MAX; t++) {
		for (size_t at = 0; (r = cc_hash_next(&z->by_id[t], &at)) != NULL;)
			row_unref((struct row *)r);
		cc_hash_free(&z->by_id[t]);
		cc_hash_free(&z->by_name[t]);
	}
	for (int i = 0; i < TEXT_INDEX_MAX; i++)
		cc_hash_free(&z->by_text[i]);
	free_columns(&z->cols, z->sched.n);
	free_numbers(&z->node_at);
	free_numbers(&z->owners);
	free(z);
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

struct cc_uuid zone_id(const struct zone *z)
{
	return z->id;
}

int64_t zone_revision(const struct zone *z)
{
	return z->revision;
}

void zone_set_revision(struct zone *z, int64_t revision)
{
	z->revision = revision;
}

/* Nodes as columns */

static struct id_number *find_number(const struct cc_hash *h, struct cc_uuid id)
{
	return (struct id_number *)cc_hash_find(h, hash_id(id), number_has_id, &id);
}

static size_t number_of(const struct cc_hash *h, struct cc_uuid id)
{
	const struct id_number *n = find_number(h, id);

	return n != NULL ? n->number : SIZE_MAX;
}

static void add_number(struct cc_hash *h, struct cc_uuid id, size_t number)
{
	struct id_number *n = cc_malloc(sizeof(*n));

	*n = (struct id_number){ id, number };
	cc_hash_add(h, hash_id(id), n);
}

static uint32_t owner_number(struct zone *z, struct cc_uuid owner)
{
	size_t n = number_of(&z->owners, owner);

	if (n != SIZE_MAX)
		return (uint32_t)n;
	add_number(&z->owners, owner, z->n_owners);
	return z->n_owners++;
}

#define GROW(p, cap) ((p) = cc_realloc((p), (cap) * sizeof(*(p))))

static void grow_columns(struct zone *z)
{
	struct columns *c = &z->cols;

	c->cap = c->cap ? c->cap * 2 : 16;
	GROW(c->ready, c->cap);
	GROW(c->arch, c->cap);
	GROW(c->features, c->cap);
	GROW(c->owner, c->cap);
	GROW(c->free_cpu, c->cap);
	GROW(c->free_mib, c->cap);
	GROW(c->free_disk_mib, c->cap);
	GROW(c->free_instances, c->cap);
	GROW(c->granted_cpu, c->cap);
	GROW(c->granted_mib, c->cap);
	GROW(c->key, c->cap);
	GROW(c->share_cpu, c->cap);
	GROW(c->share_mib, c->cap);
	GROW(c->slots, c->cap);
	z->sched = (struct sched_nodes){ .n = z->sched.n,
		.ready = c->ready,
		.arch = c->arch,
		.features = c->features,
		.owner = c->owner,
		.free_cpu = c->free_cpu,
		.free_mib = c->free_mib,
		.free_disk_mib = c->free_disk_mib,
		.free_instances = c->free_instances,
		.granted_cpu = c->granted_cpu,
		.granted_mib = c->granted_mib,
		.key = c->key,
		.share_cpu = c->share_cpu,
		.share_mib = c->share_mib };
}

static size_t column_of(struct zone *z, struct cc_uuid node)
{
	size_t i = number_of(&z->node_at, node);

	if (i != SIZE_MAX)
		return i;
	if (z->sched.n == z->cols.cap)
		grow_columns(z);
	i = z->sched.n++;
	z->cols.slots[i] = (struct node_slot){ .node = node };
	z->cols.ready[i] = 0;
	add_number(&z->node_at, node, i);
	return i;
}

static uint32_t feature_bits(const struct cc_texts *features)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < features->n; i++) {
		if (strcmp(features->items[i], "container") == 0)
			bits |= SCHED_FEATURE_CONTAINER;
		if (strcmp(features->items[i], "vm") == 0)
			bits |= SCHED_FEATURE_VM;
	}
	return bits;
}

static int64_t bounded(int64_t amount)
{
	return amount > SCHED_AMOUNT_MAX ? SCHED_AMOUNT_MAX : amount < -SCHED_AMOUNT_MAX ? -SCHED_AMOUNT_MAX : amount;
}

static void fill_column(struct zone *z, const struct node *n)
{
	size_t i = column_of(z, n->id);
	struct columns *c = &z->cols;

	c->ready[i] = n->state == NODE_READY;
	c->arch[i] = sched_arch_number(n->arch);
	c->features[i] = feature_bits(&n->features);
	c->owner[i] = owner_number(z, n->owner);
	c->free_cpu[i] = bounded(n->granted_cpu_millis - n->used_cpu_millis);
	c->free_mib[i] = bounded(n->granted_memory_mib - n->used_memory_mib);
	c->free_disk_mib[i] = bounded(n->granted_disk_mib - n->used_disk_mib);
	c->free_instances[i] = bounded(n->granted_instances - n->used_instances);
	c->granted_cpu[i] = bounded(n->granted_cpu_millis);
	c->granted_mib[i] = bounded(n->granted_memory_mib);
	c->share_cpu[i] = sched_share_factor(c->granted_cpu[i]);
	c->share_mib[i] = sched_share_factor(c->granted_mib[i]);
	c->key[i] = hash_id(n->id);
}

#define MOVE(p, to, from) ((p)[to] = (p)[from])

static void move_column(struct zone *z, size_t to, size_t from)
{
	struct columns *c = &z->cols;

	MOVE(c->ready, to, from);
	MOVE(c->arch, to, from);
	MOVE(c->features, to, from);
	MOVE(c->owner, to, from);
	MOVE(c->free_cpu, to, from);
	MOVE(c->free_mib, to, from);
	MOVE(c->free_disk_mib, to, from);
	MOVE(c->free_instances, to, from);
	MOVE(c->granted_cpu, to, from);
	MOVE(c->granted_mib, to, from);
	MOVE(c->key, to, from);
	MOVE(c->share_cpu, to, from);
	MOVE(c->share_mib, to, from);
	MOVE(c->slots, to, from);
}

/* The last column takes the place of a removed node's. */
static void remove_column(struct zone *z, struct cc_uuid node)
{
	struct id_number *gone = find_number(&z->node_at, node);
	struct id_number *last;

	if (gone == NULL)
		return;
	last = find_number(&z->node_at, z->cols.slots[z->sched.n - 1].node);
	free(z->cols.slots[gone->number].instances);
	move_column(z, gone->number, last->number);
	last->number = gone->number;
	z->sched.n--;
	cc_hash_remove(&z->node_at, hash_id(node), gone);
	free(gone);
}

const struct sched_nodes *zone_sched_nodes(const struct zone *z)
{
	return &z->sched;
}

struct cc_uuid zone_sched_id(const struct zone *z, size_t i)
{
	return z->cols.slots[i].node;
}

size_t zone_sched_index(const struct zone *z, struct cc_uuid node)
{
	return number_of(&z->node_at, node);
}

bool zone_owner_number(const struct zone *z, struct cc_uuid member, uint32_t *ret)
{
	size_t n = number_of(&z->owners, member);

	if (n == SIZE_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* Instances of a node */

static const struct cc_uuid *node_of(const struct row *r)
{
	const struct instance *inst = r->values;

	return r->table == TABLE_INSTANCE && cc_has(inst, instance, node) ? &inst->node : NULL;
}

static void link_instance(struct zone *z, struct row *r)
{
	struct node_slot *s;

	if (node_of(r) == NULL)
		return;
	s = &z->cols.slots[column_of(z, *node_of(r))];
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		GROW(s->instances, s->cap);
	}
	s->instances[s->n++] = r;
}

static void unlink_instance(struct zone *z, const struct row *r)
{
	struct node_slot *s;

	if (node_of(r) == NULL)
		return;
	s = &z->cols.slots[column_of(z, *node_of(r))];
	for (size_t i = 0; i < s->n; i++)
		if (s->instances[i] == r) {
			s->instances[i] = s->instances[--s->n];
			return;
		}
}

const struct instance *zone_next_of_node(const struct zone *z, struct cc_uuid node, size_t *at)
{
	size_t i = zone_sched_index(z, node);

	if (i == SIZE_MAX || *at >= z->cols.slots[i].n)
		return NULL;
	return z->cols.slots[i].instances[(*at)++]->values;
}

/* Indexes */

static const char *indexed_text(const struct row *r, enum text_index *ret_index)
{
	switch (r->table) {
	case TABLE_MEMBER_TOKEN:
		*ret_index = BY_TOKEN_HASH;
		return ((const struct member_token *)r->values)->secret_hash;
	case TABLE_INVITE:
		*ret_index = BY_INVITE_HASH;
		return ((const struct invite *)r->values)->secret_hash;
	case TABLE_NODE:
		*ret_index = BY_PIN;
		return ((const struct node *)r->values)->pin;
	default:
		return NULL;
	}
}

static bool row_has_text(const void *item, const void *key)
{
	enum text_index ignored;

	return strcmp(indexed_text(item, &ignored), key) == 0;
}

static void index_row(struct zone *z, struct row *r)
{
	enum text_index index;
	const char *text = indexed_text(r, &index);

	cc_hash_add(&z->by_id[r->table], hash_id(((const struct row_head *)r->values)->id), r);
	if (table_named(r->table))
		cc_hash_add(&z->by_name[r->table], cc_hash_text(table_row_name(r->table, r->values)), r);
	if (text != NULL)
		cc_hash_add(&z->by_text[index], cc_hash_text(text), r);
	link_instance(z, r);
	if (r->table == TABLE_NODE)
		fill_column(z, r->values);
}

static void unindex_row(struct zone *z, struct row *r)
{
	enum text_index index;
	const char *text = indexed_text(r, &index);

	cc_hash_remove(&z->by_id[r->table], hash_id(((const struct row_head *)r->values)->id), r);
	if (table_named(r->table))
		cc_hash_remove(&z->by_name[r->table], cc_hash_text(table_row_name(r->table, r->values)), r);
	if (text != NULL)
		cc_hash_remove(&z->by_text[index], cc_hash_text(text), r);
	unlink_instance(z, r);
}

static struct row *find_row(const struct zone *z, enum table t, struct cc_uuid id)
{
	return (struct row *)cc_hash_find(&z->by_id[t], hash_id(id), row_has_id, &id);
}

void zone_apply(struct zone *z, const struct effects *fx, size_t from)
{
	for (size_t i = from; i < fx->n; i++) {
		const struct effect *e = &fx->items[i];
		struct row *old = find_row(z, e->table, e->id);

		if (old != NULL) {
			unindex_row(z, old);
			row_unref(old);
		}
		if (e->row != NULL)
			index_row(z, row_ref(e->row));
		else if (e->table == TABLE_NODE)
			remove_column(z, e->id);
	}
}

void zone_share_rows(struct zone *z, const struct zone *from)
{
	const void *r;

	for (int t = 0; t < TABLE_MAX; t++)
		for (size_t at = 0; (r = cc_hash_next(&from->by_id[t], &at)) != NULL;)
			index_row(z, row_ref((struct row *)r));
}

const void *zone_find(const struct zone *z, enum table t, struct cc_uuid id)
{
	const struct row *r = find_row(z, t, id);

	return r != NULL ? r->values : NULL;
}

const void *zone_find_name(const struct zone *z, enum table t, const char *name)
{
	const struct row *r = cc_hash_find(&z->by_name[t], cc_hash_text(name), row_has_name, name);

	return r != NULL ? r->values : NULL;
}

static const void *find_text(const struct zone *z, enum text_index index, const char *text)
{
	const struct row *r = cc_hash_find(&z->by_text[index], cc_hash_text(text), row_has_text, text);

	return r != NULL ? r->values : NULL;
}

const struct member_token *zone_find_token(const struct zone *z, const char *secret_hash)
{
	return find_text(z, BY_TOKEN_HASH, secret_hash);
}

const struct invite *zone_find_invite(const struct zone *z, const char *secret_hash)
{
	return find_text(z, BY_INVITE_HASH, secret_hash);
}

const struct node *zone_find_pin(const struct zone *z, const char *pin)
{
	return find_text(z, BY_PIN, pin);
}

size_t zone_count(const struct zone *z, enum table t)
{
	return z->by_id[t].n;
}

const void *zone_next(const struct zone *z, enum table t, size_t *at)
{
	const struct row *r = cc_hash_next(&z->by_id[t], at);

	return r != NULL ? r->values : NULL;
}
