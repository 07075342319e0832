/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes as the scheduler wants them: one array per property, changed row by row as the zone changes. Indexes move when a node is removed. */
#pragma once

#include "common/model.h"
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
/* The number under which a member's nodes stand; false when the member never owned one. */
bool columns_owner(const struct columns *c, struct cc_uuid member, uint32_t *ret);
/* Sets ret[i] to 1 where the owner of node i does not let the member in, else to 0; false, and nothing set, when all are for everybody. */
bool columns_unwelcome(const struct columns *c, const struct member *m, uint8_t *ret);
