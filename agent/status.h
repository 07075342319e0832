/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `cc-agent status`: what the disk says, without asking anybody. */
#pragma once

#include "agent/settings.h"

#include <stdio.h>

/* Prints who this node is and what it should run. @err NOT_FOUND it has not joined, INVALID damaged, IO */
int status_print(const struct agent_config *cfg, FILE *to, struct cc_error *err);
