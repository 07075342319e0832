/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generator: each read gives the bytes of one step, a header or a piece of the current file. A piece is given as it was read: libarchive hands the very
 * buffer on to its output. fts walks, so nothing but the current file is held, and the names of files with several links. */
#include "common/tree_parts.h"

#include "common/buf.h"
#include "common/cleanup.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define PIECE 65536

struct cc_tree_pack {
	struct cc_tree_pack_options opt;
	size_t source; /* the one that is walked */
	FTS *walk;     /* NULL between sources */
	struct archive *archive;
	struct archive_entry_linkresolver *links;
	struct cc_buf out;   /* what libarchive made of its own */
	const void *through; /* a part of `piece` that it passed on */
	size_t through_len;
	int fd;           /* of the current file, or -1 */
	int64_t at;       /* in it */
	int64_t left;     /* bytes of it to come */
	int64_t hole_end; /* up to here nothing has to be read, and from here to data_end it has */
	int64_t data_end;
	bool sparse;
	bool closed;
	struct cc_tree_tally tally;
	struct cc_buf name; /* of the current file in the stream */
	char piece[PIECE];
};

CC_DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

static la_ssize_t take_output(struct archive *a, void *arg, const void *p, size_t len)
{
	struct cc_tree_pack *t = arg;

	(void)a;
	if ((const char *)p == t->piece && t->out.len == 0 && t->through_len == 0) {
		t->through = p;
		t->through_len = len;
		return (la_ssize_t)len;
	}
	if (t->through_len > 0)
		cc_buf_add(&t->out, t->through, t->through_len);
	t->through_len = 0;
	cc_buf_add(&t->out, p, len);
	return (la_ssize_t)len;
}

static int fail_archive(struct cc_tree_pack *t, struct cc_error *err)
{
	const char *text = archive_error_string(t->archive);

	return cc_fail(err, IO, "packing '%.300s': %.200s", cc_buf_str(&t->name), text != NULL ? text : "unknown reason");
}

CC_DEFINE_CLEANUP(struct cc_tree_pack *, cc_tree_pack_free)

/* A source that is not there or cannot be packed is told before anything is sent. */
static int check_sources(const struct cc_tree_pack_options *opt, struct cc_error *err)
{
	for (size_t i = 0; i < opt->n; i++) {
		const struct cc_tree_source *s = &opt->sources[i];
		struct stat st;

		if ((s->name[0] == '\0' || opt->flags & CC_TREE_FOLLOW ? stat(s->path, &st) : lstat(s->path, &st)) < 0)
			return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no '%.300s'", s->path) : cc_tree_fail(err, "reading", s->path);
		if (cc_tree_special(st.st_mode) != NULL)
			return cc_fail(
			        err, INVALID, "'%.300s' is %s; files, directories and links can be copied", s->path, cc_tree_special(st.st_mode));
		if (s->name[0] == '\0' && !S_ISDIR(st.st_mode))
			return cc_fail(err, CONFLICT, "'%.300s' is not a directory", s->path);
	}
	return 0;
}

int cc_tree_pack_open(const struct cc_tree_pack_options *opt, struct cc_tree_pack **ret, struct cc_error *err)
{
	cc_auto(cc_tree_pack_free) struct cc_tree_pack *t = NULL;

	if (check_sources(opt, err) < 0)
		return -1;
	t = cc_calloc(1, sizeof(*t));
	t->opt = *opt;
	t->fd = -1;
	t->archive = archive_write_new();
	t->links = archive_entry_linkresolver_new();
	if (t->archive == NULL || t->links == NULL)
		cc_out_of_memory(0);
	archive_write_set_format_pax(t->archive); /* the restricted form cuts times to seconds */
	archive_entry_linkresolver_set_strategy(t->links, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
	archive_write_set_bytes_per_block(t->archive, 0);
	if (archive_write_open(t->archive, t, NULL, take_output, NULL) != ARCHIVE_OK)
		return fail_archive(t, err);
	*ret = cc_take(t);
	return 0;
}

void cc_tree_pack_free(struct cc_tree_pack *t)
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
	cc_buf_free(&t->name);
	free(t);
}

const struct cc_tree_tally *cc_tree_pack_tally(const struct cc_tree_pack *t)
{
	return &t->tally;
}

static void leave_out(struct cc_tree_pack *t, const FTSENT *f, const char *what)
{
	t->tally.left_out++;
	cc_tree_remark(t->opt.say, t->opt.say_arg, "left out '%.300s': it is %s", f->fts_path, what);
}

static void cannot_read(struct cc_tree_pack *t, const FTSENT *f, int why)
{
	t->tally.failed++;
	cc_tree_remark(t->opt.say, t->opt.say_arg, "left out '%.300s': %s", f->fts_path, strerror(why));
}

