/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/pool_dirs.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const folders[] = { [POOL_LAYER] = "instances", [POOL_SNAPSHOT] = "snapshots", [POOL_VOLUME] = "volumes" };

/* The folder of a kind, or of one owner of snapshots. */
static void folder_of(enum pool_tree_kind kind, struct cc_uuid of, char ret[CC_UUID_TEXT + 16])
{
	char text[CC_UUID_TEXT];

	if (kind == POOL_SNAPSHOT)
		snprintf(ret, CC_UUID_TEXT + 16, "%s/%s", folders[kind], cc_uuid_format(of, text));
	else
		snprintf(ret, CC_UUID_TEXT + 16, "%s", folders[kind]);
}

char *pool_dirs_path(const char *base, const struct pool_tree *tree, char path[POOL_PATH_MAX])
{
	char folder[CC_UUID_TEXT + 16], text[CC_UUID_TEXT];

	folder_of(tree->kind, tree->of, folder);
	snprintf(path, POOL_PATH_MAX, "%s/%s/%s", base, folder, cc_uuid_format(tree->id, text));
	return path;
}

int pool_dirs_fail(const char *what, struct cc_error *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "%s: the disk is full: delete what is not needed, or free space on the node", what);
	return cc_fail_errno(err, "%s", what);
}

static int make_folder(int base, const char *folder, struct cc_error *err)
{
	char top[CC_UUID_TEXT + 16];

	snprintf(top, sizeof(top), "%.*s", (int)strcspn(folder, "/"), folder);
	if ((mkdirat(base, top, 0700) < 0 && errno != EEXIST) || (mkdirat(base, folder, 0700) < 0 && errno != EEXIST))
		return pool_dirs_fail("making a directory", err);
	return 0;
}

int pool_dirs_open(int base, const struct pool_tree *tree, bool make, int *ret_parent, struct pool_dirs_name *ret, struct cc_error *err)
{
	char folder[CC_UUID_TEXT + 16];
	int fd;

	folder_of(tree->kind, tree->of, folder);
	if (make && make_folder(base, folder, err) < 0)
		return -1;
	fd = openat(base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? cc_fail(err, NOT_FOUND, "there is no '%s'", folder) : cc_fail_errno(err, "opening '%s'", folder);
	cc_uuid_format(tree->id, ret->name);
	*ret_parent = fd;
	return 0;
}

int pool_dirs_open_tree(int base, const struct pool_tree *tree, int *ret, struct cc_error *err)
{
	static const char *const words[] = { [POOL_LAYER] = "instance", [POOL_SNAPSHOT] = "snapshot", [POOL_VOLUME] = "volume" };
	cc_auto_close int parent = -1;
	struct cc_error none = { 0 };
	struct pool_dirs_name n;
	int fd = -1;

	if (pool_dirs_open(base, tree, false, &parent, &n, &none) == 0)
		fd = openat(parent, n.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	else if (none.code != CC_NOT_FOUND)
		return cc_error_set(err, none.code, none.sys_errno, none.where, "%s", none.msg);
	if (fd < 0 && (parent < 0 || errno == ENOENT))
		return cc_fail(err, NOT_FOUND, "there is no %s %s here", words[tree->kind], cc_uuid_format(tree->id, n.name));
	if (fd < 0)
		return cc_fail_errno(err, "opening %s %s", words[tree->kind], n.name);
	*ret = fd;
	return 0;
}

struct pool_dirs_name pool_dirs_beside(const struct pool_dirs_name *n, const char *suffix)
{
	struct pool_dirs_name beside;

	snprintf(beside.name, sizeof(beside.name), "%.*s%s", CC_UUID_TEXT - 1, n->name, suffix);
	return beside;
}

/* A stream over a folder, NULL with err when there is none or it cannot be read. */
static DIR *open_folder(int base, const char *folder, struct cc_error *err)
{
	int fd = openat(base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL && errno == ENOENT)
		cc_fail(err, NOT_FOUND, "there is no '%s'", folder);
	else if (dir == NULL)
		cc_fail_errno(err, "reading '%s'", folder);
	if (dir == NULL && fd >= 0)
		close(fd);
	return dir;
}

/* -1 unless there just is none. */
static int unless_missing(const struct cc_error *why, struct cc_error *err)
{
	return why->code == CC_NOT_FOUND ? 0 : cc_error_set(err, why->code, why->sys_errno, why->where, "%s", why->msg);
}

int pool_dirs_list(int base, enum pool_tree_kind kind, struct cc_uuid of, pool_list_fn *each, void *user, struct cc_error *err)
{
	cc_auto(closedir) DIR *dir = NULL;
	struct cc_error none = { 0 };
	char folder[CC_UUID_TEXT + 16];
	struct dirent *d;

	folder_of(kind, of, folder);
	dir = open_folder(base, folder, &none);
	if (dir == NULL)
		return unless_missing(&none, err);
	while ((d = readdir(dir)) != NULL) {
		struct cc_error ignored = { 0 };
		struct cc_uuid id;

		if (cc_uuid_parse(d->d_name, &id, &ignored) == 0)
			each(user, id);
	}
	return 0;
}

struct sweep {
	const char *suffix;
	pool_dirs_drop_fn *drop;
	void *user;
};

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && strcmp(name + len - end, suffix) == 0;
}

/* Calls back for each name in a folder. */
static int each_name(int base, const char *folder, pool_dirs_drop_fn *each, void *user, struct cc_error *err)
{
	struct cc_error none = { 0 };
	cc_auto(closedir) DIR *dir = open_folder(base, folder, &none);
	struct dirent *d;
	int result = 0;

	if (dir == NULL)
		return unless_missing(&none, err);
	while ((d = readdir(dir)) != NULL) {
		struct cc_error one = { 0 };

		if (d->d_name[0] != '.' && each(user, dirfd(dir), d->d_name, &one) < 0) {
			*err = one;
			result = -1;
		}
	}
	return result;
}

static int drop_suffixed(void *user, int parent, const char *name, struct cc_error *err)
{
	const struct sweep *s = user;

	return ends_with(name, s->suffix) ? s->drop(s->user, parent, name, err) : 0;
}

static int sweep_owner(void *user, int parent, const char *name, struct cc_error *err)
{
	return each_name(parent, name, drop_suffixed, user, err);
}

int pool_dirs_sweep(int base, const char *suffix, pool_dirs_drop_fn *drop, void *user, struct cc_error *err)
{
	struct sweep s = { suffix, drop, user };
	int result = each_name(base, folders[POOL_LAYER], drop_suffixed, &s, err);

	result |= each_name(base, folders[POOL_VOLUME], drop_suffixed, &s, err);
	return result | each_name(base, folders[POOL_SNAPSHOT], sweep_owner, &s, err);
}

int pool_dirs_drop_empty(int base, const struct pool_tree *tree)
{
	char folder[CC_UUID_TEXT + 16];

	if (tree->kind == POOL_SNAPSHOT) {
		folder_of(tree->kind, tree->of, folder);
		(void)unlinkat(base, folder, AT_REMOVEDIR);
	}
	return 0;
}
