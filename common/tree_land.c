/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes is made below one open directory, each part of a name opened from the one before and never through a symbolic link; so it does not matter what
 * anybody puts there meanwhile. The directories that lead to the current entry stay open; one that is left gets its mode, times and owner then, because it
 * has to be writable before. */
#include "common/tree_parts.h"

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/tree_target.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define MODE_OWN   07777
#define MODE_OTHER 0777

/* What an entry is to look like. */
struct look {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec times[2];
};

struct opened {
	char *name;
	int fd;
	bool made; /* by us: `look` is to be given to it */
	struct look look;
};

struct landing {
	const struct cc_tree_land_options *opt;
	struct cc_tree_tally *tally;
	struct cc_tree_target target;
	struct opened path[CC_TREE_DEPTH_MAX]; /* below target.base */
	size_t depth;
	struct archive *archive;
	int64_t got; /* bytes of the stream */
	struct cc_error *read_err;
	bool read_failed;
};

/* A name from the stream in parts, in the place where it belongs. */
struct parts {
	char *text; /* cut up */
	const char *part[CC_TREE_DEPTH_MAX + 1];
	size_t n;
};

CC_DEFINE_CLEANUP(struct archive *, archive_read_free)

static void parts_free(struct parts *p)
{
	free(p->text);
}
#define auto_parts __attribute__((cleanup(parts_free)))

static bool is_asked_for(const struct cc_tree_land_options *opt, const char *name)
{
	for (size_t i = 0; i < opt->n_names; i++)
		if (strcmp(opt->names[i], name) == 0)
			return true;
	return opt->names == NULL;
}

static int split(const struct landing *l, const char *path, struct parts *ret, struct cc_error *err)
{
	char *rest, *part;
	bool first = true;

	if (path[0] == '/')
		return cc_fail(err, INVALID, "the stream has an absolute name, '%.200s'", path);
	ret->text = rest = cc_strdup(path);
	if (l->target.prefix != NULL)
		ret->part[ret->n++] = l->target.prefix;
	while ((part = strsep(&rest, "/")) != NULL) {
		if (part[0] == '\0' || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0)
			return cc_fail(err, INVALID, "the stream has a name that leads outside, '%.200s'", path);
		if (first && !is_asked_for(l->opt, part))
			return cc_fail(err, INVALID, "the stream has '%.200s', which was not asked for", path);
		if (first && l->target.instead != NULL)
			part = l->target.instead;
		first = false;
		if (ret->n > CC_TREE_DEPTH_MAX)
			return cc_fail(err, INVALID, "'%.200s...' is more than %d directories deep", path, CC_TREE_DEPTH_MAX);
		ret->part[ret->n++] = part;
	}
	return 0;
}

static int top(const struct landing *l)
{
	return l->depth > 0 ? l->path[l->depth - 1].fd : l->target.base;
}

static int give_look(const struct landing *l, int fd, const struct look *look)
{
	if (l->opt->flags & CC_TREE_OWNERS && fchown(fd, look->uid, look->gid) < 0)
		return -1;
	return fchmod(fd, look->mode) < 0 || futimens(fd, look->times) < 0 ? -1 : 0;
}

static int leave(struct landing *l, struct cc_error *err)
{
	struct opened *d = &l->path[--l->depth];
	int result = 0;

	if (d->made && give_look(l, d->fd, &d->look) < 0)
		result = cc_tree_fail(err, "finishing the directory", d->name);
	close(d->fd);
	free(d->name);
	return result;
}

