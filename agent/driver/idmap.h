/* SPDX-License-Identifier: GPL-3.0-or-later */
/* User namespaces as maps of ids, and mounts that go through such a map. Needs root. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Writes `inside outside 65536` as uid and gid map of a process that made a user namespace. @err IO */
int idmap_write(pid_t pid, uint32_t inside, uint32_t outside, struct cc_error *err);

/* A user namespace that maps the 65,536 ids at `from` to those at `to`: an idmapped mount shows files of the first range as belonging to the second.
 * The descriptor keeps it alive. @err IO */
int idmap_open_userns(uint32_t from, uint32_t to, int *ret_fd, struct cc_error *err);

/* Mounts `source` on `target` through the namespace, read-only. @err UNAVAILABLE kernel or file system cannot, IO */
int idmap_mount(const char *source, const char *target, int userns, struct cc_error *err);

/* The same on a directory that is open, and read-only only if asked. @err UNAVAILABLE, IO */
int idmap_mount_at(const char *source, int target, int userns, bool read_only, struct cc_error *err);

/* Whether the file system under `dir` can be mounted with mapped ids. */
bool idmap_supported(const char *dir);
