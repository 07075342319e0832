/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each table is a hash by id plus, where it is named, one by name; single columns that are looked up (secrets, pins) have a hash of their own, and each row
 * knows the list of what belongs to it (lists.h). zone_apply replaces a row everywhere at once, so all indexes point at the same struct row. */
#include "controller/engine/zone.h"

#include "common/hash_table.h"
#include "controller/engine/columns.h"
#include "controller/engine/lists.h"

#include <stdlib.h>

/* Indexes over one text column. */
enum text_index { BY_TOKEN_HASH, BY_INVITE_HASH, BY_PIN, TEXT_INDEX_MAX };

/* How many keys one caller has. */
struct caller {
	struct cc_uuid key; /* any of them: the beginning counts */
	size_t n;
};

/* What one member uses. */
struct used {
	struct cc_uuid member;
	size_t rows;
	struct zone_use use;
};

struct zone {
	char name[64];
	struct cc_uuid id;
	int64_t revision;
	int64_t changed[TABLE_MAX]; /* revisions of tables */
	unsigned touched;           /* tables that changed since the revision was set, as bits */
	struct cc_hash by_id[TABLE_MAX];
	struct cc_hash by_name[TABLE_MAX];
	struct cc_hash by_text[TEXT_INDEX_MAX];
	struct lists *lists;
	struct cc_hash callers; /* struct caller */
	struct cc_hash use;     /* struct used */
	struct columns *columns;
};

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

struct zone *zone_new(const char *name, struct cc_uuid id)
{
	struct zone *z = cc_calloc(1, sizeof(*z));

	snprintf(z->name, sizeof(z->name), "%s", name);
	z->id = id;
	z->touched = ~0u;
	z->columns = columns_new();
	z->lists = lists_new();
	return z;
}

static void free_items(struct cc_hash *h)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL;)
		free((void *)p);
	cc_hash_free(h);
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
	lists_free(z->lists);
	free_items(&z->callers);
	free_items(&z->use);
	columns_free(z->columns);
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
	for (int t = 0; t < TABLE_MAX; t++)
		if (z->touched & 1u << t)
			z->changed[t] = revision;
	z->touched = 0;
}

int64_t zone_table_revision(const struct zone *z, enum table t)
{
	return z->changed[t];
}

/* No id of a row looks like it: those are of a version that has a number. */
struct cc_uuid zone_table_key(enum table t)
{
	struct cc_uuid key;

	memset(&key, 0xff, sizeof(key));
	key.b[sizeof(key.b) - 1] = (uint8_t)t;
	return key;
}

const struct sched_nodes *zone_sched_nodes(const struct zone *z)
{
	return columns_sched(z->columns);
}

struct cc_uuid zone_sched_id(const struct zone *z, size_t i)
{
	return columns_id(z->columns, i);
}

size_t zone_sched_index(const struct zone *z, struct cc_uuid node)
{
	return columns_index(z->columns, node);
}

const uint64_t *zone_unwelcome(const struct zone *z, const struct member *m, struct cc_arena *a)
{
	return columns_unwelcome(z->columns, m, a);
}

const struct node_labels *zone_node_labels(const struct zone *z)
{
	return columns_labels(z->columns);
}

size_t zone_owned_nodes(const struct zone *z, struct cc_uuid member, const uint32_t **ret)
{
	return columns_owned(z->columns, member, ret);
}

/* What belongs to a row */

const void *zone_next_of(const struct zone *z, enum table t, struct cc_uuid parent, size_t *at)
{
	return lists_next(z->lists, t, parent, at);
}

const struct instance *zone_next_of_node(const struct zone *z, struct cc_uuid node, size_t *at)
{
	return lists_next(z->lists, TABLE_INSTANCE, node, at);
}

const struct instance *zone_next_other(const struct zone *z, struct cc_uuid node, size_t *at)
{
	return lists_next(z->lists, TABLE_INSTANCE, lists_key(node, LISTS_OTHER), at);
}

const struct instance *zone_next_home(const struct zone *z, struct cc_uuid node, size_t *at)
{
	return lists_next(z->lists, TABLE_INSTANCE, lists_key(node, LISTS_HOME), at);
}

/* Keys of a caller */

static bool caller_has_key(const void *item, const void *key)
{
	return memcmp(((const struct caller *)item)->key.b, key, ZONE_CALLER_BYTES) == 0;
}

static struct caller *find_caller(const struct zone *z, const struct cc_uuid *key)
{
	return (struct caller *)cc_hash_find(&z->callers, cc_hash_bytes(key->b, ZONE_CALLER_BYTES), caller_has_key, key);
}

static void count_key(struct zone *z, struct cc_uuid key, int by)
{
	struct caller *c = find_caller(z, &key);

	if (c == NULL) {
		c = cc_calloc(1, sizeof(*c));
		c->key = key;
		cc_hash_add(&z->callers, cc_hash_bytes(key.b, ZONE_CALLER_BYTES), c);
	}
	c->n += (size_t)by;
	if (c->n > 0)
		return;
	cc_hash_remove(&z->callers, cc_hash_bytes(key.b, ZONE_CALLER_BYTES), c);
	free(c);
}

size_t zone_count_keys(const struct zone *z, struct cc_uuid key)
{
	const struct caller *c = find_caller(z, &key);

	return c != NULL ? c->n : 0;
}

/* What members use */

static bool use_is_of(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct used *)item)->member, *(const struct cc_uuid *)key);
}

static struct used *find_use(const struct zone *z, struct cc_uuid member)
{
	return (struct used *)cc_hash_find(&z->use, cc_hash_id(member), use_is_of, &member);
}

