/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/local_image.h"

#include "common/cleanup.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PART ".part"

static void close_archive(struct local_image *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

static void part_path(const struct local_image *m, char *path, size_t cap)
{
	snprintf(path, cap, "%s/%s" PART, m->dir, m->sha256);
}

void local_image_start_anew(struct local_image *m)
{
	char path[PATH_MAX];

	close_archive(m);
	m->resumed = m->whole = false;
	m->got = 0;
	if (m->dir == NULL)
		return;
	part_path(m, path, sizeof(path));
	(void)unlink(path);
}

static void forget(struct local_images *t, struct local_image *m)
{
	close_archive(m);
	for (size_t k = 0; k < t->n; k++)
		if (t->items[k] == m) {
			t->items[k] = t->items[--t->n];
			break;
		}
	free(m);
}

void local_image_table_done(struct local_images *t)
{
	while (t->n > 0)
		forget(t, t->items[0]);
	free(t->items);
	*t = (struct local_images){ 0 };
}

struct local_image *local_image_find(const struct local_images *t, const char *sha256)
{
	for (size_t k = 0; k < t->n; k++)
		if (strcmp(t->items[k]->sha256, sha256) == 0)
			return t->items[k];
	return NULL;
}

struct local_image *local_image_get(struct local_images *t, const char *sha256)
{
	struct local_image *m = local_image_find(t, sha256);

	if (m != NULL)
		return m;
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 8;
		t->items = cc_realloc(t->items, t->cap * sizeof(struct local_image *));
	}
	m = cc_calloc(1, sizeof(*m));
	snprintf(m->sha256, sizeof(m->sha256), "%s", sha256);
	m->fd = -1;
	t->items[t->n++] = m;
	return m;
}

void local_image_remove(struct local_images *t, struct local_image *m)
{
	local_image_start_anew(m);
	forget(t, m);
}

enum image_state local_image_state_of(struct local_images *t, const char *sha256, int64_t now_ms)
{
	struct local_image *m = local_image_find(t, sha256);

	if (m == NULL)
		return IMAGE_ABSENT;
	if (m->state == IMAGE_LATER && backoff_due(&m->backoff, now_ms))
		m->state = IMAGE_ABSENT;
	return m->state;
}

void local_image_saw_all(struct local_images *t, const struct priv_image *list, size_t n)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->items[k]->state == IMAGE_READY)
			t->items[k]->state = IMAGE_ABSENT;
	for (size_t k = 0; k < n; k++)
		local_image_ready(local_image_get(t, list[k].sha256));
}

static int claim_room(int fd, int64_t bytes, struct cc_error *err)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes) == 0 || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	if (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)
		return cc_fail(err, NO_CAPACITY, "the node's disk has no room for the image's archive of %lld MiB", (long long)(bytes >> 20));
	return cc_fail_errno(err, "claiming room for the image's archive");
}

int local_image_begin(struct local_image *m, const char *dir, int64_t bytes, struct cc_error *err)
{
	char path[PATH_MAX];
	struct stat st;

	m->dir = dir;
	m->bytes = bytes;
	part_path(m, path, sizeof(path));
	if (m->fd < 0)
		m->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->fd < 0 || fstat(m->fd, &st) < 0)
		return cc_fail_errno(err, "making a file in '%s'", dir);
	if (bytes > 0 && claim_room(m->fd, bytes, err) < 0)
		return -1;
	/* What this process did not write itself it has not hashed. */
	if (st.st_size != m->got || st.st_size == 0) {
		m->resumed = st.st_size > 0 && st.st_size <= bytes;
		m->whole = false;
		m->got = m->resumed ? st.st_size : 0;
		cc_sha256_init(&m->hash);
	}
	if (ftruncate(m->fd, m->got) < 0 || lseek(m->fd, m->got, SEEK_SET) < 0)
		return cc_fail_errno(err, "going on with the image's archive");
	m->state = IMAGE_FETCHING;
	return 0;
}

int local_image_add(struct local_image *m, const void *p, size_t len, struct cc_error *err)
{
	if (m->got + (int64_t)len > m->bytes)
		return cc_fail(err, INVALID, "the image's archive is larger than the %lld bytes announced", (long long)m->bytes);
	cc_sha256_update(&m->hash, p, len);
	m->got += (int64_t)len;
	if (cc_write_all(m->fd, p, len) == 0)
		return 0;
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return cc_fail(err, NO_CAPACITY, "the node's disk has no room for the image's archive");
	return cc_fail_errno(err, "writing the image's archive");
}

int local_image_end(struct local_image *m, struct cc_error *err)
{
	char text[CC_SHA256_HEX];

	if (m->got < m->bytes)
		return cc_fail(err, UNAVAILABLE, "the image's archive ended after %lld of %lld bytes", (long long)m->got, (long long)m->bytes);
	if (!m->whole)
		cc_sha256_format(cc_sha256_final(&m->hash), text);
	if (!m->whole && !m->resumed && strcmp(text, m->sha256) != 0)
		return cc_fail(err, INVALID, "the image's archive is damaged: its hash is %.12s…", text);
	if (lseek(m->fd, 0, SEEK_SET) < 0)
		return cc_fail_errno(err, "rewinding the image's archive");
	m->whole = true;
	m->state = IMAGE_FETCHED;
	return 0;
}

void local_image_failed(struct local_image *m, const struct cc_error *why, int64_t now_ms)
{
	bool is_wrong = why->code == CC_INVALID || why->code == CC_TOO_LARGE;
	bool for_good = is_wrong && !m->resumed;

	m->no_room = why->code == CC_NO_CAPACITY;
	if (is_wrong)
		local_image_start_anew(m);
	if (for_good) {
		snprintf(m->reason, sizeof(m->reason), "image: %.180s", why->msg);
		m->state = IMAGE_REFUSED;
		return;
	}
	snprintf(m->reason, sizeof(m->reason), "image: %.150s; next try in %lld s", why->msg,
	        (long long)(backoff_fail(&m->backoff, now_ms, 0) / 1000));
	m->state = IMAGE_LATER;
}

void local_image_ready(struct local_image *m)
{
	local_image_start_anew(m);
	backoff_reset(&m->backoff);
	m->reason[0] = '\0';
	m->state = IMAGE_READY;
}

void local_image_sweep(const char *dir, int64_t before_s)
{
	cc_auto(closedir) DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len > strlen(PART) && strcmp(e->d_name + len - strlen(PART), PART) == 0 &&
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime < before_s)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
}
