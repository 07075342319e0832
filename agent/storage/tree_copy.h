/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies what a guest wrote, which may be hostile and may be changing: never follows a symbolic link, bounded in descriptors and stack. Content is shared with
 * the source where the file system can do that. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define TREE_COPY_DEPTH  200 /* directories in each other; two descriptors each */
#define TREE_MEASURE_MAX 200000

/* Copies the directory `name` of `from` to `name` of `to`, which does not exist: regular files, directories, symbolic links, fifos, and devices 0:0 (the marks
 * of an overlay). Owners, modes, times, hard links and extended attributes are kept, holes stay holes. Other devices and sockets are left out. What it made is
 * left when it fails. Nothing is synced. @err NOT_FOUND, NO_CAPACITY, TOO_LARGE nested too deeply, IO */
int tree_copy(int from, const char *name, int to, struct cc_error *err);

/* Bytes on the disk of `name` and all below it; a file with several names counts once for each. What goes away meanwhile does not count. @err NOT_FOUND,
 * TOO_LARGE nested too deeply, or more than TREE_MEASURE_MAX files; IO */
int tree_measure(int dirfd, const char *name, uint64_t *ret_bytes, struct cc_error *err);
