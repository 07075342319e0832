/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool in a directory of its own, and the trees in it. A loop file's mount is private to the process of the test. */
#pragma once

#include "agent/storage/pool.h"

#include <sys/stat.h>

#define POOL_FIXTURE_OWNER 1900000000u
#define POOL_FIXTURE_MIB   (UINT64_C(1) << 20)
#define POOL_FIXTURE_GIB   (UINT64_C(1) << 30)

struct pool_fixture {
	struct priv_node node;
	const struct pool *pool; /* where new trees go */
	char dir[64];
};

extern struct pool_fixture pool_fixture;

/* Makes the directory and opens the pool, which must be of this kind then. */
void pool_fixture_open(const char *kind, uint64_t loop_bytes);
/* Opens it with these settings in the directory that there is. */
int pool_fixture_try(const char *kind, uint64_t loop_bytes, struct cc_error *err);
/* Removes all. */
void pool_fixture_close(void);

struct cc_uuid pool_fixture_id(unsigned n);
struct pool_tree pool_fixture_snapshot(unsigned instance, unsigned n);
/* The sum of the numbers of all snapshots. */
unsigned pool_fixture_snapshots(unsigned instance);

/* Opens a tree, made with an empty `part` that belongs to a guest. */
int pool_fixture_make(const struct pool_tree *tree, const char *part);
void pool_fixture_write(int dirfd, const char *name, const char *text);
/* Of a tree; "" when there is none. */
char *pool_fixture_read(const struct pool_tree *tree, const char *name, char buf[256]);
/* Zeros when there is none. */
struct stat pool_fixture_stat(const struct pool_tree *tree, const char *name);
