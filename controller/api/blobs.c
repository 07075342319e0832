/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An upload that was put in its place but whose image is not in the zone yet must not be dropped by the deletion of another image with the same archive:
 * it is held in a table of hashes, and dropping looks at that table and at the zone under one lock. */
#include "controller/api/blobs.h"
#include "common/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#define UPLOADS_MAX     16
#define TMP_NAME        112
#define PART            "part-"
#define PARTS_MAX       16
#define PART_KEPT_S     86400
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
	bool held;     /* the file is, or will be, in its place under sha256 */
	bool is_part;  /* it is kept when the body breaks off */
	bool rehash;   /* what came before was not hashed by this upload */
	bool finished; /* or spoilt */
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

static bool is_kept_part(int folder, const char *name)
{
	struct stat st;

	return strncmp(name, PART, strlen(PART)) == 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime > time(NULL) - PART_KEPT_S;
}

/* Removes all but parts that may be gone on with; *ret_parts is how many of them stay. `all` false: only old parts. */
static int clear_folder(int folder, bool all, size_t *ret_parts, struct cc_error *err)
{
	int fd = dup(folder);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return cc_fail_errno(err, "reading the folder of uploads");
	}
	rewinddir(dir);
	*ret_parts = 0;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || (!all && strncmp(e->d_name, PART, strlen(PART)) != 0))
			continue;
		if (is_kept_part(folder, e->d_name))
			++*ret_parts;
		else if (unlinkat(folder, e->d_name, 0) < 0)
			return cc_fail_errno(err, "removing the leftover '%s'", e->d_name);
	}
	return 0;
}

