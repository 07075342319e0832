/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each tree is a subvolume, so its quota group counts and limits exactly what was written to it.
 *
 * A layer is the upper of an overlay here too, and not a writable copy of the image as a subvolume of its own. So an image is unpacked once for all pools and
 * mapped to the instance's ids by a mount, whereas a copy would have to get 65,536 other ids file by file, and share no more. The group counts what the
 * instance wrote, not the image; nor does its figure jump when the image is deleted. And a snapshot is only what differs.
 *
 * A removed subvolume leaves its group behind on some kernels (before 6.11), and others refuse to remove the group while they still free the subvolume. So its
 * number is noted in gone/ before, and groups that are noted are removed when it is possible: with the next removal or at the next start. Groups of others on
 * the same file system are never touched. Both notes and subvolumes are btrfs', which keeps their order over a power failure. */
#include "agent/storage/btrfs.h"
#include "agent/storage/pool_dirs.h"
#include "agent/storage/pool_loop.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

#define NEW        ".new"
#define GONE       "gone"
#define QUOTA_NOTE "quota-is-ours"
#define SLACK      (UINT64_C(1) << 20) /* what an overlay may write for itself when the limit is off */

static int open_base(const struct priv_node *node, struct cc_error *err)
{
	char path[STATE_PATH_MAX + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/btrfs", node->dirs.path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		cc_fail_errno(err, "opening '%s'", path);
	return fd;
}

/* Trees of before that a mount on top would hide. */
static int check_not_native(const struct priv_node *node, struct cc_error *err)
{
	if (pool_loop_exists(node) || faccessat(node->dirs.root, "btrfs/" GONE, F_OK, 0) < 0)
		return 0;
	return cc_fail(err, INVALID,
	        "pool_loop: this node's btrfs pool lies on the file system of state_dir itself, and cannot move into a file; leave pool_loop out");
}

/* On a file system of the owner's, who does not want groups for ever because of us. The note comes first: after a kill between the two, they go with the node. */
static int enable_quota(int base, struct cc_error *err)
{
	cc_auto_close int note = btrfs_quota_enabled(base) ? -1 : openat(base, QUOTA_NOTE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	(void)note;
	return btrfs_quota_enable(base, err);
}

static int btrfs_open(struct priv_node *node, struct cc_error *err)
{
	cc_auto_close int base = -1;
	bool loop = node->set.pool_loop > 0 || pool_loop_exists(node);

	if (mkdirat(node->dirs.root, "btrfs", 0700) < 0 && errno != EEXIST)
		return pool_dirs_fail("making a directory", err);
	if (loop && (check_not_native(node, err) < 0 || pool_loop_open(node, err) < 0))
		return -1;
	base = open_base(node, err);
	if (base < 0)
		return -1;
	if (!btrfs_is(base))
		return cc_fail(err, INVALID, "pool: '%s' is not on btrfs; set pool_loop to a size, or pool to overlay", node->dirs.path);
	if (mkdirat(base, GONE, 0700) < 0 && errno != EEXIST)
		return pool_dirs_fail("making a directory", err);
	return enable_quota(base, err);
}

static void btrfs_close(struct priv_node *node)
{
	pool_loop_close(node);
}

static char *btrfs_path(const struct priv_node *node, const struct pool_tree *tree, char path[POOL_PATH_MAX])
{
	char base[STATE_PATH_MAX + 8];

	snprintf(base, sizeof(base), "%s/btrfs", node->dirs.path);
	return pool_dirs_path(base, tree, path);
}

static int btrfs_make(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err), parent = -1;
	struct pool_dirs_name n;

	if (base < 0 || pool_dirs_open(base, tree, true, &parent, &n, err) < 0 || btrfs_subvolume_make(parent, n.name, err) < 0)
		return -1;
	return fchmodat(parent, n.name, 0700, 0) < 0 ? cc_fail_errno(err, "setting the mode of a subvolume") : 0;
}

/* Opens a tree and finds its number. */
static int open_tree_id(const struct priv_node *node, const struct pool_tree *tree, int *ret_fd, uint64_t *ret_id, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err), fd = -1;

	if (base < 0 || pool_dirs_open_tree(base, tree, &fd, err) < 0 || btrfs_subvolume_id(fd, ret_id, err) < 0)
		return -1;
	*ret_fd = cc_take_fd(fd);
	return 0;
}

