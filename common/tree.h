/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of files as tar streams, for both ends of a copy: packing is a generator, landing reads what comes. Regular files with their holes, directories,
 * symbolic and hard links, permissions, modification times, owners by number. Needs libarchive, so programs load it (struct cc_tree_tool).
 *
 * Neither end trusts the other. Landing never walks through a symbolic link below the target, whoever made it and when; takes no name that leads outside,
 * and none that was not asked for; makes no devices, FIFOs and sockets. A file gets its name when all of it is there. A stream without its end mark is an
 * error. */
#pragma once

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CC_TREE_DEPTH_MAX 256 /* directories above an entry */

enum cc_tree_flag {
	CC_TREE_FOLLOW = 1 << 0, /* packing: a source that is a symbolic link is what it leads to */
	CC_TREE_OWNERS = 1 << 1, /* landing: owners and set-id bits as they come. Else all is the caller's, with the nine permission bits alone */
	CC_TREE_ROOT = 1 << 2,   /* packing: a whole system. Owners' capabilities of programs come along, FIFOs too; what is mounted below does not */
};

/* A remark about something that is left out; one line without its end. Names in it are raw. */
typedef void cc_tree_say_fn(void *arg, const char *text);

struct cc_tree_tally {
	int64_t entries;
	int64_t bytes;    /* of files; holes count */
	int64_t left_out; /* by its kind: devices and such */
	int64_t failed;   /* could not be read */
};

struct cc_tree_source {
	const char *path;
	const char *name; /* what it is called in the stream; "": its content is, without a directory around it */
};

struct cc_tree_pack_options {
	const struct cc_tree_source *sources; /* kept, not copied */
	size_t n;
	unsigned flags;
	cc_tree_say_fn *say;
	void *say_arg;
};

struct cc_tree_pack;
struct cc_tree_squeeze;

enum cc_tree_place {
	CC_TREE_INTO,    /* the target is a directory that is there; names as they come */
	CC_TREE_AS,      /* the same when it is one; else what comes gets the target's name instead of its own first one */
	CC_TREE_CONTENT, /* the target is the directory whose content comes; it is made if need be */
	CC_TREE_PLACE_MAX
};

struct cc_tree_land_options {
	const char *path;         /* the target */
	enum cc_tree_place place; /* links in the path are followed */
	unsigned flags;
	const char *const *names; /* the only first names that are taken; NULL: any */
	size_t n_names;
	/* The next bytes of the stream, valid until the next call: how many, 0 at its end, -1 with err. */
	ssize_t (*read)(void *arg, const void **ret, struct cc_error *err);
	void *read_arg;
	cc_tree_say_fn *say;
	void *say_arg;
};

struct cc_tree_tool {
	/* What a path is called in a stream, heap: its last part, or "" when it ends in "." or "..", or is "/": then its content is meant. */
	char *(*name_of)(const char *path);
	/* Loads whatever libraries load late, and makes names text. Before the root, the rights or the namespaces change. */
	void (*prepare)(void);
	/* @err NOT_FOUND a source is not there, INVALID it is nothing that can be copied, DENIED, IO */
	int (*pack_open)(const struct cc_tree_pack_options *opt, struct cc_tree_pack **ret, struct cc_error *err);
	/* The next bytes, valid until the next call: how many, 0 at the end, -1. @err as of pack_open */
	ssize_t (*pack_read)(struct cc_tree_pack *p, const void **ret, struct cc_error *err);
	const struct cc_tree_tally *(*pack_tally)(const struct cc_tree_pack *p);
	/* NULL is allowed. */
	void (*pack_free)(struct cc_tree_pack *p);
	/* Takes the whole stream. *ret says how far it came, also when it fails. @err INVALID no such stream, or cut; NOT_FOUND the target; CONFLICT something else
	 * has a name that comes; DENIED, NO_CAPACITY the disk is full, IO; what `read` failed with */
	int (*land)(const struct cc_tree_land_options *opt, struct cc_tree_tally *ret, struct cc_error *err);

	/* An archive that is written to a file, compressed by zstd: tar streams behind each other, of which only the last has its end mark.
	 * squeeze_free is for one that failed, too. @err NO_CAPACITY, IO */
	int (*squeeze_open)(int fd, struct cc_tree_squeeze **ret, struct cc_error *err);
	int (*squeeze_write)(struct cc_tree_squeeze *s, const void *p, size_t len, struct cc_error *err);
	/* One file of it from memory, as tar entry without end mark. */
	int (*squeeze_file)(struct cc_tree_squeeze *s, const char *name, const char *text, struct cc_error *err);
	int (*squeeze_close)(struct cc_tree_squeeze *s, struct cc_error *err);
	void (*squeeze_free)(struct cc_tree_squeeze *s);
	/* Reads one file of at most `max` bytes from near the start of such an archive, which may be compressed otherwise; to the heap, with a NUL behind it.
	 * @err INVALID it is no archive, or that file is not near its start */
	int (*peek)(int fd, const char *name, size_t max, char **ret, struct cc_error *err);
};
extern const struct cc_tree_tool cc_tree_tool;
