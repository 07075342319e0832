/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened last in the zone, for those who follow it: the newest changes of what members and admins see, in a ring of fixed size. In memory only: who was
 * away for longer than the ring lasts, or than this program runs, is told so and reads everything again. Any thread. */
#pragma once

#include "controller/engine/row.h"

enum { HISTORY_USUAL = 4096 };

struct happening {
	int64_t revision;
	uint32_t sub; /* counts the changes of one revision */
	int64_t at_ms;
	enum event_topic topic;
	enum event_action action;
	struct cc_uuid id;
	struct cc_uuid owner; /* who may see it besides admins; nil: every member */
	char name[64];
	int state; /* of the topic's states; -1: it has none */
};

/* Where somebody is in the history. */
struct history_place {
	uint64_t at;
	unsigned life; /* the history began anew since when it differs */
};

struct history;

struct history *history_new(size_t max, int64_t revision);
void history_free(struct history *h);

/* For the engine. `sub` is set here. */
void history_add(struct history *h, struct happening *what);
/* Everything up to this revision is told. */
void history_advance(struct history *h, int64_t revision);
/* The zone was loaded; what led to this revision is not known unless it is the one at hand. */
void history_begin_anew(struct history *h, int64_t revision);

/* The place behind the newest change, and how far the zone is there. */
struct history_place history_end(struct history *h, int64_t *ret_revision);
/* `n` changes before that, or as many as there are. */
struct history_place history_recent(struct history *h, size_t n);
/* The place behind a change, `sub` UINT32_MAX: behind all of its revision. False when something after it is forgotten, or it has not happened here. */
bool history_after(struct history *h, int64_t revision, uint32_t sub, struct history_place *ret);

enum history_step { HISTORY_ONE, HISTORY_NONE, HISTORY_TOO_LATE, HISTORY_ANEW };
/* Copies the change at a place, which moves on. TOO_LATE: it is forgotten already. ANEW: the zone was loaded in between. */
enum history_step history_next(struct history *h, struct history_place *place, struct happening *ret);
