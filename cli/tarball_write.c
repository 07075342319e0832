/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tarball_parts.h"

#include "common/io.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

CC_DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

static la_ssize_t write_piece(struct archive *a, void *arg, const void *p, size_t len)
{
	struct tarball_writing *w = arg;

	if (cc_write_all(w->fd, p, len) < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	cc_sha256_update(&w->hash, p, len);
	w->bytes += (int64_t)len;
	return (la_ssize_t)len;
}

static int write_failed(const struct tarball_writing *w, const char *path, struct cc_error *err)
{
	int why = archive_errno(w->a);

	if (why == ENOSPC || why == EDQUOT || why == EFBIG)
		return cc_fail(err, NO_CAPACITY, "there is no room for the archive; make some, or name another directory with the variable TMPDIR");
	return cc_fail(err, IO, "packing '%.200s': %s", path, archive_error_string(w->a) != NULL ? archive_error_string(w->a) : "unknown error");
}

int tarball_write_open(struct tarball_writing *w, int fd, struct cc_error *err)
{
	*w = (struct tarball_writing){ .fd = fd, .a = archive_write_new() };
	if (w->a == NULL)
		cc_out_of_memory(0);
	cc_sha256_init(&w->hash);
	archive_write_set_format_pax_restricted(w->a);
	archive_write_add_filter_zstd(w->a);
	archive_write_set_bytes_in_last_block(w->a, 1);
	return archive_write_open(w->a, w, NULL, write_piece, NULL) == ARCHIVE_OK ? 0 : write_failed(w, "the archive", err);
}

void tarball_write_close(struct tarball_writing *w)
{
	if (w->a != NULL)
		archive_write_free(w->a);
	w->a = NULL;
}

static void describe(struct archive_entry *a, const struct tree_entry *e, const char *hardlink)
{
	archive_entry_set_pathname_utf8(a, e->path);
	archive_entry_set_mode(a, hardlink != NULL ? S_IFREG | 0644 : e->mode);
	archive_entry_set_uid(a, e->uid);
	archive_entry_set_gid(a, e->gid);
	archive_entry_set_mtime(a, (time_t)e->mtime, 0);
	archive_entry_set_size(a, hardlink == NULL && S_ISREG(e->mode) ? e->size : 0);
	if (hardlink != NULL)
		archive_entry_set_hardlink_utf8(a, hardlink);
	else if (S_ISLNK(e->mode))
		archive_entry_set_symlink_utf8(a, e->target);
	if (hardlink == NULL && e->capability_len > 0)
		archive_entry_xattr_add_entry(a, "security.capability", e->capability, e->capability_len);
}

int tarball_write_entry(struct tarball_writing *w, const struct tree_entry *e, const char *hardlink, struct cc_error *err)
{
	cc_auto(archive_entry_free) struct archive_entry *a = archive_entry_new();

	if (a == NULL)
		cc_out_of_memory(0);
	describe(a, e, hardlink);
	w->entries++;
	return archive_write_header(w->a, a) == ARCHIVE_OK ? 0 : write_failed(w, e->path, err);
}

int tarball_write_data(struct tarball_writing *w, const void *p, size_t len, struct cc_error *err)
{
	return archive_write_data(w->a, p, len) == (la_ssize_t)len ? 0 : write_failed(w, "a file", err);
}

int tarball_write_end(struct tarball_writing *w, struct tarball_facts *ret, struct cc_error *err)
{
	if (archive_write_close(w->a) != ARCHIVE_OK)
		return write_failed(w, "the end", err);
	ret->made = true;
	ret->bytes = w->bytes;
	ret->entries = w->entries;
	cc_sha256_format(cc_sha256_final(&w->hash), ret->sha256);
	return 0;
}
