/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian root file systems made by mmdebstrap, fit to run as instances: with systemd as init, without what belongs to the machine they were made on. */
#pragma once

#include "common/arena.h"
#include "common/error.h"

struct bootstrap {
	const char *suite;   /* "bookworm" */
	const char *arch;    /* in Debian's words */
	const char *include; /* packages besides, separated by commas; NULL: none */
	const char *mirror;  /* NULL: where apt on this machine gets Debian from */
};

/* "debian:12", "debian:bookworm" and "bookworm" as a suite in the arena; *ret_name is what the image is called unless told otherwise. @err INVALID */
int bootstrap_parse(const char *spec, struct cc_arena *a, const char **ret_suite, const char **ret_name, struct cc_error *err);

/* Runs mmdebstrap, whose tar archive goes to `to`. `tell` gets each line that it says. Blocks for as long as it takes; the caller has not given up any rights.
 * @err UNAVAILABLE mmdebstrap or a mirror is missing, or it failed; the message says what to do */
int bootstrap_run(const struct bootstrap *b, int to, void (*tell)(void *arg, const char *line), void *arg, struct cc_error *err);
