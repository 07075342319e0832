/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the layers of an archive come to: a tree of names in memory, without the contents of files. Later layers replace and, by the whiteouts of OCI images,
 * remove what earlier ones brought; links on the way to an entry are followed inside the tree and never lead out of it. Pure: knows no archives. */
#pragma once

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What an archive may hold: as agents take it by default. */
#define TREE_ENTRIES_MAX 1000000
#define TREE_BYTES_MAX   ((int64_t)16 << 30)
#define TREE_DEPTH_MAX   100

struct tree_entry {
	const char *path;
	mode_t mode; /* type and permissions; type 0: a hard link to `target` */
	int64_t uid, gid;
	int64_t mtime; /* s since 1970 */
	int64_t size;
	const char *target;     /* of a symbolic or hard link, else NULL */
	const void *capability; /* the attribute security.capability */
	size_t capability_len;
};

struct tree;
struct tree_file;

/* `whiteouts`: names that begin with .wh. remove things. */
struct tree *tree_new(bool whiteouts);
void tree_free(struct tree *t); /* NULL is allowed */

/* What comes now belongs to the next layer; the first one needs no call. */
void tree_begin_layer(struct tree *t);
/* `at` is the entry's number in its layer; numbers only grow. Strings are copied. @err INVALID a name that leads outside, a link to nothing...; TOO_LARGE */
int tree_add(struct tree *t, const struct tree_entry *e, uint64_t at, struct cc_error *err);

/* Whether there is something at the path, links followed. */
bool tree_has(struct tree *t, const char *path);

/* All is in: from now on only this directory and what is below it counts, "" for everything. False when there is no such directory. */
bool tree_choose(struct tree *t, const char *dir);
/* Calls back for each directory, symbolic link and FIFO, directories before what they hold. Fails with what `each` failed with. */
typedef int tree_each_fn(void *user, const struct tree_entry *e, struct cc_error *err);
int tree_walk(struct tree *t, tree_each_fn *each, void *user, struct cc_error *err);
/* The file whose content is entry `at` of layer `layer` (from 0); NULL: nothing of it is left, or it is none. After tree_walk, in growing order. */
struct tree_file *tree_take_file(struct tree *t, uint32_t layer, uint64_t at);
/* Its entry, with its first name as path; then its further names one by one, NULL at the end. Valid until the tree is freed. */
const struct tree_entry *tree_file_entry(const struct tree_file *f);
const char *tree_file_next_name(struct tree_file *f);
