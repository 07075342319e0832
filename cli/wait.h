/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting until an instance is what was asked for, by blocking reads, with its way told on stderr: live on a terminal, one line at the end elsewhere.
 *
 *   hello: assigned to ada · starting · running at 10.77.0.2 (0.21 s) */
#pragma once

#include "cli/cli.h"
#include "common/model.h"

enum wait_goal { WAIT_RUNNING, WAIT_STOPPED, WAIT_DELETED, WAIT_LIMITS, WAIT_MOVED };

struct wait {
	struct cli *cli;
	enum wait_goal goal;
	int64_t begin_ms;    /* boot time */
	int64_t deadline_ms; /* boot time; 0: --no-wait */
	char step[160];      /* what was told last */
	bool open;           /* a line is begun on the terminal */
};

/* Reads --no-wait and --timeout; the time told at the end counts from here. */
void wait_begin(struct wait *w, struct cli *cli, enum wait_goal goal);
/* Waits until `inst`, as a request answered it, has reached the goal; then *inst is its last state. Returns 0, or 1 when the instance failed (told on stderr).
 * @err TIMEOUT, NOT_FOUND deleted meanwhile, CONFLICT its node cannot set the new limits, and what client_call says */
int wait_for(struct wait *w, struct instance *inst, struct cc_error *err);
/* wait_for, then the instance on stdout if a format was asked for. */
int wait_and_show(struct wait *w, struct instance *inst, struct cc_error *err);

/* What an instance is doing, in a few words: "assigned to ada". Written into text. */
void wait_step(const struct instance *inst, struct cc_buf *text);
