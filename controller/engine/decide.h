/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deciding: one function per command of commands.def. Pure: the zone as it is now and the command in, effects out. Never blocks, never reads a clock, never
 * touches the zone. On failure the effects that were added are taken back by the engine. */
#pragma once

#include "common/clock.h"
#include "controller/engine/command.h"
#include "controller/engine/engine.h"
#include "controller/engine/lifecycle.h"

/* All that a decision may look at besides its command. */
struct decide {
	const struct zone *zone;
	const struct engine_options *opt;
	size_t from; /* this command's effects begin here; earlier ones of the batch are in the zone already */
	bool loaded; /* no tick has looked at this zone since it was loaded */
	/* Boot time in ms from which a node's lease counts: when it was last heard of, but not before the zone was loaded. */
	int64_t (*heard_ms)(void *arg, struct cc_uuid node);
	/* Boot time in ms at which a token was last used in this run, 0: not. */
	int64_t (*used_ms)(void *arg, struct cc_uuid token);
	void *heard_arg; /* of both */
};

/* Each sets *ret_resource to the id of the row that the reply shows (nil: none). */
#define C(NAME, name, reply, what) \
	int decide_##name(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err);
#include "controller/engine/commands.def"
#undef C

#define DECIDE_ADMIN_NAME "admin"

/* The caller as a member; root on the unix socket acts as the member 'admin'. @err DENIED */
const struct member *decide_member(const struct decide *d, const struct command *cmd, struct cc_error *err);
/* Names are found where ids are, so none may look like an id. @err INVALID */
int decide_check_name(const char *name, struct cc_error *err);

/* The newest version of a row: what `fx` puts, else what the zone has; NULL when removed or unknown. Several parts of one decision see each other's effects. */
const void *decide_newest(const struct decide *d, const struct effects *fx, enum table t, struct cc_uuid id);

/* Adds `sign` times an instance's limits to what its node has in use, and sets what is granted anew. */
void decide_count(const struct decide *d, struct effects *fx, const struct instance *inst, int sign);
/* offer times overcommit, but never below what is in use. */
void decide_grant(const struct engine_options *opt, struct node *n);

/* Moves an instance along its edge for `event` and puts it; removes it with its placement when its node says it is gone and it should be.
 * Returns false when there is no edge. */
bool decide_move(const struct decide *d, struct effects *fx, struct instance *inst, enum inst_event event);
void decide_remove_instance(const struct decide *d, struct effects *fx, const struct instance *inst);
