/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A restore, and its marks in the record: `restore_sn` and `restoring`, the id of the snapshot, are on the disk before anything is changed; `restoring` is taken
 * away when all is done. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"

/* Carries out what rec->restoring says, from the beginning if need be. When that fails and nothing was changed, the record says that it was not asked for.
 * @err as snapshot_restore */
int ct_restore_run(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);
/* The same for the record in memory, after the child that ran it. One that died leaves the marks: the next start completes it. */
void ct_restore_note(struct ct_record *rec, bool done, const struct cc_error *err);
