/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: one writer for the whole zone. Commands are queued from any thread; one thread decides them in batches against the working zone, and the caller
 * (controller/writer.c, or a test) carries each batch's effects to the database and reports back. Knows no HTTP and no SQL; reads no clock.
 *
 *   engine_push            any thread
 *   engine_decide          -> a batch with effects, applied to the working zone
 *   (commit them)
 *   engine_committed       -> applied to the published zone, replies released
 *   engine_lost            -> commands of this and all later batches answered UNAVAILABLE; the caller reloads: engine_reload */
#pragma once

#include "common/signature.h"
#include "controller/engine/command.h"
#include "controller/engine/distances.h"
#include "controller/engine/history.h"
#include "controller/engine/names.h"
#include "controller/engine/told.h"
#include "controller/engine/zone.h"

struct engine;
struct batch;

#define ENGINE_SNAPSHOTS_USUAL 16

struct engine_options {
	size_t queue_max;      /* commands waiting; more are refused */
	size_t batch_max;      /* commands per batch */
	int64_t node_lease_ms; /* silence after which a node counts as lost */
	int64_t idempotency_ms;
	int64_t audit_ms;       /* how long the audit log is kept; 0: for ever */
	size_t idempotency_max; /* keys remembered for one caller; 0: any number */
	int64_t snapshots_max;  /* of one instance; 0: ENGINE_SNAPSHOTS_USUAL */
	size_t history_max;     /* changes that are remembered for those who follow the zone; 0: HISTORY_USUAL */
	/* Zone policy: what is granted is the offer times this, in percent. */
	int64_t overcommit_cpu_percent;
	int64_t overcommit_memory_percent;
	int64_t overcommit_disk_percent;
	struct sched_options weights;           /* all 0: sched_default_options */
	struct zone_use member_max;             /* what each member may have; 0: no limit */
	const struct cc_public_key *image_keys; /* who may sign images; outlives the engine */
	size_t n_image_keys;
	bool image_signed; /* only images that they signed are taken in and used */
};

/* Takes over `working` (loaded, or new). */
struct engine *engine_new(const struct engine_options *opt, struct zone *working);
/* Answers what still waits with UNAVAILABLE, then releases everything. */
void engine_free(struct engine *e);

/* Queues a command; false, and nothing happens, when the queue is full or closed. Any thread. */
bool engine_push(struct engine *e, struct command *cmd);
/* A descriptor that is readable while commands wait. */
int engine_fd(const struct engine *e);
/* Refuses commands while there is no database session: each is answered UNAVAILABLE at once. Any thread. */
void engine_set_available(struct engine *e, bool available, const char *why);
/* Answers all that waits UNAVAILABLE. The engine's thread. */
void engine_refuse_waiting(struct engine *e, const char *why);
/* False, and why, when there is no session; `why` may be NULL. Any thread. */
bool engine_is_available(struct engine *e, char *why, size_t size);
/* The zone is another controller's, or may be by now: what is published here is not to be shown either, until it is available again. Any thread. */
void engine_set_standby(struct engine *e, const char *why);
bool engine_is_standby(struct engine *e, char *why, size_t size);

/* The zone's controllers as the database knows them, the active one first; copied. True when their addresses differ from those before: whoever
 * waits for news is then to be woken. Any thread. */
bool engine_set_controllers(struct engine *e, const struct zone_controller *items, size_t n);
/* In the arena; returns how many. *ret_version, which may be NULL, is another one when their addresses have changed. */
size_t engine_controllers(struct engine *e, struct cc_arena *a, struct zone_controller **ret, uint64_t *ret_version);

/* Takes up to batch_max queued commands and decides them; NULL when none waits. The batch may be without effects: then it needs no commit, but its replies
 * still wait for the batches before it. */
struct batch *engine_decide(struct engine *e);
const struct effects *batch_effects(const struct batch *b);
size_t batch_commands(const struct batch *b);
/* The zone's revision after this batch. */
int64_t batch_revision(const struct batch *b);
/* The writer says what a commit took; a mean that forgets soon. Any thread. */
void engine_took(struct engine *e, int64_t ms);
int64_t engine_commit_ms(const struct engine *e);
/* Batches are finished in the order in which they were decided. Both free the batch. `on_touch` hears every id that readers may wait for, and the
 * keys of tables (zone_table_key). */
void engine_committed(struct engine *e, struct batch *b, void (*on_touch)(void *arg, struct cc_uuid id), void *arg);
void engine_lost(struct engine *e, struct batch *b, const char *why);
/* Puts a freshly loaded zone in place of the working and the published one; every node's lease begins anew. No batch may be under way. */
void engine_reload(struct engine *e, struct zone *loaded);

/* Reads of the published zone: between begin and end the zone does not change; copy what you need into your arena and end. Any thread. */
const struct zone *engine_read_begin(struct engine *e);
void engine_read_end(struct engine *e);

/* What the member may have, INT64_MAX where nothing limits it. Any thread. */
struct zone_use engine_member_max(const struct engine *e, const struct member *m);

/* Liveness that is not stored with every report: boot time in ms of the last report or sign of life, 0 when never in this run. Any thread, between read_begin and read_end. */
int64_t engine_node_heard_ms(struct engine *e, struct cc_uuid node);
/* The node gave a sign of life at that boot time, without a report. Any thread. */
void engine_node_heard(struct engine *e, struct cc_uuid node, int64_t boot_ms);
/* Whom to ask for the last sign of life of a node that has not reported for long: a boot time, 0 when there is none to tell. fn may be NULL; when this returns
 * the one before is not called any more. */
void engine_set_heard(struct engine *e, int64_t (*fn)(void *arg, struct cc_uuid node), void *arg);
/* The same of bearer tokens: a use is noted at once and stored with a tick, at most once an hour. Any thread. */
void engine_token_used(struct engine *e, struct cc_uuid token, int64_t boot_ms);
int64_t engine_token_used_ms(const struct engine *e, struct cc_uuid token);

/* How far nodes are from each other. Any thread. */
struct distances *engine_distances(struct engine *e);
/* What nodes tell of themselves. Any thread. */
struct told *engine_told(struct engine *e);
/* What happened last, as far as it is published. Any thread. */
struct history *engine_history(struct engine *e);
/* Of the published zone: between engine_read_begin and engine_read_end. */
const struct names *engine_names(struct engine *e);
