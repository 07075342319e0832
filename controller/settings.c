/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/settings.h"

#define CC_CONFIG_NAME controller
#define CC_CONFIG_DEF  "controller/controller.def"
#define CC_CONFIG_ROWS
#include "common/config_table.h"

int controller_check(const void *values, struct cc_error *err)
{
	const struct controller_config *cfg = values;

	if (cfg->sync_wait >= cfg->node_lease)
		return cc_fail(err, INVALID, "sync_wait must be shorter than node_lease, or every idle node would count as lost");
	return 0;
}
