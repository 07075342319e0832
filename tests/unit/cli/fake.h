/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A controller that answers by a script, on a unix socket in a folder of its own; and ccctl run against it by a shell. One per test. */
#pragma once

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* One answer. Of the rows for a method and path, each serves once, in their order; the last one serves on. */
struct fake_row {
	const char *method;
	const char *path; /* without the query */
	int status;
	const char *body;
	int delay_ms;
	bool drop; /* take the request and close the connection */
};

struct fake_seen {
	char method[8];
	char url[512];  /* with the query */
	char key[64];   /* Idempotency-Key */
	char auth[64];  /* Authorization */
	char match[32]; /* If-Match */
	struct cc_buf body;
};

/* Rows end with one whose method is NULL. Beside them it serves /v1/streams/ID/{in,out} with "programs" chosen by the first word of the last exec:
 * cat, fail (stderr, exit 7), flood (16 MB), trap (tells the signal it gets), missing (an ERROR frame), cut (ends without an EXIT frame),
 * slow (pings, then exits), size (tells the first new size of the terminal). */
void fake_start(const struct fake_row *rows);
void fake_stop(void);
const char *fake_dir(void);

/* The n-th request (from 0) for a method and path; NULL: there were fewer. */
const struct fake_seen *fake_seen(const char *method, const char *path, size_t n);
size_t fake_count(const char *method, const char *path);

/* Texts live until fake_stop. */
struct ran {
	int status; /* exit status of the shell */
	char *out;
	char *err;
	size_t out_len;
};
/* Runs a shell line in fake_dir() with ccctl in its PATH and CCCTL_SOCKET set. NULL stdin is /dev/null unless the line redirects. */
struct ran fake_run(const char *fmt, ...) CC_PRINTF(1, 2);
