/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libarchive reads through a callback that feeds the hash as well, so what was read is what was hashed. */
#include "cli/tarball_parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAR_BLOCK 512

static la_ssize_t read_piece(struct archive *a, void *arg, const void **ret)
{
	struct tarball_reading *r = arg;
	int64_t left = r->span.bytes - r->done;
	size_t want = left < (int64_t)sizeof(r->buf) ? (size_t)left : sizeof(r->buf);
	ssize_t n = pread(r->span.fd, r->buf, want, r->span.at + r->done);

	if (n < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return ARCHIVE_FATAL;
	}
	cc_sha256_update(&r->hash, r->buf, (size_t)n);
	r->done += n;
	if (r->step != NULL && r->job->progress != NULL)
		r->job->progress(r->job->arg, r->step, r->done, r->span.bytes);
	*ret = r->buf;
	return n;
}

int tarball_read_open(
        struct tarball_reading *r, const struct tarball_job *job, const char *step, const struct tarball_span *span, struct cc_error *err)
{
	*r = (struct tarball_reading){ .job = job, .step = step, .span = *span, .a = archive_read_new() };
	if (r->a == NULL)
		cc_out_of_memory(0);
	cc_sha256_init(&r->hash);
	archive_read_support_format_tar(r->a);
	archive_read_support_filter_gzip(r->a);
	archive_read_support_filter_bzip2(r->a);
	archive_read_support_filter_xz(r->a);
	archive_read_support_filter_zstd(r->a);
	return archive_read_open(r->a, r, NULL, read_piece, NULL) == ARCHIVE_OK ? 0 : tarball_read_failed(r, err);
}

void tarball_read_close(struct tarball_reading *r)
{
	if (r->a != NULL)
		archive_read_free(r->a);
	r->a = NULL;
}

int tarball_read_failed(const struct tarball_reading *r, struct cc_error *err)
{
	const char *why = archive_error_string(r->a) != NULL ? archive_error_string(r->a) : "unknown error";

	if (r->done == 0)
		return cc_fail(err, INVALID, "'%.200s' is empty", r->span.name);
	if (r->entries == 0)
		return cc_fail(err, INVALID, "'%.200s' is not a tar archive (plain, gzip, bzip2, xz or zstd): %s", r->span.name, why);
	return cc_fail(err, INVALID, "'%.200s' is truncated or damaged after %llu entries: %s", r->span.name, (unsigned long long)r->entries, why);
}

/* An archive ends with a block of zeros; one that was cut between two entries lacks it. */
static int check_end(const struct tarball_reading *r, struct cc_error *err)
{
	if (r->entries == 0)
		return cc_fail(err, INVALID, "'%.200s' is an archive without files", r->span.name);
	if (archive_filter_bytes(r->a, 0) < r->content_end + TAR_BLOCK)
		return cc_fail(err, INVALID, "'%.200s' is truncated: the end mark is missing after %llu entries", r->span.name,
		        (unsigned long long)r->entries);
	return 0;
}

int tarball_read_next(struct tarball_reading *r, struct archive_entry **ret, struct cc_error *err)
{
	int result;

	/* What the caller did not read of the last entry. */
	if (r->entries > 0)
		r->content_end = archive_filter_bytes(r->a, 0);
	result = archive_read_next_header(r->a, ret);
	if (result == ARCHIVE_EOF)
		return check_end(r, err);
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return tarball_read_failed(r, err);
	r->entries++;
	return 1;
}

int tarball_read_skip(struct tarball_reading *r, struct cc_error *err)
{
	return archive_read_data_skip(r->a) < ARCHIVE_WARN ? tarball_read_failed(r, err) : 0;
}

ssize_t tarball_read_data(struct tarball_reading *r, void *to, size_t max, struct cc_error *err)
{
	la_ssize_t n = archive_read_data(r->a, to, max);

	return n < 0 ? tarball_read_failed(r, err) : n;
}

int tarball_read_end(struct tarball_reading *r, char ret_sha256[CC_SHA256_HEX], struct cc_error *err)
{
	while (r->done < r->span.bytes) {
		const void *unused;
		la_ssize_t n = read_piece(r->a, r, &unused);

		if (n < 0)
			return cc_fail_errno(err, "reading '%.200s'", r->span.name);
		if (n == 0)
			return cc_fail(err, IO, "'%.200s' became shorter while it was read; try again when nothing writes there", r->span.name);
	}
	cc_sha256_format(cc_sha256_final(&r->hash), ret_sha256);
	return 0;
}

const char *tarball_plain_name(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 1 + strspn(path + 1, "/");
	return path;
}

/* Of the extended attributes only file capabilities mean the same elsewhere. */
static void find_capability(struct archive_entry *e, struct tree_entry *ret)
{
	const char *name;
	const void *value;
	size_t len;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &len) == ARCHIVE_OK)
		if (name != NULL && strcmp(name, "security.capability") == 0 && len <= 64) {
			ret->capability = value;
			ret->capability_len = len;
		}
}

bool tarball_entry_of(struct archive_entry *e, struct tree_entry *ret)
{
	*ret = (struct tree_entry){
		.path = archive_entry_pathname(e),
		.mode = archive_entry_filetype(e) | archive_entry_perm(e),
		.uid = archive_entry_uid(e),
		.gid = archive_entry_gid(e),
		.mtime = archive_entry_mtime(e),
		.size = archive_entry_size(e),
	};
	find_capability(e, ret);
	if (archive_entry_hardlink(e) != NULL) {
		ret->mode = 0;
		ret->target = archive_entry_hardlink(e);
		return true;
	}
	switch (archive_entry_filetype(e)) {
	case S_IFLNK:
		ret->target = archive_entry_symlink(e);
		return ret->target != NULL;
	case S_IFREG:
	case S_IFDIR:
	case S_IFIFO:
		return true;
	default:
		return false;
	}
}
