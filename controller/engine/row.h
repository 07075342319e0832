/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows: immutable, reference-counted entities of the zone. The working model, the published model and the effects under way share them. Counts are touched by
 * the engine's thread alone; readers copy what they need under the published model's lock (zone.h). */
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

const struct cc_desc *table_desc(enum table t);
const char *table_name(enum table t);
bool table_named(enum table t);

/* A row with the same values as the struct at `values`, deep-copied; one reference. */
const void *row_new(enum table t, const void *values);
const void *row_ref(const void *row);
/* NULL is allowed. */
void row_unref(const void *row);
/* The row's `revision` field. */
int64_t row_revision(enum table t, const void *row);
