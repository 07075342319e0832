/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli_confine.h"

#include "cli/remote_path.h"
#include "common/config.h"
#include "common/confine.h"

#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* A path in a command's words, which its synopsis calls FILE or DIR and names last. */
static const char *named_file(const struct args *args)
{
	return args->n_words > 0 && (strstr(args->cmd->args, "FILE") != NULL || strstr(args->cmd->args, "DIR") != NULL)
	               ? args->words[args->n_words - 1]
	               : NULL;
}

/* A wrong address is told by who dials it. */
static void let_dial(struct cc_confine *c, const struct client_target *target, struct cc_arena *a)
{
	struct cc_error ignored;
	struct cc_addr addr;

	for (size_t i = 0; i < target->n_addresses; i++)
		if (cc_addr_parse(a, target->addresses[i], &addr, &ignored) < 0)
			c->dial_anywhere = true;
		else
			cc_confine_dial(c, addr.port);
}

/* Files that are read here, and the folder that is written: the target, or where it is going to be. As root, files of all users. */
static bool let_copy(struct cc_confine *c, const struct args *args, struct cc_arena *a)
{
	const char *target = args->words[args->n_words - 1];
	char resolved[PATH_MAX];
	struct stat st;

	if (remote_path_parse(target, a).name != NULL) {
		c->capabilities = CAP(DAC_READ_SEARCH);
		for (size_t i = 0; i + 1 < args->n_words; i++)
			cc_confine_path(c, args->words[i], CC_MAY_READ);
		return true;
	}
	if (strcmp(target, "-") == 0)
		return true;
	c->calls |= CC_CALLS_WRITE | CC_CALLS_COPY;
	c->capabilities = CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH) | CAP(CHOWN) | CAP(FOWNER) | CAP(FSETID);
	if (realpath(target, resolved) != NULL)
		target = cc_arena_strdup(a, resolved);
	if (stat(target, &st) < 0 || !S_ISDIR(st.st_mode)) {
		char *copy = cc_arena_strdup(a, target);

		target = dirname(copy);
	}
	cc_confine_path(c, target, CC_MAY_WRITE | CC_MAY_LINK);
	return true;
}

int cli_confine(const struct args *args, const struct client_target *target, const char *folder, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_confine c = { .calls = CC_CALLS_DIAL | CC_CALLS_TERMINAL | (folder != NULL ? CC_CALLS_WRITE : 0) };
	const char *file = named_file(args);
	bool copies = args->cmd->flags & CMD_COPIES && let_copy(&c, args, a);

	/* Commands over the unix socket load no module: nothing but the terminal is left to open. */
	if (target->n_addresses > 0 || file != NULL || copies || (args->cmd->flags & CMD_OWN_START))
		cc_confine_system(&c);
	let_dial(&c, target, a);
	cc_confine_path(&c, file, CC_MAY_READ);
	cc_confine_path(&c, folder, CC_MAY_WRITE);
	cc_confine_path(&c, "/dev/tty", CC_MAY_READ | CC_MAY_WRITE);
	if (cc_confine_enter(&c, err) < 0)
		return cc_wrap(err, "giving up rights");
	cc_confine_escape();
	return 0;
}
