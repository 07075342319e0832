/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes: trees of a pool whose files belong to ids that nobody has, and that each instance sees through a mount as its own. So an instance with other ids can
 * take one over. */
#pragma once

#include "agent/driver/driver.h"

/* Makes one that is missing, in the pool of the settings, and sets its size. @err NO_CAPACITY, CONFLICT more is in it already, IO */
int volume_make(const struct priv_node *node, struct cc_uuid id, uint64_t bytes, struct cc_error *err);
/* Removes it, in whichever pool it is. None is fine. @err IO */
int volume_delete(const struct priv_node *node, struct cc_uuid id, struct cc_error *err);

/* A path inside an instance, as check of what the other half says: absolute, not "/", and of plain names. */
bool volume_valid_path(const char path[PRIV_PATH_TEXT]);

/* Mounts the volumes below `root`, the instance's root in the caller's private mount namespace. Each path is resolved as the instance would; what is missing of
 * it is made, as the instance's. @err NOT_FOUND no such volume, INVALID a path leads to no directory, IO */
int volume_mount_all(
        const struct priv_node *node, const struct ct_record *rec, const char *root, const struct driver_mounts *mounts, struct cc_error *err);
