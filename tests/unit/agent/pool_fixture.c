/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/pool_fixture.h"

#include "agent/storage/pool_loop.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <string.h>

struct pool_fixture pool_fixture;

struct cc_uuid pool_fixture_id(unsigned n)
{
	return (struct cc_uuid){ .b = { [0] = 0xee, [15] = (uint8_t)n } };
}

struct pool_tree pool_fixture_snapshot(unsigned instance, unsigned n)
{
	return (struct pool_tree){ .kind = POOL_SNAPSHOT, .id = pool_fixture_id(n), .of = pool_fixture_id(instance) };
}

int pool_fixture_try(const char *kind, uint64_t loop_bytes, struct cc_error *err)
{
	struct priv_node *node = &pool_fixture.node;

	priv_settings_init(&node->set);
	snprintf(node->set.pool, sizeof(node->set.pool), "%s", kind);
	node->set.pool_loop = loop_bytes;
	snprintf(node->set.state_dir, sizeof(node->set.state_dir), "%s", pool_fixture.dir);
	if (pool_loop_enter(&node->set, err) < 0 || pool_open_all(node, err) < 0)
		return -1;
	pool_fixture.pool = node->pool;
	return 0;
}

void pool_fixture_open(const char *kind, uint64_t loop_bytes)
{
	struct cc_error err = { 0 };

	snprintf(pool_fixture.dir, sizeof(pool_fixture.dir), "/tmp/cc-pool-%d-XXXXXX", getpid());
	ck_assert_ptr_nonnull(mkdtemp(pool_fixture.dir));
	ck_assert_int_eq(state_dir_open(pool_fixture.dir, &pool_fixture.node.dirs, &err), 0);
	ck_assert_msg(pool_fixture_try(kind, loop_bytes, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(pool_fixture.pool->name, kind);
}

void pool_fixture_close(void)
{
	struct cc_error err = { 0 };

	pool_close_all(&pool_fixture.node);
	state_dir_close(&pool_fixture.node.dirs);
	ck_assert_msg(tree_remove(AT_FDCWD, pool_fixture.dir, &err) == 0, "%s", err.msg);
}

int pool_fixture_make(const struct pool_tree *tree, const char *part)
{
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX];
	int fd;

	ck_assert_msg(pool_fixture.pool->make(&pool_fixture.node, tree, &err) == 0, "%s", err.msg);
	fd = open(pool_fixture.pool->path(&pool_fixture.node, tree, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, part, 0751), 0);
	ck_assert_int_eq(fchownat(fd, part, POOL_FIXTURE_OWNER, POOL_FIXTURE_OWNER, 0), 0);
	return fd;
}

void pool_fixture_write(int dirfd, const char *name, const char *text)
{
	cc_auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
}

char *pool_fixture_read(const struct pool_tree *tree, const char *name, char buf[256])
{
	char path[POOL_PATH_MAX], full[POOL_PATH_MAX + 64];
	cc_auto_close int fd = -1;
	ssize_t n;

	snprintf(full, sizeof(full), "%s/%s", pool_fixture.pool->path(&pool_fixture.node, tree, path), name);
	fd = open(full, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd >= 0 ? read(fd, buf, 255) : -1;
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

struct stat pool_fixture_stat(const struct pool_tree *tree, const char *name)
{
	char path[POOL_PATH_MAX], full[POOL_PATH_MAX + 64];
	struct stat st = { 0 };

	snprintf(full, sizeof(full), "%s/%s", pool_fixture.pool->path(&pool_fixture.node, tree, path), name);
	(void)lstat(full, &st);
	return st;
}

static void add_name(void *user, struct cc_uuid id)
{
	*(unsigned *)user += id.b[15];
}

unsigned pool_fixture_snapshots(unsigned instance)
{
	struct cc_error err = { 0 };
	unsigned sum = 0;

	ck_assert_int_eq(pool_fixture.pool->list(&pool_fixture.node, POOL_SNAPSHOT, pool_fixture_id(instance), add_name, &sum, &err), 0);
	return sum;
}
