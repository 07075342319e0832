/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/image_store.h"

#include "agent/driver/small_file.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GONE ".gone"

bool image_valid_sha256(const char text[PRIV_SHA256_TEXT])
{
	return memchr(text, '\0', PRIV_SHA256_TEXT) == text + PRIV_SHA256_TEXT - 1 && strspn(text, "0123456789abcdef") == PRIV_SHA256_TEXT - 1;
}

bool image_exists(const struct state_dir *dirs, const char *sha256)
{
	return faccessat(dirs->images, sha256, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int image_hide(const struct state_dir *dirs, const char *sha256, struct cc_error *err)
{
	char gone[PRIV_SHA256_TEXT + 16];

	/* An earlier removal may have been broken off. */
	for (int i = 0;; i++) {
		snprintf(gone, sizeof(gone), "%s" GONE "%d", sha256, i);
		if (renameat2(dirs->images, sha256, dirs->images, gone, RENAME_NOREPLACE) == 0 || errno == ENOENT)
			return 0;
		if (errno != EEXIST)
			return cc_fail_errno(err, "removing image %.12s", sha256);
	}
}

static uint64_t read_size(const struct state_dir *dirs, const char *sha256)
{
	char name[PRIV_SHA256_TEXT + 8], text[32];
	struct cc_error ignored = { 0 };

	snprintf(name, sizeof(name), "%s/size", sha256);
	return small_file_read(dirs->images, name, text, sizeof(text), &ignored) > 0 ? strtoull(text, NULL, 10) : 0;
}

static bool is_image_name(const char *name)
{
	return strlen(name) == PRIV_SHA256_TEXT - 1 && image_valid_sha256(name);
}

static DIR *open_images(const struct state_dir *dirs, struct cc_error *err)
{
	int fd = openat(dirs->images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL)
		cc_fail_errno(err, "reading the images");
	return dir;
}

int image_list(const struct state_dir *dirs, image_list_fn *each, void *user, struct cc_error *err)
{
	cc_auto(closedir) DIR *dir = open_images(dirs, err);
	struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL) {
		struct priv_image image = { 0 };

		if (!is_image_name(d->d_name))
			continue;
		memcpy(image.sha256, d->d_name, PRIV_SHA256_TEXT);
		image.unpacked_bytes = read_size(dirs, d->d_name);
		each(user, &image);
	}
	return 0;
}

static bool is_hidden(const char *name, const char *sha256)
{
	size_t len = strlen(sha256);

	return strncmp(name, sha256, len) == 0 && strncmp(name + len, GONE, strlen(GONE)) == 0;
}

int image_delete_hidden(const struct state_dir *dirs, const char *sha256, struct cc_error *err)
{
	cc_auto(closedir) DIR *dir = open_images(dirs, err);
	struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		if (is_hidden(d->d_name, sha256) && tree_remove(dirs->images, d->d_name, err) < 0)
			return -1;
	return 0;
}

int image_sweep(const struct state_dir *dirs, struct cc_error *err)
{
	cc_auto(closedir) DIR *dir = open_images(dirs, err);
	struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && !is_image_name(d->d_name) && tree_remove(dirs->images, d->d_name, err) < 0)
			return -1;
	return 0;
}
