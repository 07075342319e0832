/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of ccctl: what every handler gets. stdout is for data, stderr for talk. */
#pragma once

#include "cli/args.h"
#include "cli/client.h"
#include "cli/output.h"
#include "common/token.h"

#define CLI_DEFAULT_SOCKET "/run/communitycloud/controller.sock"

struct cli {
	struct cc_arena *arena; /* lives as long as the run */
	struct args args;
	struct output output;
	bool in_tty;
	bool out_tty;
	bool err_tty;
	struct client_target target; /* of commands that speak to a controller */
	bool nobody_here;            /* it is this machine's controller, for want of another, and there is none */
	struct client *client;       /* made at the first request */
};

/* The whole of ccctl: reads the command line, runs the command, tells errors. Returns the exit status. Main thread only. */
int cli_run(int argc, char **argv);

/* Of commands with CMD_OWN_START, once what they need of this machine is open or done: finds the controller and gives up rights. @err INVALID, UNAVAILABLE */
int cli_begin(struct cli *cli, struct cc_error *err);

/* The connection, opened when first asked for. Sets *ret only on success. @err INVALID wrong connection options */
int cli_client(struct cli *cli, struct client **ret, struct cc_error *err);
/* client_call on it. @err as both */
int cli_call(struct cli *cli, const struct client_call *call, struct cc_error *err);

/* The target that a login token leads to, in the arena. */
void cli_target_of(struct cli *cli, const struct cc_token *token, struct client_target *ret);

/* Data: all of it goes to stdout, or it is an error. @err IO */
int cli_write(struct cli *cli, const struct cc_buf *data, struct cc_error *err);
/* Talk: one line on stderr. */
void cli_say(struct cli *cli, const char *fmt, ...) CC_PRINTF(2, 3);
/* Tells an error on stderr and returns the exit status that goes with it. */
int cli_tell(struct cli *cli, const struct cc_error *err);

/* A time as people read it: "2026-11-20 21:05 UTC". In the arena. */
const char *cli_time(struct cli *cli, int64_t ms);

/* Prints a list or one thing in the format that was asked for. Both return 0, an exit status, or -1. @err IO */
int cli_show_rows(struct cli *cli, const struct cc_desc *d, const struct cc_list *rows, struct cc_error *err);
int cli_show_row(struct cli *cli, const struct cc_desc *d, const void *row, struct cc_error *err);
