/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Root file systems as tar archives: looking whether a file is a whole one, and packing a directory into one piece by piece. The only part of ccctl that knows
 * libarchive, and therefore a module: it is loaded by the commands that need it. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

struct tarball_facts {
	char sha256[65];
	int64_t bytes;
	int64_t entries;
};

/* A directory that is being packed. The same directory gives the same bytes: entries in order of their names, owners by number, times to the second, no
 * access times. Sockets and device nodes are left out; other file systems mounted below are not entered. */
struct tarball_pack;

struct tarball_tool {
	/* Reads the file from its start to its end: is it a tar archive, plain or compressed, and is it all there? `name` is for messages; on return the
	 * descriptor stands at the end. @err INVALID it is not; IO */
	int (*check)(int fd, const char *name, struct tarball_facts *ret, struct cc_error *err);

	/* @err INVALID not a directory, or empty; IO */
	int (*pack_open)(const char *dir, struct tarball_pack **ret, struct cc_error *err);
	/* Fills up to `max` bytes: how many, 0 at the end, -1 on failure. @err IO */
	ssize_t (*pack_read)(struct tarball_pack *p, char *buf, size_t max, struct cc_error *err);
	/* NULL is allowed. */
	void (*pack_free)(struct tarball_pack *p);

	/* Packs once to learn size, hash and how many things are left out. @err as above */
	int (*measure)(const char *dir, struct tarball_facts *ret, int64_t *ret_left_out, struct cc_error *err);
};

/* NULL when it cannot be loaded. @err INTERNAL */
const struct tarball_tool *tarball_load(struct cc_error *err);
