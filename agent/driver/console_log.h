/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instance's init has printed: two files in the instance's directory that the container's monitor writes and rotates, so that a guest that prints for
 * ever fills no disk. They outlive stops, restarts of the instance and of both halves of the agent. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define CONSOLE_LOG_NAME  "console.log" /* and with ".1" behind it, what was before */
#define CONSOLE_LOG_BYTES (256 * 1024)  /* of each */

struct console_log {
	int dirfd;      /* the instance's directory */
	uint32_t lines; /* the last ones; UINT32_MAX: all */
	int monitor;    /* pidfd of who writes it: follow until that has ended; -1: do not follow */
	int control;    /* of struct attend: any signal, and its end, end this */
	int out;        /* is closed */
};

/* Writes them to `out`, as fast as it is read. Returns 0, or 128 + signal when it was told to end. @err IO */
int console_log_write(const struct console_log *l, struct cc_error *err);
