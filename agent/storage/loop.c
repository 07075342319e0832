/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/loop.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define TRIES 32 /* somebody else may take the free one that we found */

static bool is_of_file(int device, const struct stat *file)
{
	struct loop_info64 info;

	return ioctl(device, LOOP_GET_STATUS64, &info) == 0 && info.lo_device == file->st_dev && info.lo_inode == file->st_ino;
}

static int open_device(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC);
}

/* -1 when no device has the file. */
static int find_attached(const struct stat *file, char path[LOOP_PATH_MAX])
{
	cc_auto(closedir) DIR *dir = opendir("/sys/block");
	struct dirent *d;
	unsigned number;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char backing[64];
		int fd;

		if (sscanf(d->d_name, "loop%u", &number) != 1)
			continue;
		snprintf(backing, sizeof(backing), "/sys/block/loop%u/loop", number);
		snprintf(path, LOOP_PATH_MAX, "/dev/loop%u", number);
		fd = access(backing, F_OK) == 0 ? open_device(path) : -1;
		if (fd >= 0 && is_of_file(fd, file))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* Kernels before 5.8 take the file and its flags one after the other. */
static int configure(int device, int file)
{
	struct loop_config config = { .fd = (uint32_t)file, .info = { .lo_flags = LO_FLAGS_AUTOCLEAR } };

	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOTTY)
		return -1;
	return ioctl(device, LOOP_SET_FD, file) < 0 ? -1 : ioctl(device, LOOP_SET_STATUS64, &config.info);
}

static int attach_free(int control, int file, char path[LOOP_PATH_MAX])
{
	for (int i = 0; i < TRIES; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

		snprintf(path, LOOP_PATH_MAX, "/dev/loop%d", number);
		fd = number >= 0 ? open_device(path) : -1;
		if (fd < 0)
			return -1;
		if (configure(fd, file) == 0)
			return fd;
		close(fd);
		if (errno != EBUSY)
			return -1;
	}
	return -1;
}

int loop_attach(int file, char ret_path[LOOP_PATH_MAX], int *ret_fd, struct cc_error *err)
{
	cc_auto_close int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct stat st;
	int fd;

	if (fstat(file, &st) < 0)
		return cc_fail_errno(err, "looking at the pool's file");
	fd = find_attached(&st, ret_path);
	if (fd < 0)
		fd = control >= 0 ? attach_free(control, file, ret_path) : -1;
	if (fd < 0)
		return cc_fail(err, UNAVAILABLE,
		        "no loop device for the pool's file (%s): load the kernel module 'loop', allow cc-agent-priv its devices, or set pool to overlay",
		        strerror(errno));
	/* The file may have grown since it was attached. What is cached once suffices. */
	(void)ioctl(fd, LOOP_SET_CAPACITY, 0);
	(void)ioctl(fd, LOOP_SET_DIRECT_IO, 1UL);
	*ret_fd = fd;
	return 0;
}
