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
	void *heard_arg;                     /* of both */
	struct distances *distances;         /* what was measured between nodes */
	const struct distances_moved *moved; /* of a tick: points of nodes that are worth storing */
	size_t n_moved;
	const struct refusals *refusals; /* of a tick: to be written; NULL: none */
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

/* Whether a node says that it has this. */
bool decide_has_feature(const struct node *n, const char *feature);
/* The limit of an instance, kbit/s; 0: none. */
int64_t decide_bandwidth(const struct instance *inst);
/* If-Match. @err PRECONDITION */
int decide_check_revision(int64_t wanted, int64_t revision, const char *what, const char *ref, struct cc_error *err);
/* What a node can still take of something, for what is there already. @err NO_CAPACITY */
int decide_check_room(const char *what, int64_t was, int64_t is, int64_t granted, int64_t used, const char *node, struct cc_error *err);

/* Adds `sign` times an instance's limits to what its node has in use, and sets what is granted anew. */
void decide_count(const struct decide *d, struct effects *fx, const struct instance *inst, int sign);
/* The same for the other node of a transfer. */
void decide_count_other(const struct decide *d, struct effects *fx, const struct instance *inst, int sign);
/* The same for disk alone. */
void decide_count_disk(const struct decide *d, struct effects *fx, struct cc_uuid node, int64_t mib);
/* offer times overcommit, but never below what is in use. */
void decide_grant(const struct engine_options *opt, struct node *n);

/* Moves an instance along its edge for `event` and puts it; removes it with its placement when its node says it is gone and it should be.
 * Returns false when there is no edge. */
bool decide_move(const struct decide *d, struct effects *fx, struct instance *inst, enum inst_event event);
/* With what belongs to it. */
void decide_remove_instance(const struct decide *d, struct effects *fx, const struct instance *inst);

/* decide_instance.c: looks for a node other than its own for an instance that is there: `to`, a name or id, or any when NULL. Nothing is changed.
 * @err NOT_FOUND no such node, NO_CAPACITY in the words of the decision's record, CONFLICT the port is taken */
int decide_elsewhere(const struct decide *d, struct command *cmd, const struct instance *inst, const char *to, struct cc_uuid *ret,
        struct placement **ret_record, struct cc_error *err);

/* decide_transfer.c: an instance is on its way from one node to another. */

/* Whether it could leave its node at all. @err CONFLICT what of it cannot move, or not now */
int decide_transfer_check(const struct decide *d, const struct instance *inst, struct cc_error *err);
/* Begins. With `home`, it returns there when that node is opened. @err as decide_transfer_check and decide_elsewhere */
int decide_transfer_begin(const struct decide *d, struct command *cmd, struct effects *fx, const struct instance *now, const char *to,
        const struct cc_uuid *home, struct cc_error *err);
/* It stays where it is; what the other node has is removed. *inst is changed, not put. */
void decide_transfer_cancel(struct instance *inst, struct effects *fx, int64_t now_ms, const char *why);
/* Takes in what the other node of a transfer says. After that the instance may be on that node. */
void decide_transfer_observe(
        const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node, const struct node_instance *seen);
/* A full report of a node that has read the orders, without what it was to remove. `ids` are the reported ones in order. */
void decide_transfer_absent(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_report *r, const struct cc_uuid *ids);
/* The node is not heard of: nothing goes there. */
void decide_transfer_silent(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node);
/* The node is removed from the zone. What was on its way from there goes on where it goes; after that it is not on the node. */
void decide_transfer_lose(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n);

/* decide_drain.c: with a tick, one step of what drained nodes have to do, and of the way back. */
void decide_drain_step(const struct decide *d, struct command *cmd, struct effects *fx);

/* decide_snapshot.c: takes in what a node says of an instance's snapshots and of its restore. `revision` is that of the orders it has read. */
void decide_observe_snapshots(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid instance,
        const struct node_instance *seen, int64_t revision);
/* All of an instance, at once: it is gone from its node. */
void decide_remove_snapshots(const struct decide *d, struct effects *fx, struct cc_uuid instance);

/* decide_volume.c: gives one that has no node to a node that has room for it. */
void decide_volume_put_on(const struct decide *d, struct effects *fx, struct volume *v, struct cc_uuid node);

/* decide_attach.c: what an instance uses. */
#define DECIDE_VOLUMES_MAX 16
struct decide_volumes {
	size_t n;
	const struct volume *rows[DECIDE_VOLUMES_MAX];
	const struct volume_use *uses; /* as many */
	const struct volume *bound_by; /* one that has a node; NULL: none has */
	int64_t unplaced_mib;          /* what the others need on the node that is chosen */
};
/* Reads and checks what a request says of volumes. @err INVALID, NOT_FOUND, CONFLICT in use, or on different nodes */
int decide_volumes_find(
        const struct decide *d, const struct command *cmd, const struct instance_spec *spec, struct decide_volumes *ret, struct cc_error *err);
/* Gives them to an instance that has a node now. */
void decide_volumes_attach(const struct decide *d, struct effects *fx, const struct instance *inst, const struct decide_volumes *v);

/* decide_volume.c: takes in what a node says of its volumes. */
void decide_observe_volumes(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_report *r);
/* The node is removed from the zone. */
void decide_lose_volumes(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n);