static int enter(struct landing *l, const char *name, bool made, struct cc_error *err)
{
	int fd = openat(top(l), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return cc_fail(err, CONFLICT, "'%.200s' is there already and is no directory; copy to where it leads, or remove it", name);
	if (fd < 0)
		return cc_tree_fail(err, "entering the directory", name);
	l->path[l->depth++] = (struct opened){ .name = cc_strdup(name), .fd = fd, .made = made };
	return 0;
}

/* To the directory of the entry: n parts lead there. Archives need not name their directories. */
static int go_to(struct landing *l, const struct parts *p, size_t n, struct cc_error *err)
{
	size_t same = 0;

	while (same < l->depth && same < n && strcmp(l->path[same].name, p->part[same]) == 0)
		same++;
	while (l->depth > same)
		if (leave(l, err) < 0)
			return -1;
	for (; l->depth < n;) {
		const char *name = p->part[l->depth];

		if (mkdirat(top(l), name, 0755) < 0 && errno != EEXIST)
			return cc_tree_fail(err, "making the directory", name);
		if (enter(l, name, false, err) < 0)
			return -1;
	}
	return 0;
}

static void look_of(const struct landing *l, struct archive_entry *e, struct look *ret)
{
	bool own = l->opt->flags & CC_TREE_OWNERS;

	*ret = (struct look){ .mode = archive_entry_perm(e) & (own ? MODE_OWN : MODE_OTHER),
		.uid = (uid_t)archive_entry_uid(e),
		.gid = (gid_t)archive_entry_gid(e),
		.times = { { .tv_nsec = UTIME_OMIT }, { archive_entry_mtime(e), archive_entry_mtime_nsec(e) } } };
	if (!archive_entry_mtime_is_set(e))
		ret->times[1].tv_nsec = UTIME_NOW;
}

/* A directory that is there stays as it is. */
static int land_directory(struct landing *l, struct archive_entry *e, const char *name, struct cc_error *err)
{
	bool made = mkdirat(top(l), name, 0700) == 0;

	if (!made && errno != EEXIST)
		return cc_tree_fail(err, "making the directory", name);
	if (l->depth == CC_TREE_DEPTH_MAX)
		return cc_fail(err, INVALID, "'%.200s' is more than %d directories deep", name, CC_TREE_DEPTH_MAX);
	if (enter(l, name, made, err) < 0)
		return -1;
	look_of(l, e, &l->path[l->depth - 1].look);
	return 0;
}

/* What is there goes, unless it is a directory. */
static int make_room(const struct landing *l, const char *name, struct cc_error *err)
{
	struct stat st;

	if (fstatat(top(l), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : cc_tree_fail(err, "looking at", name);
	if (S_ISDIR(st.st_mode))
		return cc_fail(err, CONFLICT, "'%.200s' is a directory there; remove it first, or copy under another name", name);
	return 0;
}

static int land_symlink(struct landing *l, struct archive_entry *e, const char *name, struct cc_error *err)
{
	const char *to = archive_entry_symlink(e);
	struct look look;

	look_of(l, e, &look);
	if (to == NULL || to[0] == '\0')
		return cc_fail(err, INVALID, "the stream has a symbolic link without a target, '%.200s'", name);
	if (make_room(l, name, err) < 0)
		return -1;
	if ((unlinkat(top(l), name, 0) < 0 && errno != ENOENT) || symlinkat(to, top(l), name) < 0)
		return cc_tree_fail(err, "making the symbolic link", name);
	if ((l->opt->flags & CC_TREE_OWNERS && fchownat(top(l), name, look.uid, look.gid, AT_SYMLINK_NOFOLLOW) < 0) ||
	        utimensat(top(l), name, look.times, AT_SYMLINK_NOFOLLOW) < 0)
		return cc_tree_fail(err, "making the symbolic link", name);
	return 0;
}

/* The directory of a name, opened anew. */
static int open_parent(const struct landing *l, const struct parts *p)
{
	int fd = openat(l->target.base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i + 1 < p->n; i++) {
		int next = openat(fd, p->part[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		close(fd);
		fd = next;
	}
	return fd;
}

static int land_hardlink(struct landing *l, struct archive_entry *e, const char *name, struct cc_error *err)
{
	auto_parts struct parts to = { 0 };
	cc_auto_close int parent = -1;
	struct stat st, here;

	if (split(l, archive_entry_hardlink(e), &to, err) < 0)
		return -1;
	parent = to.n > 0 ? open_parent(l, &to) : -1;
	if (parent < 0 || fstatat(parent, to.part[to.n - 1], &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
		return cc_fail(err, INVALID, "'%.200s' is a hard link to '%.200s', which did not come", name, archive_entry_hardlink(e));
	/* Over itself: a link would be lost. */
	if (fstatat(top(l), name, &here, AT_SYMLINK_NOFOLLOW) == 0 && here.st_dev == st.st_dev && here.st_ino == st.st_ino)
		return 0;
	if (make_room(l, name, err) < 0)
		return -1;
	if ((unlinkat(top(l), name, 0) < 0 && errno != ENOENT) || linkat(parent, to.part[to.n - 1], top(l), name, 0) < 0)
		return cc_tree_fail(err, "making the hard link", name);
	return 0;
}

static int read_stream_failed(struct landing *l, struct cc_error *err)
{
	const char *text = archive_error_string(l->archive);

	if (l->read_failed) {
		*err = *l->read_err;
		return -1;
	}
	if (l->tally->entries == 0)
		return cc_fail(err, INVALID, "this is no tar stream (%.200s); a compressed one has to be uncompressed first",
		        text != NULL ? text : "unknown reason");
	return cc_fail(err, INVALID, "the stream is cut or damaged: %.200s", text != NULL ? text : "unknown reason");
}

static int write_block(int fd, const char *p, size_t len, int64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			at += n;
		}
	}
	return 0;
}

/* Holes stay holes. */
static int fill_file(struct landing *l, int fd, int64_t size, const char *name, struct cc_error *err)
{
	const void *data;
	size_t len;
	la_int64_t at;
	int got;

	while ((got = archive_read_data_block(l->archive, &data, &len, &at)) == ARCHIVE_OK) {
		if (write_block(fd, data, len, at) < 0)
			return cc_tree_fail(err, "writing", name);
		l->tally->bytes += (int64_t)len;
	}
	if (got != ARCHIVE_EOF)
		return read_stream_failed(l, err);
	return ftruncate(fd, size) < 0 ? cc_tree_fail(err, "writing", name) : 0;
}

/* Under a name of its own until all of it is there. */
static int land_file(struct landing *l, struct archive_entry *e, const char *name, struct cc_error *err)
{
	cc_auto_close int fd = -1;
	struct look look;
	uint64_t number;
	char temporary[48];

	look_of(l, e, &look);
	if (make_room(l, name, err) < 0)
		return -1;
	CC_PRE(getrandom(&number, sizeof(number), 0) == sizeof(number));
	snprintf(temporary, sizeof(temporary), ".ccctl-copy-%016llx", (unsigned long long)number);
	fd = openat(top(l), temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return cc_tree_fail(err, "making", name);
	if (fill_file(l, fd, archive_entry_size(e), name, err) == 0) {
		if (give_look(l, fd, &look) == 0 && renameat(top(l), temporary, top(l), name) == 0)
			return 0;
		cc_tree_fail(err, "finishing", name);
	}
	(void)unlinkat(top(l), temporary, 0);
	return -1;
}

static int land_entry(struct landing *l, struct archive_entry *e, const char *name, struct cc_error *err)
{
	mode_t type = archive_entry_filetype(e);

	if (archive_entry_hardlink(e) != NULL)
		return land_hardlink(l, e, name, err);
	if (type == AE_IFREG)
		return land_file(l, e, name, err);
	if (type == AE_IFDIR)
		return land_directory(l, e, name, err);
	if (type == AE_IFLNK)
		return land_symlink(l, e, name, err);
	l->tally->left_out++;
	cc_tree_remark(l->opt->say, l->opt->say_arg, "left out '%.300s': it is %s", archive_entry_pathname(e), cc_tree_special(type));
	return 0;
}

static int take_entry(struct landing *l, struct archive_entry *e, struct cc_error *err)
{
	const char *path = archive_entry_pathname(e);
	auto_parts struct parts p = { 0 };

	if (path == NULL)
		return cc_fail(err, INVALID, "the stream has a name that cannot be read");
	if (split(l, path, &p, err) < 0)
		return -1;
	if (p.n == 0)
		return 0; /* the target itself, which is there */
	if (p.n == 1 && l->target.directory && archive_entry_filetype(e) != AE_IFDIR)
		return cc_fail(err, NOT_FOUND, "there is no directory '%.300s' to copy to; make it first", l->opt->path);
	if (go_to(l, &p, p.n - 1, err) < 0 || land_entry(l, e, p.part[p.n - 1], err) < 0)
		return cc_wrap(err, "copying '%.200s'", path);
	l->tally->entries++;
	return 0;
}

static la_ssize_t feed(struct archive *a, void *arg, const void **ret)
{
	struct landing *l = arg;
	ssize_t n = l->opt->read(l->opt->read_arg, ret, l->read_err);

	if (n < 0) {
		l->read_failed = true;
		archive_set_error(a, EIO, "it cannot be read");
		return ARCHIVE_FATAL;
	}
	l->got += n;
	return n;
}

/* libarchive takes the end of its input for the end of the archive, where that falls between two entries. */
static int check_end(struct landing *l, struct cc_error *err)
{
	const void *rest;
	ssize_t n;

	if (l->got - archive_read_header_position(l->archive) < 1024)
		return cc_fail(err, INVALID, "the stream is cut: its end mark is missing");
	while ((n = l->opt->read(l->opt->read_arg, &rest, err)) > 0)
		continue;
	return (int)n;
}

static int take_stream(struct landing *l, struct cc_error *err)
{
	struct archive_entry *e;
	int got;

	archive_read_support_format_tar(l->archive);
	if (archive_read_open(l->archive, l, NULL, feed, NULL) != ARCHIVE_OK)
		return read_stream_failed(l, err);
	while ((got = archive_read_next_header(l->archive, &e)) == ARCHIVE_OK || got == ARCHIVE_WARN)
		if (take_entry(l, e, err) < 0)
			return -1;
	if (got != ARCHIVE_EOF)
		return read_stream_failed(l, err);
	return check_end(l, err);
}

int cc_tree_land(const struct cc_tree_land_options *opt, struct cc_tree_tally *ret, struct cc_error *err)
{
	cc_auto(archive_read_free) struct archive *a = archive_read_new();
	struct cc_error read_err = { 0 }, ignored = { 0 };
	struct landing *l = cc_calloc(1, sizeof(*l));
	int result;

	if (a == NULL)
		cc_out_of_memory(0);
	*ret = (struct cc_tree_tally){ 0 };
	*l = (struct landing){ .opt = opt, .tally = ret, .archive = a, .read_err = &read_err };
	result = cc_tree_target_open(opt->path, opt->place, &l->target, err);
	if (result == 0) {
		result = take_stream(l, err);
		while (l->depth > 0)
			if (leave(l, result == 0 ? err : &ignored) < 0)
				result = -1;
	}
	cc_tree_target_close(&l->target);
	free(l);
	return result;
}
