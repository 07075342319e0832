/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows: immutable, reference-counted entities of the zone. The working model, the published model and the effects under way share them. Counts are touched by
 * the engine's thread alone; readers copy what they need under the published model's lock (engine_read_begin). */
#pragma once

#include "common/model.h"

enum table {
#define T(NAME, entity, named) TABLE_##NAME,
#include "controller/engine/tables.def"
#undef T
	TABLE_MAX
};

/* What all rows begin with. */
struct row_head {
	uint64_t has;
	struct cc_uuid id;
};

/* A shared row: `values` points to its struct (struct member, struct node, ...). */
struct row {
	size_t refs;
	enum table table;
	void *values;
};

/* Whether the zone holds its rows; those of the audit log are written and no more. */
static inline bool table_kept(enum table t)
{
	return t != TABLE_AUDIT;
}

const struct cc_desc *table_desc(enum table t);
const char *table_name(enum table t);
bool table_named(enum table t);
/* The `name` of a named table's values. */
const char *table_row_name(enum table t, const void *values);

/* A row with a deep copy of the struct at `values`; one reference. */
struct row *row_new(enum table t, const void *values);
struct row *row_ref(struct row *r);
/* NULL is allowed. */
void row_unref(struct row *r);
/* The `revision` field of a struct of table t. */
int64_t row_revision(enum table t, const void *values);
void row_set_revision(struct row *r, int64_t revision);
