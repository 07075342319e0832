/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli_confine.h"

#include "common/config.h"
#include "common/confine.h"

#include <string.h>

/* A path in a command's words, which its synopsis calls FILE or DIR and names last. */
static const char *named_file(const struct args *args)
{
	return args->n_words > 0 && (strstr(args->cmd->args, "FILE") != NULL || strstr(args->cmd->args, "DIR") != NULL)
	               ? args->words[args->n_words - 1]
	               : NULL;
}

int cli_confine(const struct args *args, const char *controller, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_confine c = { .calls = CC_CALLS_DIAL | CC_CALLS_TERMINAL };
	const char *file = named_file(args);
	struct cc_addr addr;

	/* Commands over the unix socket load no module: nothing but the terminal is left to open. */
	if (controller != NULL || file != NULL)
		cc_confine_system(&c);
	if (controller != NULL) {
		/* A wrong address is told by who dials it. */
		c.dial_anywhere = cc_addr_parse(a, controller, &addr, err) < 0;
		*err = (struct cc_error){ 0 };
		cc_confine_dial(&c, c.dial_anywhere ? 0 : addr.port);
	}
	cc_confine_path(&c, file, CC_MAY_READ);
	cc_confine_path(&c, "/dev/tty", CC_MAY_READ | CC_MAY_WRITE);
	if (cc_confine_enter(&c, err) < 0)
		return cc_wrap(err, "giving up rights");
	cc_confine_escape();
	return 0;
}
