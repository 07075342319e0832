/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cursor is the last row's id and name, in base64 so that nobody takes it apart. It grants nothing: what the caller may see is asked anew for each page. */
#include "controller/api/list.h"

#include <sodium.h>
#include <stdlib.h>

#define LIMIT_USUAL 500
#define LIMIT_MAX   1000
#define CURSOR_MAX  256

/* What has no name of its own in the zone: snapshots are ordered by theirs, invitations by the node's, the rest by its id, which is the order of making. */
const char *list_name(enum table t, const void *row)
{
	if (t == TABLE_INVITE)
		return ((const struct invite *)row)->node_name;
	if (t == TABLE_SNAPSHOT)
		return ((const struct snapshot *)row)->name;
	return table_named(t) ? table_row_name(t, row) : "";
}

const char *list_cursor(struct cc_arena *a, enum table t, const void *row)
{
	char id[CC_UUID_TEXT];
	const char *key = cc_printf(a, "%s%s", cc_uuid_format(((const struct row_head *)row)->id, id), list_name(t, row));
	size_t size = sodium_base64_ENCODED_LEN(strlen(key), sodium_base64_VARIANT_URLSAFE_NO_PADDING);

	return sodium_bin2base64(cc_arena_alloc(a, size), size, (const unsigned char *)key, strlen(key), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static int read_cursor(const struct call *c, struct list_query *q, struct cc_error *err)
{
	const char *text = c->params[PARAM_cursor];
	struct cc_error ignored = { 0 };
	unsigned char key[CURSOR_MAX + 1];
	char id[CC_UUID_TEXT];
	size_t n;

	if (text == NULL)
		return 0;
	if (sodium_base642bin(key, CURSOR_MAX, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) < 0 ||
	        n < CC_UUID_TEXT - 1 || !cc_utf8_valid((const char *)key, n) || memchr(key, '\0', n) != NULL)
		return cc_fail(err, INVALID, "cursor: '%.80s' is none of this list's; begin without one", text);
	key[n] = '\0';
	memcpy(id, key, sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	if (cc_uuid_parse(id, &q->after_id, &ignored) < 0)
		return cc_fail(err, INVALID, "cursor: '%.80s' is none of this list's; begin without one", text);
	q->after = true;
	q->after_name = cc_arena_strdup(c->arena, (const char *)key + CC_UUID_TEXT - 1);
	return 0;
}

static int read_limit(const struct call *c, struct list_query *q, struct cc_error *err)
{
	int64_t limit = c->params[PARAM_limit] != NULL ? strtoll(c->params[PARAM_limit], NULL, 10) : LIMIT_USUAL;

	if (limit < 1 || limit > LIMIT_MAX)
		return cc_fail(err, INVALID, "limit: 1 to %d items are given at a time", LIMIT_MAX);
	q->limit = (size_t)limit;
	return 0;
}

static void read_name(const struct call *c, struct list_query *q)
{
	const char *name = c->params[PARAM_named];
	size_t n = name != NULL ? strlen(name) : 0;

	q->prefix = n > 0 && name[n - 1] == '*';
	q->name = name != NULL ? cc_arena_memdup(c->arena, name, n - q->prefix) : NULL;
}

static int read_states(const struct call *c, enum table t, struct list_query *q, struct cc_error *err)
{
	const struct cc_field *f = cc_desc_find(table_desc(t), "state");
	const char *at = c->params[PARAM_state];

	if (at == NULL)
		return 0;
	for (;;) {
		size_t n = strcspn(at, ",");
		unsigned state;

		if (cc_enum_parse(f, cc_arena_memdup(c->arena, at, n), &state, err) < 0)
			return -1;
		q->states |= (uint64_t)1 << state;
		if (at[n] == '\0')
			return 0;
		at += n + 1;
	}
}

static const struct {
	size_t param;
	const char *field;
	enum table table;
} refs[LIST_REF_MAX] = {
	[LIST_NODE] = { PARAM_node, "node", TABLE_NODE },
	[LIST_MEMBER] = { PARAM_member, "member", TABLE_MEMBER },
	[LIST_OWNER] = { PARAM_owner, "owner", TABLE_MEMBER },
	[LIST_IMAGE] = { PARAM_image, "image", TABLE_IMAGE },
};

/* Other members do not exist for a member. */
static int read_ref(const struct call *c, const struct zone *z, enum list_ref i, struct list_query *q, struct cc_error *err)
{
	const char *text = c->params[refs[i].param];
	const struct row_head *row = text != NULL ? zone_find_ref(z, refs[i].table, text) : NULL;

	if (text == NULL)
		return 0;
	if (row == NULL || (i == LIST_MEMBER && !call_may(c, row->id)))
		return cc_fail_missing(err, table_name(refs[i].table), text, "");
	q->refers[i] = true;
	q->refs[i] = row->id;
	return 0;
}

int list_query_read(const struct call *c, const struct zone *z, enum table t, struct list_query *ret, struct cc_error *err)
{
	struct list_query q = { 0 };

	if (read_limit(c, &q, err) < 0 || read_cursor(c, &q, err) < 0 || read_states(c, t, &q, err) < 0)
		return -1;
	read_name(c, &q);
	for (enum list_ref i = 0; i < LIST_REF_MAX; i++)
		if (read_ref(c, z, i, &q, err) < 0)
			return -1;
	if (c->params[PARAM_selector] != NULL && cc_selector_parse(c->params[PARAM_selector], c->arena, &q.labels, err) < 0)
		return -1;
	*ret = q;
	return 0;
}

static bool name_matches(const struct list_query *q, const char *name)
{
	if (q->name == NULL)
		return true;
	return q->prefix ? strncmp(name, q->name, strlen(q->name)) == 0 : strcmp(name, q->name) == 0;
}

static bool refers(const struct list_query *q, enum table t, const void *row)
{
	for (int i = 0; i < LIST_REF_MAX; i++) {
		const struct cc_field *f = q->refers[i] ? cc_desc_find(table_desc(t), refs[i].field) : NULL;

		if (f != NULL && (!cc_field_has(f, row) || !cc_uuid_equal(*(const struct cc_uuid *)cc_field_at(f, row), q->refs[i])))
			return false;
	}
	return true;
}

static bool state_matches(const struct list_query *q, enum table t, const void *row)
{
	const struct cc_field *f = q->states != 0 ? cc_desc_find(table_desc(t), "state") : NULL;

	return f == NULL || (q->states & (uint64_t)1 << *(const unsigned *)cc_field_at(f, row)) != 0;
}

static bool labels_match(const struct list_query *q, enum table t, const void *row)
{
	const struct cc_field *f = q->labels.n > 0 ? cc_desc_find(table_desc(t), "labels") : NULL;

	return f == NULL || cc_selector_matches(&q->labels, cc_field_at(f, row));
}

bool list_matches(const struct list_query *q, enum table t, const void *row)
{
	return name_matches(q, list_name(t, row)) && state_matches(q, t, row) && refers(q, t, row) && labels_match(q, t, row);
}

bool list_is_after(const struct list_query *q, enum table t, const void *row)
{
	int order = q->after ? strcmp(list_name(t, row), q->after_name) : 1;

	return order > 0 || (order == 0 && memcmp(&((const struct row_head *)row)->id, &q->after_id, sizeof(q->after_id)) > 0);
}
