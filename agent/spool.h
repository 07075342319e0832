/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent keeps on its disk, in the state directory: who it is (join.json), the assignments accepted last (assignments.json), the lease of its boot
 * (lease.json). From these it starts again alone. For people there is network.json. */
#pragma once

#include "agent/inst.h"
#include "common/model.h"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY spool_identity
#include "common/model/declare.inc"
#define ENTITY spool_lease
#include "common/model/declare.inc"
#define ENTITY spool_network
#include "common/model/declare.inc"
#define ENTITY spool_names
#include "common/model/declare.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

/* The names of all of these files, up to a NULL: what makes a machine a node. */
extern const char *const spool_files[];

/* *ret is one heap block, to be released with free(). @err NOT_FOUND this node has not joined, INVALID damaged, IO */
int spool_load_identity(const char *dir, struct spool_identity **ret, struct cc_error *err);
int spool_save_identity(const char *dir, const struct spool_identity *who, struct cc_error *err);

/* Fills the table with the assignments and gives the revision of the orders they came by. Nothing is changed on failure.
 * @err NOT_FOUND none yet, INVALID damaged and set aside, IO */
int spool_load_assignments(const char *dir, struct inst_table *t, int64_t *ret_revision, struct cc_error *err);
/* Clears t->unsaved. @err IO; the old file stays then */
int spool_save_assignments(const char *dir, struct inst_table *t, int64_t revision, struct cc_error *err);

/* When the lease of this boot ends; 0 when there is none. */
int64_t spool_load_lease(const char *dir);
int spool_save_lease(const char *dir, int64_t until_ms, struct cc_error *err);

/* In the arena. False when nothing was said yet. */
bool spool_load_network(const char *dir, struct spool_network *ret, struct cc_arena *a);
/* @err IO */
int spool_save_network(const char *dir, const struct spool_network *network, struct cc_error *err);

/* In the arena. False when there are none. */
bool spool_load_names(const char *dir, struct spool_names *ret, struct cc_arena *a);
/* @err IO */
int spool_save_names(const char *dir, const struct spool_names *names, struct cc_error *err);
