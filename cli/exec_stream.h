/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program in an instance, joined to this process: our stdin, signals, stdout and stderr over the two requests of a stream (common/frame.h). */
#pragma once

#include "cli/client.h"

struct exec_options {
	const char *stream; /* its id */
	bool forward_stdin; /* false: the program gets an end of file at once */
};

/* Runs until the program ended. Returns its exit status (as a shell shows it), or -1. SIGINT and SIGTERM go to the program meanwhile; the third SIGINT
 * gives up. When nobody reads our output any more, the stream is closed and 141 returned, as a shell shows SIGPIPE.
 * @err what the node said, UNAVAILABLE the stream broke off, TIMEOUT silence */
int exec_stream_run(struct client *client, const struct exec_options *opt, struct cc_arena *a, struct cc_error *err);
