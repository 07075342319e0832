/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cc-agent may do from then on. */
#pragma once

#include "agent/settings.h"
#include "agent/spool.h"

/* Before any thread runs and anything is dialled. `config_path` is read again on SIGHUP; `who` is NULL while joining, when only the token knows where to.
 * @err UNAVAILABLE, IO, INVALID an address that is none */
int agent_confine(const struct agent_config *cfg, const char *config_path, const struct spool_identity *who, struct cc_error *err);
