/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows belong to which: the instances and volumes of a node, the instances of a member, the snapshots and attachments of an instance, the attachments of a volume. Rows are not
 * referenced here: the zone's index by id holds them. */
#pragma once

#include "controller/engine/row.h"

struct lists;

/* Instances also belong to nodes in these ways. */
enum lists_kind {
	LISTS_OTHER, /* the node is their `other` */
	LISTS_HOME,  /* the node is their `home` */
};
/* The parent that stands for that. */
struct cc_uuid lists_key(struct cc_uuid node, enum lists_kind kind);

struct lists *lists_new(void);
void lists_free(struct lists *l);

/* Rows that belong to none are passed over. */
void lists_add(struct lists *l, struct row *r);
void lists_remove(struct lists *l, const struct row *r);

/* Walks the rows of a table that belong to a parent: for (size_t at = 0; (row = lists_next(l, t, parent, &at)) != NULL;) */
const void *lists_next(const struct lists *l, enum table t, struct cc_uuid parent, size_t *at);
