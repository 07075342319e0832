/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_source.h"

#include "common/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

int image_source_scratch(int *ret, struct cc_error *err)
{
	const char *dir = getenv("TMPDIR") != NULL && getenv("TMPDIR")[0] != '\0' ? getenv("TMPDIR") : "/var/tmp";
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) && (size_t)snprintf(path, sizeof(path), "%s/ccctl-XXXXXX", dir) < sizeof(path)) {
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		return cc_fail_errno(err, "making a file in '%.150s' (the variable TMPDIR names another directory)", dir);
	*ret = fd;
	return 0;
}

int image_source_open(struct cli *cli, const char *path, struct image_source *ret, struct cc_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? cc_fail(err, INVALID, "there is no file or directory '%.200s'", path)
		                       : cc_fail_errno(err, "opening '%.200s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return cc_fail(err, INVALID, "'%.200s' is neither a file nor a directory", path);
	ret->path = path;
	ret->show = cli->err_tty;
	ret->from = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (ret->from < 0)
		return cc_fail_errno(err, "opening '%.200s'", path);
	ret->tar = tarball_load(err);
	return ret->tar != NULL ? image_source_scratch(&ret->made, err) : -1;
}

int image_source_open_meta(const char *path, struct image_source *src, struct cc_error *err)
{
	struct stat st;

	src->meta_path = path;
	src->meta = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (src->meta < 0 || fstat(src->meta, &st) < 0)
		return errno == ENOENT ? cc_fail(err, INVALID, "there is no file '%.200s'", path) : cc_fail_errno(err, "opening '%.200s'", path);
	return S_ISREG(st.st_mode) ? 0 : cc_fail(err, INVALID, "'%.200s' is no file; the metadata of a split image is a tar archive", path);
}

static void show_step(void *arg, const char *step, int64_t done, int64_t total)
{
	struct image_source *src = arg;

	if (src->progress.what == NULL || strcmp(src->progress.what, step) != 0 || done < src->progress.done) {
		progress_end(&src->progress);
		progress_begin(&src->progress, step, total, true);
	}
	progress_add(&src->progress, done - src->progress.done);
}

int image_source_make(struct image_source *src, const char *arch, struct cc_error *err)
{
	struct tarball_job job = { .path = src->path,
		.from = src->from,
		.to = src->made,
		.arch = arch,
		.meta_path = src->meta_path,
		.meta = src->meta,
		.as_told = src->as_told,
		.progress = src->show ? show_step : NULL,
		.arg = src };
	int result = src->tar->make(&job, &src->facts, err);

	progress_end(&src->progress);
	return result;
}

int image_source_fd(const struct image_source *src)
{
	return src->facts.made ? src->made : src->from;
}

void image_source_close(struct image_source *src)
{
	if (src->from >= 0)
		close(src->from);
	if (src->made >= 0)
		close(src->made);
	if (src->meta >= 0)
		close(src->meta);
}

int image_source_arch(struct cli *cli, const struct image_source *src, const char *given, const char **ret, struct cc_error *err)
{
	const char *says = src->facts.arch;
	struct utsname u;

	uname(&u);
	if (given != NULL && says[0] != '\0' && strcmp(given, says) != 0)
		return cc_fail(err, INVALID, "--arch %s: '%.150s' says of itself that it is for %s", given, src->path, says);
	*ret = given != NULL ? given : says[0] != '\0' ? says : cc_arch_debian(u.machine);
	*ret = cc_arena_strdup(cli->arena, *ret);
	return 0;
}
