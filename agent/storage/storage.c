/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/storage.h"

#include "agent/driver/idmap.h"
#include "agent/storage/image_copy.h"
#include "agent/storage/pool.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int make_layer(int dirfd, const char *name, mode_t mode, uint32_t owner, struct cc_error *err)
{
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making '%s'", name);
	if (fchownat(dirfd, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0 || fchmodat(dirfd, name, mode, 0) < 0)
		return cc_fail_errno(err, "giving '%s' to the instance", name);
	return 0;
}

static int image_path(const struct priv_node *node, const struct ct_record *rec, char path[STORAGE_PATH_MAX + 80], struct cc_error *err)
{
	snprintf(path, STORAGE_PATH_MAX + 80, "%s/images/%s/rootfs", node->dirs.path, rec->image_sha256);
	return access(path, F_OK) == 0 ? 0 : cc_fail(err, NOT_FOUND, "image %.12s is not unpacked on this node", rec->image_sha256);
}

/* Upper is what the guest sees as its "/", so a directory that exists keeps the mode that the guest gave it. */
static int make_upper(int dirfd, uint32_t owner, struct cc_error *err)
{
	struct stat st;

	if (fstatat(dirfd, "upper", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid >= owner && st.st_uid - owner < SLOT_IDS)
		return 0;
	return make_layer(dirfd, "upper", 0755, owner, err);
}

bool storage_is_copied(const struct priv_node *node, const struct ct_record *rec)
{
	char name[CC_UUID_TEXT + 8], uuid[CC_UUID_TEXT];

	snprintf(name, sizeof(name), "%s/lower", cc_uuid_format(rec->id, uuid));
	return node->idmapped || faccessat(node->dirs.instances, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int storage_copy(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	char image[STORAGE_PATH_MAX + 80];

	if (image_path(node, rec, image, err) < 0 || state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, err) < 0)
		return -1;
	return image_copy_shifted(image, dirfd, "lower", slot_image_first_id(&node->slots), slot_first_id(&node->slots, (uint32_t)rec->slot), err);
}

int storage_make(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree layer = pool_layer(rec->id);
	cc_auto_close int dirfd = -1;
	uint32_t owner = slot_first_id(&node->slots, (uint32_t)rec->slot);
	char image[STORAGE_PATH_MAX + 80], path[POOL_PATH_MAX];

	if (pool == NULL || image_path(node, rec, image, err) < 0 || pool->make(node, &layer, err) < 0)
		return -1;
	/* An overlay makes a directory when it is mounted, and becomes read-only where that fails: who has used up his limit could not even start. */
	if (pool->limit(node, &layer, 0, err) < 0)
		return -1;
	dirfd = open(pool->path(node, &layer, path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return cc_fail_errno(err, "opening '%s'", path);
	return make_upper(dirfd, owner, err) < 0 ? -1 : make_layer(dirfd, "work", 0700, owner, err);
}

int storage_limit(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree layer = pool_layer(rec->id);

	return pool == NULL ? -1 : pool->limit(node, &layer, rec->disk_bytes, err);
}

char *storage_root_path(const struct priv_node *node, char path[STORAGE_PATH_MAX])
{
	snprintf(path, STORAGE_PATH_MAX, "%s/mnt/root", node->dirs.path);
	return path;
}

char *storage_guest_path(const struct priv_node *node, char path[STORAGE_PATH_MAX])
{
	snprintf(path, STORAGE_PATH_MAX, "%s/mnt/guest", node->dirs.path);
	return path;
}

/* Mounts of the host that are made or removed later are not to be pinned by an instance: where the host shares its mounts, being a slave suffices. */
static int enter_private_mounts(struct cc_error *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return cc_fail_errno(err, "making a private mount namespace");
	return 0;
}

static int mount_lower(const struct priv_node *node, const struct ct_record *rec, const char *target, struct cc_error *err)
{
	cc_auto_close int userns = -1;
	char image[STORAGE_PATH_MAX + 80];

	if (image_path(node, rec, image, err) < 0)
		return -1;
	if (idmap_open_userns(slot_image_first_id(&node->slots), slot_first_id(&node->slots, (uint32_t)rec->slot), &userns, err) < 0)
		return -1;
	return idmap_mount(image, target, userns, err);
}

/* To read, what was written is one more lower layer: a second mount may not have it as upper one. */
static int mount_overlay(const struct priv_node *node, const struct ct_record *rec, const char *lower, bool to_read, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree layer = pool_layer(rec->id);
	char root[STORAGE_PATH_MAX], uuid[CC_UUID_TEXT], path[POOL_PATH_MAX], options[STORAGE_PATH_MAX + 2 * POOL_PATH_MAX + 128];

	if (pool == NULL)
		return -1;
	cc_uuid_format(rec->id, uuid);
	pool->path(node, &layer, path);
	if (to_read)
		snprintf(options, sizeof(options), "lowerdir=%s/upper:%s", path, lower);
	else
		snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", lower, path, path);
	if (mount("overlay", storage_root_path(node, root), "overlay", MS_NODEV | (to_read ? MS_RDONLY | MS_NOSUID | MS_NOEXEC : 0), options) < 0)
		return cc_fail_errno(err, "mounting the overlay of instance %s", uuid);
	return 0;
}

static int mount_root(const struct priv_node *node, const struct ct_record *rec, bool to_read, struct cc_error *err)
{
	char lower[STORAGE_PATH_MAX + 80], uuid[CC_UUID_TEXT];

	if (enter_private_mounts(err) < 0)
		return -1;
	if (!node->idmapped) {
		snprintf(lower, sizeof(lower), "%s/instances/%s/lower", node->dirs.path, cc_uuid_format(rec->id, uuid));
		return mount_overlay(node, rec, lower, to_read, err);
	}
	snprintf(lower, sizeof(lower), "%s/mnt/lower", node->dirs.path);
	if (mount_lower(node, rec, lower, err) < 0 || mount_overlay(node, rec, lower, to_read, err) < 0)
		return -1;
	/* The overlay holds its own reference to the lower mount, map included. */
	if (umount2(lower, MNT_DETACH) < 0)
		return cc_fail_errno(err, "hiding the lower layer");
	return 0;
}

int storage_mount(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return mount_root(node, rec, false, err);
}

int storage_mount_to_read(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return storage_make(node, rec, err) < 0 ? -1 : mount_root(node, rec, true, err);
}

int storage_delete(const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	static const char *const copies[] = { "lower", "lower.new" };
	cc_auto_close int dirfd = -1;
	struct cc_error none = { 0 };
	char name[CC_UUID_TEXT];

	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, &none) < 0)
		return none.code == CC_NOT_FOUND ? 0 : cc_error_set(err, none.code, none.sys_errno, none.where, "%s", none.msg);
	if (pool_remove_instance(node, id, err) < 0)
		return -1;
	for (size_t i = 0; i < CC_ARRAY_LEN(copies); i++)
		if (tree_remove(dirfd, copies[i], err) < 0)
			return -1;
	return tree_remove(node->dirs.instances, cc_uuid_format(id, name), err);
}
