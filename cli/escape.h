/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys that are meant for ccctl and not for the program at the other end of a terminal. Two habits: ssh's, "~." at the start of a line ("~~" types one
 * tilde), and lxc's, a prefix and then "q" anywhere, "^a q" (the prefix twice types it). */
#pragma once

#include "common/buf.h"
#include "common/error.h"

#include <stdbool.h>

struct escape {
	unsigned char prefix; /* '~', or a control character */
	char leave;           /* '.' or 'q' */
	bool line_start;      /* the prefix counts at the start of a line only */
	bool at_start;        /* of a line */
	bool pending;         /* the prefix was typed */
};

/* Reads "~." or "^a q", "^] q", ...: a tilde, or a control character by its letter. @err INVALID */
int escape_parse(const char *text, struct escape *ret, struct cc_error *err);
/* Adds to `out` what is for the program; true: the keys to leave were typed, what follows them is dropped. */
bool escape_filter(struct escape *e, const char *typed, size_t n, struct cc_buf *out);
