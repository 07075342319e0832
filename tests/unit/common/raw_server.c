/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread, one connection at a time. */
#include "tests/unit/common/raw_server.h"

#include "common/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct raw_server {
	const struct raw_reply *reply;
	pthread_t thread;
	int listening;
	int stop[2]; /* a pipe: closed at the writing end when it is time */
	atomic_uint connections;
	atomic_uint requests;
};

/* False when it is time to stop. */
static bool wait_for(const struct raw_server *s, int fd)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = s->stop[0], .events = POLLIN } };

	poll(fds, 2, -1);
	return fds[1].revents == 0;
}

static bool read_request(struct raw_server *s, int fd)
{
	char head[4096] = "";
	size_t len = 0;

	while (strstr(head, "\r\n\r\n") == NULL) {
		ssize_t n = wait_for(s, fd) ? recv(fd, head + len, sizeof(head) - 1 - len, 0) : 0;

		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	s->requests++;
	return true;
}

static void say(int fd, const struct raw_reply *r)
{
	size_t step = r->bytewise ? 1 : r->len;

	for (size_t at = 0; at < r->len; at += step)
		if (send(fd, r->bytes + at, r->len - at < step ? r->len - at : step, MSG_NOSIGNAL) < 0)
			return;
}

static void serve(struct raw_server *s, int fd)
{
	struct raw_reply r;

	do {
		if (!s->reply->early && !read_request(s, fd))
			return;
		/* The test may change it as soon as it has its reply. */
		r = *s->reply;
		say(fd, &r);
	} while (r.stays);
}

static void *run(void *arg)
{
	struct raw_server *s = arg;

	while (wait_for(s, s->listening)) {
		int fd = accept(s->listening, NULL, NULL);

		CC_PRE(fd >= 0);
		s->connections++;
		serve(s, fd);
		close(fd);
	}
	return NULL;
}

struct raw_server *raw_server_start(const char *path, const struct raw_reply *reply)
{
	struct raw_server *s = cc_calloc(1, sizeof(*s));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	s->reply = reply;
	s->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CC_PRE(bind(s->listening, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(s->listening, 64) == 0);
	CC_PRE(pipe(s->stop) == 0 && pthread_create(&s->thread, NULL, run, s) == 0);
	return s;
}

void raw_server_stop(struct raw_server *s)
{
	close(s->stop[1]);
	pthread_join(s->thread, NULL);
	close(s->stop[0]);
	close(s->listening);
	free(s);
}

unsigned raw_server_connections(const struct raw_server *s)
{
	return s->connections;
}

unsigned raw_server_requests(const struct raw_server *s)
{
	return s->requests;
}
