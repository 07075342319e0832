/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a transfer is, on one line of stderr that is written over, and only on a terminal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "sending busybox"; NULL: not shown */
	int64_t total;    /* 0: unknown */
	int64_t done;
	int64_t shown_ms; /* boot time of the last writing */
};

/* `total` 0: not known. `show` false: a program listens, nothing is written. */
void progress_begin(struct progress *p, const char *what, int64_t total, bool show);
void progress_add(struct progress *p, int64_t more);
/* Wipes the line. */
void progress_end(struct progress *p);
