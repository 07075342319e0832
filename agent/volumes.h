/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The volumes that orders name: made, grown and deleted through the privileged half, and told about. A volume that no orders name any more is let be: it may
 * hold a member's data, and only an order deletes that. */
#pragma once

#include "agent/act.h"

/* Takes in what orders say; `full`: all there are. */
void volumes_take(struct inst_table *t, const struct node_orders *o);
/* What the spool keeps, in the form of orders; the caller frees *ret. Returns how many. */
size_t volumes_orders(const struct inst_table *t, struct volume_order **ret);

/* Sends what is to be done. */
void volumes_look(struct act *a, int64_t now_ms);
/* When to look again although nothing happened. */
int64_t volumes_next_ms(const struct inst_table *t, int64_t now_ms);
/* Whether all that the assignment uses are there; if not, why says what is waited for. */
bool volumes_ready(const struct inst_table *t, const struct assignment *want, char why[INST_REASON]);
/* What they take together. */
int64_t volumes_mib(const struct inst_table *t);

/* Fills at most t->n_volumes items with what is new, or all; returns how many. Texts point into the table. */
size_t volumes_report(const struct inst_table *t, bool full, struct node_stored *items);
/* Whether something waits to be told. */
bool volumes_have_news(const struct inst_table *t);
/* What was deleted and told is forgotten. After t->confirmed was set. */
void volumes_confirmed(struct inst_table *t);
