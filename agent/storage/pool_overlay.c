/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees as plain directories of the state directory, on whatever file system that is: works everywhere, limits nothing. A layer is the instance's own
 * directory, beside the record. */
#include "agent/storage/pool_dirs.h"
#include "agent/storage/tree_copy.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#define NEW ".new"

/* What a tree may hold and what of it is copied. */
static const char *const contents[] = { "upper", "data" };

static char *overlay_path(const struct priv_node *node, const struct pool_tree *tree, char path[POOL_PATH_MAX])
{
	return pool_dirs_path(node->dirs.path, tree, path);
}

static int overlay_make(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err)
{
	struct pool_dirs_name n;
	cc_auto_close int dirfd = -1;

	if (pool_dirs_open(node->dirs.root, tree, true, &dirfd, &n, err) < 0)
		return -1;
	return mkdirat(dirfd, n.name, 0700) == 0 || errno == EEXIST ? 0 : pool_dirs_fail("making a directory", err);
}

static int overlay_limit(const struct priv_node *node, const struct pool_tree *tree, uint64_t bytes, struct cc_error *err)
{
	(void)node, (void)tree, (void)bytes, (void)err;
	return 0;
}

static int overlay_usage(const struct priv_node *node, const struct pool_tree *tree, uint64_t *ret_bytes, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	uint64_t bytes = 0;

	if (pool_dirs_open_tree(node->dirs.root, tree, &dirfd, err) < 0)
		return -1;
	for (size_t i = 0; i < CC_ARRAY_LEN(contents); i++) {
		struct cc_error none = { 0 };
		uint64_t part = 0;

		if (tree_measure(dirfd, contents[i], &part, &none) < 0 && none.code != CC_NOT_FOUND)
			return cc_error_set(err, none.code, none.sys_errno, none.where, "%s", none.msg);
		bytes += part;
	}
	*ret_bytes = bytes;
	return 0;
}

static int copy_contents(int from, int to, struct cc_error *err)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(contents); i++)
		if (faccessat(from, contents[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0 && tree_copy(from, contents[i], to, err) < 0)
			return -1;
	return syncfs(to) < 0 ? cc_fail_errno(err, "bringing a copy to the disk") : 0;
}

/* Fills a new directory of that name, and takes it away again when that fails. */
static int copy_into(const struct priv_node *node, const struct pool_tree *from, int parent, const char *name, struct cc_error *err)
{
	cc_auto_close int source = -1, target = -1;
	struct cc_error ignored = { 0 };

	if (pool_dirs_open_tree(node->dirs.root, from, &source, err) < 0 || tree_remove(parent, name, err) < 0)
		return -1;
	if (mkdirat(parent, name, 0700) < 0)
		return pool_dirs_fail("making a directory", err);
	target = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target >= 0 && copy_contents(source, target, err) == 0)
		return 0;
	if (target < 0)
		cc_fail_errno(err, "making a directory");
	(void)tree_remove(parent, name, &ignored);
	return -1;
}

