/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/agent_confine.h"

#include "common/confine.h"

static const struct {
	const char *path;
	unsigned may;
} fixed[] = {
	/* What the machine has, and this boot's id. All of /proc, because its files are made anew when memory is short and a right would not find them again;
	 * what belongs to other processes stays closed to a fenced one, but for what every user may see. */
	{ "/proc", CC_MAY_READ },
	{ "/sys/devices/system", CC_MAY_READ },
	{ "/sys/fs/cgroup", CC_MAY_READ },
};

static int allow_controllers(
        struct cc_confine *c, const struct agent_config *cfg, const struct spool_identity *who, struct cc_arena *a, struct cc_error *err)
{
	size_t n = cfg->controllers.n > 0 ? cfg->controllers.n : who != NULL ? who->controllers.n : 0;
	const char *const *items = cfg->controllers.n > 0 ? cfg->controllers.items : who != NULL ? who->controllers.items : NULL;
	struct cc_addr addr;

	c->dial_anywhere = n == 0 || n > CC_CONFINE_PORTS / 2;
	for (size_t i = 0; i < n && !c->dial_anywhere; i++) {
		if (cc_addr_parse(a, items[i], &addr, err) < 0)
			return cc_wrap(err, "the controller's address");
		cc_confine_dial(c, addr.port);
	}
	return 0;
}

int agent_confine(const struct agent_config *cfg, const char *config_path, const struct spool_identity *who, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_confine c = { .calls = CC_CALLS_WRITE | CC_CALLS_DIAL, .tell_kernel_log = true };

	for (size_t i = 0; i < CC_ARRAY_LEN(fixed); i++)
		cc_confine_path(&c, fixed[i].path, fixed[i].may);
	cc_confine_system(&c);
	cc_confine_path(&c, cfg->state_dir, CC_MAY_WRITE);
	cc_confine_path(&c, cc_confine_folder_of(a, config_path), CC_MAY_READ);
	if (allow_controllers(&c, cfg, who, a, err) < 0)
		return -1;
	if (cc_confine_enter(&c, err) < 0)
		return cc_wrap(err, "giving up rights");
	cc_confine_log();
	return 0;
}