/* What a row takes of its member's limits; false: nothing. */
static bool use_of(const struct row *r, struct cc_uuid *ret_member, struct zone_use *ret)
{
	const struct instance *inst = r->values;
	const struct volume *v = r->values;
	const struct snapshot *s = r->values;

	if (r->table == TABLE_INSTANCE) {
		*ret_member = inst->member;
		*ret = (struct zone_use){ 1, inst->cpu_millis, inst->memory_mib, inst->disk_mib };
	} else if (r->table == TABLE_VOLUME) {
		*ret_member = v->member;
		*ret = (struct zone_use){ .disk_mib = v->size_mib };
	} else if (r->table == TABLE_SNAPSHOT) {
		*ret_member = s->member;
		*ret = (struct zone_use){ .disk_mib = s->size_mib };
	} else {
		return false;
	}
	return true;
}

static void count_use(struct zone *z, const struct row *r, int by)
{
	struct cc_uuid member;
	struct zone_use use;
	struct used *u;

	if (!use_of(r, &member, &use))
		return;
	u = find_use(z, member);
	if (u == NULL) {
		u = cc_calloc(1, sizeof(*u));
		u->member = member;
		cc_hash_add(&z->use, cc_hash_id(member), u);
	}
	u->rows += (size_t)by;
	u->use.instances += by * use.instances;
	u->use.cpu_millis += by * use.cpu_millis;
	u->use.memory_mib += by * use.memory_mib;
	u->use.disk_mib += by * use.disk_mib;
	if (u->rows > 0)
		return;
	cc_hash_remove(&z->use, cc_hash_id(member), u);
	free(u);
}

struct zone_use zone_member_use(const struct zone *z, struct cc_uuid member)
{
	const struct used *u = find_use(z, member);

	return u != NULL ? u->use : (struct zone_use){ 0 };
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

	cc_hash_add(&z->by_id[r->table], cc_hash_id(((const struct row_head *)r->values)->id), r);
	if (table_named(r->table))
		cc_hash_add(&z->by_name[r->table], cc_hash_text(table_row_name(r->table, r->values)), r);
	if (text != NULL)
		cc_hash_add(&z->by_text[index], cc_hash_text(text), r);
	lists_add(z->lists, r);
	if (r->table == TABLE_IDEMPOTENCY)
		count_key(z, ((const struct row_head *)r->values)->id, 1);
	count_use(z, r, 1);
	if (r->table == TABLE_NODE)
		columns_put(z->columns, r->values);
}

static void unindex_row(struct zone *z, struct row *r)
{
	enum text_index index;
	const char *text = indexed_text(r, &index);

	cc_hash_remove(&z->by_id[r->table], cc_hash_id(((const struct row_head *)r->values)->id), r);
	if (table_named(r->table))
		cc_hash_remove(&z->by_name[r->table], cc_hash_text(table_row_name(r->table, r->values)), r);
	if (text != NULL)
		cc_hash_remove(&z->by_text[index], cc_hash_text(text), r);
	lists_remove(z->lists, r);
	if (r->table == TABLE_IDEMPOTENCY)
		count_key(z, ((const struct row_head *)r->values)->id, -1);
	count_use(z, r, -1);
}

static struct row *find_row(const struct zone *z, enum table t, struct cc_uuid id)
{
	return (struct row *)cc_hash_find(&z->by_id[t], cc_hash_id(id), row_has_id, &id);
}

void zone_apply_one(struct zone *z, const struct effect *e)
{
	struct row *old = find_row(z, e->table, e->id);

	if (!table_kept(e->table))
		return;
	z->touched |= 1u << e->table;
	if (old != NULL) {
		unindex_row(z, old);
		row_unref(old);
	}
	if (e->row != NULL)
		index_row(z, row_ref(e->row));
	else if (e->table == TABLE_NODE)
		columns_remove(z->columns, e->id);
}

void zone_apply(struct zone *z, const struct effects *fx, size_t from)
{
	for (size_t i = from; i < fx->n; i++)
		zone_apply_one(z, &fx->items[i]);
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

struct image_key {
	const char *name; /* ends at len */
	size_t len;
	const char *arch;
};

static bool row_is_image(const void *item, const void *key)
{
	const struct image *img = ((const struct row *)item)->values;
	const struct image_key *k = key;

	return strncmp(img->name, k->name, k->len) == 0 && img->name[k->len] == '\0' && strcmp(img->arch, k->arch) == 0;
}

static const struct image *find_image(const struct zone *z, const char *name, size_t len, const char *arch)
{
	struct image_key key = { name, len, arch };
	const struct row *r = cc_hash_find(&z->by_name[TABLE_IMAGE], cc_hash_bytes(name, len), row_is_image, &key);

	return r != NULL ? r->values : NULL;
}

const struct image *zone_find_image(const struct zone *z, const char *name, const char *arch)
{
	return find_image(z, name, strlen(name), arch);
}

static const struct image *find_first_image(const struct zone *z, const char *name)
{
	const struct image *img = NULL;
	const char *arch = strchr(name, ':');

	if (arch != NULL)
		return find_image(z, name, (size_t)(arch - name), arch + 1);
	for (uint8_t i = 1; img == NULL && sched_arch_name(i) != NULL; i++)
		img = zone_find_image(z, name, sched_arch_name(i));
	return img;
}

const void *zone_find_name(const struct zone *z, enum table t, const char *name)
{
	if (t == TABLE_IMAGE)
		return find_first_image(z, name);
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
