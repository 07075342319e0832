/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who waits for a list is woken by every change of its table, and goes on waiting when nothing that they may see and asked for is another: the ids and
 * revisions of those rows, mixed into one number, tell. What a look finds lies in an arena of its own, so that many looks take no more than one. */
#include "controller/api/read.h"
#include "common/clock.h"
#include "common/hash_table.h"
#include "controller/api/list.h"

#include <stdlib.h>

struct reading {
	const struct view *view;
	struct cc_uuid id;     /* of a row */
	struct cc_uuid parent; /* of what lies within */
	int64_t above;         /* -1: answer at once */
	int64_t until;
	struct list_query query;
	bool looked; /* at a list, which was like this: */
	uint64_t seen;
	struct cc_arena *scratch;
};

/* Every read's state begins with it. */
static struct reading *reading_of(const struct call *c)
{
	return c->state;
}

static void read_end(struct call *c)
{
	struct reading *r = reading_of(c);

	cc_arena_free(r->scratch);
	r->scratch = NULL;
}

int read_begin(struct call *c, struct cc_error *err)
{
	struct reading *r = cc_new(c->arena, struct reading);
	int64_t wait = c->setup->wait_max_ms;

	r->above = -1;
	c->state = r;
	c->end = read_end;
	if (c->params[PARAM_wait] != NULL && cc_duration_parse(c->params[PARAM_wait], &wait, err) < 0)
		return cc_wrap(err, "wait");
	if (c->params[PARAM_index] == NULL)
		return c->params[PARAM_wait] != NULL ? cc_fail(err, INVALID, "wait: only a read with index waits") : 0;
	r->above = strtoll(c->params[PARAM_index], NULL, 10);
	r->until = cc_boottime_ms() + (wait < c->setup->wait_max_ms ? wait : c->setup->wait_max_ms);
	return 0;
}

void read_watch(struct call *c, struct cc_uuid key)
{
	call_watch(c, key);
}

bool read_waits(const struct call *c, int64_t revision, int64_t zone)
{
	const struct reading *r = reading_of(c);

	return revision <= r->above && r->above <= zone && !c->timed_out && cc_boottime_ms() < r->until;
}

int read_park(struct call *c, call_handler *look)
{
	return call_park(c, reading_of(c)->until, look);
}

/* ---- rows ---- */

/* NULL when it is gone, or not the caller's any more. */
static const void *find(const struct call *c, const struct zone *z, const struct reading *r)
{
	const struct view *v = r->view;
	const void *row = zone_find(z, v->table, r->id);
	const void *judged = v->within ? zone_find(z, v->found_in, r->parent) : v->elsewhere ? zone_find(z, v->found_in, r->id) : row;

	return judged != NULL && (v->may == NULL || v->may(c, judged)) ? row : NULL;
}

static int look_at_row(struct call *c, struct cc_error *err)
{
	const struct reading *r = reading_of(c);
	const struct view *v = r->view;
	const struct zone *z;
	const void *row;
	bool waits = false;

	read_watch(c, r->id);
	z = engine_read_begin(c->engine);
	row = find(c, z, r);
	if (row != NULL) {
		c->index = row_revision(v->table, row);
		waits = read_waits(c, c->index, zone_revision(z));
		if (!waits)
			c->reply = v->copy != NULL ? v->copy(c, z, row) : cc_row_arena_copy(table_desc(v->table), row, c->arena);
	}
	engine_read_end(c->engine);
	if (row == NULL)
		return cc_fail_missing(err, table_name(v->table), c->path[v->within], "; it is gone");
	return waits ? read_park(c, look_at_row) : 0;
}

const struct row_head *read_find_within(const struct zone *z, const struct view *v, struct cc_uuid parent, const char *ref)
{
	const struct row_head *row;
	char id[CC_UUID_TEXT];

	for (size_t at = 0; (row = zone_next_of(z, v->table, parent, &at)) != NULL;)
		if (strcmp(list_name(v->table, row), ref) == 0 || strcmp(cc_uuid_format(row->id, id), ref) == 0)
			return row;
	return NULL;
}

/* What the path names, and first what that belongs to. */
static const struct row_head *find_named(const struct call *c, const struct zone *z, struct reading *r, struct cc_error *err)
{
	const struct view *v = r->view;
	const struct row_head *row = rows_find(c, z, v->elsewhere || v->within ? v->found_in : v->table, c->path[0], v->may, err);

	if (row == NULL || !v->within)
		return row;
	r->parent = row->id;
	row = read_find_within(z, v, row->id, c->path[1]);
	if (row == NULL)
		cc_fail_missing(err, table_name(v->table), c->path[1], "");
	return row;
}

int read_row(struct call *c, const struct view *v, struct cc_error *err)
{
	const struct row_head *row;
	const struct zone *z;

	if (read_begin(c, err) < 0)
		return -1;
	reading_of(c)->view = v;
	c->always_sent = v->counted;
	z = engine_read_begin(c->engine);
	row = find_named(c, z, reading_of(c), err);
	if (row != NULL)
		reading_of(c)->id = row->id;
	engine_read_end(c->engine);
	return row != NULL ? look_at_row(c, err) : -1;
}

/* ---- lists ---- */

struct found {
	const char *name;
	const void *row;
};

