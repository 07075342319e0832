/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/idmap.h"

#include "agent/driver/process.h"
#include "agent/driver/slot.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int write_map(pid_t pid, const char *which, uint32_t inside, uint32_t outside, struct cc_error *err)
{
	char path[64], map[64];
	cc_auto_close int fd = -1;
	int len = snprintf(map, sizeof(map), "%u %u %u\n", inside, outside, SLOT_IDS);

	snprintf(path, sizeof(path), "/proc/%d/%s_map", pid, which);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, (size_t)len) != len)
		return cc_fail_errno(err, "writing '%u %u' to the %s map of a user namespace", inside, outside, which);
	return 0;
}

int idmap_write(pid_t pid, uint32_t inside, uint32_t outside, struct cc_error *err)
{
	if (write_map(pid, "uid", inside, outside, err) < 0 || write_map(pid, "gid", inside, outside, err) < 0)
		return -1;
	return 0;
}

CC_NORETURN static void hold(pid_t parent)
{
	process_end_with(parent);
	for (;;)
		pause();
}

static int map_and_open(pid_t holder, uint32_t from, uint32_t to, int *ret_fd, struct cc_error *err)
{
	char path[64];
	int fd;

	if (idmap_write(holder, from, to, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", holder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cc_fail_errno(err, "opening a user namespace");
	*ret_fd = fd;
	return 0;
}

/* A namespace needs a process to be born with. */
int idmap_open_userns(uint32_t from, uint32_t to, int *ret_fd, struct cc_error *err)
{
	pid_t parent = getpid(), holder = process_fork(CLONE_NEWUSER);
	int result;

	if (holder == 0)
		hold(parent);
	if (holder < 0)
		return cc_fail(err, UNAVAILABLE, "the kernel refuses a new user namespace (see /proc/sys/user/max_user_namespaces)");
	result = map_and_open(holder, from, to, ret_fd, err);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	return result;
}

static int clone_tree(const char *source)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static int set_map(int tree, int userns, bool read_only)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0),
		.userns_fd = (uint64_t)userns };

	return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

static int open_mapped(const char *source, int userns, bool read_only, int *ret, struct cc_error *err)
{
	cc_auto_close int tree = clone_tree(source);

	if (tree < 0)
		return cc_fail_errno(err, "opening '%s' as a mount", source);
	if (set_map(tree, userns, read_only) < 0)
		return errno == EINVAL || errno == ENOSYS
		               ? cc_fail(err, UNAVAILABLE, "the file system of '%s' cannot be mounted with mapped ids", source)
		               : cc_fail_errno(err, "mapping the ids of '%s'", source);
	*ret = tree;
	tree = -1;
	return 0;
}

int idmap_mount(const char *source, const char *target, int userns, struct cc_error *err)
{
	cc_auto_close int tree = -1;

	if (open_mapped(source, userns, true, &tree, err) < 0)
		return -1;
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return cc_fail_errno(err, "mounting on '%s'", target);
	return 0;
}

int idmap_mount_at(const char *source, int target, int userns, bool read_only, struct cc_error *err)
{
	cc_auto_close int tree = -1;

	if (open_mapped(source, userns, read_only, &tree, err) < 0)
		return -1;
	if (syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return cc_fail_errno(err, "mounting '%s'", source);
	return 0;
}

bool idmap_supported(const char *dir)
{
	struct cc_error ignored = { 0 };
	cc_auto_close int userns = -1;
	cc_auto_close int tree = -1;

	if (idmap_open_userns(1, 1u << 30, &userns, &ignored) < 0)
		return false;
	tree = clone_tree(dir);
	return tree >= 0 && set_map(tree, userns, true) == 0;
}
