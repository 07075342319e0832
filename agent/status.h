/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `cc-agent status`: what the disk says, without asking anybody. */
#pragma once

#include "agent/settings.h"

#include <stdio.h>

/* Prints who this node is, what its owner offers and keeps back, and what it should run: for people, or as JSON. @err NOT_FOUND it has not joined, INVALID damaged, IO */
int status_print(const struct agent_config *cfg, bool json, FILE *to, struct cc_error *err);