static int by_name(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : memcmp(&((const struct row_head *)x->row)->id, &((const struct row_head *)y->row)->id, sizeof(struct cc_uuid));
}

static uint64_t version_of(enum table t, const struct row_head *row)
{
	uint64_t parts[2] = { cc_hash_id(row->id), (uint64_t)row_revision(t, row) };

	return cc_hash_bytes(parts, sizeof(parts));
}

static const struct row_head *next_row(const struct zone *z, const struct reading *r, size_t *at)
{
	return r->view->within ? zone_next_of(z, r->view->table, r->parent, at) : zone_next(z, r->view->table, at);
}

/* All that is meant, on any page; *ret_seen stands for what it is like now. Returns how many come after the cursor. */
static size_t collect(const struct call *c, const struct zone *z, const struct reading *r, struct found *ret, uint64_t *ret_seen)
{
	enum table t = r->view->table;
	const struct row_head *row;
	size_t n = 0;

	*ret_seen = 0;
	for (size_t at = 0; (row = next_row(z, r, &at)) != NULL;) {
		if ((r->view->may != NULL && !r->view->within && !r->view->may(c, row)) || !list_matches(&r->query, t, row))
			continue;
		*ret_seen += version_of(t, row);
		if (list_is_after(&r->query, t, row))
			ret[n++] = (struct found){ list_name(t, row), row };
	}
	return n;
}

/* All lists are filled in as one. */
#define SAME(type)                                                                                      \
	_Static_assert(offsetof(struct type, index) == offsetof(struct instance_list, index) &&         \
	                       offsetof(struct type, items) == offsetof(struct instance_list, items) && \
	                       offsetof(struct type, next) == offsetof(struct instance_list, next) &&   \
	                       sizeof(struct type) == sizeof(struct instance_list),                     \
	        #type " differs from other lists")
SAME(member_list);
SAME(member_token_list);
SAME(node_list);
SAME(invite_list);
SAME(image_list);
SAME(snapshot_list);
SAME(volume_list);
SAME(placement_list);
#undef SAME

static const void *page(struct call *c, const struct zone *z, const struct reading *r, struct found *rows, size_t n)
{
	const struct view *v = r->view;
	struct instance_list *list = cc_new(c->arena, struct instance_list);
	size_t size = table_desc(v->table)->size;
	char *items;

	qsort(rows, n, sizeof(*rows), by_name);
	if (n > r->query.limit) {
		n = r->query.limit;
		c->next_page = list_cursor(c->arena, v->table, rows[n - 1].row);
		cc_set(list, instance_list, next, c->next_page);
	}
	items = cc_arena_array(c->arena, n + 1, size);
	for (size_t i = 0; i < n; i++)
		memcpy(items + i * size,
		        v->copy != NULL ? v->copy(c, z, rows[i].row) : cc_row_arena_copy(table_desc(v->table), rows[i].row, c->arena), size);
	list->index = zone_revision(z);
	list->items.n = n;
	list->items.items = (void *)items;
	return list;
}

/* Something was committed to the table; but to none of these rows, perhaps. */
static bool is_another(const struct reading *r, uint64_t seen)
{
	return !r->looked || r->seen != seen;
}

static int look_at_list(struct call *c, struct cc_error *err)
{
	struct reading *r = reading_of(c);
	enum table t = r->view->table;
	const struct zone *z;
	struct found *rows;
	uint64_t seen;
	size_t n;
	bool waits;

	(void)err;
	read_end(c);
	r->scratch = cc_arena_new(0);
	read_watch(c, zone_table_key(t));
	z = engine_read_begin(c->engine);
	rows = cc_new_array(r->scratch, zone_count(z, t) + 1, struct found);
	n = collect(c, z, r, rows, &seen);
	waits = read_waits(c, is_another(r, seen) ? zone_table_revision(z, t) : 0, zone_revision(z));
	c->index = zone_revision(z);
	if (!waits)
		c->reply = page(c, z, r, rows, n);
	engine_read_end(c->engine);
	read_end(c);
	r->looked = waits;
	r->seen = seen;
	if (waits)
		return read_park(c, look_at_list);
	/* Weak: what other rows are called, and when a node was last heard of, is not in it. */
	c->etag = cc_printf(c->arena, "W/\"%016llx\"", (unsigned long long)seen);
	return 0;
}

static int find_parent(const struct call *c, const struct zone *z, struct reading *r, struct cc_error *err)
{
	const struct row_head *row = r->view->within ? rows_find(c, z, r->view->found_in, c->path[0], r->view->may, err) : NULL;

	if (row != NULL)
		r->parent = row->id;
	return row != NULL || !r->view->within ? 0 : -1;
}

int read_list(struct call *c, const struct view *v, struct cc_error *err)
{
	const struct zone *z;
	struct reading *r;
	int result;

	if (read_begin(c, err) < 0)
		return -1;
	r = reading_of(c);
	r->view = v;
	c->always_sent = v->counted;
	z = engine_read_begin(c->engine);
	result = find_parent(c, z, r, err) < 0 ? -1 : list_query_read(c, z, v->table, &r->query, err);
	engine_read_end(c->engine);
	return result < 0 ? -1 : look_at_list(c, err);
}
