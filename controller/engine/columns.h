/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes as the scheduler wants them, changed row by row as the zone changes. An index is the same node until it is removed. */
#pragma once

#include "common/model.h"
#include "controller/engine/node_labels.h"
#include "scheduler/sched.h"

struct columns;

struct columns *columns_new(void);
void columns_free(struct columns *c);
/* Adds the node or takes in its new figures. The row must last until it is put anew or removed. */
void columns_put(struct columns *c, const struct node *n);
void columns_remove(struct columns *c, struct cc_uuid node);
/* Valid until the next change. */
const struct sched_nodes *columns_sched(const struct columns *c);
struct cc_uuid columns_id(const struct columns *c, size_t index);
/* SIZE_MAX when there is no such node. */
size_t columns_index(const struct columns *c, struct cc_uuid node);
/* The indexes of a member's own nodes, until the next change; returns how many. */
size_t columns_owned(const struct columns *c, struct cc_uuid member, const uint32_t **ret);
/* The set of nodes whose owners do not let the member in; NULL when all are for everybody. */
const uint64_t *columns_unwelcome(const struct columns *c, const struct member *m, struct cc_arena *a);
/* Whether the owner lets the member in, who may be the owner. */
bool columns_welcomes(const struct node *n, const struct member *m);
/* By index. */
const struct node_labels *columns_labels(const struct columns *c);
/* Where a node is on the map of distances; an unknown point when it was never placed. */
struct sched_point columns_point_of(const struct node *n);
