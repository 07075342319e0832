/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/controller_confine.h"

#include "common/confine.h"
#include "controller/store/store.h"

#include <linux/capability.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* A controller that runs as root and keeps its files as another user needs the one, http_listen below 1024 the other. Files have a fence of their own. */
#define KEPT (CAP(DAC_OVERRIDE) | CAP(NET_BIND_SERVICE))

static void allow_database(struct cc_confine *c, const char *conninfo, struct cc_arena *a)
{
	struct store_reach reach;

	store_reach(conninfo, a, &reach);
	cc_confine_path(c, "/etc/postgresql-common", CC_MAY_READ);
	cc_confine_path(c, "/etc/gss", CC_MAY_READ);
	c->dial_anywhere = reach.anywhere;
	for (size_t i = 0; i < reach.n_ports; i++)
		cc_confine_dial(c, reach.ports[i]);
	for (size_t i = 0; i < reach.n_files; i++)
		cc_confine_path(c, reach.files[i], CC_MAY_READ);
}

/* The zone's other controllers, of which the database tells later. */
static void allow_controllers(struct cc_confine *c, const struct controller_config *cfg, struct cc_arena *a)
{
	uint16_t ports[CONTROLLER_PORTS];
	size_t n = controller_ports(cfg, a, ports);

	for (size_t i = 0; i < n; i++)
		cc_confine_dial(c, ports[i]);
}

int controller_confine(const struct controller_config *cfg, const char *config_path, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_confine c = { .calls = CC_CALLS_WRITE | CC_CALLS_DIAL | CC_CALLS_LISTEN, .capabilities = KEPT, .tell_kernel_log = true };

	cc_confine_system(&c);
	cc_confine_path(&c, cfg->state_dir, CC_MAY_WRITE);
	cc_confine_path(&c, cc_confine_folder_of(a, cfg->http_socket), CC_MAY_LISTEN);
	cc_confine_path(&c, cc_confine_folder_of(a, config_path), CC_MAY_READ);
	cc_confine_listen(&c, cfg->http_listen.port);
	allow_database(&c, cfg->database, a);
	allow_controllers(&c, cfg, a);
	if (cc_confine_enter(&c, err) < 0)
		return cc_wrap(err, "giving up rights");
	cc_confine_log();
	return 0;
}
