/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The running agent: puts the parts together and drives them from one poll loop. Nothing of it runs on a timer while nothing happens. */
#pragma once

#include "agent/settings.h"
#include "agent/spool.h"
#include "common/keys.h"

#define AGENT_PRIV_FD 3 /* where cc-agent-priv leaves the socket */

/* What SIGHUP asks for: the settings read again. NULL when they are wrong, which was logged then. The result lives until the next call. */
typedef const struct agent_config *agent_reload_fn(void *user);

struct agent_start {
	const struct agent_config *cfg; /* until reload is called for the first time */
	const struct spool_identity *who;
	const char *identity_path; /* key and certificate */
	int priv_fd;               /* taken over */
	agent_reload_fn *reload;
	void *reload_user;
	int owner_fd;  /* from owner_watch; -1: none */
	int signal_fd; /* a signalfd: SIGHUP reloads, any other signal ends the loop */
};

/* Runs until it gets a signal, then returns 0; instances run on. @err UNAVAILABLE the privileged half is gone, INVALID settings or version, IO */
int agent_run(const struct agent_start *start, struct cc_error *err);
