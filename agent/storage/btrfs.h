/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions to btrfs that a pool needs, as system calls: subvolumes, and quota groups, of which each subvolume has one of its own number. */
#pragma once

#include "common/error.h"

#include <stdint.h>

/* Whether the directory is on btrfs. */
bool btrfs_is(int fd);

/* Makes an empty subvolume; fine when the name exists. @err NO_CAPACITY, IO */
int btrfs_subvolume_make(int dirfd, const char *name, struct cc_error *err);
/* Makes `name` a copy of the subvolume `source` as it is now, whole or not at all. @err CONFLICT the name exists, NO_CAPACITY, IO */
int btrfs_subvolume_copy(int source, int dirfd, const char *name, bool read_only, struct cc_error *err);
/* Takes the name away at once; the kernel frees the space later, and the quota group does not always go with it. @err NOT_FOUND, IO */
int btrfs_subvolume_remove(int dirfd, const char *name, struct cc_error *err);
/* Its number, never used again on this file system. @err INVALID the directory is no subvolume, IO */
int btrfs_subvolume_id(int fd, uint64_t *ret, struct cc_error *err);

/* Switches quota groups on; fine when they are. Begins to count anew where the figures are not to be relied on. @err UNAVAILABLE naming what to do, IO */
int btrfs_quota_enable(int fd, struct cc_error *err);
bool btrfs_quota_enabled(int fd);
/* Switches them off, and forgets all limits. @err IO */
int btrfs_quota_disable(int fd, struct cc_error *err);
/* The most bytes that a subvolume may refer to, 0 for no limit. @err NOT_FOUND no such group, IO */
int btrfs_quota_limit(int fd, uint64_t id, uint64_t bytes, struct cc_error *err);
/* What it refers to as of the last commit (30 s at most), and its limit, 0 for none. @err NOT_FOUND, IO */
int btrfs_quota_usage(int fd, uint64_t id, uint64_t *ret_bytes, uint64_t *ret_limit, struct cc_error *err);
/* Removes the group of a removed subvolume. Nothing there is fine. @err BUSY the kernel has not freed the subvolume yet, IO */
int btrfs_quota_remove(int fd, uint64_t id, struct cc_error *err);

/* Lets the file system take up all of its device. @err IO */
int btrfs_grow(int fd, struct cc_error *err);
