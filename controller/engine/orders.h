/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a node should do, computed from the zone whenever the node asks. Nothing is queued per node, so a lost answer costs nothing. */
#pragma once

#include "controller/engine/zone.h"

/* Fills the answer to a report: what changed since r->revision, all of it when that is 0 or from a future this zone does not know; and which reported
 * instances should not be on the node. wait_ms, lease_ms and streams are left to the caller. Everything is copied into `a`.
 * Returns 1 when there is something to say, 0 when the node may wait. */
int orders_build(const struct zone *z, const struct node_report *r, struct cc_uuid node, struct node_orders *ret, struct cc_arena *a);

/* Whether the node is ready, nothing is under way there and nothing lives by its lease: then its next report may wait for long. */
bool orders_are_settled(const struct zone *z, struct cc_uuid node);
