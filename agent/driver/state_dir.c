/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/state_dir.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	mode_t mode;
} members[] = {
	{ "instances", 0700 },
	{ "images", 0700 },
	{ "lxc", 0711 },
	{ "mnt", 0711 },
	{ "mnt/lower", 0711 },
	{ "mnt/root", 0711 },
	{ "mnt/guest", 0711 },
	{ "names", 0750 },
};

static int check_path(const char *path, struct cc_error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	if (path[0] != '/' || strlen(path) >= STATE_PATH_MAX || path[strspn(path, allowed)] != '\0')
		return cc_fail(err, INVALID, "state_dir '%.200s' must be an absolute path of letters, digits, '.', '_', '-', shorter than %d bytes",
		        path, STATE_PATH_MAX);
	return 0;
}

static int make_dir(int dirfd, const char *name, mode_t mode, struct cc_error *err)
{
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making directory '%s'", name);
	if (fchmodat(dirfd, name, mode, 0) < 0)
		return cc_fail_errno(err, "setting the mode of '%s'", name);
	return 0;
}

static int open_dir(int dirfd, const char *name, int *ret, struct cc_error *err)
{
	*ret = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret < 0 ? cc_fail_errno(err, "opening '%s'", name) : 0;
}

/* Instances have nothing to do with each other, and their files are to lie near each other: ext4 then begins each in another part of the disk. This also
 * spares a start the search through the inodes that others just gave up. Other file systems refuse the flag and need none. */
static void spread_members(int dirfd)
{
	int flags;

	if (ioctl(dirfd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	flags |= FS_TOPDIR_FL;
	(void)ioctl(dirfd, FS_IOC_SETFLAGS, &flags);
}

static int open_members(struct state_dir *dirs, struct cc_error *err)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(members); i++)
		if (make_dir(dirs->root, members[i].name, members[i].mode, err) < 0)
			return -1;
	if (open_dir(dirs->root, "instances", &dirs->instances, err) < 0 || open_dir(dirs->root, "images", &dirs->images, err) < 0)
		return -1;
	spread_members(dirs->instances);
	return 0;
}

int state_dir_open(const char *path, struct state_dir *ret, struct cc_error *err)
{
	struct state_dir dirs = { .root = -1, .instances = -1, .images = -1, .lock = -1 };

	if (check_path(path, err) < 0)
		return -1;
	snprintf(dirs.path, sizeof(dirs.path), "%s", path);
	while (strlen(dirs.path) > 1 && dirs.path[strlen(dirs.path) - 1] == '/')
		dirs.path[strlen(dirs.path) - 1] = '\0';
	if (make_dir(AT_FDCWD, dirs.path, 0711, err) < 0)
		return -1;
	if (open_dir(AT_FDCWD, dirs.path, &dirs.root, err) < 0)
		return -1;
	if (open_members(&dirs, err) < 0) {
		state_dir_close(&dirs);
		return -1;
	}
	*ret = dirs;
	return 0;
}

void state_dir_close(struct state_dir *dirs)
{
	int *fds[] = { &dirs->root, &dirs->instances, &dirs->images, &dirs->lock };

	for (size_t i = 0; i < CC_ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int state_dir_lock(struct state_dir *dirs, int timeout_ms, struct cc_error *err)
{
	cc_auto_close int fd = openat(dirs->root, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int64_t deadline = cc_boottime_ms() + timeout_ms;

	if (fd < 0)
		return cc_fail_errno(err, "opening the lock of '%s'", dirs->path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return cc_fail_errno(err, "locking '%s'", dirs->path);
		if (cc_boottime_ms() >= deadline)
			return cc_fail(err, BUSY, "another cc-agent-priv uses '%s'", dirs->path);
		poll(NULL, 0, 10);
	}
	dirs->lock = cc_take_fd(fd);
	return 0;
}

int state_dir_open_instance(const struct state_dir *dirs, struct cc_uuid id, bool make, int *ret_fd, struct cc_error *err)
{
	char name[CC_UUID_TEXT];
	int fd;

	cc_uuid_format(id, name);
	if (make && make_dir(dirs->instances, name, 0700, err) < 0)
		return -1;
	fd = openat(dirs->instances, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "there is no instance %s here", name);
	if (fd < 0)
		return cc_fail_errno(err, "opening the directory of instance %s", name);
	*ret_fd = fd;
	return 0;
}

int state_dir_check_reachable(const struct state_dir *dirs, struct cc_error *err)
{
	const char *path = dirs->path;
	char part[STATE_PATH_MAX];
	struct stat st;

	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (stat(part, &st) < 0)
			return cc_fail_errno(err, "looking at '%s'", part);
		if ((st.st_mode & S_IXOTH) == 0)
			return cc_fail(err, INVALID, "instances cannot reach '%s': run chmod o+x on '%s', or choose another state_dir", path, part);
	}
	return 0;
}
