/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/tree_target.h"

#include "common/cleanup.h"
#include "common/tree_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The target is `name` in the directory before it. */
static int open_parent(const char *path, enum cc_tree_place place, struct cc_tree_target *ret, struct cc_error *err)
{
	cc_auto_free char *copy = cc_strdup(path);
	size_t len = strlen(copy);
	const char *parent;
	char *slash, *name;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	slash = strrchr(copy, '/');
	name = slash != NULL ? slash + 1 : copy;
	parent = slash == NULL ? "." : slash == copy ? "/" : copy;
	if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0 || name[0] == '\0')
		return cc_fail(err, NOT_FOUND, "there is no directory '%.300s'", path);
	if (slash != NULL)
		*slash = '\0';
	ret->base = open_directory(parent);
	if (ret->base < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "there is no directory '%.300s' to copy to; make it first", parent);
	if (ret->base < 0)
		return cc_tree_fail(err, "opening the directory", parent);
	ret->directory = path[strlen(path) - 1] == '/';
	*(place == CC_TREE_CONTENT ? &ret->prefix : &ret->instead) = cc_strdup(name);
	return 0;
}

static int open_place(const char *path, enum cc_tree_place place, struct cc_tree_target *ret, struct cc_error *err)
{
	cc_auto_free char *resolved = NULL;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		ret->base = open_directory(path);
		return ret->base < 0 ? cc_tree_fail(err, "opening the directory", path) : 0;
	}
	if (stat(path, &st) == 0) {
		if (place != CC_TREE_AS || path[strlen(path) - 1] == '/')
			return cc_fail(err, CONFLICT, "'%.300s' is not a directory", path);
		resolved = realpath(path, NULL);
		return resolved == NULL ? cc_tree_fail(err, "following", path) : open_parent(resolved, place, ret, err);
	}
	if (errno != ENOENT)
		return cc_tree_fail(err, "looking at", path);
	if (place == CC_TREE_INTO)
		return cc_fail(err, NOT_FOUND, "there is no directory '%.300s' to copy to; make it first", path);
	if (lstat(path, &st) == 0)
		return cc_fail(err, CONFLICT, "'%.300s' is a symbolic link that leads nowhere", path);
	return open_parent(path, place, ret, err);
}

int cc_tree_target_open(const char *path, enum cc_tree_place place, struct cc_tree_target *ret, struct cc_error *err)
{
	int result;

	*ret = (struct cc_tree_target){ .base = -1 };
	if (path[0] == '\0')
		return cc_fail(err, INVALID, "a target is needed");
	result = open_place(path, place, ret, err);
	if (result < 0)
		cc_tree_target_close(ret);
	return result;
}

void cc_tree_target_close(struct cc_tree_target *t)
{
	if (t->base >= 0)
		close(t->base);
	free(t->instead);
	free(t->prefix);
	*t = (struct cc_tree_target){ .base = -1 };
}
