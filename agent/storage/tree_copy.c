/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever has a name in the source is looked at by its descriptor or without following links, so a name that changes its meaning meanwhile leads nowhere
 * else. A file with several names is linked into a directory beside the copy when it is met first, and from there to each further name. */
#include "agent/storage/tree_copy.h"

#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define LINKS      ".links"
#define XATTRS_MAX 65536 /* the kernel's own bound for the names, and for a value */

struct copying {
	int links;
	char *names; /* XATTRS_MAX each */
	char *value;
};

/* Both directories and the name in them. */
struct entry {
	int from;
	int to;
	const char *name;
};

static int copy_tree(const struct copying *c, int from, int to, int depth);

static int copy_xattrs(const struct copying *c, const struct entry *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	ssize_t len, size;

	snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", e->from, e->name);
	snprintf(to, sizeof(to), "/proc/self/fd/%d/%s", e->to, e->name);
	len = llistxattr(from, c->names, XATTRS_MAX);
	if (len < 0)
		return errno == EOPNOTSUPP || errno == ENOENT ? 0 : -1;
	for (const char *name = c->names; name < c->names + len; name += strlen(name) + 1) {
		size = lgetxattr(from, name, c->value, XATTRS_MAX);
		if (size < 0 && errno != ENODATA && errno != EOPNOTSUPP && errno != ENOENT)
			return -1;
		if (size >= 0 && lsetxattr(to, name, c->value, (size_t)size, 0) < 0 && errno != EOPNOTSUPP && errno != EPERM)
			return -1;
	}
	return 0;
}

