/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/pipes.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_MAX 32768

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* `mine` is the index of the end that stays here and must not block. */
static int make_pipe(int mine, int *ret_mine, int *ret_theirs, struct cc_error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "making a pipe");
	if (fcntl(fds[mine], F_SETFL, O_NONBLOCK) < 0) {
		cc_fail_errno(err, "setting up a pipe");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	*ret_mine = fds[mine];
	*ret_theirs = fds[!mine];
	return 0;
}

int pipes_open(struct pipes *p, int ret_fds[3], struct cc_error *err)
{
	*p = (struct pipes){ .stdin_fd = -1, .out_fd = { -1, -1 } };
	ret_fds[0] = ret_fds[1] = ret_fds[2] = -1;
	if (make_pipe(1, &p->stdin_fd, &ret_fds[0], err) == 0 && make_pipe(0, &p->out_fd[0], &ret_fds[1], err) == 0 &&
	        make_pipe(0, &p->out_fd[1], &ret_fds[2], err) == 0)
		return 0;
	for (int i = 0; i < 3; i++)
		close_fd(&ret_fds[i]);
	pipes_close(p);
	return -1;
}

void pipes_close(struct pipes *p)
{
	close_fd(&p->stdin_fd);
	close_fd(&p->out_fd[0]);
	close_fd(&p->out_fd[1]);
	cc_buf_free(&p->in);
	cc_buf_free(&p->feed);
	cc_buf_free(&p->out);
}

bool pipes_feed_full(const struct pipes *p)
{
	return p->feed.len >= PIPES_BUFFER;
}

static void take_frame(struct pipes *p, enum cc_frame_type type, const unsigned char *payload, size_t len, pipes_asked_fn *on_asked, void *user)
{
	if (type == CC_FRAME_STDIN && p->stdin_fd >= 0 && !p->stdin_ends)
		cc_buf_add(&p->feed, payload, len);
	else if (type == CC_FRAME_STDIN_END)
		p->stdin_ends = true;
	else if (type == CC_FRAME_SIGNAL && len == 1)
		on_asked(user, type, payload[0]);
	else if (type == CC_FRAME_WINDOW && len == 4)
		on_asked(user, type, cc_frame_u32(payload));
}

static void write_stdin(struct pipes *p)
{
	while (p->stdin_fd >= 0 && p->feed.len > 0) {
		ssize_t n = write(p->stdin_fd, p->feed.data, p->feed.len);

		if (n > 0) {
			cc_buf_consume(&p->feed, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else if (n < 0 && errno != EINTR) {
			/* The program reads no more; what comes is thrown away. */
			close_fd(&p->stdin_fd);
			cc_buf_clear(&p->feed);
		}
	}
	if (p->stdin_ends)
		close_fd(&p->stdin_fd);
}

int pipes_feed(struct pipes *p, const void *bytes, size_t len, pipes_asked_fn *on_asked, void *user, struct cc_error *err)
{
	enum cc_frame_type type;
	const unsigned char *payload;
	size_t payload_len;
	int got;

	cc_buf_add(&p->in, bytes, len);
	while ((got = cc_frame_next(&p->in, &type, &payload, &payload_len, err)) > 0) {
		take_frame(p, type, payload, payload_len, on_asked, user);
		cc_buf_consume(&p->in, CC_FRAME_HEADER + payload_len);
	}
	write_stdin(p);
	return got;
}

int pipes_pollfds(const struct pipes *p, struct pollfd *to)
{
	int n = 0;

	if (p->stdin_fd >= 0 && p->feed.len > 0)
		to[n++] = (struct pollfd){ .fd = p->stdin_fd, .events = POLLOUT };
	for (int i = 0; i < 2; i++)
		if (p->out_fd[i] >= 0 && p->out.len < PIPES_BUFFER)
			to[n++] = (struct pollfd){ .fd = p->out_fd[i], .events = POLLIN };
	return n;
}

/* Returns whether there may be more. */
static bool read_output(struct pipes *p, int i)
{
	char bytes[READ_MAX];
	ssize_t n;

	if (p->out_fd[i] < 0)
		return false;
	n = read(p->out_fd[i], bytes, sizeof(bytes));
	if (n > 0) {
		cc_frame_add(&p->out, i == 0 ? CC_FRAME_STDOUT : CC_FRAME_STDERR, bytes, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(&p->out_fd[i]);
	return false;
}

void pipes_step(struct pipes *p)
{
	write_stdin(p);
	for (int i = 0; i < 2; i++)
		while (p->out.len < PIPES_BUFFER && read_output(p, i))
			continue;
}

void pipes_end_stdin(struct pipes *p)
{
	p->stdin_ends = true;
	pipes_step(p);
}

/* Nothing is read or written any more: an end that stayed open would be reported by poll for ever. */
static void close_program(struct pipes *p)
{
	close_fd(&p->stdin_fd);
	close_fd(&p->out_fd[0]);
	close_fd(&p->out_fd[1]);
	cc_buf_clear(&p->feed);
	p->last = true;
}

/* A pipe holds a bounded amount, so this ends even when somebody goes on writing. */
static void take_rest(struct pipes *p)
{
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 64 && read_output(p, i); k++)
			continue;
}

void pipes_exit(struct pipes *p, uint32_t status)
{
	CC_PRE(!p->last);
	take_rest(p);
	cc_frame_add_u32(&p->out, CC_FRAME_EXIT, status);
	close_program(p);
}

void pipes_error(struct pipes *p, enum cc_code code, const char *text, size_t len)
{
	cc_auto_buf struct cc_buf message = { 0 };

	CC_PRE(!p->last);
	take_rest(p);
	cc_buf_printf(&message, "%s: %.*s", cc_code_info(code)->slug, (int)(len < 400 ? len : 400), text);
	cc_frame_add(&p->out, CC_FRAME_ERROR, message.data, message.len);
	close_program(p);
}

void pipes_ping(struct pipes *p)
{
	if (!p->last)
		cc_frame_add(&p->out, CC_FRAME_PING, "", 0);
}
