/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First line: "communitycloud NAME sha256=HEX bytes=N". The name is in it so that a file copied over another one is noticed. */
#include "agent/statefile.h"

#include "common/cleanup.h"
#include "common/hash.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_LINE 256

static char *first_line(const char *name, const char *body, size_t len, char line[FIRST_LINE])
{
	char hex[CC_SHA256_HEX];

	snprintf(line, FIRST_LINE, "communitycloud %.100s sha256=%s bytes=%zu\n", name, cc_sha256_format(cc_sha256(body, len), hex), len);
	return line;
}

static int write_new(int dir, const char *name, const char *line, const struct cc_buf *body, bool durable)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;

	if (fd < 0)
		return -1;
	ok = cc_write_all(fd, line, strlen(line)) == 0 && cc_write_all(fd, cc_buf_str(body), body->len) == 0 && (!durable || fsync(fd) == 0);
	if (close(fd) < 0)
		ok = false;
	return ok ? 0 : -1;
}

/* The old file stays as the next one's place: on a small disk that is written to all day, making and freeing an inode each time is most of the work. */
static int put_in_place(int dir, const char *new_name, const char *name)
{
	return renameat2(dir, new_name, dir, name, RENAME_EXCHANGE) == 0 ? 0 : renameat(dir, new_name, dir, name);
}

int statefile_write(const char *dir, const char *name, const struct cc_buf *body, bool durable, struct cc_error *err)
{
	cc_auto_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char line[FIRST_LINE], new_name[128];

	if (dir_fd < 0)
		return cc_fail_errno(err, "opening '%s'", dir);
	snprintf(new_name, sizeof(new_name), "%.100s.new", name);
	first_line(name, cc_buf_str(body), body->len, line);
	if (write_new(dir_fd, new_name, line, body, durable) < 0 || put_in_place(dir_fd, new_name, name) < 0 || (durable && fsync(dir_fd) < 0)) {
		cc_fail_errno(err, "writing '%s/%s'", dir, name);
		(void)unlinkat(dir_fd, new_name, 0);
		return -1;
	}
	return 0;
}

static int read_file(int fd, struct cc_buf *ret, struct cc_error *err)
{
	if (cc_read_all(fd, STATEFILE_MAX, ret) < 0)
		return cc_fail_errno(err, "reading");
	return ret->len > STATEFILE_MAX ? cc_fail(err, INVALID, "larger than %d bytes", STATEFILE_MAX) : 0;
}

static int check(const char *name, struct cc_buf *content, struct cc_error *err)
{
	const char *end = content->len > 0 ? memchr(content->data, '\n', content->len) : NULL;
	size_t len = end != NULL ? (size_t)(end - content->data) + 1 : 0;
	char line[FIRST_LINE];

	if (end == NULL)
		return cc_fail(err, INVALID, "its first line is missing");
	first_line(name, end + 1, content->len - len, line);
	if (strlen(line) != len || memcmp(line, content->data, len) != 0)
		return cc_fail(err, INVALID, "its content does not fit its checksum");
	cc_buf_consume(content, len);
	return 0;
}

static void set_aside(int dir, const char *name)
{
	char damaged[128];

	snprintf(damaged, sizeof(damaged), "%.100s.damaged", name);
	(void)renameat(dir, name, dir, damaged);
}

int statefile_read(const char *dir, const char *name, struct cc_buf *ret, struct cc_error *err)
{
	cc_auto_close int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto_close int fd = dir_fd >= 0 ? openat(dir_fd, name, O_RDONLY | O_CLOEXEC) : -1;
	cc_auto_buf struct cc_buf content = { 0 };

	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "no file '%s/%s'", dir, name);
	if (fd < 0)
		return cc_fail_errno(err, "opening '%s/%s'", dir, name);
	if (read_file(fd, &content, err) < 0 || check(name, &content, err) < 0) {
		if (err->code == CC_INVALID)
			set_aside(dir_fd, name);
		return cc_wrap(err, "file '%s/%s'", dir, name);
	}
	cc_buf_add(ret, content.data, content.len);
	return 0;
}

int statefile_make_dir(const char *dir, struct cc_error *err)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s", dir) >= sizeof(path))
		return cc_fail(err, INVALID, "the path '%.60s…' is too long", dir);
	for (char *p = path + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(path, 0755);
			*p = '/';
		}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making the folder '%s'", dir);
	return 0;
}