int blobs_open(const char *dir, struct blobs **ret, struct cc_error *err)
{
	cc_auto(blobs_free) struct blobs *b = cc_calloc(1, sizeof(*b));
	size_t parts;

	b->dir_fd = b->tmp_fd = -1;
	pthread_mutex_init(&b->lock, NULL);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making '%s'", dir);
	if (open_folder(dir, "sha256", &b->dir_fd, err) < 0 || open_folder(dir, "tmp", &b->tmp_fd, err) < 0)
		return -1;
	if (clear_folder(b->tmp_fd, true, &parts, err) < 0)
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

int64_t blobs_room(struct blobs *b)
{
	struct statvfs st;

	return fstatvfs(b->dir_fd, &st) == 0 ? (int64_t)st.f_bavail * (int64_t)st.f_frsize : INT64_MAX;
}

static const char *part_name(struct cc_uuid member, const char *sha256, char to[static TMP_NAME])
{
	char id[CC_UUID_TEXT];

	snprintf(to, TMP_NAME, PART "%s-%.64s", cc_uuid_format(member, id), sha256);
	return to;
}

static bool is_under_way(const struct blobs *b, const char *tmp)
{
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (b->uploads[i] != NULL && strcmp(b->uploads[i]->tmp, tmp) == 0)
			return true;
	return false;
}

/* Gives the upload a place in the table and its file a name. */
static int enter(struct blobs *b, struct upload *u, const struct blobs_body *body, bool room_for_part, struct cc_error *err)
{
	char part[TMP_NAME];
	size_t i = 0;
	int result = 0;

	pthread_mutex_lock(&b->lock);
	while (i < UPLOADS_MAX && b->uploads[i] != NULL)
		i++;
	u->is_part = body->sha256 != NULL && (room_for_part || body->from > 0) && !is_under_way(b, part_name(body->member, body->sha256, part));
	if (i == UPLOADS_MAX) {
		result = cc_fail(err, BUSY, "%d images are being imported already; try again later", UPLOADS_MAX);
	} else if (body->from > 0 && !u->is_part) {
		result = cc_fail(err, BUSY, "this archive is still being received; try again in a moment");
	} else {
		if (u->is_part)
			memcpy(u->tmp, part, sizeof(part));
		else
			snprintf(u->tmp, sizeof(u->tmp), "%llu", (unsigned long long)b->next++);
		b->uploads[i] = u;
	}
	pthread_mutex_unlock(&b->lock);
	return result;
}

/* A new file, or one that is cut to what the sender says is there. */
static int open_upload(struct blobs *b, struct upload *u, const struct blobs_body *body, struct cc_error *err)
{
	struct stat st;

	u->fd = openat(b->tmp_fd, u->tmp, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (body->from == 0 ? O_CREAT | O_TRUNC : 0), 0640);
	if (u->fd < 0 && errno == ENOENT)
		return cc_fail(err, INVALID, "offset: nothing of this archive is here; send all of it");
	if (u->fd < 0 || fstat(u->fd, &st) < 0)
		return cc_fail_errno(err, "making a file for the image");
	if (body->from > st.st_size)
		return cc_fail(err, INVALID, "offset: only %lld bytes of this archive are here", (long long)st.st_size);
	if (ftruncate(u->fd, body->from) < 0 || lseek(u->fd, body->from, SEEK_SET) < 0)
		return cc_fail_errno(err, "going on with the image");
	u->bytes = u->written_back = body->from;
	u->rehash = body->from > 0;
	return 0;
}

int blobs_receive(struct blobs *b, const struct blobs_body *body, struct upload **ret, struct cc_error *err)
{
	struct upload *u;
	size_t parts = 0;

	if (body->from > 0 && body->sha256 == NULL)
		return cc_fail(err, INVALID, "offset: needs sha256 too, of the whole archive");
	if (body->sha256 != NULL && clear_folder(b->tmp_fd, false, &parts, err) < 0)
		return -1;
	u = cc_calloc(1, sizeof(*u));
	u->blobs = b;
	u->max_bytes = body->max_bytes;
	u->fd = -1;
	cc_sha256_init(&u->hash);
	if (body->sha256 != NULL)
		snprintf(u->sha256, sizeof(u->sha256), "%s", body->sha256);
	if (enter(b, u, body, parts < PARTS_MAX, err) < 0) {
		free(u);
		return -1;
	}
	if (open_upload(b, u, body, err) < 0) {
		blobs_upload_free(u);
		return -1;
	}
	*ret = u;
	return 0;
}

int blobs_part_bytes(struct blobs *b, struct cc_uuid member, const char *sha256, int64_t *ret, struct cc_error *err)
{
	char name[TMP_NAME];
	struct stat st;

	if (fstatat(b->tmp_fd, part_name(member, sha256, name), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return cc_fail(err, NOT_FOUND, "nothing of the archive '%.64s' is here", sha256);
	*ret = st.st_size;
	return 0;
}

void blobs_upload_free(struct upload *u)
{
	struct blobs *b;

	if (u == NULL)
		return;
	b = u->blobs;
	if (u->fd >= 0) {
		close(u->fd);
		if (!u->is_part || u->finished)
			unlinkat(b->tmp_fd, u->tmp, 0);
	}
	/* Afterwards another upload may take its name. */
	pthread_mutex_lock(&b->lock);
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (b->uploads[i] == u)
			b->uploads[i] = NULL;
	pthread_mutex_unlock(&b->lock);
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
	if ((int64_t)len > u->max_bytes - u->bytes) {
		u->finished = true;
		return cc_fail(err, TOO_LARGE, "the image is larger than the %lld bytes this zone allows", (long long)u->max_bytes);
	}
	if (write_all(u, p, len, err) < 0) {
		u->finished = true;
		return -1;
	}
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
	u->finished = true;
	if (!u->rehash)
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

static int check_hash(const struct upload *u, struct cc_error *err)
{
	cc_auto_free char *buf = cc_malloc(WRITEBACK_BYTES);
	struct cc_sha256_state hash;
	char text[CC_SHA256_HEX];
	ssize_t n;

	cc_sha256_init(&hash);
	for (int64_t at = 0; (n = pread(u->fd, buf, WRITEBACK_BYTES, at)) > 0; at += n)
		cc_sha256_update(&hash, buf, (size_t)n);
	if (n < 0)
		return cc_fail_errno(err, "reading the image");
	if (strcmp(cc_sha256_format(cc_sha256_final(&hash), text), u->sha256) != 0)
		return cc_fail(
		        err, INVALID, "the archive's SHA-256 is %s and not %s; it was put together wrong, send all of it anew", text, u->sha256);
	return 0;
}

int blobs_upload_keep(struct upload *u, struct cc_error *err)
{
	struct blobs *b = u->blobs;

	if (u->rehash && check_hash(u, err) < 0)
		return -1;
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

/* Whether nobody needs the archive. Under the lock. */
struct blobs_judge {
	struct engine *engine;
	bool (*is_known)(void *arg, const char *sha256); /* NULL: the zone that is published knows */
	void *arg;
};

/* An upload is held until its command was answered, and the zone becomes unavailable before a lost one is: so what is neither held nor published by an
 * available zone, in this order, is in no zone. A standby takes in no images. */
static bool is_unused(const struct blobs *b, const struct blobs_judge *j, const char *sha256)
{
	if (is_held(b, sha256))
		return false;
	if (j->is_known != NULL)
		return engine_is_standby(j->engine, NULL, 0) && !j->is_known(j->arg, sha256);
	return engine_is_available(j->engine, NULL, 0) && !in_zone(j->engine, sha256);
}

/* Removing a large file takes long, so under the lock it is only renamed. */
static void drop(struct blobs *b, const struct blobs_judge *j, const char *sha256)
{
	char tmp[TMP_NAME];
	bool out;

	pthread_mutex_lock(&b->lock);
	out = is_unused(b, j, sha256);
	if (out) {
		snprintf(tmp, sizeof(tmp), "%llu", (unsigned long long)b->next++);
		out = renameat(b->dir_fd, sha256, b->tmp_fd, tmp) == 0;
	}
	pthread_mutex_unlock(&b->lock);
	if (out)
		unlinkat(b->tmp_fd, tmp, 0);
}

void blobs_drop_unused(struct blobs *b, struct engine *e, const char *sha256)
{
	drop(b, &(struct blobs_judge){ .engine = e }, sha256);
}

static void sweep(struct blobs *b, const struct blobs_judge *j)
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
			drop(b, j, entry->d_name);
}

void blobs_sweep(struct blobs *b, struct engine *e)
{
	sweep(b, &(struct blobs_judge){ .engine = e });
}

void blobs_sweep_standby(struct blobs *b, struct engine *e, bool (*is_known)(void *arg, const char *sha256), void *arg)
{
	sweep(b, &(struct blobs_judge){ .engine = e, .is_known = is_known, .arg = arg });
}
