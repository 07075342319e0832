/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every instance that exists on the node, in memory: its record and what is known about it running. The disk is the truth; this is read from it at start
 * and follows it. Belongs to the main process's loop. */
#pragma once

#include "agent/driver/driver.h"

struct priv_server;

/* Something that epoll reports: the loop calls `ready`. Lives inside of its owner. */
struct watch {
	void (*ready)(struct priv_server *s, struct watch *w);
	int fd; /* -1: not watched */
};

struct instance {
	struct ct_record rec;
	int32_t exit_status;      /* wait status of init's last end, -1 when unknown or running */
	struct driver_status now; /* its descriptors are those of the two watches */
	struct watch init;
	struct watch monitor;
	bool on_net;           /* the rules let it be reached: it runs, or is about to */
	bool end_expected;     /* somebody asked for it: no event */
	bool half_changed;     /* a change of its limits failed; only a repeated one tells what they are */
	bool being_deleted;    /* its directory belongs to the child that removes it */
	uint64_t disk_bytes;   /* what its layer holds, as it was measured last; 0: not yet */
	int64_t measured_ms;   /* when that was begun; 0: never */
	int64_t look_again_ms; /* init is gone and the monitor is not: when to ask whether it rebooted; 0 never */
	int32_t look_delay_ms;
	struct cc_uuid *snapshots; /* heap, those that are whole */
	uint32_t snapshot_count;
};

struct instances {
	uint32_t count;
	struct instance *at[SLOTS_MAX];
	uint8_t kept[SLOTS_MAX]; /* slots whose ids own files of an instance that was set aside */
};

/* Reads all records. A directory without a record holds nothing that anybody owns: it is removed. One with a record that cannot be read may hold a member's
 * data: it is renamed to UUID.damaged, said on stderr, and its slot stays taken for as long as it is there. @err IO */
int instances_load(struct instances *all, const struct priv_node *node, struct cc_error *err);
void instances_free(struct instances *all);

/* NULL when there is none. */
struct instance *instances_find(const struct instances *all, struct cc_uuid id);
/* A new one with a free slot, in memory only. @err NO_CAPACITY */
struct instance *instances_add(struct instances *all, const struct slot_plan *plan, struct cc_uuid id, struct cc_error *err);
/* Keeps the exit status on the disk; not durable, and nobody waits for the disk. */
void instances_note_exit(const struct priv_node *node, struct instance *inst, int exit_status);
/* Forgets it, and closes what it still watches. */
void instances_remove(struct instances *all, struct instance *inst);

/* What it has kept of itself. */
bool instances_has_snapshot(const struct instance *inst, struct cc_uuid id);
/* Fine when it is there already. */
void instances_add_snapshot(struct instance *inst, struct cc_uuid id);
/* Fine when it is not there. */
void instances_drop_snapshot(struct instance *inst, struct cc_uuid id);

/* How many are built on the image. */
uint32_t instances_count_users(const struct instances *all, const char *sha256);

/* What is told about one. */
void instances_describe(const struct priv_node *node, const struct instance *inst, struct priv_ct *ret);
