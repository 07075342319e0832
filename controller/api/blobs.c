/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An upload that was put in its place but whose image is not in the zone yet must not be dropped by the deletion of another image with the same archive:
 * it is held in a table of hashes, and dropping looks at that table and at the zone under one lock. */
#include "controller/api/blobs.h"
#include "common/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#define UPLOADS_MAX     16
#define TMP_NAME        32
#define WRITEBACK_BYTES (8 << 20)

struct blobs {
	int dir_fd; /* DIR/sha256 */
	int tmp_fd; /* DIR/tmp */
	pthread_mutex_t lock;
	struct upload *uploads[UPLOADS_MAX];
	uint64_t next;
};

struct upload {
	struct blobs *blobs;
	int fd;
	char tmp[TMP_NAME];
	struct cc_sha256_state hash;
	char sha256[CC_SHA256_HEX];
	int64_t bytes;
	int64_t max_bytes;
	int64_t written_back;
	bool held; /* the file is, or will be, in its place under sha256 */
};

static int open_folder(const char *dir, const char *name, int *ret_fd, struct cc_error *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return cc_fail(err, INVALID, "the path '%s' is too long", dir);
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making '%s'", path);
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return cc_fail_errno(err, "opening '%s'", path);
	return 0;
}

static int clear_folder(int folder, struct cc_error *err)
{
	int fd = dup(folder);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return cc_fail_errno(err, "reading the folder of uploads");
	}
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && unlinkat(folder, e->d_name, 0) < 0)
			return cc_fail_errno(err, "removing the leftover '%s'", e->d_name);
	return 0;
}

int blobs_open(const char *dir, struct blobs **ret, struct cc_error *err)
{
	cc_auto(blobs_free) struct blobs *b = cc_calloc(1, sizeof(*b));

	b->dir_fd = b->tmp_fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making '%s'", dir);
	if (open_folder(dir, "sha256", &b->dir_fd, err) < 0 || open_folder(dir, "tmp", &b->tmp_fd, err) < 0)
		return -1;
	if (clear_folder(b->tmp_fd, err) < 0)
		return cc_wrap(err, "'%s/tmp'", dir);
	*ret = cc_take(b);
	return 0;
}

