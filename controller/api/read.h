/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads of the published zone: one row, or a page of a list. At once, or, with `index`, when there is something newer than that revision; the wait is cut at
 * the zone's longest. A revision that this zone does not know yet is answered at once: the caller learns that the zone is another one. */
#pragma once

#include "controller/api/rows.h"

/* What one kind of thing looks like from outside. */
struct view {
	enum table table;
	rows_filter *may; /* whether the caller may see it; NULL: all */
	rows_copy *copy;  /* NULL: as it is */
	bool counted;     /* shows what changes without the row's revision: so nobody is told that they know it already */
	bool elsewhere;   /* `may` looks at a row of another table with the same id, which path[0] names: */
	enum table found_in;
	bool within; /* rows that belong to a row of `found_in`, which path[0] names and `may` looks at; path[1] names one of them */
};

/* The row that belongs to another one, by name or id; NULL when there is none. */
const struct row_head *read_find_within(const struct zone *z, const struct view *v, struct cc_uuid parent, const char *ref);
/* The row that the path names. @err NOT_FOUND, INVALID */
int read_row(struct call *c, const struct view *v, struct cc_error *err);
/* As an instance_list, node_list... (they are alike). @err INVALID, NOT_FOUND what a filter names */
int read_list(struct call *c, const struct view *v, struct cc_error *err);

/* For reads that are neither: */
/* Reads index and wait. @err INVALID */
int read_begin(struct call *c, struct cc_error *err);
/* To be called before the zone is looked at. */
void read_watch(struct call *c, struct cc_uuid key);
/* Whether what was found, last changed at `revision`, is not new enough yet. */
bool read_waits(const struct call *c, int64_t revision, int64_t zone);
int read_park(struct call *c, call_handler *look);
