/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor of bench/run exec: what lxc-attach does, without reading configuration files. Runs a program in a running container and ends as it does.
 *
 * Usage: bench_exec_floor LXCPATH NAME PROGRAM [ARGUMENT...] */
#include <errno.h>
#include <lxc/attach_options.h>
#include <lxc/lxccontainer.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	lxc_attach_options_t options = LXC_ATTACH_OPTIONS_DEFAULT;
	lxc_attach_command_t command;
	struct lxc_container *c;
	int status;

	if (argc < 4) {
		fprintf(stderr, "usage: bench_exec_floor LXCPATH NAME PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	/* As our own driver: with newuidmap in reach liblxc wants root to stand in /etc/subuid. */
	setenv("PATH", "/nonexistent", 1);
	c = lxc_container_new(argv[2], argv[1]);
	command = (lxc_attach_command_t){ argv[3], &argv[3] };
	options.env_policy = LXC_ATTACH_CLEAR_ENV;
	options.extra_env_vars = (char *[]){ "PATH=/bin:/usr/bin", NULL };
	status = c != NULL ? c->attach_run_wait(c, &options, command.program, (const char *const *)command.argv) : -1;
	if (status < 0) {
		fprintf(stderr, "exec_floor: liblxc refuses\n");
		return 1;
	}
	return WEXITSTATUS(status);
}
