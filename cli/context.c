/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/context.h"

#include "common/cleanup.h"
#include "common/io.h"
#include "common/model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER   "communitycloud"
#define CONTEXTS "contexts"
#define CURRENT  "context"
#define FILE_MAX 8192

int context_check_name(const char *name, struct cc_error *err)
{
	if (strcmp(name, CONTEXT_LOCAL) == 0)
		return cc_fail(err, INVALID, "the context '" CONTEXT_LOCAL "' is this machine's own controller; choose another name");
	return cc_text_check(cc_desc_find(&context_desc, "name"), name, strlen(name), err);
}

/* NULL when neither variable is set: then there are no contexts. */
static const char *folder(struct cc_arena *a)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg != NULL && xdg[0] == '/')
		return cc_printf(a, "%s/" FOLDER, xdg);
	return home != NULL && home[0] == '/' ? cc_printf(a, "%s/.config/" FOLDER, home) : NULL;
}

static const char *path_of(struct cc_arena *a, const char *name)
{
	return cc_printf(a, "%s/" CONTEXTS "/%s", folder(a), name);
}

static int fail_none(const char *name, struct cc_error *err)
{
	return cc_fail(err, NOT_FOUND, "there is no context '%s'; see ccctl context list, or make one: ccctl login", name);
}

/* 1 when it was read, 0 when there is no such file. A secret that others can read is none. */
static int read_file(const char *path, bool secret, struct cc_buf *ret, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return cc_fail_errno(err, "reading '%s'", path);
	if (secret && (st.st_mode & 077) != 0)
		return cc_fail(err, DENIED, "others may read '%s', and the token in it is as good as a password; run: chmod 600 '%s'", path, path);
	if (cc_read_all(fd, FILE_MAX, ret) < 0)
		return cc_fail_errno(err, "reading '%s'", path);
	if (ret->len > FILE_MAX)
		return cc_fail(err, INVALID, "'%s' is too large to be what ccctl wrote; remove it", path);
	return 1;
}

/* Makes the folder with those above it. */
static int make_folder(struct cc_arena *a, const char *path, struct cc_error *err)
{
	char *p = cc_arena_strdup(a, path);

	for (char *slash = strchr(p + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(p, 0700) < 0 && errno != EEXIST)
			return cc_fail_errno(err, "making '%s'", p);
		*slash = '/';
	}
	return 0;
}

static int need_folder(struct cc_arena *a, struct cc_error *err)
{
	return folder(a) != NULL ? 0 : cc_fail(err, INVALID, "neither XDG_CONFIG_HOME nor HOME is set, so there is no place for contexts");
}

int context_folder(struct cc_arena *a, const char **ret, struct cc_error *err)
{
	if (need_folder(a, err) < 0 || make_folder(a, path_of(a, ""), err) < 0)
		return -1;
	*ret = folder(a);
	return 0;
}

static int write_new(const char *path, const char *text, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || cc_write_all(fd, text, strlen(text)) < 0 || cc_write_all(fd, "\n", 1) < 0 || fsync(fd) < 0)
		return cc_fail_errno(err, "writing '%s'", path);
	return 0;
}

static int write_file(struct cc_arena *a, const char *path, const char *text, struct cc_error *err)
{
	const char *fresh = cc_printf(a, "%s.%ld.new", path, (long)getpid());

	if (make_folder(a, path, err) < 0)
		return -1;
	unlink(fresh); /* of a process of that number that was killed */
	if (write_new(fresh, text, err) == 0) {
		if (rename(fresh, path) == 0)
			return 0;
		cc_fail_errno(err, "writing '%s'", path);
	}
	unlink(fresh);
	return -1;
}

int context_current(struct cc_arena *a, const char **ret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf name = { 0 };
	int found;

	*ret = CONTEXT_LOCAL;
	if (folder(a) == NULL)
		return 0;
	found = read_file(cc_printf(a, "%s/" CURRENT, folder(a)), false, &name, err);
	if (found <= 0)
		return found;
	name.len = strcspn(cc_buf_str(&name), "\n");
	name.data[name.len] = '\0';
	if (strcmp(name.data, CONTEXT_LOCAL) != 0 && context_check_name(name.data, err) < 0)
		return cc_wrap(err, "the current context; choose another with ccctl context use");
	*ret = cc_arena_strdup(a, name.data);
	return 0;
}

int context_load(struct cc_arena *a, const char *name, struct cc_token *ret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	int found;

	if (context_check_name(name, err) < 0 || need_folder(a, err) < 0)
		return -1;
	found = read_file(path_of(a, name), true, &text, err);
	if (found <= 0)
		return found < 0 ? -1 : fail_none(name, err);
	if (cc_token_decode(cc_buf_str(&text), a, ret, err) < 0)
		return cc_wrap(err, "the context '%s'", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int context_names(struct cc_arena *a, const char ***ret, size_t *ret_n, struct cc_error *err)
{
	DIR *dir = folder(a) != NULL ? opendir(cc_printf(a, "%s/" CONTEXTS, folder(a))) : NULL;
	const char **names = NULL;
	size_t n = 0, cap = 0;
	struct cc_error ignored;

	*ret_n = 0;
	if (dir == NULL)
		return folder(a) == NULL || errno == ENOENT ? 0 : cc_fail_errno(err, "reading the contexts");
	for (const struct dirent *d; (d = readdir(dir)) != NULL;) {
		if (context_check_name(d->d_name, &ignored) < 0)
			continue;
		if (n == cap) {
			const char **more = cc_new_array(a, cap * 2 + 16, const char *);

			if (n > 0)
				memcpy(more, names, n * sizeof(*names));
			cap = cap * 2 + 16;
			names = more;
		}
		names[n++] = cc_arena_strdup(a, d->d_name);
	}
	closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	*ret_n = n;
	return 0;
}

int context_save(struct cc_arena *a, const char *name, const char *token, struct cc_error *err)
{
	if (context_check_name(name, err) < 0 || need_folder(a, err) < 0)
		return -1;
	return write_file(a, path_of(a, name), token, err);
}

int context_choose(struct cc_arena *a, const char *name, struct cc_error *err)
{
	return need_folder(a, err) < 0 ? -1 : write_file(a, cc_printf(a, "%s/" CURRENT, folder(a)), name, err);
}

int context_remove(struct cc_arena *a, const char *name, struct cc_error *err)
{
	const char *current;

	if (context_check_name(name, err) < 0 || need_folder(a, err) < 0 || context_current(a, &current, err) < 0)
		return -1;
	if (strcmp(current, name) == 0 && context_choose(a, CONTEXT_LOCAL, err) < 0)
		return -1;
	if (unlink(path_of(a, name)) == 0)
		return 0;
	return errno == ENOENT ? fail_none(name, err) : cc_fail_errno(err, "removing '%s'", path_of(a, name));
}
