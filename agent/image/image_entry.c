/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/image_entry.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define ID_MAX 65535

static int check_path(const char *path, const char *what, struct cc_error *err)
{
	int depth = 0;

	if (path[0] == '\0')
		return cc_fail(err, INVALID, "the archive has %s without a name", what);
	if (strlen(path) >= PATH_MAX)
		return cc_fail(err, INVALID, "the archive has %s whose name is too long", what);
	if (path[0] == '/')
		return cc_fail(err, INVALID, "the archive has %s with an absolute name, '%.100s'", what, path);
	for (const char *p = path; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return cc_fail(err, INVALID, "the archive has %s that leads outside, '%.100s'", what, path);
		if (n > NAME_MAX)
			return cc_fail(err, INVALID, "the archive has %s whose name is too long", what);
		depth++;
		p += n;
	}
	if (depth > IMAGE_DEPTH_MAX)
		return cc_fail(err, INVALID, "the archive has %s more than %d directories deep", what, IMAGE_DEPTH_MAX);
	return 0;
}

static int check_type(const struct image_entry *e, struct cc_error *err)
{
	switch (e->type) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFIFO:
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		return cc_fail(err, INVALID, "the archive has a device node, '%.100s'; leave /dev empty, instances get their own", e->path);
	default:
		return e->hardlink != NULL ? 0 : cc_fail(err, INVALID, "the archive has an entry of unknown type, '%.100s'", e->path);
	}
}

static int count(const struct image_entry *e, struct image_tally *tally, struct cc_error *err)
{
	uint64_t made = e->implied + 1, left = tally->bytes_max - tally->bytes;

	if (made > tally->entries_max - tally->entries)
		return cc_fail(err, TOO_LARGE, "the archive has more than %" PRIu64 " entries", tally->entries_max);
	/* At most IMAGE_DEPTH_MAX are implied, so this does not overflow. */
	if (made * IMAGE_ENTRY_BYTES > left || e->size < 0 || (uint64_t)e->size > left - made * IMAGE_ENTRY_BYTES)
		return cc_fail(err, TOO_LARGE, "unpacked, the archive is larger than %" PRIu64 " bytes", tally->bytes_max);
	tally->entries += made;
	tally->bytes += made * IMAGE_ENTRY_BYTES + (uint64_t)e->size;
	return 0;
}

int image_entry_check(const struct image_entry *e, struct image_tally *tally, struct cc_error *err)
{
	if (e->path == NULL)
		return cc_fail(err, INVALID, "the archive has an entry whose name is no UTF-8 text");
	if (check_path(e->path, "an entry", err) < 0 || check_type(e, err) < 0)
		return -1;
	if (e->hardlink != NULL && check_path(e->hardlink, "a hard link", err) < 0)
		return -1;
	if (e->uid < 0 || e->uid > ID_MAX || e->gid < 0 || e->gid > ID_MAX)
		return cc_fail(err, INVALID, "'%.100s' belongs to %" PRId64 ":%" PRId64 ", but an instance has ids up to %d only", e->path, e->uid,
		        e->gid, ID_MAX);
	return count(e, tally, err);
}
