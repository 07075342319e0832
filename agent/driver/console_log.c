/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Following: the newer file is read on until its name stands for another one, then that is. Whoever reads so slowly that it is rotated twice meanwhile
 * misses what was between. */
#include "agent/driver/console_log.h"

#include "agent/driver/process.h"
#include "agent/priv_frame.h"
#include "common/buf.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 1000 /* should a notice be missed */

struct follower {
	const struct console_log *l;
	int file;    /* -1: there is none yet */
	int notices; /* -1: not following */
	bool over;   /* who writes has ended; what it wrote last is still to be read */
	int status;
	struct cc_buf unsent;
};

static int open_log(const struct console_log *l, const char *name)
{
	return openat(l->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* Returns whether there was any. */
static bool read_on(struct follower *f)
{
	char block[65536];
	ssize_t n = f->file >= 0 ? read(f->file, block, sizeof(block)) : 0;

	if (n > 0)
		cc_buf_add(&f->unsent, block, (size_t)n);
	return n > 0;
}

/* Drops all but the last lines; a last one without an end counts. */
static void keep_lines(struct cc_buf *b, uint32_t lines)
{
	size_t at = b->len;

	if (lines == UINT32_MAX)
		return;
	for (uint32_t k = 0; k < lines && at > 0; k++)
		for (at--; at > 0 && b->data[at - 1] != '\n'; at--)
			continue;
	cc_buf_consume(b, at);
}

static void read_all(struct follower *f)
{
	cc_auto_close int older = open_log(f->l, CONSOLE_LOG_NAME ".1");

	f->file = older;
	while (f->unsent.len < 2 * CONSOLE_LOG_BYTES && read_on(f))
		continue;
	f->file = open_log(f->l, CONSOLE_LOG_NAME);
	while (f->unsent.len < 4 * CONSOLE_LOG_BYTES && read_on(f))
		continue;
	keep_lines(&f->unsent, f->l->lines);
}

/* The name stands for another file: the next one. */
static void turn_over(struct follower *f)
{
	struct stat named, opened = { 0 };

	if (fstatat(f->l->dirfd, CONSOLE_LOG_NAME, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (f->file >= 0 && fstat(f->file, &opened) == 0 && opened.st_ino == named.st_ino) {
		/* Begun anew in place. */
		if (lseek(f->file, 0, SEEK_CUR) > named.st_size)
			(void)lseek(f->file, 0, SEEK_SET);
		return;
	}
	if (f->file >= 0 && read_on(f))
		return;
	if (f->file >= 0)
		close(f->file);
	f->file = open_log(f->l, CONSOLE_LOG_NAME);
	(void)read_on(f);
}

static bool told_to_end(struct follower *f)
{
	_Alignas(8) char buf[64];
	struct priv_frame frame;
	struct cc_error gone = { 0 };
	int got = priv_frame_recv(f->l->control, buf, sizeof(buf), &frame, &gone);

	if (got > 0 && frame.head.verb == PRIV_CT_SIGNAL && frame.head.body == sizeof(int32_t))
		f->status = 128 + *(const int32_t *)frame.body;
	else if (got < 0)
		f->status = 128 + SIGHUP;
	return f->status != 0;
}

/* false: nobody reads it. */
static bool send_some(struct follower *f)
{
	ssize_t n = write(f->l->out, f->unsent.data, f->unsent.len);

	if (n > 0)
		cc_buf_consume(&f->unsent, (size_t)n);
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void skip_notices(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		continue;
}

static void run(struct follower *f)
{
	enum { AT_CONTROL, AT_OUT, AT_NOTICES, AT_MONITOR, AT_ALL };

	for (;;) {
		bool waiting = f->unsent.len > 0;
		struct pollfd p[AT_ALL] = { { f->l->control, POLLIN, 0 }, { f->l->out, waiting ? POLLOUT : 0, 0 },
			{ waiting ? -1 : f->notices, POLLIN, 0 }, { f->over ? -1 : f->l->monitor, POLLIN, 0 } };

		if (!waiting && !read_on(f))
			turn_over(f);
		if (f->unsent.len == 0 && (f->notices < 0 || f->over))
			return;
		if (!waiting && f->unsent.len > 0)
			continue;
		if (poll(p, AT_ALL, waiting ? -1 : LOOK_MS) < 0)
			continue;
		f->over |= p[AT_MONITOR].revents != 0;
		if (p[AT_NOTICES].revents != 0)
			skip_notices(f->notices);
		if ((p[AT_CONTROL].revents != 0 && told_to_end(f)) || (p[AT_OUT].revents != 0 && (!waiting || !send_some(f))))
			return;
	}
}

static int watch(const struct console_log *l, struct cc_error *err)
{
	char path[64];
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->dirfd);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
		cc_fail_errno(err, "watching the instance's log");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int console_log_write(const struct console_log *l, struct cc_error *err)
{
	struct follower f = { .l = l, .file = -1, .notices = -1 };

	signal(SIGPIPE, SIG_IGN);
	(void)fcntl(l->out, F_SETFL, O_WRONLY | O_NONBLOCK);
	/* Watched before it is read: nothing falls between. */
	if (l->monitor >= 0 && (f.notices = watch(l, err)) < 0)
		return -1;
	read_all(&f);
	run(&f);
	if (f.file >= 0)
		close(f.file);
	if (f.notices >= 0)
		close(f.notices);
	close(l->out);
	cc_buf_free(&f.unsent);
	return f.status;
}
