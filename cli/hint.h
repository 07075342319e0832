/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "no image 'busybx'; did you mean 'busybox'?": after a request failed because a name is unknown, looks at the names there are. */
#pragma once

#include "cli/cli.h"

/* Rewrites err->msg when it is a NOT_FOUND that begins with "no NOUN 'NAME'": with the nearest name there is, else with how to list them. */
void hint_improve(struct cli *cli, struct cc_error *err);
