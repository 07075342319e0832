/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line, read against the command table: which command, which options with which values, which words. Values are checked here, so that handlers
 * see only good ones. Reads no environment and prints nothing. */
#pragma once

#include "cli/command.h"

#define ARGS_MAX_GIVEN 64

struct args_given {
	const struct opt *opt;
	const char *text; /* as typed; NULL for a flag */
	int64_t number;   /* OPT_MIB, OPT_CPU, OPT_COUNT, OPT_RATE (kbit/s), OPT_DURATION (ms) */
};

struct args {
	const struct cmd *cmd; /* NULL: no command was given */
	bool help;             /* --help: cmd may lack words */
	bool version;          /* --version */
	size_t n_words;
	const char **words;
	size_t n_rest;
	char **rest; /* the other program's command line */
	size_t n_given;
	struct args_given given[ARGS_MAX_GIVEN];
};

/* Reads argv[1..]. Texts point into argv. @err INVALID with a suggestion where one is near */
int args_parse(const struct cmd *table, int argc, char **argv, struct cc_arena *a, struct args *ret, struct cc_error *err);

/* What was given for an option; NULL when it was not. The last one counts. It is a bug to ask for an option the command does not have. */
const struct args_given *args_find(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);
/* The text, or `fallback`. */
const char *args_text(const struct args *args, const char *name, const char *fallback);
int64_t args_number(const struct args *args, const char *name, int64_t fallback);
/* Every value of an OPT_TEXTS. */
struct cc_texts args_texts(const struct args *args, const char *name, struct cc_arena *a);