static void find_name(struct cc_tree_pack *t, const FTSENT *f)
{
	const struct cc_tree_source *s = &t->opt.sources[t->source];
	const char *below = f->fts_path + strlen(s->path);

	below += strspn(below, "/");
	cc_buf_clear(&t->name);
	cc_buf_adds(&t->name, s->name);
	if (s->name[0] != '\0' && below[0] != '\0')
		cc_buf_addc(&t->name, '/');
	cc_buf_adds(&t->name, below);
	if (t->name.len == 0)
		cc_buf_adds(&t->name, ".");
}

/* The next hole and data from t->at on. Where the file system does not tell, all is data. */
static void find_data(struct cc_tree_pack *t)
{
	off_t end = t->at + t->left, data = lseek(t->fd, t->at, SEEK_DATA), hole;

	if (data < 0 && errno == ENXIO)
		data = end;
	if (data < 0 || data > end)
		data = data < 0 ? t->at : end;
	hole = data < end ? lseek(t->fd, data, SEEK_HOLE) : end;
	t->hole_end = data;
	t->data_end = hole > data && hole < end ? hole : end;
}

/* A map of what is data. A file that changes meanwhile is still as long as was said. */
static void map_holes(struct cc_tree_pack *t, struct archive_entry *e)
{
	int64_t size = t->left;

	for (t->at = 0; t->left > 0; t->left = size - t->at) {
		find_data(t);
		if (t->hole_end < t->data_end)
			archive_entry_sparse_add_entry(e, t->hole_end, t->data_end - t->hole_end);
		t->at = t->data_end;
	}
	if (size > 0 && archive_entry_sparse_count(e) == 0)
		archive_entry_sparse_add_entry(e, size, 0);
	t->at = 0;
	t->left = size;
}

