/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/store/plan.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	Oid scalar;
	Oid array;
} types[] = {
	{ "bool", 16, 1000 },
	{ "int4", 23, 1007 },
	{ "int8", 20, 1016 },
	{ "text", 25, 1009 },
	{ "uuid", 2950, 2951 },
	{ "jsonb", 3802, 3807 },
};

Oid store_type(const char *name)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].scalar;
	return 0;
}

Oid store_array_type(const char *name)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].array;
	return 0;
}

const char *store_type_name(Oid type, char text[static 32])
{
	for (size_t i = 0; i < CC_ARRAY_LEN(types); i++) {
		if (types[i].scalar == type)
			return types[i].name;
		if (types[i].array == type) {
			snprintf(text, 32, "%s[]", types[i].name);
			return text;
		}
	}
	snprintf(text, 32, "type %u", type);
	return text;
}

enum table store_table(const char *entity)
{
	enum table t = 0;

	while (t < TABLE_MAX && strcmp(table_name(t), entity) != 0)
		t++;
	return t;
}

bool store_is_stored(const struct cc_field *f)
{
	return !(f->flags & CC_NODB);
}

/* Takes the next word off *rest; 0 at the end. */
static size_t next_word(const char **rest, const char **ret)
{
	size_t len;

	*rest += strspn(*rest, " ");
	*ret = *rest;
	len = strcspn(*rest, " ");
	*rest += len;
	return len;
}

static bool has_word(const char *words, const char *word)
{
	const char *w;

	for (size_t len; (len = next_word(&words, &w)) > 0;)
		if (len == strlen(word) && memcmp(w, word, len) == 0)
			return true;
	return false;
}

static void add_all_stored(const struct schema_query *q, const struct cc_desc *d, struct store_statement *st)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (store_is_stored(&d->fields[i]) && !has_word(q->derived, d->fields[i].name))
			st->fields[st->n++] = &d->fields[i];
}

int store_plan_args(const struct schema_query *q, enum table t, struct store_statement *ret, struct cc_error *err)
{
	struct store_statement st = { .query = q };
	const char *rest = q->args, *word;
	char name[64];

	if (strcmp(q->args, "*") == 0) {
		add_all_stored(q, table_desc(t), &st);
		*ret = st;
		return 0;
	}
	for (size_t len; (len = next_word(&rest, &word)) > 0;) {
		const struct cc_field *f;

		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		f = cc_desc_find(table_desc(t), name);
		if (f == NULL || !store_is_stored(f) || st.n == STORE_FIELDS_MAX)
			return cc_fail(err, INTERNAL, "query %s: %s has no stored field '%s'", q->name, table_name(t), name);
		st.fields[st.n++] = f;
	}
	*ret = st;
	return 0;
}

static const struct schema_query *find_query(enum table t, const char *verb)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", table_name(t), verb);
	return schema_query_find(name);
}

static int plan_table(enum table t, struct store_plan *ret, struct cc_error *err)
{
	const struct schema_query *put = find_query(t, "put"), *remove = find_query(t, "remove"), *settle = find_query(t, "settle");
	struct store_plan p = { .load = find_query(t, "load") };

	if (p.load == NULL || put == NULL || remove == NULL)
		return cc_fail(err, INTERNAL, "table %s lacks one of its queries: load, put, remove", table_name(t));
	if (store_plan_args(put, t, &p.put, err) < 0 || store_plan_args(remove, t, &p.remove, err) < 0)
		return -1;
	if (settle != NULL && store_plan_args(settle, t, &p.settle, err) < 0)
		return -1;
	*ret = p;
	return 0;
}

int store_plan_all(struct store_plan plans[static TABLE_MAX], struct cc_error *err)
{
	for (enum table t = 0; t < TABLE_MAX; t++)
		if (plan_table(t, &plans[t], err) < 0)
			return -1;
	return 0;
}
