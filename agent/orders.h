/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking in what the controller says should be: checked as a whole first, so that nonsense changes nothing; then each assignment goes through the accept
 * table of reconcile.h. Pure: works on the instances' memory only. */
#pragma once

#include "agent/inst.h"

/* @err INVALID an id twice, an id both assigned and dropped, too many */
int orders_check(const struct node_orders *o, struct cc_error *err);

struct orders_taken {
	size_t taken;   /* assignments that are new or say something new */
	size_t refused; /* older than what is here */
	size_t dropped;
	size_t forgotten;
};
/* `o` was checked. Sets t->unsaved when the spool has to be written. */
struct orders_taken orders_take(struct inst_table *t, const struct node_orders *o);
