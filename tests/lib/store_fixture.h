/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store over a database of the test's own, and rows to put into it. Rows are the test's to change: they lie in the arena until they are put. */
#pragma once

#include "controller/store/store.h"
#include "tests/lib/pg.h"

struct store_fixture {
	struct pg_db db;
	struct store *store;
	struct store_zone zone;
	struct cc_uuid run_id;
	struct cc_arena *arena;
	struct effects fx; /* what the next commit carries */
	int64_t revision;
	int64_t ids;
};

/* For pg_cluster_begin: the migrated schema. */
int store_fixture_fill(const char *conninfo);

/* A new database with a taken zone "valley" and no rows. */
void store_fixture_init(struct store_fixture *f);
void store_fixture_done(struct store_fixture *f);
/* Closes the session and opens the next one, as after a restart. */
void store_fixture_reopen(struct store_fixture *f);
/* Opened, migrated and prepared, not taken. */
struct store *store_fixture_session(const struct pg_db *db);

/* Commits what is in fx and empties it. */
enum store_state store_fixture_commit(struct store_fixture *f, struct cc_error *err);
/* The same; ends the test unless it is committed. */
void store_fixture_commit_ok(struct store_fixture *f);
/* The same; ends the test unless it is refused with a message that has `text` in it. */
void store_fixture_commit_refused(struct store_fixture *f, enum cc_code code, const char *text);
/* Waits for the end of a commit that was begun. */
enum store_state store_fixture_wait(struct store *s, struct cc_error *err);

struct zone *store_fixture_load(struct store_fixture *f);
int64_t store_fixture_count(const struct store_fixture *f, const char *query);

struct cc_uuid store_fixture_id(struct store_fixture *f);
void store_fixture_put(struct store_fixture *f, enum table t, const void *row);
void store_fixture_remove(struct store_fixture *f, enum table t, struct cc_uuid id);

/* Rows with plain values, not put yet. */
struct member *store_fixture_member(struct store_fixture *f, const char *name);
/* Grants 1000 millis of cpu, 1000 MiB of memory and of disk, 10 instances. */
struct node *store_fixture_node(struct store_fixture *f, const char *name, const struct member *owner);
struct image *store_fixture_image(struct store_fixture *f, const char *name, const struct member *member);
/* Takes 100 of each; `node` may be NULL. */
struct instance *store_fixture_instance(struct store_fixture *f, const char *name, const struct image *image, const struct node *node);
struct volume *store_fixture_volume(struct store_fixture *f, const char *name, const struct member *member, const struct node *node);
struct snapshot *store_fixture_snapshot(struct store_fixture *f, const char *name, const struct instance *inst);

/* Fills every field with values that differ from each other, texts with everything that some quoting could trip over, from the list of fields. References are
 * the caller's to set. `variant` 0: optional fields absent and lists empty; else present and filled, with other values for other variants. */
void store_fixture_fill_row(struct store_fixture *f, const struct cc_desc *d, int variant, void *row);
/* Ends the test unless all stored fields are equal. */
void store_fixture_check_row(const struct cc_desc *d, const void *got, const void *want);
