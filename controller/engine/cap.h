/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a member may have: the zone's setting, or what an admin set for them. */
#pragma once

#include "controller/engine/engine.h"

/* INT64_MAX where there is no limit. */
struct zone_use cap_of(const struct engine_options *opt, const struct member *m);

/* Whether the member may have `more` beside what they have. @err QUOTA says what is used, the limit, and what to do */
int cap_check(const struct engine_options *opt, const struct zone *z, const struct member *m, const struct zone_use *more, struct cc_error *err);
