/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows of a table a request for a list means: filters, labels, and the page. Pages follow each other by the last row's name and id, so what comes and
 * goes between two of them neither hides nor doubles another row. */
#pragma once

#include "common/selector.h"
#include "controller/api/call.h"

/* Columns that name another row. */
enum list_ref { LIST_NODE, LIST_MEMBER, LIST_OWNER, LIST_IMAGE, LIST_REF_MAX };

struct list_query {
	size_t limit;
	bool after; /* only what follows this */
	const char *after_name;
	struct cc_uuid after_id;
	const char *name; /* NULL: any */
	bool prefix;      /* names that begin so */
	uint64_t states;  /* as bits; 0: any */
	bool refers[LIST_REF_MAX];
	struct cc_uuid refs[LIST_REF_MAX];
	struct cc_selector labels;
};

/* Reads the query of a list of table t. Between engine_read_begin and engine_read_end. @err INVALID, NOT_FOUND what a filter names */
int list_query_read(const struct call *c, const struct zone *z, enum table t, struct list_query *ret, struct cc_error *err);

/* What rows of a table are ordered by first; their ids come second. */
const char *list_name(enum table t, const void *row);
/* Whether the row is meant, on whichever page. */
bool list_matches(const struct list_query *q, enum table t, const void *row);
/* Whether it comes on a later page than those before the cursor. */
bool list_is_after(const struct list_query *q, enum table t, const void *row);
/* The cursor of the page after this row. */
const char *list_cursor(struct cc_arena *a, enum table t, const void *row);
