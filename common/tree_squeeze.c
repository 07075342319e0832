/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/tree_parts.h"

#include "common/buf.h"
#include "common/cleanup.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PEEK_ENTRIES 16

struct cc_tree_squeeze {
	struct archive *archive;
};

CC_DEFINE_CLEANUP(struct archive *, archive_read_free)
CC_DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

static int fail_writing(struct cc_tree_squeeze *s, struct cc_error *err)
{
	const char *text = archive_error_string(s->archive);

	if (archive_errno(s->archive) == ENOSPC || archive_errno(s->archive) == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "the disk is full");
	return cc_fail(err, IO, "writing the archive: %.200s", text != NULL ? text : "unknown reason");
}

int cc_tree_squeeze_open(int fd, struct cc_tree_squeeze **ret, struct cc_error *err)
{
	struct cc_tree_squeeze *s = cc_calloc(1, sizeof(*s));
	struct archive_entry *e = archive_entry_new();
	int result = 0;

	s->archive = archive_write_new();
	if (s->archive == NULL || e == NULL)
		cc_out_of_memory(0);
	archive_write_set_format_raw(s->archive);
	archive_write_set_bytes_in_last_block(s->archive, 1);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_pathname(e, "data");
	if (archive_write_add_filter_zstd(s->archive) != ARCHIVE_OK || archive_write_open_fd(s->archive, fd) != ARCHIVE_OK ||
	        archive_write_header(s->archive, e) != ARCHIVE_OK)
		result = fail_writing(s, err);
	archive_entry_free(e);
	if (result < 0)
		cc_tree_squeeze_free(s);
	else
		*ret = s;
	return result;
}

int cc_tree_squeeze_write(struct cc_tree_squeeze *s, const void *p, size_t len, struct cc_error *err)
{
	return archive_write_data(s->archive, p, len) == (la_ssize_t)len ? 0 : fail_writing(s, err);
}

struct collected {
	struct cc_buf bytes;
	bool done; /* what comes now is the end mark */
};

static la_ssize_t collect(struct archive *a, void *arg, const void *p, size_t len)
{
	struct collected *c = arg;

	(void)a;
	if (!c->done)
		cc_buf_add(&c->bytes, p, len);
	return (la_ssize_t)len;
}

int cc_tree_squeeze_file(struct cc_tree_squeeze *s, const char *name, const char *text, struct cc_error *err)
{
	struct archive *a = archive_write_new();
	cc_auto(archive_entry_free) struct archive_entry *e = archive_entry_new();
	struct collected c = { 0 };
	size_t len = strlen(text);
	int result = -1;

	if (a == NULL || e == NULL)
		cc_out_of_memory(0);
	archive_write_set_format_ustar(a);
	archive_write_set_bytes_per_block(a, 0);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, time(NULL), 0);
	archive_entry_set_size(e, (la_int64_t)len);
	if (archive_write_open(a, &c, NULL, collect, NULL) == ARCHIVE_OK && archive_write_header(a, e) == ARCHIVE_OK &&
	        archive_write_data(a, text, len) == (la_ssize_t)len && archive_write_finish_entry(a) == ARCHIVE_OK) {
		c.done = true;
		result = cc_tree_squeeze_write(s, c.bytes.data, c.bytes.len, err);
	} else {
		cc_fail(err, INTERNAL, "making an entry of the archive");
	}
	archive_write_free(a);
	cc_buf_free(&c.bytes);
	return result;
}

int cc_tree_squeeze_close(struct cc_tree_squeeze *s, struct cc_error *err)
{
	int result = archive_write_close(s->archive) == ARCHIVE_OK ? 0 : fail_writing(s, err);

	cc_tree_squeeze_free(s);
	return result;
}

void cc_tree_squeeze_free(struct cc_tree_squeeze *s)
{
	if (s == NULL)
		return;
	/* What was not closed is not to be completed now. */
	(void)archive_write_fail(s->archive);
	archive_write_free(s->archive);
	free(s);
}

static int read_text(struct archive *a, struct archive_entry *e, size_t max, char **ret, struct cc_error *err)
{
	int64_t size = archive_entry_size(e);
	char *text;

	if (size < 0 || (uint64_t)size > max)
		return cc_fail(err, TOO_LARGE, "'%s' has more than %zu bytes", archive_entry_pathname(e), max);
	text = cc_calloc(1, (size_t)size + 1);
	if (archive_read_data(a, text, (size_t)size) != (la_ssize_t)size) {
		free(text);
		return cc_fail(err, INVALID, "it is truncated");
	}
	*ret = text;
	return 0;
}

int cc_tree_peek(int fd, const char *name, size_t max, char **ret, struct cc_error *err)
{
	cc_auto(archive_read_free) struct archive *a = archive_read_new();
	struct archive_entry *e;

	if (a == NULL)
		cc_out_of_memory(0);
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_fd(a, fd, 65536) != ARCHIVE_OK)
		return cc_fail(err, INVALID, "it is no tar archive, plain or compressed");
	for (int i = 0; i < PEEK_ENTRIES && archive_read_next_header(a, &e) == ARCHIVE_OK; i++)
		if (archive_entry_pathname(e) != NULL && strcmp(archive_entry_pathname(e), name) == 0)
			return read_text(a, e, max, ret, err);
	return cc_fail(err, INVALID, "'%s' is not among its first files", name);
}
