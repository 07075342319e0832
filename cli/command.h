/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table: what ccctl can do. A command is one row, and from the rows come parsing, help, completion, the man page and "did you mean"; there is
 * no second list. Rows are in command_table.c, handlers in cmd_<noun>.c. */
#pragma once

#include "cli/noun.h"

struct cli;

/* Does the work of a command. Returns ccctl's exit status, or -1 with err set; the exit status then follows from err->code. */
typedef int cmd_fn(struct cli *cli, struct cc_error *err);

enum opt_kind {
	OPT_FLAG,     /* no value */
	OPT_TEXT,     /* any text */
	OPT_TEXTS,    /* any text; may be given more than once */
	OPT_FILE,     /* a path */
	OPT_MIB,      /* units_parse_mib */
	OPT_CPU,      /* units_parse_cpu */
	OPT_COUNT,    /* units_parse_count */
	OPT_RATE,     /* cc_rate_parse */
	OPT_DURATION, /* cc_duration_parse */
	OPT_WORD      /* one of the words in `value` */
};

struct opt {
	const char *name; /* without the dashes; NULL ends a list */
	char letter;      /* 0: none */
	enum opt_kind kind;
	const char *value; /* what stands for the value in the synopsis; for OPT_WORD the words, separated by '|' */
	const char *env;   /* the environment variable under it, or NULL */
	const char *help;
};

struct cmd {
	const char *name;       /* one to COMMAND_WORDS words: a verb, or a noun and a verb; NULL ends the table */
	const char *args;       /* synopsis of the words: "NAME", "NAME...", "[COMMAND]", "NAME -- CMD..." */
	const struct opt *opts; /* its own options, or NULL */
	unsigned flags;
	const struct noun *noun; /* what its words name, or NULL */
	cmd_fn *run;
	const char *also; /* words of other programs for the same, separated by spaces, for "did you mean"; or NULL */
	const char *summary;
	const char *text;     /* paragraphs separated by empty lines, or NULL */
	const char *examples; /* one per line, or NULL */
};

enum cmd_flag {
	CMD_OUTPUT = 1 << 0,    /* takes -o */
	CMD_WAIT = 1 << 1,      /* takes --wait, --no-wait, --timeout */
	CMD_LOCAL = 1 << 2,     /* speaks to nobody: takes no connection options */
	CMD_OWN_START = 1 << 3, /* calls cli_begin itself: it needs more of this machine first */
	CMD_COPIES = 1 << 4     /* its words are files here and NAME:PATH in instances, the last one is written */
};

extern const struct cmd command_table[];

/* Options of every command; for CMD_OUTPUT; for CMD_WAIT; for all but CMD_LOCAL. */
extern const struct opt command_common_opts[];
extern const struct opt command_output_opts[];
extern const struct opt command_wait_opts[];
extern const struct opt command_connection_opts[];

/* The groups of options that `cmd` takes, its own first; returns how many. `cmd` may be NULL: the options that may stand before the command. */
#define COMMAND_OPT_GROUPS 5
size_t command_opt_groups(const struct cmd *cmd, const struct opt *groups[COMMAND_OPT_GROUPS]);

#define COMMAND_WORDS 3
/* The row named by the first of n words; *ret_used is how many. NULL: none. */
const struct cmd *command_find(const struct cmd *table, const char *const *words, size_t n, size_t *ret_used);
/* Whether `word` is the first of two in some row's name. */
bool command_is_group(const struct cmd *table, const char *word);

/* How many words the synopsis asks for. *ret_max is SIZE_MAX for "...", *ret_rest tells whether a command line of another program follows. */
void command_arity(const struct cmd *cmd, size_t *ret_min, size_t *ret_max, bool *ret_rest);
