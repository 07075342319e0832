/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/row.h"

#include <stdlib.h>

static const struct {
	const char *name;
	const struct cc_desc *desc;
	bool named;
	size_t revision_offset;
} tables[TABLE_MAX] = {
#define T(NAME, entity, named) [TABLE_##NAME] = { #entity, &entity##_desc, named, offsetof(struct entity, revision) },
#include "controller/engine/tables.def"
#undef T
};

#define T(NAME, entity, named) _Static_assert(offsetof(struct entity, id) == offsetof(struct row_head, id), #entity " must begin with `id`");
#include "controller/engine/tables.def"
#undef T

const struct cc_desc *table_desc(enum table t)
{
	return tables[t].desc;
}

const char *table_name(enum table t)
{
	return tables[t].name;
}

bool table_named(enum table t)
{
	return tables[t].named;
}

const char *table_row_name(enum table t, const void *values)
{
	const struct cc_field *f = cc_desc_find(table_desc(t), "name");

	return *(const char *const *)cc_field_at(f, values);
}

struct row *row_new(enum table t, const void *values)
{
	struct row *r = cc_malloc(sizeof(*r));

	*r = (struct row){ .refs = 1, .table = t, .values = cc_row_heap_copy(table_desc(t), values) };
	return r;
}

struct row *row_ref(struct row *r)
{
	r->refs++;
	return r;
}

void row_unref(struct row *r)
{
	if (r == NULL || --r->refs > 0)
		return;
	free(r->values);
	free(r);
}

int64_t row_revision(enum table t, const void *values)
{
	return *(const int64_t *)((const char *)values + tables[t].revision_offset);
}

void row_set_revision(struct row *r, int64_t revision)
{
	*(int64_t *)((char *)r->values + tables[r->table].revision_offset) = revision;
}
