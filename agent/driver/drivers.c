/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/driver.h"

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

int driver_check(const struct priv_node *node, struct cc_error *err)
{
	return node->driver->check != NULL ? node->driver->check(node, err) : 0;
}

bool driver_has_network(const struct priv_node *node)
{
	return node->driver->prepare != NULL;
}

int driver_sweep_others(const struct priv_node *node, cgroup_keep_fn *keep, void *user, struct cc_error *err)
{
	return node->driver->sweep_others != NULL ? node->driver->sweep_others(node, keep, user, err) : 0;
}

bool driver_is_made(const struct priv_node *node, const struct ct_record *rec)
{
	return node->driver->is_made == NULL || node->driver->is_made(node, rec);
}

int driver_sweep(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return node->driver->sweep != NULL ? node->driver->sweep(node, rec, err) : 0;
}

int driver_console(const struct priv_node *node, const struct ct_record *rec, const struct driver_console *console, struct cc_error *err)
{
	if (node->driver->console == NULL)
		return cc_fail(err, CONFLICT, "the %s driver has no consoles", node->driver->name);
	return node->driver->console(node, rec, console, err);
}

int driver_limit(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return node->driver->limit != NULL ? node->driver->limit(node, rec, err) : 0;
}

int driver_retire(const struct priv_node *node, struct cc_error *err)
{
	return node->driver->retire != NULL ? node->driver->retire(node, err) : 0;
}

int driver_freeze(const struct priv_node *node, struct cc_uuid id, bool on, struct cc_error *err)
{
	return node->driver->freeze != NULL ? node->driver->freeze(node, id, on, err) : 0;
}
