/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `cc-agent purge`: this machine is a node no more, and nothing is left of it. Works with and without a running agent and a controller; it may be killed
 * anywhere, and repeated. What needs rights is done by cc-agent-priv --purge, which parses no settings file: its flags are those after `--`, else OPTIONS of
 * /etc/default/communitycloud-agent, as its unit has them. */
#pragma once

#include "agent/settings.h"

struct purge {
	const struct agent_config *cfg;
	const char *config_path;
	bool yes;     /* do not ask */
	char **flags; /* for cc-agent-priv, NULL at the end; NULL: none were given */
};

/* Asks on the terminal and purges. *ret_done: false when the answer was no. @err INVALID nobody can be asked, DENIED not root, IO and what cc-agent-priv says */
int purge_node(const struct purge *p, bool *ret_done, struct cc_error *err);
