/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass: libarchive reads through a callback that feeds the hash as well, so what was checked is what was hashed. */
#include "cli/tarball_parts.h"

#include "common/hash.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE     65536
#define TAR_BLOCK 512

struct reading {
	int fd;
	struct cc_sha256_state hash;
	int64_t bytes;
	char buf[PIECE];
};

CC_DEFINE_CLEANUP(struct archive *, archive_read_free)

static la_ssize_t read_piece(struct archive *a, void *arg, const void **ret)
{
	struct reading *r = arg;
	ssize_t n = read(r->fd, r->buf, sizeof(r->buf));

	if (n < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	cc_sha256_update(&r->hash, r->buf, (size_t)n);
	r->bytes += n;
	*ret = r->buf;
	return n;
}

static struct archive *new_reader(void)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		cc_out_of_memory(0);
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	return a;
}

static int refuse(struct archive *a, const struct reading *r, const char *name, int64_t entries, struct cc_error *err)
{
	const char *why = archive_error_string(a) != NULL ? archive_error_string(a) : "unknown error";

	if (r->bytes == 0)
		return cc_fail(err, INVALID, "'%.200s' is empty", name);
	if (entries == 0)
		return cc_fail(err, INVALID, "'%.200s' is not a tar archive (plain, gzip, bzip2, xz or zstd): %s", name, why);
	return cc_fail(err, INVALID, "'%.200s' is truncated or damaged after %lld entries: %s", name, (long long)entries, why);
}

/* Reads every entry with its content. An archive ends with a block of zeros; one that was cut between two entries lacks it. */
static int read_entries(struct archive *a, const struct reading *r, const char *name, int64_t *ret_entries, struct cc_error *err)
{
	struct archive_entry *entry;
	int64_t content_end = 0;
	int result;

	while ((result = archive_read_next_header(a, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
		++*ret_entries;
		if (archive_read_data_skip(a) < ARCHIVE_WARN)
			return refuse(a, r, name, *ret_entries, err);
		content_end = archive_filter_bytes(a, 0);
	}
	if (result != ARCHIVE_EOF)
		return refuse(a, r, name, *ret_entries, err);
	if (*ret_entries == 0)
		return cc_fail(err, INVALID, "'%.200s' is an archive without files", name);
	if (archive_filter_bytes(a, 0) < content_end + TAR_BLOCK)
		return cc_fail(err, INVALID, "'%.200s' is truncated: the end mark is missing after %lld entries", name, (long long)*ret_entries);
	return 0;
}

/* libarchive stops at the end mark; what follows is still part of the file's hash. */
static int read_rest(struct reading *r, const char *name, struct cc_error *err)
{
	ssize_t n;

	while ((n = read(r->fd, r->buf, sizeof(r->buf))) > 0) {
		cc_sha256_update(&r->hash, r->buf, (size_t)n);
		r->bytes += n;
	}
	return n < 0 ? cc_fail_errno(err, "reading '%.200s'", name) : 0;
}

int tarball_check(int fd, const char *name, struct tarball_facts *ret, struct cc_error *err)
{
	cc_auto_free struct reading *r = cc_calloc(1, sizeof(*r));
	cc_auto(archive_read_free) struct archive *a = new_reader();
	int64_t entries = 0;

	r->fd = fd;
	cc_sha256_init(&r->hash);
	if (archive_read_open(a, r, NULL, read_piece, NULL) != ARCHIVE_OK)
		return refuse(a, r, name, 0, err);
	if (read_entries(a, r, name, &entries, err) < 0 || read_rest(r, name, err) < 0)
		return -1;
	*ret = (struct tarball_facts){ .bytes = r->bytes, .entries = entries };
	cc_sha256_format(cc_sha256_final(&r->hash), ret->sha256);
	return 0;
}
