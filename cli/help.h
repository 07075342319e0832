/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is printed from the command table: help, the manual page, completion. */
#pragma once

#include "cli/command.h"

/* The overview. */
void help_overview(const struct cmd *table, struct cc_buf *out);
/* One command. */
void help_command(const struct cmd *cmd, struct cc_buf *out);
/* The commands whose name begins with `word`. */
void help_group(const struct cmd *table, const char *word, struct cc_buf *out);
/* ccctl(1) in roff. The same for every build of the same source. */
void help_man(const struct cmd *table, struct cc_buf *out);

/* "-o, --output FORMAT" or without the letter. */
void help_opt(const struct opt *o, struct cc_buf *out);
/* "ccctl create NAME [OPTIONS]". */
void help_usage(const struct cmd *cmd, struct cc_buf *out);
/* What an exit status means; NULL when ccctl does not use it. */
const char *help_exit_status(int status);
