/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing of the instance runs while its volumes are mounted, and all that a path passes through is resolved inside of its root: a symbolic link that a guest
 * left leads where it would lead the guest, never outside. The mount is put on a descriptor, so what was looked at is what is mounted on. */
#include "agent/storage/volume.h"

#include "agent/driver/idmap.h"
#include "agent/storage/pool.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct pool_tree tree_of(struct cc_uuid id)
{
	return (struct pool_tree){ .kind = POOL_VOLUME, .id = id };
}

/* The pool that has it; NULL: none. */
static const struct pool *pool_of(const struct priv_node *node, struct cc_uuid id)
{
	struct pool_tree tree = tree_of(id);
	char path[POOL_PATH_MAX];

	for (uint64_t k = 0; k < POOL_KIND_MAX; k++) {
		const struct pool *p = pool_find(node, k);

		if (p != NULL && access(p->path(node, &tree, path), F_OK) == 0)
			return p;
	}
	return NULL;
}

static int make_data(const struct priv_node *node, const struct pool *pool, const struct pool_tree *tree, struct cc_error *err)
{
	uint32_t owner = slot_image_first_id(&node->slots);
	char path[POOL_PATH_MAX];
	cc_auto_close int dirfd = open(pool->path(node, tree, path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (dirfd < 0 || (mkdirat(dirfd, "data", 0755) < 0 && errno != EEXIST) || fstatat(dirfd, "data", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return cc_fail_errno(err, "making the directory of a volume");
	/* Made just now, or by a call that was killed; else its user may have given it another owner. */
	if (st.st_uid != 0)
		return 0;
	if (fchownat(dirfd, "data", owner, owner, AT_SYMLINK_NOFOLLOW) < 0 || fsync(dirfd) < 0)
		return cc_fail_errno(err, "making the directory of a volume");
	return 0;
}

int volume_make(const struct priv_node *node, struct cc_uuid id, uint64_t bytes, struct cc_error *err)
{
	const struct pool *pool = pool_of(node, id);
	struct pool_tree tree = tree_of(id);

	if (pool == NULL)
		pool = node->pool;
	if (pool->make(node, &tree, err) < 0 || pool->limit(node, &tree, bytes, err) < 0)
		return -1;
	return make_data(node, pool, &tree, err);
}

int volume_delete(const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	struct pool_tree tree = tree_of(id);

	for (uint64_t k = 0; k < POOL_KIND_MAX; k++) {
		const struct pool *p = pool_find(node, k);

		if (p != NULL && p->remove(node, &tree, err) < 0)
			return -1;
	}
	return 0;
}

bool volume_valid_path(const char path[PRIV_PATH_TEXT])
{
	size_t len = strnlen(path, PRIV_PATH_TEXT);

	if (len < 2 || len == PRIV_PATH_TEXT || path[0] != '/')
		return false;
	for (const char *at = path; *at != '\0';) {
		size_t n = strcspn(at + 1, "/");

		if (n == 0 || (n <= 2 && strspn(at + 1, ".") == n))
			return false;
		at += 1 + n;
	}
	return true;
}

static int open_inside(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* The directory that the path names, made with those on the way where they are missing. */
static int open_target(int root, const char *path, uint32_t owner, int *ret, struct cc_error *err)
{
	cc_auto_close int at = open_inside(root, "/");
	char part[PRIV_PATH_TEXT];

	for (size_t len = 1 + strcspn(path + 1, "/"); at >= 0; len += 1 + strcspn(path + len + 1, "/")) {
		int next;

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		next = open_inside(root, part);
		if (next < 0 && errno == ENOENT && mkdirat(at, strrchr(part, '/') + 1, 0755) == 0 &&
		        fchownat(at, strrchr(part, '/') + 1, owner, owner, AT_SYMLINK_NOFOLLOW) == 0)
			next = open_inside(root, part);
		if (next < 0)
			return cc_fail(err, INVALID, "the instance has something at %s that is no directory, so no volume can be there", part);
		close(at);
		at = next;
		if (path[len] == '\0')
			break;
	}
	if (at < 0)
		return cc_fail_errno(err, "opening the root of the instance");
	*ret = at;
	at = -1;
	return 0;
}

static int mount_one(const struct priv_node *node, int root, uint32_t owner, int userns, const struct priv_mount *m, struct cc_error *err)
{
	const struct pool *pool = pool_of(node, m->volume);
	struct pool_tree tree = tree_of(m->volume);
	char path[POOL_PATH_MAX], data[POOL_PATH_MAX + 8], id[CC_UUID_TEXT];
	cc_auto_close int target = -1;

	if (pool == NULL)
		return cc_fail(err, UNAVAILABLE, "the volume %s is not on this node", cc_uuid_format(m->volume, id));
	if (open_target(root, m->path, owner, &target, err) < 0)
		return -1;
	snprintf(data, sizeof(data), "%s/data", pool->path(node, &tree, path));
	return idmap_mount_at(data, target, userns, m->read_only != 0, err);
}

int volume_mount_all(
        const struct priv_node *node, const struct ct_record *rec, const char *root, const struct driver_mounts *mounts, struct cc_error *err)
{
	uint32_t owner = slot_first_id(&node->slots, (uint32_t)rec->slot);
	cc_auto_close int userns = -1, rootfd = -1;

	if (mounts->count == 0)
		return 0;
	rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return cc_fail_errno(err, "opening '%s'", root);
	if (idmap_open_userns(slot_image_first_id(&node->slots), owner, &userns, err) < 0)
		return -1;
	for (uint32_t i = 0; i < mounts->count; i++)
		if (mount_one(node, rootfd, owner, userns, &mounts->at[i], err) < 0)
			return cc_wrap(err, "mounting a volume");
	return 0;
}
