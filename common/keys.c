/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file holds key and certificate, so there is never half a pair. It is written beside its name, synced and renamed under a lock on the folder; what
 * a killed process leaves behind is a file that the next one overwrites. */
#include "common/keys.h"

#include "common/buf.h"
#include "common/hash.h"
#include "common/io.h"
#include "common/keys_cert.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#define NEW_FILE       CC_KEY_FILE ".new"
#define MAX_FILE_BYTES 65536

struct cc_key_pair {
	char *path;
	struct cc_cert cert;
};

static void wipe(struct cc_buf *b)
{
	if (b->data != NULL)
		sodium_memzero(b->data, b->cap);
	cc_buf_free(b);
}

#define cc_auto_wipe __attribute__((cleanup(wipe)))

void cc_key_pair_free(struct cc_key_pair *pair)
{
	if (pair == NULL)
		return;
	wipe(&pair->cert.key_pem);
	wipe(&pair->cert.cert_pem);
	free(pair->path);
	free(pair);
}

const char *cc_key_pair_path(const struct cc_key_pair *pair)
{
	return pair->path;
}

const char *cc_key_pair_key_pem(const struct cc_key_pair *pair)
{
	return cc_buf_str(&pair->cert.key_pem);
}

const char *cc_key_pair_cert_pem(const struct cc_key_pair *pair)
{
	return cc_buf_str(&pair->cert.cert_pem);
}

struct cc_pin cc_key_pair_pin(const struct cc_key_pair *pair)
{
	return pair->cert.pin;
}

static int check_file(int fd, const char *path, struct cc_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cc_fail_errno(err, "looking at %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE_BYTES)
		return cc_fail(err, INVALID, "%s is not a key file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return cc_fail(err, DENIED, "%s is open to others; if no one has read it, chmod 600 makes it good again", path);
	return 0;
}

/* 1 when it was read, 0 when there is no file. */
static int load(int dir_fd, struct cc_key_pair *pair, struct cc_error *err)
{
	cc_auto_close int fd = openat(dir_fd, CC_KEY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	cc_auto_wipe struct cc_buf pem = { 0 };

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return cc_fail_errno(err, "opening %s", pair->path);
	if (check_file(fd, pair->path, err) < 0)
		return -1;
	if (cc_read_all(fd, MAX_FILE_BYTES, &pem) < 0) /* in one piece of memory, so that growing leaves no copy of the key behind */
		return cc_fail_errno(err, "reading %s", pair->path);
	if (cc_cert_read(pem.data, pem.len, &pair->cert, err) < 0)
		return cc_wrap(err, "%s is damaged; restore it from a copy, or remove it to become someone new", pair->path);
	return 1;
}

static int create(int dir_fd, const char *common_name, const char *path, struct cc_error *err)
{
	cc_auto_wipe struct cc_buf pem = { 0 };
	cc_auto_close int fd = -1;

	cc_buf_reserve(&pem, MAX_FILE_BYTES);
	if (cc_cert_make(common_name, &pem, err) < 0)
		return -1;
	if (unlinkat(dir_fd, NEW_FILE, 0) < 0 && errno != ENOENT)
		return cc_fail_errno(err, "removing %s.new", path);
	fd = openat(dir_fd, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || cc_write_all(fd, pem.data, pem.len) < 0 || fsync(fd) < 0)
		return cc_fail_errno(err, "writing %s.new", path);
	if (renameat(dir_fd, NEW_FILE, dir_fd, CC_KEY_FILE) < 0 || fsync(dir_fd) < 0)
		return cc_fail_errno(err, "writing %s", path);
	return 0;
}

static int load_or_create(int dir_fd, const char *common_name, struct cc_key_pair *pair, struct cc_error *err)
{
	int found;

	if (flock(dir_fd, LOCK_EX) < 0)
		return cc_fail_errno(err, "locking the folder of %s", pair->path);
	found = load(dir_fd, pair, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (create(dir_fd, common_name, pair->path, err) < 0)
		return -1;
	found = load(dir_fd, pair, err);
	if (found == 0)
		return cc_fail(err, IO, "%s vanished while it was made", pair->path);
	return found < 0 ? -1 : 0;
}

int cc_key_pair_open(const char *dir, const char *common_name, struct cc_key_pair **ret, struct cc_error *err)
{
	cc_auto(cc_key_pair_free) struct cc_key_pair *pair = cc_calloc(1, sizeof(*pair));
	cc_auto_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto_buf struct cc_buf path = { 0 };

	CC_PRE(sodium_init() >= 0);
	if (dir_fd < 0)
		return cc_fail_errno(err, "opening the folder %s", dir);
	cc_buf_printf(&path, "%s/" CC_KEY_FILE, dir);
	pair->path = cc_strdup(cc_buf_str(&path));
	if (load_or_create(dir_fd, common_name, pair, err) < 0)
		return -1;
	*ret = cc_take(pair);
	return 0;
}
