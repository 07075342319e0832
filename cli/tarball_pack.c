/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generator: each read drains a buffer that libarchive writes to, and when it is empty the next piece of the current file, or the next file's header, is
 * written. fts walks in order of names, so nothing but the current file is held. */
#include "cli/tarball_parts.h"

#include "common/buf.h"
#include "common/hash.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>

#define PIECE 65536

struct tarball_pack {
	struct cc_buf out;
	size_t out_at; /* what of it was given away */
	struct archive *archive;
	struct archive_entry_linkresolver *links;
	FTS *walk;
	size_t root_len;
	int fd;       /* of the current file, or -1 */
	int64_t left; /* bytes of it to come */
	int64_t entries, left_out;
	bool closed;
	char piece[PIECE];
};

CC_DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

static la_ssize_t take_output(struct archive *a, void *arg, const void *p, size_t len)
{
	struct tarball_pack *t = arg;

	(void)a;
	cc_buf_add(&t->out, p, len);
	return (la_ssize_t)len;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int fail_archive(struct tarball_pack *t, const char *path, struct cc_error *err)
{
	return cc_fail(err, IO, "packing '%.300s': %s", path, archive_error_string(t->archive));
}

static int open_walk(struct tarball_pack *t, const char *dir, struct cc_error *err)
{
	char *const roots[] = { (char *)dir, NULL };

	t->root_len = strlen(dir);
	while (t->root_len > 1 && dir[t->root_len - 1] == '/')
		t->root_len--;
	t->walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	return t->walk == NULL ? cc_fail_errno(err, "opening '%.300s'", dir) : 0;
}

int tarball_pack_open(const char *dir, struct tarball_pack **ret, struct cc_error *err)
{
	cc_auto(tarball_pack_free) struct tarball_pack *t = cc_calloc(1, sizeof(*t));

	t->fd = -1;
	t->archive = archive_write_new();
	t->links = archive_entry_linkresolver_new();
	if (t->archive == NULL || t->links == NULL)
		cc_out_of_memory(0);
	archive_write_set_format_pax_restricted(t->archive);
	archive_entry_linkresolver_set_strategy(t->links, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED);
	archive_write_set_bytes_per_block(t->archive, 0);
	if (archive_write_open(t->archive, t, NULL, take_output, NULL) != ARCHIVE_OK)
		return fail_archive(t, dir, err);
	if (open_walk(t, dir, err) < 0)
		return -1;
	*ret = cc_take(t);
	return 0;
}

void tarball_pack_free(struct tarball_pack *t)
{
	if (t == NULL)
		return;
	if (t->fd >= 0)
		close(t->fd);
	if (t->walk != NULL)
		fts_close(t->walk);
	if (t->links != NULL)
		archive_entry_linkresolver_free(t->links);
	if (t->archive != NULL)
		archive_write_free(t->archive);
	cc_buf_free(&t->out);
	free(t);
}

static const char *inner_name(const struct tarball_pack *t, const FTSENT *f)
{
	const char *name = f->fts_path + t->root_len;

	return name + strspn(name, "/");
}

static int describe(const struct tarball_pack *t, const FTSENT *f, struct archive_entry *e, struct cc_error *err)
{
	char target[PATH_MAX];
	ssize_t n;

	archive_entry_copy_stat(e, f->fts_statp);
	archive_entry_set_pathname(e, inner_name(t, f));
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_set_mtime(e, f->fts_statp->st_mtime, 0);
	if (!S_ISLNK(f->fts_statp->st_mode))
		return 0;
	n = readlink(f->fts_accpath, target, sizeof(target) - 1);
	if (n < 0)
		return cc_fail_errno(err, "reading the link '%.300s'", f->fts_path);
	target[n] = '\0';
	archive_entry_set_symlink(e, target);
	return 0;
}

static int add_entry(struct tarball_pack *t, const FTSENT *f, struct cc_error *err)
{
	cc_auto(archive_entry_free) struct archive_entry *e = archive_entry_new();
	struct archive_entry *unused = NULL;

	if (e == NULL)
		cc_out_of_memory(0);
	if (describe(t, f, e, err) < 0)
		return -1;
	archive_entry_linkify(t->links, &e, &unused);
	if (S_ISREG(f->fts_statp->st_mode) && archive_entry_size(e) > 0) {
		t->fd = open(f->fts_accpath, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (t->fd < 0)
			return cc_fail_errno(err, "opening '%.300s'", f->fts_path);
		t->left = archive_entry_size(e);
	}
	/* A device number or inode in the header would differ from copy to copy. */
	archive_entry_set_dev(e, 0);
	archive_entry_set_ino(e, 0);
	archive_entry_set_nlink(e, 1);
	if (archive_write_header(t->archive, e) != ARCHIVE_OK)
		return fail_archive(t, f->fts_path, err);
	t->entries++;
	return 0;
}

static int end_archive(struct tarball_pack *t, struct cc_error *err)
{
	if (t->entries == 0)
		return cc_fail(err, INVALID, "the directory is empty");
	t->closed = true;
	return archive_write_close(t->archive) != ARCHIVE_OK ? fail_archive(t, "the end", err) : 0;
}

static int next_entry(struct tarball_pack *t, struct cc_error *err)
{
	FTSENT *f;

	errno = 0;
	f = fts_read(t->walk);
	if (f == NULL)
		return errno != 0 ? cc_fail_errno(err, "reading the directory") : end_archive(t, err);
	switch (f->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_D:
		return f->fts_level == FTS_ROOTLEVEL ? 0 : add_entry(t, f, err);
	case FTS_F:
	case FTS_SL:
	case FTS_SLNONE:
		return f->fts_level == FTS_ROOTLEVEL ? cc_fail(err, INVALID, "'%.300s' is not a directory", f->fts_path) : add_entry(t, f, err);
	case FTS_DEFAULT:
		if (S_ISFIFO(f->fts_statp->st_mode))
			return add_entry(t, f, err);
		t->left_out++;
		return 0;
	default:
		errno = f->fts_errno;
		return cc_fail_errno(err, "reading '%.300s'", f->fts_path);
	}
}

static int next_piece(struct tarball_pack *t, struct cc_error *err)
{
	size_t want = t->left < PIECE ? (size_t)t->left : PIECE;
	ssize_t n = read(t->fd, t->piece, want);

	if (n < 0)
		return cc_fail_errno(err, "reading a file to be packed");
	if (n == 0)
		return cc_fail(err, IO, "a file became shorter while it was packed; try again when nothing writes there");
	if (archive_write_data(t->archive, t->piece, (size_t)n) != n)
		return fail_archive(t, "a file", err);
	t->left -= n;
	if (t->left == 0) {
		close(t->fd);
		t->fd = -1;
	}
	return 0;
}

ssize_t tarball_pack_read(struct tarball_pack *t, char *buf, size_t max, struct cc_error *err)
{
	size_t n;

	while (t->out_at == t->out.len && !t->closed) {
		cc_buf_clear(&t->out);
		t->out_at = 0;
		if ((t->fd >= 0 ? next_piece(t, err) : next_entry(t, err)) < 0)
			return -1;
	}
	n = t->out.len - t->out_at < max ? t->out.len - t->out_at : max;
	if (n > 0)
		memcpy(buf, t->out.data + t->out_at, n);
	t->out_at += n;
	return (ssize_t)n;
}

int tarball_measure(const char *dir, struct tarball_facts *ret, int64_t *ret_left_out, struct cc_error *err)
{
	cc_auto(tarball_pack_free) struct tarball_pack *t = NULL;
	cc_auto_free char *buf = cc_malloc(PIECE);
	struct cc_sha256_state hash;
	ssize_t n;

	cc_sha256_init(&hash);
	*ret = (struct tarball_facts){ 0 };
	if (tarball_pack_open(dir, &t, err) < 0)
		return -1;
	while ((n = tarball_pack_read(t, buf, PIECE, err)) > 0) {
		cc_sha256_update(&hash, buf, (size_t)n);
		ret->bytes += n;
	}
	if (n < 0)
		return cc_wrap(err, "packing '%.200s'", dir);
	cc_sha256_format(cc_sha256_final(&hash), ret->sha256);
	ret->entries = t->entries;
	*ret_left_out = t->left_out;
	return 0;
}
