/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The root file system of an instance: an overlay whose lower layer is the unpacked image and whose upper layer belongs to the instance's ids
 * and lies in a pool (pool.h).
 *
 * Everything is mounted inside a private mount namespace that dies with the instance, so no mount can be left behind and nothing of a guest is reachable
 * in the host's tree. Where the kernel has idmapped mounts, an image is on the disk once, owned by the image ids, and the lower layer is a mount that
 * shows it as the instance's. Elsewhere (before 5.12, or file systems without) each instance has a shifted copy, made when it is created. */
#pragma once

#include "agent/driver/ct_record.h"
#include "agent/driver/node.h"

#define STORAGE_PATH_MAX (STATE_PATH_MAX + 64)

/* Whether the instance has its copy of the image, or needs none. */
bool storage_is_copied(const struct priv_node *node, const struct ct_record *rec);
/* Makes the copy. @err NOT_FOUND no such image, NO_CAPACITY disk is full, IO */
int storage_copy(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);

/* Makes upper and work if they are missing, and takes the disk limit off until storage_limit: nothing of the instance may run. @err NOT_FOUND no such image,
 * NO_CAPACITY the pool is full, IO */
int storage_make(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);

/* Leaves the caller in a new mount namespace in which the instance's root is mounted at storage_root_path. @err NOT_FOUND no such image, IO */
int storage_mount(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);

/* Gives the layer the disk limit of the record, where the pool can; also while the instance runs. @err CONFLICT more is used already, IO */
int storage_limit(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);

/* The same for reading what an instance that does not run has: nothing is made, changed or run there. @err as storage_mount */
int storage_mount_to_read(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err);

/* STATE/mnt/root and STATE/mnt/guest; return `path`. */
char *storage_root_path(const struct priv_node *node, char path[STORAGE_PATH_MAX]);
char *storage_guest_path(const struct priv_node *node, char path[STORAGE_PATH_MAX]);

/* Removes the instance's directory with all in it, its layer and its snapshots; the record goes last, so that a broken deletion can be repeated. @err IO */
int storage_delete(const struct priv_node *node, struct cc_uuid id, struct cc_error *err);
