/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/pool_loop.h"

#include "agent/driver/process.h"
#include "agent/storage/btrfs.h"
#include "agent/storage/loop.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define FILE_NAME "pool.btrfs"
#define NEW_NAME  "pool.btrfs.new"
#define MIB       (UINT64_C(1) << 20)

bool pool_loop_exists(const struct priv_node *node)
{
	return faccessat(node->dirs.root, FILE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A sparse file can promise more than there is; what then is written would break the file system in it. */
static int check_room(int file, uint64_t bytes, struct cc_error *err)
{
	struct statvfs fs;
	struct stat st;
	uint64_t room;

	if (fstat(file, &st) < 0 || fstatvfs(file, &fs) < 0)
		return cc_fail_errno(err, "looking at the pool's file");
	room = (uint64_t)fs.f_bavail * fs.f_frsize + (uint64_t)st.st_blocks * 512;
	if (bytes <= room)
		return 0;
	return cc_fail(err, NO_CAPACITY,
	        "pool_loop: the disk could hold a pool of %" PRIu64 " MiB, not of %" PRIu64 " MiB; set it lower, or free space", room / MIB,
	        bytes / MIB);
}

/* In the child. It is never told a path from outside. */
static void run_mkfs(const char *path)
{
	static const char *const places[] = { "/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs", "/usr/bin/mkfs.btrfs" };
	char *argv[] = { "mkfs.btrfs", "-q", "-m", "single", "-L", "communitycloud", (char *)path, NULL };
	char *env[] = { "LC_ALL=C.UTF-8", NULL };
	int none = open("/dev/null", O_RDWR);

	/* Its advice is not for our log; what is wrong is. */
	(void)dup2(none, STDIN_FILENO);
	(void)dup2(none, STDOUT_FILENO);
	for (size_t i = 0; i < CC_ARRAY_LEN(places); i++)
		(void)execve(places[i], argv, env);
	_exit(127);
}

static int make_fs(const char *path, struct cc_error *err)
{
	pid_t parent = getpid(), pid = process_fork(0);
	int status = -1;

	if (pid == 0) {
		process_end_with(parent);
		run_mkfs(path);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return cc_fail(err, UNAVAILABLE, "mkfs.btrfs cannot be run: install the package btrfs-progs, or set pool to overlay");
	return status == 0 ? 0 : cc_fail(err, IO, "mkfs.btrfs failed; what it said is in the log above");
}

static int make_file(const struct priv_node *node, uint64_t bytes, struct cc_error *err)
{
	cc_auto_close int fd = openat(node->dirs.root, NEW_NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char path[STATE_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/" NEW_NAME, node->dirs.path);
	if (fd < 0)
		return cc_fail_errno(err, "making '%s'", path);
	if (check_room(fd, bytes, err) < 0)
		return -1;
	if (ftruncate(fd, (off_t)bytes) < 0)
		return cc_fail_errno(err, "making '%s'", path);
	if (make_fs(path, err) < 0)
		return -1;
	if (fsync(fd) < 0 || renameat(node->dirs.root, NEW_NAME, node->dirs.root, FILE_NAME) < 0 || fsync(node->dirs.root) < 0)
		return cc_fail_errno(err, "putting the pool's file in place");
	return 0;
}

static int enlarge(int file, uint64_t bytes, struct cc_error *err)
{
	struct stat st;

	if (fstat(file, &st) < 0)
		return cc_fail_errno(err, "looking at the pool's file");
	if (bytes < (uint64_t)st.st_size)
		return cc_fail(err, INVALID,
		        "pool_loop: %" PRIu64 " MiB is less than the pool has; it never shrinks: set it to at least %" PRIu64 " MiB", bytes / MIB,
		        (uint64_t)st.st_size / MIB);
	if (bytes == (uint64_t)st.st_size)
		return 0;
	if (check_room(file, bytes, err) < 0)
		return -1;
	return ftruncate(file, (off_t)bytes) < 0 || fsync(file) < 0 ? cc_fail_errno(err, "enlarging the pool's file") : 0;
}

int pool_loop_enter(const struct priv_settings *set, struct cc_error *err)
{
	char path[PRIV_TEXT_SETTING + 16];

	snprintf(path, sizeof(path), "%s/" FILE_NAME, set->state_dir);
	if (set->pool_loop == 0 && access(path, F_OK) < 0)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return cc_fail_errno(err, "making a private mount namespace");
	return 0;
}

static int mount_device(const char *device, const char *target, struct cc_error *err)
{
	/* What is deleted goes back to the disk under the file; kernels before 5.6 do that only at once. */
	if (mount(device, target, "btrfs", MS_NODEV | MS_NOATIME, "discard=async") == 0 ||
	        (errno == EINVAL && mount(device, target, "btrfs", MS_NODEV | MS_NOATIME, "discard") == 0))
		return 0;
	if (errno == ENODEV)
		return cc_fail(err, UNAVAILABLE, "this kernel has no btrfs: install the modules that belong to it, or set pool to overlay");
	return cc_fail_errno(err, "mounting the pool's file (STATE/" FILE_NAME ")");
}

static void mount_point(const struct priv_node *node, char ret[STATE_PATH_MAX + 8])
{
	snprintf(ret, STATE_PATH_MAX + 8, "%s/btrfs", node->dirs.path);
}

static int mount_file(const struct priv_node *node, int file, struct cc_error *err)
{
	char device[LOOP_PATH_MAX], target[STATE_PATH_MAX + 8];
	cc_auto_close int held = -1, base = -1;
	struct statvfs fs;
	struct stat st;

	mount_point(node, target);
	if (loop_attach(file, device, &held, err) < 0 || mount_device(device, target, err) < 0)
		return -1;
	base = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0 || fstatvfs(base, &fs) < 0 || fstat(file, &st) < 0)
		return cc_fail_errno(err, "opening '%s'", target);
	/* Also what a start that was broken off has left undone. */
	return (uint64_t)fs.f_blocks * fs.f_frsize + MIB <= (uint64_t)st.st_size ? btrfs_grow(base, err) : 0;
}

int pool_loop_open(struct priv_node *node, struct cc_error *err)
{
	cc_auto_close int file = -1;

	if (!pool_loop_exists(node) && make_file(node, node->set.pool_loop, err) < 0)
		return -1;
	file = openat(node->dirs.root, FILE_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return cc_fail_errno(err, "opening the pool's file");
	if (node->set.pool_loop > 0 && enlarge(file, node->set.pool_loop, err) < 0)
		return -1;
	return mount_file(node, file, err);
}

void pool_loop_close(const struct priv_node *node)
{
	char target[STATE_PATH_MAX + 8];

	mount_point(node, target);
	(void)umount2(target, MNT_DETACH);
}

int pool_loop_remove(const struct priv_node *node, struct cc_error *err)
{
	return unlinkat(node->dirs.root, FILE_NAME, 0) < 0 && errno != ENOENT ? cc_fail_errno(err, "removing the pool's file") : 0;
}
