/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/net_forwarding.h"

#include "agent/driver/small_file.h"
#include "agent/net/net_link.h"
#include "common/clock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SYSCTL "/proc/sys/net/ipv4/ip_forward"
#define MARK   "forwarding" /* holds the id of the boot in which we switched it on */

static bool is_marked(const struct state_dir *dirs)
{
	struct cc_error ignored = { 0 };
	char text[64];

	return small_file_read(dirs->root, MARK, text, sizeof(text), &ignored) > 0 && strcmp(text, cc_boot_id()) == 0;
}

int net_forwarding_find(const struct state_dir *dirs, bool *ret_ours, struct cc_error *err)
{
	uint64_t on;

	if (small_file_read_u64(SYSCTL, &on, err) < 0)
		return -1;
	if (on == 0 && small_file_replace(dirs->root, MARK, cc_boot_id(), strlen(cc_boot_id()), true, err) < 0)
		return -1;
	*ret_ours = is_marked(dirs);
	return 0;
}

int net_forwarding_switch_on(struct cc_error *err)
{
	return small_file_poke(SYSCTL, "1", err);
}

int net_forwarding_release(const struct state_dir *dirs, struct cc_error *err)
{
	bool ours = is_marked(dirs);

	(void)unlinkat(dirs->root, MARK, 0);
	return ours && !net_link_group_in_use() ? small_file_poke(SYSCTL, "0", err) : 0;
}
