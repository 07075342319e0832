/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the zone's controllers are: the active one tells, and the node remembers, so that it finds the next one when that is gone. */
#pragma once

#include "agent/spool.h"
#include "common/http_client.h"

#include <stdbool.h>

/* What to remember, in the arena: those told, and the one that was just reached, since what a controller says of itself may not lead there from here. True when
 * it differs from `known`. */
bool controllers_merge(const struct cc_texts *known, const struct cc_texts *told, const char *reached, struct cc_texts *ret, struct cc_arena *a);
/* Whether all of them listen on ports that one of `known` has: only those may be dialled until the program starts again. */
bool controllers_same_ports(const struct cc_texts *known, const struct cc_texts *all, struct cc_arena *a);
