/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of requests that no node could take. The first few after a tick are written with their refusal, so that who was refused can look; the others wait
 * for the next tick, which writes them together: a flood costs few commits, and is cut. What waits, half a second at most, is lost with the program. Kept are
 * the latest of each member and of the zone. The engine's thread. */
#pragma once

#include "controller/engine/effects.h"
#include "controller/engine/zone.h"

enum {
	REFUSALS_WAIT_MAX = 64,   /* written by one tick; the oldest of who has most give way */
	REFUSALS_MEMBER_MAX = 50, /* kept of one member */
	REFUSALS_ZONE_MAX = 1000  /* kept of all */
};

struct refusals;

struct refusals *refusals_new(void);
void refusals_free(struct refusals *r);
/* Copies it. */
void refusals_add(struct refusals *r, const struct placement *p);
/* Puts what waits, and removes from the zone what is too many with it. */
void refusals_write(const struct refusals *r, const struct zone *z, struct effects *fx);
/* What was put is the effects' now. */
void refusals_clear(struct refusals *r);
