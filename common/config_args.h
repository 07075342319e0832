/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line that all daemons share: where the configuration is, and the questions about it that are answered without starting.
 *
 *   --config FILE  --set NAME=VALUE  --show-config  --check-config  --example-config  --config-markdown  --version  --help */
#pragma once

#include "common/config.h"

struct cc_program {
	const char *name;        /* "cc-controller" */
	const char *summary;     /* one sentence for --help */
	const char *config_path; /* read when --config is not given; it may be missing then */
	const struct cc_settings *settings;
	/* What no row can say of the values alone; NULL: nothing. @err INVALID */
	int (*check)(const void *values, struct cc_error *err);
};

/* What the command line said. `sources` points into argv and into the arena given to cc_config_args. */
struct cc_args {
	struct cc_config_sources sources;
	bool run;        /* false: the question was answered on stdout or stderr, end with exit_status */
	int exit_status; /* 0, or 2 when the command line or the configuration is wrong */
};

/* Reads the command line, loads the configuration, answers questions. *ret_config is set when args->run is true. A daemon's main:
 *
 *     cc_config_args(&program, argc, argv, arena, &args, &config);
 *     if (!args.run)
 *         return args.exit_status;
 *
 * Main thread only (getopt). Wrong input is told on stderr, it is not an error to the caller. */
void cc_config_args(
        const struct cc_program *program, int argc, char **argv, struct cc_arena *arena, struct cc_args *args, struct cc_config **ret_config);
