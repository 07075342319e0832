/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the zone's controllers can be reached, for nodes and tokens. */
#pragma once

#include "controller/api/call.h"

enum { ADDRESSES_MAX = 8 };

/* Our own first, for we are the active one. *ret_version, which may be NULL, is another one when they have changed. */
struct cc_texts addresses_of_zone(const struct call *c, struct cc_arena *a, uint64_t *ret_version);
