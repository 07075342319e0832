/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Even if libarchive were taken over, there is: one directory tree owned by ids that nobody runs with, a pipe to read the archive from, no network, no other
 * process in sight, five capabilities over that tree only, and the few system calls that unpacking needs. */
#include "agent/image/image_extractor.h"

#include "agent/image/image_entry.h"
#include "agent/image/image_sandbox.h"
#include "common/cleanup.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (128 * 1024)

CC_DEFINE_CLEANUP(struct archive *, archive_free)

static int read_failed(struct archive *a, struct cc_error *err)
{
	const char *text = archive_error_string(a);

	return cc_fail(err, INVALID, "not a usable archive: %.200s", text != NULL ? text : "unknown reason");
}

static int write_failed(struct archive *a, const char *path, struct cc_error *err)
{
	const char *text = archive_error_string(a);

	if (archive_errno(a) == ENOSPC || archive_errno(a) == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "the disk is full");
	return cc_fail(err, INVALID, "unpacking '%.100s': %.200s", path, text != NULL ? text : "unknown reason");
}

static int open_archive(int fd, struct archive *a, struct cc_error *err)
{
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	return archive_read_open_fd(a, fd, CHUNK) == ARCHIVE_OK ? 0 : read_failed(a, err);
}

static int copy_data(struct archive *from, struct archive *to, const char *path, struct cc_error *err)
{
	const void *data;
	size_t len;
	la_int64_t offset;
	int got;

	while ((got = archive_read_data_block(from, &data, &len, &offset)) == ARCHIVE_OK)
		if (to != NULL && archive_write_data_block(to, data, len, offset) < ARCHIVE_OK)
			return write_failed(to, path, err);
	return got == ARCHIVE_EOF ? 0 : read_failed(from, err);
}

/* Of the extended attributes only file capabilities mean the same here. */
static void keep_capabilities_only(struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t len;
	char kept[64];
	size_t kept_len = 0;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &len) == ARCHIVE_OK)
		if (strcmp(name, "security.capability") == 0 && len <= sizeof(kept)) {
			memcpy(kept, value, len);
			kept_len = len;
		}
	archive_entry_xattr_clear(e);
	if (kept_len > 0)
		archive_entry_xattr_add_entry(e, "security.capability", kept, kept_len);
}

static int write_entry(struct archive *from, struct archive *to, struct archive_entry *e, const char *path, struct cc_error *err)
{
	if (to != NULL) {
		keep_capabilities_only(e);
		if (archive_write_header(to, e) != ARCHIVE_OK)
			return write_failed(to, path, err);
	}
	if (archive_entry_size(e) > 0 && copy_data(from, to, path, err) < 0)
		return -1;
	return to == NULL || archive_write_finish_entry(to) == ARCHIVE_OK ? 0 : write_failed(to, path, err);
}

/* Directories that the archive does not name and that unpacking makes all the same. */
static uint64_t count_implied(const char *path)
{
	char dir[PATH_MAX], *slash;
	struct stat st;
	uint64_t n = 0;

	if (path == NULL || strlen(path) >= sizeof(dir))
		return 0;
	memcpy(dir, path, strlen(path) + 1);
	for (size_t len = strlen(dir); len > 0 && dir[len - 1] == '/'; len--)
		dir[len - 1] = '\0';
	while ((slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		if (lstat(dir, &st) == 0)
			break;
		n++;
	}
	return n;
}

static int take_entry(struct archive *from, struct archive *to, struct archive_entry *e, struct image_tally *tally, struct cc_error *err)
{
	struct image_entry entry = {
		.path = archive_entry_pathname(e),
		.hardlink = archive_entry_hardlink(e),
		.type = archive_entry_filetype(e),
		.size = archive_entry_size(e),
		.uid = archive_entry_uid(e),
		.gid = archive_entry_gid(e),
		.implied = to != NULL ? count_implied(archive_entry_pathname(e)) : 0,
	};

	if (image_entry_check(&entry, tally, err) < 0)
		return -1;
	return write_entry(from, to, e, entry.path, err);
}

static int unpack(const struct image_extract *x, struct image_tally *tally, struct cc_error *err)
{
	cc_auto(archive_free) struct archive *from = archive_read_new();
	cc_auto(archive_free) struct archive *to = x->target >= 0 ? archive_write_disk_new() : NULL;
	struct archive_entry *e;
	int got;

	if (to != NULL)
		archive_write_disk_set_options(to, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR |
		                                           ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
		                                           ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	if (open_archive(x->archive, from, err) < 0)
		return -1;
	while ((got = archive_read_next_header(from, &e)) == ARCHIVE_OK)
		if (take_entry(from, to, e, tally, err) < 0)
			return -1;
	if (got != ARCHIVE_EOF)
		return read_failed(from, err);
	if (tally->entries == 0)
		return cc_fail(err, INVALID, "the archive is empty");
	if (to != NULL && archive_write_close(to) != ARCHIVE_OK)
		return write_failed(to, ".", err);
	return 0;
}

/* What follows the archive's end belongs to the hash too. */
static void drain(int fd)
{
	static char buf[CHUNK];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void extract(const struct image_extract *x, struct image_extracted *ret)
{
	struct image_tally tally = { .entries_max = x->entries_max, .bytes_max = x->bytes_max };
	struct cc_error err = { 0 };
	int result;

	/* Names in archives are UTF-8, and converters must be loaded before the root is gone. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	result = x->target >= 0 ? image_sandbox_enter(x, &err) : image_sandbox_enter_to_check(x, &err);
	if (result == 0)
		result = unpack(x, &tally, &err);
	if (result == 0)
		drain(x->archive);
	*ret = (struct image_extracted){ .code = result == 0 ? CC_OK : err.code, .bytes = tally.bytes };
	if (result < 0)
		snprintf(ret->msg, sizeof(ret->msg), "%s", err.msg);
}

const struct image_extractor image_extractor = { extract };
