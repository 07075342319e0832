/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fts walks in order of names and nothing but the current file is held, so the same directory gives the same bytes. Other file systems mounted below are not
 * entered. Of a file with several names the first one in order carries the content. */
#include "cli/tarball_parts.h"

#include "common/arena.h"
#include "common/hash_table.h"
#include "common/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* A file with several names. */
struct linked {
	dev_t dev;
	ino_t ino;
	const char *path;
};

struct packing {
	const struct tarball_job *job;
	struct tarball_writing w;
	struct cc_arena *arena;
	struct cc_hash linked;
	FTS *walk;
	int64_t bytes, left_out;
};

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_linked(const void *item, const void *key)
{
	const struct linked *a = item;
	const struct stat *st = key;

	return a->dev == st->st_dev && a->ino == st->st_ino;
}

/* The name under which the same file came before; NULL: this is the first. */
static const char *find_first_name(struct packing *p, const struct stat *st, const char *path)
{
	uint64_t hash = cc_hash_bytes(&st->st_ino, sizeof(st->st_ino));
	const struct linked *found;
	struct linked *l;

	if (st->st_nlink < 2 || !S_ISREG(st->st_mode))
		return NULL;
	found = cc_hash_find(&p->linked, hash, is_linked, st);
	if (found != NULL)
		return found->path;
	l = cc_new(p->arena, struct linked);
	*l = (struct linked){ st->st_dev, st->st_ino, cc_arena_strdup(p->arena, path) };
	cc_hash_add(&p->linked, hash, l);
	return NULL;
}

static int copy_file(struct packing *p, const FTSENT *f, struct cc_error *err)
{
	static char buf[65536];
	cc_auto_close int fd = open(f->fts_accpath, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int64_t left = f->fts_statp->st_size;

	if (fd < 0)
		return cc_fail_errno(err, "opening '%.200s'", f->fts_path);
	while (left > 0) {
		ssize_t n = read(fd, buf, left < (int64_t)sizeof(buf) ? (size_t)left : sizeof(buf));

		if (n < 0)
			return cc_fail_errno(err, "reading '%.200s'", f->fts_path);
		if (n == 0)
			return cc_fail(err, IO, "'%.150s' became shorter while it was packed; try again when nothing writes there", f->fts_path);
		if (tarball_write_data(&p->w, buf, (size_t)n, err) < 0)
			return -1;
		left -= n;
		p->bytes += n;
		if (p->job->progress != NULL)
			p->job->progress(p->job->arg, "packing", p->bytes, 0);
	}
	return 0;
}

static int check_name(const FTSENT *f, const char *path, struct cc_error *err)
{
	if (!cc_utf8_valid(path, strlen(path)))
		return cc_fail(err, INVALID, "the name of '%.200s' is no UTF-8 text", f->fts_path);
	return 0;
}

static int read_target(const FTSENT *f, char target[PATH_MAX], struct tree_entry *e, struct cc_error *err)
{
	ssize_t n = readlink(f->fts_accpath, target, PATH_MAX - 1);

	if (n < 0)
		return cc_fail_errno(err, "reading the link '%.200s'", f->fts_path);
	target[n] = '\0';
	e->target = target;
	return 0;
}

static int add_entry(struct packing *p, const FTSENT *f, struct cc_error *err)
{
	const struct stat *st = f->fts_statp;
	char target[PATH_MAX], capability[64];
	ssize_t n = S_ISREG(st->st_mode) ? lgetxattr(f->fts_accpath, "security.capability", capability, sizeof(capability)) : -1;
	struct tree_entry e = {
		.path = f->fts_path + 2, /* "./" */
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtime,
		.size = st->st_size,
		.capability = capability,
		.capability_len = n > 0 ? (size_t)n : 0,
	};
	const char *first;

	if (check_name(f, e.path, err) < 0 || (S_ISLNK(st->st_mode) && read_target(f, target, &e, err) < 0))
		return -1;
	first = find_first_name(p, st, e.path);
	if (tarball_write_entry(&p->w, &e, first, err) < 0)
		return -1;
	return first == NULL && S_ISREG(st->st_mode) ? copy_file(p, f, err) : 0;
}

static int take(struct packing *p, const FTSENT *f, struct cc_error *err)
{
	if (f->fts_level == FTS_ROOTLEVEL && (f->fts_info == FTS_D || f->fts_info == FTS_DP))
		return 0;
	switch (f->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_D:
	case FTS_F:
	case FTS_SL:
	case FTS_SLNONE:
		return add_entry(p, f, err);
	case FTS_DEFAULT:
		if (S_ISFIFO(f->fts_statp->st_mode))
			return add_entry(p, f, err);
		p->left_out++;
		return 0;
	default:
		errno = f->fts_errno;
		return cc_fail_errno(err, "reading '%.200s'", f->fts_path);
	}
}

static int pack_all(struct packing *p, struct cc_error *err)
{
	char *const roots[] = { (char[]){ "." }, NULL };
	FTSENT *f;

	p->walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	if (p->walk == NULL)
		return cc_fail_errno(err, "opening '%.200s'", p->job->path);
	while ((errno = 0, f = fts_read(p->walk)) != NULL)
		if (take(p, f, err) < 0)
			return -1;
	if (errno != 0)
		return cc_fail_errno(err, "reading the directory");
	return p->w.entries > 0 ? 0 : cc_fail(err, INVALID, "'%.200s': the directory is empty", p->job->path);
}

int tarball_pack(const struct tarball_job *job, int dir, struct tarball_facts *ret, struct cc_error *err)
{
	struct packing p = { .job = job };
	cc_auto_close int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (fchdir(dir) < 0)
		return cc_fail_errno(err, "entering '%.200s'", job->path);
	p.arena = cc_arena_new(0);
	result = tarball_write_open(&p.w, job->to, err);
	if (result == 0)
		result = pack_all(&p, err);
	if (result == 0)
		result = tarball_write_end(&p.w, ret, err);
	ret->left_out = p.left_out;
	ret->has_init = true;
	tarball_write_close(&p.w);
	if (p.walk != NULL)
		fts_close(p.walk);
	cc_hash_free(&p.linked);
	cc_arena_free(p.arena);
	return before >= 0 && fchdir(before) < 0 && result == 0 ? cc_fail_errno(err, "leaving '%.200s'", job->path) : result;
}
