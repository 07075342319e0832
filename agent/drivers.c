/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver.h"

#include <string.h>
#include <unistd.h>

void driver_status_close(const struct driver_status *status)
{
	if (status->init_fd >= 0)
		close(status->init_fd);
	if (status->monitor_fd >= 0)
		close(status->monitor_fd);
}

const struct driver *driver_find(const char *name)
{
	static const struct driver *const drivers[] = { &driver_lxc, &driver_sim };

	for (size_t i = 0; i < CC_ARRAY_LEN(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}
