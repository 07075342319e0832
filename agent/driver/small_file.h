/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small files that are either old or new, never half: written beside, synced, renamed. And reading what the kernel or we wrote, whole. */
#pragma once

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes all of it, whatever a single write takes. Returns -1 with errno. */
int small_file_fill(int fd, const char *text, size_t len);

/* Replaces `name` in the directory. With `durable` it returns when the bytes and the name are on the disk; without, a
 * power failure soon after may leave it cut. @err IO */
int small_file_replace(int dirfd, const char *name, const char *text, size_t len, bool durable, struct cc_error *err);

/* Reads all of `name` (relative to dirfd unless absolute) and ends it with a NUL. Returns its length. On failure `buf` holds what was read so
 * far, with its NUL too. @err NOT_FOUND, TOO_LARGE over cap - 1, IO */
ssize_t small_file_read(int dirfd, const char *name, char *buf, size_t cap, struct cc_error *err);

/* Writes to an existing file in one write, as files of /proc, /sys and cgroups want it. @err NOT_FOUND, IO */
int small_file_poke(const char *path, const char *text, struct cc_error *err);

/* The number that the file begins with. @err NOT_FOUND, INVALID, IO */
int small_file_read_u64(const char *path, uint64_t *ret, struct cc_error *err);
