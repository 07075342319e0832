/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ccctl may do while a command runs: answers of the zone and archives of strangers are read with no more than that command needs. */
#pragma once

#include "cli/cli.h"

/* `folder` may be written to; NULL: none. @err UNAVAILABLE, IO */
int cli_confine(const struct args *args, const struct client_target *target, const char *folder, struct cc_error *err);
