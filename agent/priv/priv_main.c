/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Program cc-agent-priv: the half of the agent that has rights. It opens no network socket and parses no JSON; all it is told comes over one socketpair. */
#include "agent/driver/chroot.h"
#include "agent/priv/priv_confine.h"
#include "agent/priv/priv_purge.h"
#include "agent/priv/priv_readopt.h"
#include "agent/priv/priv_server.h"
#include "common/module.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Each instance has two descriptors here, each request a few. */
static uint64_t raise_files(void)
{
	struct rlimit files = { 0 }, all;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	all = (struct rlimit){ files.rlim_max, files.rlim_max };
	return setrlimit(RLIMIT_NOFILE, &all) == 0 ? files.rlim_cur : 0;
}

static int run(const struct priv_settings *set, struct cc_error *err)
{
	struct priv_node node;
	int result;

	cc_module_locate();
	if (strcmp(set->driver, "sim") != 0 && chroot_become_root(err) < 0)
		return -1;
	if (priv_confine(err) < 0)
		return -1;
	if (set->purge)
		priv_purge_end_other(set->state_dir);
	if (priv_node_open(set, &node, err) < 0)
		return -1;
	node.soft_files = raise_files();
	result = set->halt || set->teardown ? priv_node_teardown(&node, err) : priv_server_run(&node, err);
	if (result == 0 && set->purge)
		result = priv_purge_state(&node, err);
	priv_node_close(&node);
	return result;
}

int main(int argc, char **argv)
{
	struct priv_settings set;
	struct cc_error err = { 0 };

	priv_settings_init(&set);
	if (priv_settings_parse(&set, argc, argv, &err) < 0) {
		fprintf(stderr, "cc-agent-priv: %s\n", err.msg);
		return 2;
	}
	if (set.show_help) {
		priv_settings_print_help();
		return 0;
	}
	if (!set.halt && !set.teardown && set.serve_fd == 0 && set.agent[0] == '\0') {
		fprintf(stderr, "cc-agent-priv: --agent PROGRAM is missing; --help lists the flags\n");
		return 2;
	}
	if (sodium_init() < 0 || run(&set, &err) < 0) {
		fprintf(stderr, "<2>cc-agent-priv: %s\n", err.msg);
		return cc_code_info(err.code)->exit_status;
	}
	return 0;
}
