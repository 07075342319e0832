/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a member wishes of the place of an instance, beside what it needs: labels of nodes, nearness, and distance from others of its like. */
#pragma once

#include "controller/engine/decide.h"

/* Takes over the wishes of a request. */
void wishes_take(const struct instance_spec *spec, struct instance *inst);
/* Puts an instance's wishes into the words of the scheduler; what they need is in the command's arena. Its like are the member's other instances with the same labels.
 * Without a wish where to be near it is the member's home: a node of their own whose place is known.
 * @err INVALID what is no selector, or no spread, or a bound on the distance from nowhere; NOT_FOUND near to what is not there */
int wishes_say(const struct decide *d, const struct command *cmd, const struct instance *inst, struct sched_req *ret, struct cc_error *err);
