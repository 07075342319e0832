/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The snapshots of the instances on this node: what the assignment names is taken once, what it does not name is deleted, and all that there is is told. Without
 * an assignment, or one that does not speak of them, all are let be. */
#pragma once

#include "agent/act.h"

/* Sends what is to be done next about one instance. */
void snapshots_look(struct act *a, struct inst *i, int64_t now_ms);
/* Sends the restore that the assignment asks for. The instance is stopped. */
void snapshots_restore(struct act *a, struct inst *i);
/* What they count for together: as the controller counts, what was measured when they were taken, at most the disk limit of their instance. Those of before the
 * agent's last start are not measured again and count nothing. */
int64_t snapshots_mib(const struct inst_table *t);