static int open_file(struct cc_tree_pack *t, const FTSENT *f, struct stat *st, struct archive_entry *e)
{
	/* NONBLOCK: it may have become a FIFO since. */
	int follow = f->fts_level == FTS_ROOTLEVEL && t->opt.flags & CC_TREE_FOLLOW ? 0 : O_NOFOLLOW;

	t->fd = open(f->fts_accpath, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | follow);
	if (t->fd < 0)
		return -1;
	if (fstat(t->fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(t->fd);
		t->fd = -1;
		errno = ESTALE;
		return -1;
	}
	archive_entry_copy_stat(e, st);
	t->at = 0;
	t->left = st->st_size;
	t->sparse = st->st_blocks < st->st_size / 512;
	if (t->sparse)
		map_holes(t, e);
	t->data_end = 0;
	(void)posix_fadvise(t->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static int read_link(const FTSENT *f, struct archive_entry *e)
{
	char target[PATH_MAX];
	ssize_t n = readlink(f->fts_accpath, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	archive_entry_set_symlink(e, target);
	return 0;
}

static void add_capabilities(const struct cc_tree_pack *t, const FTSENT *f, struct archive_entry *e)
{
	static const char name[] = "security.capability";
	char value[64];
	ssize_t n = t->opt.flags & CC_TREE_ROOT ? lgetxattr(f->fts_accpath, name, value, sizeof(value)) : -1;

	if (n > 0)
		archive_entry_xattr_add_entry(e, name, value, (size_t)n);
}

/* 1: there is an entry; 0: it is left out. */
static int describe(struct cc_tree_pack *t, const FTSENT *f, struct archive_entry *e)
{
	struct stat st = *f->fts_statp;

	archive_entry_copy_stat(e, &st);
	if ((S_ISREG(st.st_mode) && open_file(t, f, &st, e) < 0) || (S_ISLNK(st.st_mode) && read_link(f, e) < 0)) {
		cannot_read(t, f, errno);
		return 0;
	}
	if (S_ISREG(st.st_mode))
		add_capabilities(t, f, e);
	archive_entry_set_pathname(e, cc_buf_str(&t->name));
	archive_entry_unset_atime(e);
	archive_entry_unset_ctime(e);
	archive_entry_unset_birthtime(e);
	return 1;
}

static void close_file(struct cc_tree_pack *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static int add_entry(struct cc_tree_pack *t, const FTSENT *f, struct cc_error *err)
{
	cc_auto(archive_entry_free) struct archive_entry *e = archive_entry_new();
	struct archive_entry *unused = NULL;

	if (e == NULL)
		cc_out_of_memory(0);
	find_name(t, f);
	if (describe(t, f, e) == 0)
		return 0;
	archive_entry_linkify(t->links, &e, &unused);
	if (archive_entry_size(e) == 0 || archive_entry_hardlink(e) != NULL) {
		archive_entry_sparse_clear(e);
		close_file(t);
	}
	/* Of no use elsewhere. */
	archive_entry_set_dev(e, 0);
	archive_entry_set_ino(e, 0);
	archive_entry_set_nlink(e, 1);
	/* A warning: a name is no UTF-8, and is written as the bytes that it is. */
	if (archive_write_header(t->archive, e) < ARCHIVE_WARN)
		return fail_archive(t, err);
	t->tally.entries++;
	if (t->fd >= 0)
		t->tally.bytes += t->left;
	return 0;
}

/* What is mounted there is no part of the system that is packed. */
static bool is_elsewhere(const struct cc_tree_pack *t, const FTSENT *f)
{
	struct statx here, above;
	char parent[PATH_MAX];
	const char *slash = strrchr(f->fts_path, '/');

	if (!(t->opt.flags & CC_TREE_ROOT) || f->fts_level == FTS_ROOTLEVEL || slash == NULL || slash - f->fts_path >= PATH_MAX)
		return false;
	memcpy(parent, f->fts_path, (size_t)(slash - f->fts_path));
	parent[slash - f->fts_path] = '\0';
	if (statx(AT_FDCWD, f->fts_path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &here) < 0 ||
	        statx(AT_FDCWD, parent[0] != '\0' ? parent : "/", AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &above) < 0)
		return false;
	return here.stx_mnt_id != above.stx_mnt_id;
}

static int take_found(struct cc_tree_pack *t, FTSENT *f, struct cc_error *err)
{
	const char *special;

	switch (f->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		cannot_read(t, f, f->fts_errno);
		return 0;
	case FTS_DC:
		return 0;
	default:
		break;
	}
	special = cc_tree_special(f->fts_statp->st_mode);
	if (special != NULL && !(t->opt.flags & CC_TREE_ROOT && S_ISFIFO(f->fts_statp->st_mode))) {
		leave_out(t, f, special);
		return 0;
	}
	if (f->fts_info == FTS_D && is_elsewhere(t, f))
		fts_set(t->walk, f, FTS_SKIP);
	else if (is_elsewhere(t, f))
		return 0;
	return add_entry(t, f, err);
}

static int begin_source(struct cc_tree_pack *t, struct cc_error *err)
{
	const struct cc_tree_source *s = &t->opt.sources[t->source];
	char *const roots[] = { (char *)s->path, NULL };
	bool follow = t->opt.flags & CC_TREE_FOLLOW || s->name[0] == '\0';

	t->walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | (follow ? FTS_COMFOLLOW : 0), NULL);
	return t->walk == NULL ? cc_tree_fail(err, "reading", s->path) : 0;
}

static int next_entry(struct cc_tree_pack *t, struct cc_error *err)
{
	FTSENT *f;

	if (t->source == t->opt.n) {
		t->closed = true;
		return archive_write_close(t->archive) != ARCHIVE_OK ? fail_archive(t, err) : 0;
	}
	if (t->walk == NULL && begin_source(t, err) < 0)
		return -1;
	errno = 0;
	f = fts_read(t->walk);
	if (f != NULL)
		return take_found(t, f, err);
	if (errno != 0)
		return cc_tree_fail(err, "reading", t->opt.sources[t->source].path);
	fts_close(t->walk);
	t->walk = NULL;
	t->source++;
	return 0;
}

/* How much comes in one piece, and whether it has to be read. */
static size_t plan_piece(struct cc_tree_pack *t, bool *ret_read)
{
	int64_t part = t->left;

	*ret_read = true;
	if (t->sparse && t->at >= t->data_end)
		find_data(t);
	if (t->sparse && t->at < t->hole_end) {
		*ret_read = false;
		part = t->hole_end - t->at;
	} else if (t->sparse) {
		part = t->data_end - t->at;
	}
	return (size_t)(part < PIECE ? part : PIECE);
}

/* What was announced is sent, whatever becomes of the file meanwhile. */
static size_t fill_piece(struct cc_tree_pack *t, size_t want, bool read_it)
{
	ssize_t n = read_it ? pread(t->fd, t->piece, want, t->at) : 0;

	if (n > 0)
		return (size_t)n;
	memset(t->piece, 0, want);
	if (read_it) {
		t->tally.failed++;
		cc_tree_remark(t->opt.say, t->opt.say_arg,
		        "'%.300s' became shorter or could not be read on while it was copied; the rest is filled with zeros", cc_buf_str(&t->name));
		t->sparse = true;
		t->hole_end = t->data_end = t->at + t->left;
	}
	return want;
}

static int next_piece(struct cc_tree_pack *t, struct cc_error *err)
{
	bool read_it;
	size_t want = plan_piece(t, &read_it);
	size_t n = fill_piece(t, want, read_it);

	if (archive_write_data(t->archive, t->piece, n) < 0)
		return fail_archive(t, err);
	t->at += (int64_t)n;
	t->left -= (int64_t)n;
	if (t->left == 0)
		close_file(t);
	return 0;
}

ssize_t cc_tree_pack_read(struct cc_tree_pack *t, const void **ret, struct cc_error *err)
{
	cc_buf_clear(&t->out);
	t->through_len = 0;
	while (t->out.len == 0 && t->through_len == 0 && !t->closed)
		if ((t->fd >= 0 ? next_piece(t, err) : next_entry(t, err)) < 0)
			return -1;
	*ret = t->through_len > 0 ? t->through : t->out.data;
	return (ssize_t)(t->through_len > 0 ? t->through_len : t->out.len);
}
