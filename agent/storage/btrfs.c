/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/btrfs.h"

#include "agent/driver/small_file.h"
#include "common/check.h"
#include "common/cleanup.h"
#include "common/id.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ROOT_INODE 256 /* of every subvolume */

bool btrfs_is(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == BTRFS_SUPER_MAGIC;
}

static int fail(const char *what, struct cc_error *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "%s: the pool is full: delete what is not needed, or enlarge it (pool_loop)", what);
	return cc_fail_errno(err, "%s", what);
}

int btrfs_subvolume_make(int dirfd, const char *name, struct cc_error *err)
{
	struct btrfs_ioctl_vol_args args = { 0 };

	snprintf(args.name, sizeof(args.name), "%s", name);
	return ioctl(dirfd, BTRFS_IOC_SUBVOL_CREATE, &args) == 0 || errno == EEXIST ? 0 : fail("making a subvolume", err);
}

int btrfs_subvolume_copy(int source, int dirfd, const char *name, bool read_only, struct cc_error *err)
{
	struct btrfs_ioctl_vol_args_v2 args = { .fd = source, .flags = read_only ? BTRFS_SUBVOL_RDONLY : 0 };

	snprintf(args.name, sizeof(args.name), "%s", name);
	if (ioctl(dirfd, BTRFS_IOC_SNAP_CREATE_V2, &args) == 0)
		return 0;
	return errno == EEXIST ? cc_fail(err, CONFLICT, "'%s' exists", name) : fail("copying a subvolume", err);
}

int btrfs_subvolume_remove(int dirfd, const char *name, struct cc_error *err)
{
	struct btrfs_ioctl_vol_args args = { 0 };

	snprintf(args.name, sizeof(args.name), "%s", name);
	if (ioctl(dirfd, BTRFS_IOC_SNAP_DESTROY, &args) == 0)
		return 0;
	return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no '%s'", name) : cc_fail_errno(err, "removing subvolume '%s'", name);
}

int btrfs_subvolume_id(int fd, uint64_t *ret, struct cc_error *err)
{
	struct btrfs_ioctl_ino_lookup_args args = { .objectid = ROOT_INODE };
	struct stat st;

	if (fstat(fd, &st) < 0 || ioctl(fd, BTRFS_IOC_INO_LOOKUP, &args) < 0)
		return cc_fail_errno(err, "looking at a subvolume");
	if (st.st_ino != ROOT_INODE)
		return cc_fail(err, INVALID, "a directory in the pool is no subvolume");
	*ret = args.treeid;
	return 0;
}

/* /sys/fs/btrfs/FSID/qgroups/NAME */
static int quota_file(int fd, const char *name, char path[128], struct cc_error *err)
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	struct cc_uuid id;
	char text[CC_UUID_TEXT];

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
		return cc_fail_errno(err, "asking for the file system's id");
	memcpy(id.b, info.fsid, sizeof(id.b));
	snprintf(path, 128, "/sys/fs/btrfs/%s/qgroups/%s", cc_uuid_format(id, text), name);
	return 0;
}

static bool is_inconsistent(int fd)
{
	struct cc_error ignored = { 0 };
	char path[128];
	uint64_t flag = 0;

	return quota_file(fd, "inconsistent", path, &ignored) == 0 && small_file_read_u64(path, &flag, &ignored) == 0 && flag != 0;
}

int btrfs_quota_enable(int fd, struct cc_error *err)
{
	struct btrfs_ioctl_quota_ctl_args on = { .cmd = BTRFS_QUOTA_CTL_ENABLE };
	struct btrfs_ioctl_quota_rescan_args rescan = { 0 };

	if (ioctl(fd, BTRFS_IOC_QUOTA_CTL, &on) < 0 && errno != EEXIST)
		return errno == EINVAL || errno == ENOTTY || errno == EOPNOTSUPP
		               ? cc_fail(err, UNAVAILABLE, "this btrfs cannot have quota groups (%s); set pool to overlay", strerror(errno))
		               : fail("switching quota groups on", err);
	/* One that is under way is as good. */
	if (is_inconsistent(fd) && ioctl(fd, BTRFS_IOC_QUOTA_RESCAN, &rescan) < 0 && errno != EINPROGRESS)
		return cc_fail_errno(err, "counting what quota groups hold");
	return 0;
}

bool btrfs_quota_enabled(int fd)
{
	struct cc_error ignored = { 0 };
	char path[128];

	return quota_file(fd, "", path, &ignored) == 0 && access(path, F_OK) == 0;
}

int btrfs_quota_disable(int fd, struct cc_error *err)
{
	struct btrfs_ioctl_quota_ctl_args off = { .cmd = BTRFS_QUOTA_CTL_DISABLE };

	return ioctl(fd, BTRFS_IOC_QUOTA_CTL, &off) < 0 ? cc_fail_errno(err, "switching quota groups off") : 0;
}

int btrfs_quota_limit(int fd, uint64_t id, uint64_t bytes, struct cc_error *err)
{
	/* The kernel takes the highest number for "no limit any more". */
	struct btrfs_ioctl_qgroup_limit_args args = { .qgroupid = id,
		.lim = { .flags = BTRFS_QGROUP_LIMIT_MAX_RFER, .max_rfer = bytes == 0 ? UINT64_MAX : bytes } };

	if (ioctl(fd, BTRFS_IOC_QGROUP_LIMIT, &args) == 0)
		return 0;
	return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no quota group 0/%" PRIu64, id) : fail("setting a disk limit", err);
}

int btrfs_quota_usage(int fd, uint64_t id, uint64_t *ret_bytes, uint64_t *ret_limit, struct cc_error *err)
{
	char name[64], path[128];
	uint64_t bytes, limit;

	snprintf(name, sizeof(name), "0_%" PRIu64 "/referenced", id);
	if (quota_file(fd, name, path, err) < 0 || small_file_read_u64(path, &bytes, err) < 0)
		return -1;
	snprintf(name, sizeof(name), "0_%" PRIu64 "/max_referenced", id);
	if (quota_file(fd, name, path, err) < 0 || small_file_read_u64(path, &limit, err) < 0)
		return -1;
	*ret_bytes = bytes;
	*ret_limit = limit == UINT64_MAX ? 0 : limit;
	return 0;
}

int btrfs_quota_remove(int fd, uint64_t id, struct cc_error *err)
{
	struct btrfs_ioctl_qgroup_create_args args = { .create = 0, .qgroupid = id };

	if (ioctl(fd, BTRFS_IOC_QGROUP_CREATE, &args) == 0 || errno == ENOENT)
		return 0;
	return errno == EBUSY ? cc_fail(err, BUSY, "quota group 0/%" PRIu64 " is in use", id) : cc_fail_errno(err, "removing a quota group");
}

int btrfs_grow(int fd, struct cc_error *err)
{
	struct btrfs_ioctl_vol_args args = { .name = "max" };

	return ioctl(fd, BTRFS_IOC_RESIZE, &args) < 0 ? cc_fail_errno(err, "enlarging the pool") : 0;
}
