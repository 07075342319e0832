/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ccctl may do while a command runs: answers of the zone and archives of strangers are read with no more than that command needs. */
#pragma once

#include "cli/cli.h"

/* `controller` is "host:port", NULL for the unix socket. @err UNAVAILABLE, IO, INVALID an address that is none */
int cli_confine(const struct args *args, const char *controller, struct cc_error *err);
