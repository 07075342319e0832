/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real engine without HTTP and database: commands are decided and committed (or lost) at once, on a clock that the test moves. */
#pragma once

#include "controller/engine/engine.h"
#include "controller/engine/orders.h"

struct engine_fixture {
	struct engine *engine;
	struct cc_arena *arena; /* replies and arguments of this test */
	int64_t now_ms;
	uint64_t random;
	int64_t ids; /* counts, so that ids are the same in every run */
	bool lose;   /* batches are lost instead of committed, and the zone is loaded again */
	bool gather; /* commands only queue until engine_run_many */
	size_t n_waiting;
	struct cc_uuid *touched;
	size_t n_touched;
};

void engine_fixture_init(struct engine_fixture *f);
void engine_fixture_done(struct engine_fixture *f);
/* What the engine of a fixture runs with. */
extern const struct engine_options engine_fixture_options;
/* Loads the published zone again, as after a lost batch; with `opt`, as a new run of the program with these settings. */
void engine_fixture_reload(struct engine_fixture *f, const struct engine_options *opt);
/* A new id, deterministic. */
struct cc_uuid engine_fixture_id(struct engine_fixture *f);

/* Runs one command to its end. The result lies in the arena. */
struct command *engine_run(struct engine_fixture *f, enum command_kind kind, struct principal who, const void *args);
/* The same under an Idempotency-Key; `request` stands for the body. */
struct command *engine_run_key(
        struct engine_fixture *f, enum command_kind kind, struct principal who, const void *args, const char *key, const char *request);

/* Runs what was gathered: all batches are decided, each on top of the one before, then all are committed in order, or lost. */
void engine_run_many(struct engine_fixture *f);

extern const struct principal as_admin;
struct principal as_member(struct cc_uuid id);
struct principal as_node(struct cc_uuid id);

/* Ready-made things; each ends the test when it is refused. */
struct cc_uuid a_member(struct engine_fixture *f, const char *name);
/* Joins and reports its machine once: 4 cores, `memory_mib` offered, 10 GiB of disk, 64 instances, amd64; ports
 * from 1024 may be published. */
struct cc_uuid a_node(struct engine_fixture *f, const char *name, int64_t memory_mib);
struct cc_uuid an_image(struct engine_fixture *f, const char *name);
/* The command, so that a test can look at refusals; memory 0: the default. */
struct command *create(struct engine_fixture *f, struct principal who, const char *name, const char *image, int64_t memory_mib);
struct command *act(struct engine_fixture *f, struct principal who, const char *name, enum instance_act what);
/* The node reports one instance as seen. */
struct command *observe(struct engine_fixture *f, struct cc_uuid node, const struct instance *inst, enum observed state);
struct command *tick(struct engine_fixture *f, int64_t later_ms);

/* The published row, copied; NULL when there is none. */
const struct instance *instance_now(struct engine_fixture *f, const char *name);
const struct node *node_now(struct engine_fixture *f, struct cc_uuid id);
/* Used figures of every node equal the sum over its instances and volumes, and nothing is over what is granted. */
void check_books(struct engine_fixture *f);
