/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies into NAME.new and renames, so what carries the name is whole. Depth is bounded by what image_unpack lets in. */
#include "agent/storage/image_copy.h"

#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

struct copy {
	uint32_t from;
	uint32_t to;
};

static int copy_tree(const struct copy *c, int from, int to);

static int give_owner(const struct copy *c, int dirfd, const char *name, const struct stat *st)
{
	return fchownat(dirfd, name, st->st_uid - c->from + c->to, st->st_gid - c->from + c->to, AT_SYMLINK_NOFOLLOW);
}

static int copy_file(int from, int to, const char *name)
{
	cc_auto_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto_close int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return -1;
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		;
	return (int)n;
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, to, name);
}

static int copy_dir(const struct copy *c, int from, int to, const char *name)
{
	cc_auto_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto_close int out = -1;

	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return -1;
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? -1 : copy_tree(c, in, out);
}

static int copy_entry(const struct copy *c, int from, int to, const char *name)
{
	struct stat st;
	int made;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		made = copy_file(from, to, name);
		break;
	case S_IFDIR:
		made = copy_dir(c, from, to, name);
		break;
	case S_IFLNK:
		made = copy_link(from, to, name);
		break;
	case S_IFIFO:
		made = mkfifoat(to, name, 0600);
		break;
	default:
		return 0;
	}
	if (made < 0 || give_owner(c, to, name, &st) < 0)
		return -1;
	/* After the owner: changing that clears the setuid bit. */
	return S_ISLNK(st.st_mode) ? 0 : fchmodat(to, name, st.st_mode & 07777, 0);
}

static int copy_tree(const struct copy *c, int from, int to)
{
	cc_auto(closedir) DIR *dir = fdopendir(dup(from));
	struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 && copy_entry(c, from, to, d->d_name) < 0)
			return -1;
	return 0;
}

int image_copy_shifted(const char *source, int dirfd, const char *name, uint32_t from, uint32_t to, struct cc_error *err)
{
	struct copy c = { from, to };
	cc_auto_close int in = -1;
	cc_auto_close int out = -1;
	struct stat st;
	char tmp[64];

	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	snprintf(tmp, sizeof(tmp), "%s.new", name);
	if (tree_remove(dirfd, tmp, err) < 0)
		return -1;
	in = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0 || fstat(in, &st) < 0 || mkdirat(dirfd, tmp, 0755) < 0)
		return cc_fail_errno(err, "copying the image");
	out = openat(dirfd, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out >= 0 && copy_tree(&c, in, out) == 0 && give_owner(&c, dirfd, tmp, &st) == 0 && syncfs(out) == 0 &&
	        renameat(dirfd, tmp, dirfd, name) == 0)
		return 0;
	if (errno == ENOSPC || errno == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "the disk is full; the image could not be copied for the instance");
	return cc_fail_errno(err, "copying the image");
}
