/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a deletion does, in the child that was forked for it. */
#pragma once

#include "agent/driver/driver.h"

#define CT_DELETE_MS 300000 /* what it may take */

/* Ends the instance if it is not known to be stopped, and removes all of it. Errors of the driver's stop and sweep, IO. */
int ct_delete_run(const struct priv_node *node, const struct ct_record *rec, const struct driver_status *now, struct cc_error *err);
