/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `--watch`: a list that goes on. A terminal is drawn anew with every change; elsewhere what changed is printed as lines. */
#pragma once

#include "cli/cli.h"

/* Until it is ended by SIGINT or SIGTERM, which is success. `path` is the list's with its filters.
 * @err INVALID a format without lines, UNAVAILABLE the controller did not come back within half a minute, and what client_list says */
int watch_list(struct cli *cli, const struct noun *noun, const char *path, struct cc_error *err);
