/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking before something is destroyed. */
#pragma once

#include "cli/cli.h"

/* Asks "QUESTION, in zone NAME? [y/N]" on the terminal: the same name may be another thing elsewhere. True at once with --yes. *ret_yes is set on success.
 * @err INVALID nobody can be asked; `verb` says to what --yes would agree; and what client_call says */
int confirm_ask(struct cli *cli, const char *question, const char *verb, bool *ret_yes, struct cc_error *err);
