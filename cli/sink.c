/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipe that poll calls writable takes PIPE_BUF bytes without blocking. */
#include "cli/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

void sink_add(struct sink *s, const void *p, size_t len)
{
	/* A reader that is always a little behind never lets it become empty. */
	if (s->at > sink_waiting(s)) {
		cc_buf_consume(&s->buf, s->at);
		s->at = 0;
	}
	cc_buf_add(&s->buf, p, len);
}

size_t sink_waiting(const struct sink *s)
{
	return s->buf.len - s->at;
}

int sink_flush(struct sink *s, struct cc_error *err)
{
	while (sink_waiting(s) > 0) {
		struct pollfd p = { .fd = s->fd, .events = POLLOUT };
		size_t len = sink_waiting(s) < PIPE_BUF ? sink_waiting(s) : PIPE_BUF;
		ssize_t n;

		if (poll(&p, 1, 0) == 0)
			return 0;
		n = write(s->fd, s->buf.data + s->at, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return cc_fail_errno(err, "writing the output");
		if (n < 0)
			return 0;
		s->at += (size_t)n;
	}
	cc_buf_clear(&s->buf);
	s->at = 0;
	return 0;
}
