/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool holds what is written: the data of instances, their snapshots, and volumes. It knows *trees* and nothing of containers, images or mounts; those are
 * storage.h's, which asks a pool for the tree below its overlay.
 *
 * A tree is a directory of the node that one call makes, one call copies, and one call removes, and that may have a limit. What lies in it:
 *
 *   POOL_LAYER     upper, work   what an instance wrote. Both belong to the instance's ids; storage_make makes them
 *   POOL_SNAPSHOT  upper or data, as in the tree that it was copied from, with the same owners; nobody writes to it
 *   POOL_VOLUME    data          what its user makes of it: the pool makes the tree, who wants a volume makes `data` with the owner that fits its mount
 *
 * A tree lies at BASE/instances/ID, BASE/snapshots/OF/ID, BASE/volumes/ID. BASE is the state directory for `overlay`, and for `btrfs` the folder btrfs in it.
 * The directories of trees are root's, mode 0700; their names follow from ids and nothing else. Everything below upper and data is hostile: it is reached with
 * openat2 or never. Overlay's own marks (trusted.overlay.*, character devices 0:0) are part of the data and are copied with it.
 *
 * Which pool a tree is in does not change. An instance's is in its record (ct_record.def), so those of another setting stay where they are; its snapshots are
 * in the same one. Whoever keeps volumes writes down the kind of theirs. A kind's number is on the disk: never change one.
 *
 * Ownership and errors. All calls but `open` and `path` may block and run in a child with a deadline, one child at a time per tree and per instance (the keys
 * of priv_state.h see to it). None keeps anything in memory. All are idempotent: what was broken off by a kill or a power failure is done again by calling
 * again, and what nobody asks for again is swept at the next start (`sweep`). Each whole name means a whole tree: copies are made beside and renamed.
 * Common errors: NO_CAPACITY the disk or the pool is full, with a message that says which; IO anything else. */
#pragma once

#include "agent/driver/node.h"

#define POOL_PATH_MAX (STATE_PATH_MAX + 128)

enum pool_kind { POOL_OVERLAY, POOL_BTRFS, POOL_KIND_MAX };

enum pool_tree_kind { POOL_LAYER, POOL_SNAPSHOT, POOL_VOLUME };

struct pool_tree {
	enum pool_tree_kind kind;
	struct cc_uuid id; /* of the instance, the snapshot or the volume */
	struct cc_uuid of; /* snapshots: the instance or volume that it belongs to */
};

typedef void pool_list_fn(void *user, struct cc_uuid id);
typedef bool pool_keep_fn(void *user, struct cc_uuid instance);

struct pool {
	const char *name; /* "overlay" */
	enum pool_kind kind;
	/* A tree cannot outgrow its limit. Else limits are advice, and say so wherever they are shown. */
	bool enforces;
	/* A copy is one moment of its source and takes no time whatever the size. Else it is made file by file: then the source must hold still (stopped, or
	 * frozen for as long as it takes), or files that change meanwhile are in it as they were at different times. It is safe in any case. */
	bool instant;

	/* In the main process, once, and again after each start of it: makes the pool usable. Only for the pool of the settings and those that hold trees.
	 * Mounts that it makes are private to cc-agent-priv and its children. May be NULL. @err INVALID a setting does not fit, UNAVAILABLE something is
	 * missing, with the name of the package, NO_CAPACITY, IO */
	int (*open)(struct priv_node *node, struct cc_error *err);
	/* Undoes `open`; trees stay. May be NULL. */
	void (*close)(struct priv_node *node);
	/* Away with what a kill left half made, and with layers of instances that `keep` does not want. Never touches a whole snapshot or volume. @err IO */
	int (*sweep)(const struct priv_node *node, pool_keep_fn *keep, void *user, struct cc_error *err);

	/* The path of a tree, whether it exists or not; returns `path`. Valid in cc-agent-priv and its children, nowhere else. */
	char *(*path)(const struct priv_node *node, const struct pool_tree *tree, char path[POOL_PATH_MAX]);
	/* Makes an empty tree; fine when it is there. Durable only together with what is written to it. @err NO_CAPACITY, IO */
	int (*make)(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err);
	/* Sets the most bytes that the tree may hold, 0 for no limit; anew after each copy, which has none or its source's. Takes effect at once, also while it is mounted.
	 * Does nothing where limits are advice. @err CONFLICT more is used already, with both numbers; NOT_FOUND no such tree, IO */
	int (*limit)(const struct priv_node *node, const struct pool_tree *tree, uint64_t bytes, struct cc_error *err);
	/* How many bytes the tree holds, seconds old at most. Where `enforces` is set this is one question to the kernel. Else every file of the tree is looked
	 * at, 2-3 us each when they are cached and a disk seek when not, so it belongs into a child and is not asked often. @err NOT_FOUND, IO */
	int (*usage)(const struct priv_node *node, const struct pool_tree *tree, uint64_t *ret_bytes, struct cc_error *err);
	/* Makes `to`, a snapshot or a volume that does not exist, a copy of `from`. Done at once when `to` is there. Owners, modes, times, links and extended
	 * attributes are kept; sockets are left out. The copy is on the disk when this returns. @err NOT_FOUND no `from`, NO_CAPACITY, TOO_LARGE nested deeper
	 * than TREE_COPY_DEPTH, IO */
	int (*copy)(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err);
	/* Makes `to`, a layer or volume that nothing has mounted, hold what `from` holds and nothing else: until the last moment it holds the old. `to` need
	 * not exist. Its limit has to be set anew. Errors of copy */
	int (*replace)(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err);
	/* Removes a tree that nothing has mounted. A snapshot or volume is out of sight at once; nothing there is fine. @err IO */
	int (*remove)(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err);
	/* In a child, when the node is taken down for good: away with every tree and with what `open` made. @err IO */
	int (*retire)(const struct priv_node *node, struct cc_error *err);
	/* Calls back for each whole tree of a kind; `of` counts for snapshots only. None is fine. @err IO */
	int (*list)(const struct priv_node *node, enum pool_tree_kind kind, struct cc_uuid of, pool_list_fn *each, void *user, struct cc_error *err);
};

extern const struct pool pool_overlay;
extern const struct pool pool_btrfs;

/* Opens the pool that new trees go to by the settings, and every other that holds some; node->pools says which are open, node->pool is the first. In the main
 * process. Errors of `open`, INVALID there is no pool of that name */
int pool_open_all(struct priv_node *node, struct cc_error *err);
void pool_close_all(struct priv_node *node);

/* NULL when it is unknown or not open. */
const struct pool *pool_find(const struct priv_node *node, uint64_t kind);
/* As pool_find, for records. @err INVALID naming the number */
const struct pool *pool_get(const struct priv_node *node, uint64_t kind, struct cc_error *err);

/* Sweeps all open pools, and goes on with the next when one fails. @err IO of the last that failed */
int pool_sweep_all(const struct priv_node *node, pool_keep_fn *keep, void *user, struct cc_error *err);
/* Retires all open pools. @err IO */
int pool_retire_all(const struct priv_node *node, struct cc_error *err);
/* When the record of an instance is damaged: its layer gets the name ID with the suffix, beside the others, where nothing finds it. @err IO */
int pool_set_aside(const struct priv_node *node, struct cc_uuid id, const char *suffix, struct cc_error *err);
/* Removes the layer of an instance and its snapshots, whichever pool they are in. @err IO */
int pool_remove_instance(const struct priv_node *node, struct cc_uuid id, struct cc_error *err);

static inline struct pool_tree pool_layer(struct cc_uuid id)
{
	return (struct pool_tree){ .kind = POOL_LAYER, .id = id };
}