static int overlay_copy(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err)
{
	struct pool_dirs_name n, fresh;
	cc_auto_close int parent = -1;

	if (pool_dirs_open(node->dirs.root, to, true, &parent, &n, err) < 0)
		return -1;
	if (faccessat(parent, n.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	fresh = pool_dirs_beside(&n, NEW);
	if (copy_into(node, from, parent, fresh.name, err) < 0)
		return -1;
	if (renameat(parent, fresh.name, parent, n.name) < 0 || fsync(parent) < 0)
		return cc_fail_errno(err, "putting a copy in place");
	return 0;
}

/* A layer shares its directory with the record, so the content is what is swapped. */
static int put_in_place(int fresh, int target, struct cc_error *err)
{
	if (tree_remove(target, "work", err) < 0)
		return -1;
	for (size_t i = 0; i < CC_ARRAY_LEN(contents); i++) {
		if (renameat2(fresh, contents[i], target, contents[i], RENAME_EXCHANGE) == 0)
			continue;
		if (errno == ENOENT && renameat(fresh, contents[i], target, contents[i]) < 0 && errno != ENOENT)
			return cc_fail_errno(err, "putting a copy in place");
	}
	return fsync(target) < 0 ? cc_fail_errno(err, "putting a copy in place") : 0;
}

static int overlay_replace(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err)
{
	struct pool_dirs_name n;
	cc_auto_close int parent = -1, target = -1, fresh = -1;

	if (overlay_make(node, to, err) < 0 || pool_dirs_open(node->dirs.root, to, true, &parent, &n, err) < 0)
		return -1;
	n = pool_dirs_beside(&n, NEW);
	if (pool_dirs_open_tree(node->dirs.root, to, &target, err) < 0 || copy_into(node, from, parent, n.name, err) < 0)
		return -1;
	fresh = openat(parent, n.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fresh < 0)
		return cc_fail_errno(err, "putting a copy in place");
	if (put_in_place(fresh, target, err) < 0)
		return -1;
	return tree_remove(parent, n.name, err);
}

/* The directory of a layer is the record's; it goes with that. */
static int remove_layer(int parent, const struct pool_dirs_name *n, struct cc_error *err)
{
	static const char *const parts[] = { "upper", "work" };
	cc_auto_close int dirfd = openat(parent, n->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct pool_dirs_name fresh = pool_dirs_beside(n, NEW);

	if (dirfd < 0 && errno != ENOENT)
		return cc_fail_errno(err, "opening the directory of an instance");
	for (size_t i = 0; dirfd >= 0 && i < CC_ARRAY_LEN(parts); i++)
		if (tree_remove(dirfd, parts[i], err) < 0)
			return -1;
	return tree_remove(parent, fresh.name, err);
}

static int overlay_remove(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err)
{
	struct pool_dirs_name n, gone;
	struct cc_error none = { 0 };
	cc_auto_close int parent = -1;

	if (pool_dirs_open(node->dirs.root, tree, false, &parent, &n, &none) < 0)
		return none.code == CC_NOT_FOUND ? 0 : cc_error_set(err, none.code, none.sys_errno, none.where, "%s", none.msg);
	if (tree->kind == POOL_LAYER)
		return remove_layer(parent, &n, err);
	gone = pool_dirs_beside(&n, NEW);
	if (tree_remove(parent, gone.name, err) < 0)
		return -1;
	if (renameat(parent, n.name, parent, gone.name) < 0)
		return errno == ENOENT ? pool_dirs_drop_empty(node->dirs.root, tree) : cc_fail_errno(err, "removing a directory");
	return tree_remove(parent, gone.name, err) < 0 ? -1 : pool_dirs_drop_empty(node->dirs.root, tree);
}

static int overlay_list(
        const struct priv_node *node, enum pool_tree_kind kind, struct cc_uuid of, pool_list_fn *each, void *user, struct cc_error *err)
{
	return pool_dirs_list(node->dirs.root, kind, of, each, user, err);
}

static int drop(void *user, int parent, const char *name, struct cc_error *err)
{
	(void)user;
	return tree_remove(parent, name, err);
}

static int overlay_sweep(const struct priv_node *node, pool_keep_fn *keep, void *user, struct cc_error *err)
{
	/* Layers without an instance: the directory of one is the record's (instances_load). */
	(void)keep, (void)user;
	return pool_dirs_sweep(node->dirs.root, NEW, drop, NULL, err);
}

static int overlay_retire(const struct priv_node *node, struct cc_error *err)
{
	return tree_remove(node->dirs.root, "snapshots", err) < 0 ? -1 : tree_remove(node->dirs.root, "volumes", err);
}

const struct pool pool_overlay = {
	.name = "overlay",
	.kind = POOL_OVERLAY,
	.sweep = overlay_sweep,
	.path = overlay_path,
	.make = overlay_make,
	.limit = overlay_limit,
	.usage = overlay_usage,
	.copy = overlay_copy,
	.replace = overlay_replace,
	.remove = overlay_remove,
	.retire = overlay_retire,
	.list = overlay_list,
};
