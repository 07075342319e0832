/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that take things away by their names: first asked, all at once, then done one by one. */
#pragma once

#include "cli/cli.h"
#include "cli/noun.h"

struct removal {
	const struct noun *noun;
	const char *verb;   /* "delete": of the question and of what --yes agrees to */
	const char *done;   /* "deleted" */
	const char *effect; /* what goes with it, for the question: " with its tokens", or ""; NULL: nothing is lost, so nobody is asked */
};

/* Asks whether the `n` things in `names` may go; `of` is what they belong to: " of hello", or "". Says so when not: *ret_yes is false then, and nothing is to be
 * done. @err as confirm_ask */
int remove_confirm(struct cli *cli, const struct removal *r, const char *const *names, size_t n, const char *of, bool *ret_yes, struct cc_error *err);

/* Asks if need be, and DELETEs each of the command's words; one that fails is told and does not keep the others. Returns the exit status, or -1.
 * @err as confirm_ask, and what client_call says */
int remove_run(struct cli *cli, const struct removal *r, struct cc_error *err);
/* The same for what its node has to give up first, below the path `all`: waits for that, as --no-wait and --timeout say. With `of`, the first word of the command
 * is whose they are. @err as confirm_ask; what fails later is told */
int remove_and_wait(struct cli *cli, const struct removal *r, const char *all, const char *of, struct cc_error *err);