/* In this order: a new owner clears the setuid bit and the capabilities, and anything sets the time. */
static int copy_attributes(const struct copying *c, const struct entry *e, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchownat(e->to, e->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISLNK(st->st_mode) && fchmodat(e->to, e->name, st->st_mode & 07777, 0) < 0)
		return -1;
	return copy_xattrs(c, e) < 0 ? -1 : utimensat(e->to, e->name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_range(int in, int out, off_t at, off_t end)
{
	if (lseek(out, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		ssize_t n = sendfile(out, in, &at, (size_t)(end - at));

		if (n <= 0)
			return (int)n;
	}
	return 0;
}

static int copy_content(int in, int out, off_t size)
{
	off_t data = 0, hole;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	while (data < size && (data = lseek(in, data, SEEK_DATA)) >= 0) {
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0 || copy_range(in, out, data, hole) < 0)
			return -1;
		data = hole;
	}
	return data < 0 && errno != ENXIO ? -1 : ftruncate(out, size);
}

static int copy_file(const struct copying *c, const struct entry *e)
{
	/* It may be another kind of file by now, and then opening it must not wait. */
	cc_auto_close int in = openat(e->from, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cc_auto_close int out = -1;
	struct stat st;
	char link[32];

	if (in < 0 || fstat(in, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	snprintf(link, sizeof(link), "%" PRIxMAX, (uintmax_t)st.st_ino);
	if (st.st_nlink > 1 && linkat(c->links, link, e->to, e->name, 0) == 0)
		return 0;
	out = openat(e->to, e->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0 || copy_content(in, out, st.st_size) < 0 || copy_attributes(c, e, &st) < 0)
		return -1;
	/* Where there are too many names for one file, the rest are files of their own. */
	return st.st_nlink > 1 && linkat(e->to, e->name, c->links, link, 0) < 0 && errno != EMLINK ? -1 : 0;
}

static int copy_link(const struct entry *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(e->from, e->name, target, sizeof(target) - 1);

	if (n < 0) {
		errno = errno == EINVAL ? ENOENT : errno;
		return -1;
	}
	target[n] = '\0';
	return symlinkat(target, e->to, e->name);
}

static int copy_dir(const struct copying *c, const struct entry *e, int depth)
{
	cc_auto_close int in = openat(e->from, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto_close int out = -1;

	if (depth >= TREE_COPY_DEPTH) {
		errno = E2BIG;
		return -1;
	}
	if (in < 0 || mkdirat(e->to, e->name, 0700) < 0)
		return -1;
	out = openat(e->to, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? -1 : copy_tree(c, in, out, depth + 1);
}

static int copy_special(const struct entry *e, const struct stat *st)
{
	return mknodat(e->to, e->name, (st->st_mode & S_IFMT) | 0600, st->st_rdev);
}

static bool is_left_out(const struct stat *st)
{
	return S_ISSOCK(st->st_mode) || S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_rdev != makedev(0, 0));
}

static int copy_entry(const struct copying *c, const struct entry *e, int depth)
{
	struct stat st;
	int made;

	if (fstatat(e->from, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (is_left_out(&st))
		return 0;
	if (S_ISREG(st.st_mode))
		return copy_file(c, e);
	if (S_ISDIR(st.st_mode))
		made = copy_dir(c, e, depth);
	else
		made = S_ISLNK(st.st_mode) ? copy_link(e) : copy_special(e, &st);
	return made < 0 ? -1 : copy_attributes(c, e, &st);
}

/* What went away meanwhile, or means something else by now, is not in the copy. */
static bool went_away(void)
{
	return errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENXIO;
}

static int copy_tree(const struct copying *c, int from, int to, int depth)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL) {
		struct entry e = { from, to, d->d_name };

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (copy_entry(c, &e, depth) < 0 && !went_away())
			return -1;
	}
	return 0;
}

static int fail(const char *what, struct cc_error *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "the disk is full: delete what is not needed, or free space on the node");
	if (errno == EFBIG)
		return cc_fail(err, TOO_LARGE, "there are more than %d files", TREE_MEASURE_MAX);
	if (errno == E2BIG)
		return cc_fail(err, TOO_LARGE, "directories are nested deeper than %d", TREE_COPY_DEPTH);
	return cc_fail_errno(err, "%s", what);
}

int tree_copy(int from, const char *name, int to, struct cc_error *err)
{
	cc_auto_free char *buf = cc_malloc(2 * XATTRS_MAX);
	cc_auto_close int links = -1;
	struct copying c = { .names = buf, .value = buf + XATTRS_MAX };
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no '%s' to copy", name) : cc_fail_errno(err, "copying '%s'", name);
	if (mkdirat(to, LINKS, 0700) < 0)
		return fail("copying files", err);
	links = openat(to, LINKS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	c.links = links;
	if (links < 0 || copy_entry(&c, &(struct entry){ from, to, name }, 0) < 0)
		return fail("copying files", err);
	return tree_remove(to, LINKS, err);
}

struct measuring {
	uint64_t bytes;
	unsigned files;
};

static int measure(struct measuring *m, int dirfd, const char *name, int depth);

static int measure_below(struct measuring *m, int fd, int depth)
{
	cc_auto(closedir) DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		close(fd);
		return -1;
	}
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 && measure(m, fd, d->d_name, depth) < 0 && !went_away())
			return -1;
	return 0;
}

static int measure(struct measuring *m, int dirfd, const char *name, int depth)
{
	struct stat st;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	m->bytes += (uint64_t)st.st_blocks * 512;
	if (m->files++ >= TREE_MEASURE_MAX || (S_ISDIR(st.st_mode) && depth >= TREE_COPY_DEPTH)) {
		errno = m->files > TREE_MEASURE_MAX ? EFBIG : E2BIG;
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -1 : measure_below(m, fd, depth + 1);
}

int tree_measure(int dirfd, const char *name, uint64_t *ret_bytes, struct cc_error *err)
{
	struct measuring m = { 0 };

	if (measure(&m, dirfd, name, 0) < 0)
		return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no '%s' to measure", name) : fail("measuring files", err);
	*ret_bytes = m.bytes;
	return 0;
}
