/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/ct_delete.h"

#include "agent/storage/storage.h"

int ct_delete_run(const struct priv_node *node, const struct ct_record *rec, const struct driver_status *now, struct cc_error *err)
{
	if (now->state != PRIV_CT_STOPPED && node->driver->stop(node, rec->id, now, 0, err) < 0)
		return -1;
	return driver_sweep(node, rec, err) < 0 ? -1 : storage_delete(node, rec->id, err);
}
