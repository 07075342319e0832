/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting until a thing is as it should be, by blocking reads. For instances that start, stop and go there is wait.h, which tells their way. */
#pragma once

#include "cli/cli.h"

struct await {
	const char *path; /* of the thing */
	const struct cc_desc *desc;
	void *row; /* as a request answered it; then its last state */
	bool (*reached)(const void *row);
	const char *what; /* "the snapshot 'x'", for the message when the time is over */
};

enum await_end { AWAIT_REACHED, AWAIT_GONE, AWAIT_NOT_WAITED };

/* Waits as --no-wait and --timeout say. @err TIMEOUT; and what client_call says */
int await_row(struct cli *cli, const struct await *a, enum await_end *ret, struct cc_error *err);
