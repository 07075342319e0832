/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of what an instance has written. In a child: copies take as long as they take. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"

/* Takes one, and gives what it takes on the disk. A running instance is held still meanwhile where its pool copies file by file; what a kill leaves held is let
 * go by snapshot_drop. @err NOT_FOUND it has written nothing yet, NO_CAPACITY, TIMEOUT, TOO_LARGE, IO */
int snapshot_take(
        const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, bool running, uint64_t *ret_bytes, struct cc_error *err);
/* Whether a running instance is held still for one. */
bool snapshot_holds(const struct priv_node *node, const struct ct_record *rec);
/* Removes it, whole or half made, and lets the instance go on. None is fine. @err IO */
int snapshot_drop(const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, struct cc_error *err);
/* Makes what a stopped instance has written what the snapshot has. May be done again as long as the instance has not run since. @err as snapshot_take */
int snapshot_restore(const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, struct cc_error *err);
