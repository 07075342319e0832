/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "no image 'busybx'; did you mean 'busybox'?": after a request failed because a name is unknown, looks at the names there are. */
#pragma once

#include "cli/cli.h"

/* Rewrites err->msg when it tells a noun and a name: with the nearest name there is, else with how to list them. */
void hint_improve(struct cli *cli, struct cc_error *err);
