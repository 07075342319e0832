/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a node is to measure the way to. */
#pragma once

#include "controller/api/call.h"

/* Adds them when they are others than the node, whose report is the call's body, has: true then. An older agent measures nobody. Between engine_read_begin and
 * engine_read_end. */
bool probes_fill(const struct call *c, const struct zone *z, struct node_orders *orders, struct cc_arena *a);