void blobs_free(struct blobs *b)
{
	if (b == NULL)
		return;
	if (b->dir_fd >= 0)
		close(b->dir_fd);
	if (b->tmp_fd >= 0)
		close(b->tmp_fd);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

int blobs_read(struct blobs *b, const char *sha256, int *ret_fd, uint64_t *ret_bytes, struct cc_error *err)
{
	struct cc_sha256 parsed;
	struct cc_error ignored;
	struct stat st;
	char name[CC_SHA256_HEX];
	cc_auto_close int fd = -1;

	if (cc_sha256_parse(sha256, &parsed, &ignored) < 0)
		return cc_fail(err, NOT_FOUND, "no archive '%s'", sha256);
	fd = openat(b->dir_fd, cc_sha256_format(parsed, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "no archive '%s'", sha256);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cc_fail_errno(err, "opening the archive '%s'", name);
	*ret_bytes = (uint64_t)st.st_size;
	*ret_fd = cc_take_fd(fd);
	return 0;
}

bool blobs_has(struct blobs *b, const char *sha256)
{
	return faccessat(b->dir_fd, sha256, F_OK, 0) == 0;
}

static int enter(struct blobs *b, struct upload *u, struct cc_error *err)
{
	size_t i = 0;

	pthread_mutex_lock(&b->lock);
	while (i < UPLOADS_MAX && b->uploads[i] != NULL)
		i++;
	if (i < UPLOADS_MAX)
		b->uploads[i] = u;
	snprintf(u->tmp, sizeof(u->tmp), "%llu", (unsigned long long)b->next++);
	pthread_mutex_unlock(&b->lock);
	return i < UPLOADS_MAX ? 0 : cc_fail(err, BUSY, "%d images are being imported already; try again later", UPLOADS_MAX);
}

int blobs_receive(struct blobs *b, int64_t max_bytes, struct upload **ret, struct cc_error *err)
{
	struct upload *u = cc_calloc(1, sizeof(*u));

	u->blobs = b;
	u->max_bytes = max_bytes;
	u->fd = -1;
	cc_sha256_init(&u->hash);
	if (enter(b, u, err) < 0) {
		free(u);
		return -1;
	}
	u->fd = openat(b->tmp_fd, u->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (u->fd < 0) {
		cc_fail_errno(err, "making a file for the image");
		blobs_upload_free(u);
		return -1;
	}
	*ret = u;
	return 0;
}

void blobs_upload_free(struct upload *u)
{
	struct blobs *b;

	if (u == NULL)
		return;
	b = u->blobs;
	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (b->uploads[i] == u)
			b->uploads[i] = NULL;
	pthread_mutex_unlock(&b->lock);
	if (u->fd >= 0) {
		close(u->fd);
		unlinkat(b->tmp_fd, u->tmp, 0);
	}
	free(u);
}

static int write_all(struct upload *u, const char *p, size_t len, struct cc_error *err)
{
	while (len > 0) {
		ssize_t n = write(u->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cc_fail_errno(err, "writing the image");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int blobs_upload_write(struct upload *u, const void *p, size_t len, struct cc_error *err)
{
	if ((int64_t)len > u->max_bytes - u->bytes)
		return cc_fail(err, TOO_LARGE, "the image is larger than the %lld bytes this zone allows", (long long)u->max_bytes);
	if (write_all(u, p, len, err) < 0)
		return -1;
	cc_sha256_update(&u->hash, p, len);
	u->bytes += (int64_t)len;
	if (u->bytes - u->written_back >= WRITEBACK_BYTES) {
		/* Keeps dirty pages few, so that a write never has to wait for a slow card. */
		sync_file_range(u->fd, u->written_back, u->bytes - u->written_back, SYNC_FILE_RANGE_WRITE);
		u->written_back = u->bytes;
	}
	return 0;
}

void blobs_upload_finish(struct upload *u)
{
	cc_sha256_format(cc_sha256_final(&u->hash), u->sha256);
}

const char *blobs_upload_sha256(const struct upload *u)
{
	return u->sha256;
}

int64_t blobs_upload_bytes(const struct upload *u)
{
	return u->bytes;
}

int blobs_upload_keep(struct upload *u, struct cc_error *err)
{
	struct blobs *b = u->blobs;

	if (fsync(u->fd) < 0)
		return cc_fail_errno(err, "writing the image to disk");
	pthread_mutex_lock(&b->lock);
	u->held = true;
	pthread_mutex_unlock(&b->lock);
	if (renameat(b->tmp_fd, u->tmp, b->dir_fd, u->sha256) < 0 || fsync(b->dir_fd) < 0)
		return cc_fail_errno(err, "storing the image");
	close(u->fd);
	u->fd = -1;
	return 0;
}

static bool in_zone(struct engine *e, const char *sha256)
{
	const struct zone *z = engine_read_begin(e);
	const struct image *img;
	bool found = false;

	for (size_t at = 0; !found && (img = zone_next(z, TABLE_IMAGE, &at)) != NULL;)
		found = strcmp(img->sha256, sha256) == 0;
	engine_read_end(e);
	return found;
}

static bool is_held(const struct blobs *b, const char *sha256)
{
	bool held = false;

	for (size_t i = 0; i < UPLOADS_MAX; i++)
		held = held || (b->uploads[i] != NULL && b->uploads[i]->held && strcmp(b->uploads[i]->sha256, sha256) == 0);
	return held;
}

/* An upload is held until its command was answered, and the zone becomes unavailable before a lost one is: so what is neither held nor published by an
 * available zone, in this order, is in no zone. Removing a large file takes long, so it is only renamed here. */
static bool take_out(struct blobs *b, struct engine *e, const char *sha256, char tmp[static TMP_NAME])
{
	bool out;

	pthread_mutex_lock(&b->lock);
	out = !is_held(b, sha256) && engine_is_available(e, NULL, 0) && !in_zone(e, sha256);
	if (out) {
		snprintf(tmp, TMP_NAME, "%llu", (unsigned long long)b->next++);
		out = renameat(b->dir_fd, sha256, b->tmp_fd, tmp) == 0;
	}
	pthread_mutex_unlock(&b->lock);
	return out;
}

void blobs_drop_unused(struct blobs *b, struct engine *e, const char *sha256)
{
	char tmp[TMP_NAME];

	if (take_out(b, e, sha256, tmp))
		unlinkat(b->tmp_fd, tmp, 0);
}

void blobs_sweep(struct blobs *b, struct engine *e)
{
	int fd = openat(b->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct cc_error ignored;
	struct cc_sha256 hash;
	struct dirent *entry;

	if (dir == NULL && fd >= 0)
		close(fd);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (cc_sha256_parse(entry->d_name, &hash, &ignored) == 0)
			blobs_drop_unused(b, e, entry->d_name);
}
