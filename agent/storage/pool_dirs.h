/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the trees of a pool lie below its base directory (pool.h), for every pool alike. `base` is a descriptor of that. */
#pragma once

#include "agent/storage/pool.h"

#define POOL_DIRS_NAME (CC_UUID_TEXT + 8)

struct pool_dirs_name {
	char name[POOL_DIRS_NAME];
};

/* The path of a tree; returns `path`. */
char *pool_dirs_path(const char *base, const struct pool_tree *tree, char path[POOL_PATH_MAX]);
/* Opens the directory that the tree lies in, made if asked, and gives the tree's name there. @err NOT_FOUND, NO_CAPACITY, IO */
int pool_dirs_open(int base, const struct pool_tree *tree, bool make, int *ret_parent, struct pool_dirs_name *ret, struct cc_error *err);
/* Opens the tree itself. @err NOT_FOUND naming what is not there, IO */
int pool_dirs_open_tree(int base, const struct pool_tree *tree, int *ret, struct cc_error *err);
/* NAME with a suffix: what is half made, or about to go. */
struct pool_dirs_name pool_dirs_beside(const struct pool_dirs_name *n, const char *suffix);

/* Calls back for each whole tree of a kind. @err IO */
int pool_dirs_list(int base, enum pool_tree_kind kind, struct cc_uuid of, pool_list_fn *each, void *user, struct cc_error *err);
/* Calls back for each name with the suffix, where trees lie. Goes on when one fails. @err the last failure, IO */
typedef int pool_dirs_drop_fn(void *user, int parent, const char *name, struct cc_error *err);
int pool_dirs_sweep(int base, const char *suffix, pool_dirs_drop_fn *drop, void *user, struct cc_error *err);
/* Removes the directory that a snapshot lay in when it was the last one there. Always 0. */
int pool_dirs_drop_empty(int base, const struct pool_tree *tree);

/* Sets the error of errno: NO_CAPACITY when the disk is full, else IO. */
int pool_dirs_fail(const char *what, struct cc_error *err);
