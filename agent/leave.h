/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling the zone that this node goes. */
#pragma once

#include "agent/settings.h"
#include "agent/spool.h"

/* @err UNAUTHENTICATED the zone does not know this node (any more), UNAVAILABLE, TIMEOUT, IO */
int leave_zone(const struct agent_config *cfg, const struct spool_identity *who, struct cc_error *err);