static int check_used(uint64_t used, uint64_t bytes, struct cc_error *err)
{
	if (bytes == 0 || used <= bytes + SLACK)
		return 0;
	return cc_fail(err, CONFLICT, "the disk limit cannot be %" PRIu64 " MiB: %" PRIu64 " MiB are used; delete files first, or set it higher",
	        bytes >> 20, (used >> 20) + ((used & ((1 << 20) - 1)) != 0));
}

static int btrfs_limit(const struct priv_node *node, const struct pool_tree *tree, uint64_t bytes, struct cc_error *err)
{
	cc_auto_close int fd = -1;
	uint64_t id, used, limit;

	if (open_tree_id(node, tree, &fd, &id, err) < 0 || btrfs_quota_usage(fd, id, &used, &limit, err) < 0)
		return -1;
	if (bytes == limit)
		return 0;
	/* The figures are those of the last commit: before somebody who writes is given less, it is made anew. */
	if (bytes > 0 && bytes < limit && (syncfs(fd) < 0 || btrfs_quota_usage(fd, id, &used, &limit, err) < 0))
		return err->code != CC_OK ? -1 : cc_fail_errno(err, "bringing the pool to the disk");
	return check_used(used, bytes, err) < 0 ? -1 : btrfs_quota_limit(fd, id, bytes, err);
}

static int btrfs_usage(const struct priv_node *node, const struct pool_tree *tree, uint64_t *ret_bytes, struct cc_error *err)
{
	cc_auto_close int fd = -1;
	uint64_t id, limit;

	return open_tree_id(node, tree, &fd, &id, err) < 0 ? -1 : btrfs_quota_usage(fd, id, ret_bytes, &limit, err);
}

static int btrfs_copy(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err), source = -1, parent = -1;
	struct cc_error failed = { 0 };
	struct pool_dirs_name n;

	if (base < 0 || pool_dirs_open(base, to, true, &parent, &n, err) < 0)
		return -1;
	if (faccessat(parent, n.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (pool_dirs_open_tree(base, from, &source, err) < 0)
		return -1;
	if (btrfs_subvolume_copy(source, parent, n.name, to->kind == POOL_SNAPSHOT, &failed) < 0 && failed.code != CC_CONFLICT)
		return cc_error_set(err, failed.code, failed.sys_errno, failed.where, "%s", failed.msg);
	return syncfs(base) < 0 ? cc_fail_errno(err, "bringing a copy to the disk") : 0;
}

/* Removes the groups that are noted, as far as the kernel lets us. */
static void remove_gone_groups(int base)
{
	int fd = openat(base, GONE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		struct cc_error ignored = { 0 };
		uint64_t id;

		if (sscanf(d->d_name, "%" SCNu64, &id) == 1 && btrfs_quota_remove(base, id, &ignored) == 0)
			(void)unlinkat(fd, d->d_name, 0);
	}
}

static bool note_gone(int base, uint64_t id)
{
	char name[64];
	cc_auto_close int fd = -1;

	snprintf(name, sizeof(name), GONE "/%" PRIu64, id);
	fd = openat(base, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0;
}

static int remove_subvolume(int base, int parent, const char *name, struct cc_error *err)
{
	cc_auto_close int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t id;
	bool noted;

	if (fd < 0)
		return errno == ENOENT ? 0 : cc_fail_errno(err, "opening a subvolume");
	if (btrfs_subvolume_id(fd, &id, err) < 0)
		return -1;
	noted = note_gone(base, id);
	if (btrfs_subvolume_remove(parent, name, err) < 0)
		return -1;
	/* Where even a note had no room, there may be some now. */
	if (!noted)
		(void)note_gone(base, id);
	return 0;
}

static int btrfs_remove(const struct priv_node *node, const struct pool_tree *tree, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err), parent = -1;
	struct cc_error none = { 0 };
	struct pool_dirs_name n;

	if (base < 0)
		return -1;
	if (pool_dirs_open(base, tree, false, &parent, &n, &none) < 0)
		return none.code == CC_NOT_FOUND ? 0 : cc_error_set(err, none.code, none.sys_errno, none.where, "%s", none.msg);
	if (remove_subvolume(base, parent, n.name, err) < 0 || remove_subvolume(base, parent, pool_dirs_beside(&n, NEW).name, err) < 0)
		return -1;
	remove_gone_groups(base);
	return pool_dirs_drop_empty(base, tree);
}

static int btrfs_replace(const struct priv_node *node, const struct pool_tree *from, const struct pool_tree *to, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err), source = -1, parent = -1;
	struct pool_dirs_name n, fresh;

	if (base < 0 || pool_dirs_open_tree(base, from, &source, err) < 0 || pool_dirs_open(base, to, true, &parent, &n, err) < 0)
		return -1;
	fresh = pool_dirs_beside(&n, NEW);
	if (remove_subvolume(base, parent, fresh.name, err) < 0 || btrfs_subvolume_copy(source, parent, fresh.name, false, err) < 0)
		return -1;
	if (renameat2(parent, fresh.name, parent, n.name, RENAME_EXCHANGE) < 0 &&
	        (errno != ENOENT || renameat(parent, fresh.name, parent, n.name) < 0))
		return cc_fail_errno(err, "putting a copy in place");
	if (syncfs(base) < 0)
		return cc_fail_errno(err, "bringing a copy to the disk");
	return remove_subvolume(base, parent, fresh.name, err);
}

