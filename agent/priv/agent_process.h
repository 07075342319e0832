/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unprivileged half as a child: started under its own user with one end of a socketpair as descriptor AGENT_SOCKET_FD, started again when it ends. */
#pragma once

#include "agent/driver/priv_settings.h"

#include <stdint.h>
#include <sys/types.h>

#define AGENT_SOCKET_FD 3

struct agent_process {
	pid_t pid; /* 0: not running */
	int64_t started_ms;
	int64_t start_at_ms; /* when not running: not before */
	int64_t kill_at_ms;  /* it was asked to end by then; 0: it was not */
	int32_t delay_ms;    /* doubles with each quick end */
};

/* Starts it; *ret_fd is our end of the socketpair. @err NOT_FOUND no such user, IO */
int agent_process_start(struct agent_process *p, const struct priv_settings *set, int *ret_fd, struct cc_error *err);

/* After SIGCHLD: whether it has ended; then start_at_ms says when to start it again. */
bool agent_process_reap(struct agent_process *p, int64_t now_ms);

/* Passes a SIGHUP on, if it runs: it reads its settings anew. */
void agent_process_reload(const struct agent_process *p);

/* Asks it to end, if it runs; agent_process_insist kills it when it has not by `kill_at_ms`. Neither waits. */
void agent_process_ask(struct agent_process *p, int64_t kill_at_ms);
/* Returns ms until it is time, -1 for never. */
int agent_process_insist(struct agent_process *p, int64_t now_ms);

/* SIGTERM, then SIGKILL after `grace_ms`; waits. */
void agent_process_stop(struct agent_process *p, int grace_ms);
