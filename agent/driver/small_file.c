/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/small_file.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int small_file_fill(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int small_file_replace(int dirfd, const char *name, const char *text, size_t len, bool durable, struct cc_error *err)
{
	cc_auto_close int fd = -1;
	char tmp[128];

	/* Two processes may replace one file; each writes its own whole. */
	snprintf(tmp, sizeof(tmp), "%s.%d.new", name, getpid());
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || small_file_fill(fd, text, len) < 0 || (durable && fdatasync(fd) < 0) || renameat(dirfd, tmp, dirfd, name) < 0)
		return cc_fail_errno(err, "writing '%s'", name);
	if (durable && fsync(dirfd) < 0)
		return cc_fail_errno(err, "syncing the directory of '%s'", name);
	return 0;
}

ssize_t small_file_read(int dirfd, const char *name, char *buf, size_t cap, struct cc_error *err)
{
	cc_auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t len = 0;

	buf[0] = '\0';
	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "there is no '%s'", name);
	if (fd < 0)
		return cc_fail_errno(err, "opening '%s'", name);
	for (;;) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cc_fail_errno(err, "reading '%s'", name);
		len += (size_t)n;
		buf[len < cap ? len : cap - 1] = '\0';
		if (len == cap)
			return cc_fail(err, TOO_LARGE, "'%s' is longer than %zu bytes", name, cap - 1);
		if (n == 0)
			return (ssize_t)len;
	}
}

int small_file_poke(const char *path, const char *text, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "there is no '%s'", path);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return cc_fail_errno(err, "writing '%s' to '%s'", text, path);
	return 0;
}

int small_file_read_u64(const char *path, uint64_t *ret, struct cc_error *err)
{
	char text[64], *end;
	unsigned long long value;

	if (small_file_read(-1, path, text, sizeof(text), err) < 0)
		return -1;
	value = strtoull(text, &end, 10);
	if (end == text)
		return cc_fail(err, INVALID, "'%s' holds no number", path);
	*ret = value;
	return 0;
}