static int btrfs_list(const struct priv_node *node, enum pool_tree_kind kind, struct cc_uuid of, pool_list_fn *each, void *user, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err);

	return base < 0 ? -1 : pool_dirs_list(base, kind, of, each, user, err);
}

struct sweep {
	const struct priv_node *node;
	int base;
	pool_keep_fn *keep;
	void *user;
	int result;
	struct cc_error err;
};

static int drop(void *user, int parent, const char *name, struct cc_error *err)
{
	const struct sweep *s = user;

	return remove_subvolume(s->base, parent, name, err);
}

static void drop_unwanted(void *user, struct cc_uuid id)
{
	struct sweep *s = user;
	struct cc_error one = { 0 };
	struct pool_tree layer = pool_layer(id);

	if (!s->keep(s->user, id) && btrfs_remove(s->node, &layer, &one) < 0) {
		s->err = one;
		s->result = -1;
	}
}

static int btrfs_sweep(const struct priv_node *node, pool_keep_fn *keep, void *user, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err);
	struct sweep s = { .node = node, .base = base, .keep = keep, .user = user };

	if (base < 0 || pool_dirs_sweep(base, NEW, drop, &s, err) < 0)
		return -1;
	if (pool_dirs_list(base, POOL_LAYER, (struct cc_uuid){ 0 }, drop_unwanted, &s, err) < 0)
		return -1;
	if (s.result < 0)
		*err = s.err;
	remove_gone_groups(base);
	return s.result;
}

static int btrfs_retire(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_close int base = open_base(node, err);
	struct sweep s = { .node = node, .base = base };

	if (base < 0 || pool_dirs_sweep(base, "", drop, &s, err) < 0)
		return -1;
	if (pool_loop_exists(node))
		return pool_loop_remove(node, err);
	remove_gone_groups(base);
	if (faccessat(base, QUOTA_NOTE, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && btrfs_quota_disable(base, err) < 0)
		return -1;
	return tree_remove(node->dirs.root, "btrfs", err);
}

const struct pool pool_btrfs = {
	.name = "btrfs",
	.kind = POOL_BTRFS,
	.enforces = true,
	.instant = true,
	.open = btrfs_open,
	.close = btrfs_close,
	.sweep = btrfs_sweep,
	.path = btrfs_path,
	.make = btrfs_make,
	.limit = btrfs_limit,
	.usage = btrfs_usage,
	.copy = btrfs_copy,
	.replace = btrfs_replace,
	.remove = btrfs_remove,
	.retire = btrfs_retire,
	.list = btrfs_list,
};
