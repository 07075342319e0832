/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recursion keeps one descriptor per level. A directory found deeper than DEPTH_MAX is moved up to the top of the tree, where the outer loop finds it
 * again; so any depth is worked off in slices. */
#include "agent/storage/tree_remove.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 48

struct removal {
	int top;          /* the directory being removed */
	unsigned moved;   /* directories moved up so far; makes their names unique */
	unsigned deepest; /* how many of them since the last pass over the top */
};

static int remove_entries(struct removal *r, int fd, int depth);

static int move_up(struct removal *r, int dirfd, const char *name)
{
	char up[32];
	int moved;

	do {
		snprintf(up, sizeof(up), ".cc-deep-%u", r->moved++);
		moved = renameat2(dirfd, name, r->top, up, RENAME_NOREPLACE);
	} while (moved < 0 && errno == EEXIST);
	r->deepest++;
	return moved;
}

static int remove_entry(struct removal *r, int dirfd, const char *name, int depth)
{
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	if (depth >= DEPTH_MAX)
		return move_up(r, dirfd, name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || remove_entries(r, fd, depth + 1) < 0)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

/* Takes the descriptor. */
static int remove_entries(struct removal *r, int fd, int depth)
{
	cc_auto(closedir) DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		close(fd);
		return -1;
	}
	while ((d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (remove_entry(r, fd, d->d_name, depth) < 0)
			return -1;
	}
	return 0;
}

static int remove_below(int top)
{
	struct removal r = { .top = top };

	do {
		int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r.deepest = 0;
		if (fd < 0 || remove_entries(&r, fd, 0) < 0)
			return -1;
	} while (r.deepest > 0);
	return 0;
}

int tree_remove(int dirfd, const char *name, struct cc_error *err)
{
	cc_auto_close int top = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (top < 0 && errno == ENOENT)
		return 0;
	if (top < 0 && (errno == ENOTDIR || errno == ELOOP))
		return unlinkat(dirfd, name, 0) == 0 ? 0 : cc_fail_errno(err, "removing '%s'", name);
	if (top < 0 || remove_below(top) < 0 || unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
		return cc_fail_errno(err, "removing '%s'", name);
	return 0;
}
