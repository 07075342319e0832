/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Root file systems in the many forms that people have, made into the one form that agents take: a tar archive, plain or compressed, without device nodes.
 * The only part of ccctl that knows libarchive, and therefore a module: it is loaded by the commands that need it. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Forms that are read: a directory; a tar archive (plain, gzip, bzip2, xz, zstd); LXD's and Incus' unified tarballs, and directories of that form, and their split images; OCI image
 * layouts, as directories and as tar archives. What is fit to be sent as it is stays as it is, byte for byte. Everything else becomes a tar archive compressed
 * by zstd: the same input gives the same bytes; owners by number, times to the second; sockets and device nodes are left out. */
struct tarball_job {
	const char *path; /* of the input, for messages */
	int from;         /* the input: a regular file or a directory */
	int to;           /* an empty file, for what must be made */
	/* The metadata of a split image, of which `from` is the root file system: a regular file. */
	const char *meta_path; /* NULL: there is none */
	int meta;
	const char *arch; /* which of several platforms, in Debian's words; NULL: that of this machine, or the only one */

	bool as_told; /* of an OCI image: run what it says, even where it has an /sbin/init */

	/* Tells how far a step is; total 0: unknown. May be NULL. */
	void (*progress)(void *arg, const char *step, int64_t done, int64_t total);
	void *arg;
};

struct tarball_facts {
	char sha256[65];
	int64_t bytes;
	int64_t entries;
	int64_t left_out; /* sockets and device nodes */
	char arch[32];    /* what the input says about itself, in Debian's words, or "" */
	bool has_init;    /* there is an /sbin/init; said of archives only, true for directories */
	char runs[160];   /* the program that an /sbin/init was made for, or "" */
	char user[48];    /* as whom the image wants it to run, which it does not; or "" */
	bool made;        /* what is to be sent is in job->to; else it is the input */
};

struct tarball_tool {
	/* Both files are left with their offset anywhere. @err INVALID it is none of these, damaged or truncated, or holds what no image may;
	 * TOO_LARGE; NOT_FOUND no such platform in it; NO_CAPACITY no room for what is made; IO */
	int (*make)(const struct tarball_job *job, struct tarball_facts *ret, struct cc_error *err);
};

/* NULL when it cannot be loaded. @err INTERNAL */
const struct tarball_tool *tarball_load(struct cc_error *err);
