/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zone in memory: all rows, found by id, by name and by what they belong to. There are two of them: the working one, in which the engine decides, and
 * the published one, which readers see. Knows no rules. Not locked here: the working zone belongs to the engine's thread, the published one is guarded by
 * the engine's rwlock (engine_read_begin). */
#pragma once

#include "common/cleanup.h"
#include "controller/engine/effects.h"
#include "scheduler/sched.h"

struct zone;

struct zone *zone_new(const char *name, struct cc_uuid id);
void zone_free(struct zone *z);
CC_DEFINE_CLEANUP(struct zone *, zone_free)
const char *zone_name(const struct zone *z);
struct cc_uuid zone_id(const struct zone *z);

/* The revision of the last change that was applied; each row carries the revision of its own last change. */
int64_t zone_revision(const struct zone *z);
void zone_set_revision(struct zone *z, int64_t revision);

/* The revision at which a table last changed; after loading, the zone's: what was removed before that is not known. */
int64_t zone_table_revision(const struct zone *z, enum table t);
/* What readers of a whole table wait for, as others wait for a row's id; TABLE_MAX stands for any change of the zone. */
struct cc_uuid zone_table_key(enum table t);

/* Applies effects from index `from` on. Takes references of its own. */
void zone_apply(struct zone *z, const struct effects *fx, size_t from);
void zone_apply_one(struct zone *z, const struct effect *e);

/* Takes all rows of `from`, by reference, into an empty zone. */
void zone_share_rows(struct zone *z, const struct zone *from);

/* NULL when there is none. The row lives as long as the zone is not changed. */
const void *zone_find(const struct zone *z, enum table t, struct cc_uuid id);
const void *zone_find_name(const struct zone *z, enum table t, const char *name);
/* A name may have an image per architecture, so for images `name` may be "NAME:ARCH"; of several, zone_find_name gives the first in order of
 * architectures. This one gives the one for `arch`. */
const struct image *zone_find_image(const struct zone *z, const char *name, const char *arch);
const struct member_token *zone_find_token(const struct zone *z, const char *secret_hash);
const struct invite *zone_find_invite(const struct zone *z, const char *secret_hash);
const struct node *zone_find_pin(const struct zone *z, const char *pin);

/* By id text or by name. An id is never taken for a name: else whoever names a thing like another's id would be found in its place. */
static inline const void *zone_find_ref(const struct zone *z, enum table t, const char *ref)
{
	struct cc_error ignored;
	struct cc_uuid id;

	return cc_uuid_parse(ref, &id, &ignored) == 0 ? zone_find(z, t, id) : zone_find_name(z, t, ref);
}

/* How many Idempotency-Keys of this one's caller are remembered: ids of one caller's keys begin with the same ZONE_CALLER_BYTES. */
#define ZONE_CALLER_BYTES 8
size_t zone_count_keys(const struct zone *z, struct cc_uuid key);

/* What all instances and volumes of a member take together, whatever their state. */
struct zone_use {
	int64_t instances;
	int64_t cpu_millis;
	int64_t memory_mib;
	int64_t disk_mib;
};
struct zone_use zone_member_use(const struct zone *z, struct cc_uuid member);

size_t zone_count(const struct zone *z, enum table t);
/* Walks all rows of a table in no particular order: for (size_t at = 0; (row = zone_next(z, t, &at)) != NULL;) */
const void *zone_next(const struct zone *z, enum table t, size_t *at);
/* The same over what belongs to a row: instances and volumes to a node, instances to a member, snapshots and attachments to an instance, attachments to a volume. */
const void *zone_next_of(const struct zone *z, enum table t, struct cc_uuid parent, size_t *at);
/* The instances assigned to a node. */
const struct instance *zone_next_of_node(const struct zone *z, struct cc_uuid node, size_t *at);
/* The instances that are on their way to a node, or of which it has something left. */
const struct instance *zone_next_other(const struct zone *z, struct cc_uuid node, size_t *at);
/* The instances that return to a node when it is opened. */
const struct instance *zone_next_home(const struct zone *z, struct cc_uuid node, size_t *at);

/* Nodes as the scheduler wants them: kept up to date by zone_apply. Index i of the columns is the node zone_sched_id(z, i). */
const struct sched_nodes *zone_sched_nodes(const struct zone *z);
struct cc_uuid zone_sched_id(const struct zone *z, size_t i);
/* As columns_unwelcome, columns_labels and columns_owned. */
const uint64_t *zone_unwelcome(const struct zone *z, const struct member *m, struct cc_arena *a);
const struct node_labels *zone_node_labels(const struct zone *z);
size_t zone_owned_nodes(const struct zone *z, struct cc_uuid member, const uint32_t **ret);
/* SIZE_MAX when there is no such node. */
size_t zone_sched_index(const struct zone *z, struct cc_uuid node);
