/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nodes tell of themselves that no decision needs: in memory only. A controller that starts is told all of it with the nodes' first reports. Any thread. */
#pragma once

#include "common/model.h"

struct told;

struct told *told_new(void);
void told_free(struct told *t);

/* Takes what the report says; `now_ms` is the wall clock when it came. The way takes its time, so the later of a node's last two words on its clock counts. */
void told_take(struct told *t, struct cc_uuid node, const struct node_report *r, int64_t now_ms);
/* Sets what is known in a copy of the node's row; texts go to the arena. */
void told_show(struct told *t, struct node *n, struct cc_arena *a);
/* The node is not of the zone any more. */
void told_remove(struct told *t, struct cc_uuid node);
