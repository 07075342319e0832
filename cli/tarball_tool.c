/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tarball_parts.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#define METADATA_MAX 65536

static bool holds_file(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int pack_unified(const struct tarball_job *job, struct tarball_facts *ret, struct cc_error *err)
{
	cc_auto_close int root = openat(job->from, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto_close int meta = openat(job->from, "metadata.yaml", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto_buf struct cc_buf text = { 0 };

	if (root < 0 || meta < 0 || cc_read_all(meta, METADATA_MAX, &text) < 0)
		return cc_fail_errno(err, "opening '%.200s'", job->path);
	tarball_metadata_arch(cc_buf_str(&text), ret->arch, sizeof(ret->arch));
	return tarball_pack(job, root, ret, err);
}

static int take_directory(const struct tarball_job *job, struct tarball_facts *ret, struct cc_error *err)
{
	struct stat st;

	if (holds_file(job->from, "oci-layout") && holds_file(job->from, "index.json"))
		return tarball_oci(job, NULL, ret, err);
	if (holds_file(job->from, "metadata.yaml") && fstatat(job->from, "rootfs", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return pack_unified(job, ret, err);
	return tarball_pack(job, job->from, ret, err);
}

/* The root file system of a split image is like any other; of the rest only the architecture counts. */
static int take_split(const struct tarball_job *job, const struct stat *st, struct tarball_facts *ret, struct cc_error *err)
{
	char arch[sizeof(ret->arch)];
	int result;

	if (tarball_split_arch(job, arch, sizeof(arch), err) < 0)
		return -1;
	result = S_ISDIR(st->st_mode) ? tarball_pack(job, job->from, ret, err) : tarball_file(job, st, ret, err);
	if (result == 0 && arch[0] != '\0')
		memcpy(ret->arch, arch, sizeof(arch));
	return result;
}

static int take(const struct tarball_job *job, const struct stat *st, struct tarball_facts *ret, struct cc_error *err)
{
	if (job->meta_path != NULL)
		return take_split(job, st, ret, err);
	return S_ISDIR(st->st_mode) ? take_directory(job, ret, err) : tarball_file(job, st, ret, err);
}

static int make(const struct tarball_job *job, struct tarball_facts *ret, struct cc_error *err)
{
	/* Names in archives are UTF-8, whatever the terminal speaks. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
	struct stat st;
	int result;

	*ret = (struct tarball_facts){ 0 };
	if (fstat(job->from, &st) < 0)
		result = cc_fail_errno(err, "opening '%.200s'", job->path);
	else
		result = take(job, &st, ret, err);
	if (utf8 != (locale_t)0) {
		uselocale(before);
		freelocale(utf8);
	}
	return result;
}

const struct tarball_tool tarball_tool = { make };
