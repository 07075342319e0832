/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program in an instance, joined to this process: our stdin, signals, stdout and stderr over the two requests of a stream (common/frame.h). */
#pragma once

#include "cli/client.h"

struct exec_options {
	const char *stream; /* its id */
	bool forward_stdin; /* false: the program gets an end of file at once */
	bool tty;           /* stdin and stdout are terminals, and so are the program's: bytes pass as they are typed */
	const char *leave;  /* with tty: what is typed to leave, escape.h */
};

/* Runs until the program ended. Returns its exit status (as a shell shows it), or -1. Without a terminal SIGINT, SIGTERM, SIGHUP and SIGQUIT go to the program
 * meanwhile; the third SIGINT gives up. With one, keys do that, signals end ccctl, and EXEC_LEFT is returned when the keys to leave were typed. The
 * local terminal is as it was when this returns, whatever happened. When nobody reads our output any more, the stream is closed and 141 returned, as a shell
 * shows SIGPIPE.
 * @err what the node said, UNAVAILABLE the stream broke off, TIMEOUT silence */
#define EXEC_LEFT 255
int exec_stream_run(struct client *client, const struct exec_options *opt, struct cc_arena *a, struct cc_error *err);
