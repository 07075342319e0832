/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv_frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIV(verb, request, reply, fds, tail, meaning)                                                \
	_Static_assert(sizeof(struct request) <= PRIV_BODY_MAX, "request of " #verb " is too large"); \
	_Static_assert(sizeof(struct reply) <= PRIV_BODY_MAX, "reply of " #verb " is too large");     \
	_Static_assert((fds) < PRIV_FRAME_FDS, "too many descriptors for " #verb);
#include "agent/priv_msg.def"
#undef PRIV

union fd_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * PRIV_FRAME_FDS)];
};

static void add_fds(struct msghdr *msg, union fd_control *control, const struct priv_frame *f)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control->bytes;
	msg->msg_controllen = CMSG_SPACE(sizeof(int) * f->fd_count);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * f->fd_count);
	memcpy(CMSG_DATA(c), f->fds, sizeof(int) * f->fd_count);
}

int priv_frame_send(int fd, const struct priv_frame *f, struct cc_error *err)
{
	union fd_control control;
	struct iovec iov[3] = {
		{ (void *)&f->head, sizeof(f->head) },
		{ (void *)f->body, f->head.body },
		{ (void *)f->tail, f->head.tail },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	ssize_t n;

	if (f->fd_count > 0)
		add_fds(&msg, &control, f);
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 1;
	if (errno == EAGAIN || errno == ENOBUFS)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
		return cc_fail(err, UNAVAILABLE, "the other half of the agent is gone");
	return cc_fail_errno(err, "sending to the other half of the agent");
}

void priv_frame_close_fds(struct priv_frame *f)
{
	for (uint32_t i = 0; i < f->fd_count; i++)
		if (f->fds[i] >= 0)
			close(f->fds[i]);
	f->fd_count = 0;
}

static void take_fds(struct msghdr *msg, struct priv_frame *f)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n && f->fd_count < PRIV_FRAME_FDS; i++)
			memcpy(&f->fds[f->fd_count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

/* The tail follows the body without a gap; move it to where any struct may be read from it. */
static const void *aligned_tail(char *buf, size_t body, size_t tail)
{
	size_t at = (body + 7) & ~(size_t)7;

	if (at != body)
		memmove(buf + at, buf + body, tail);
	return buf + at;
}

static int check_form(const struct msghdr *msg, size_t got, struct priv_frame *f, struct cc_error *err)
{
	if (got < sizeof(f->head)) {
		f->head = (struct priv_header){ 0 };
		return cc_fail(err, INVALID, "message of %zu bytes has no header", got);
	}
	if ((msg->msg_flags & MSG_TRUNC) != 0)
		return cc_fail(err, TOO_LARGE, "message is too long");
	if ((msg->msg_flags & MSG_CTRUNC) != 0)
		return cc_fail(err, INVALID, "message has too many descriptors");
	if ((uint64_t)f->head.body + f->head.tail != got - sizeof(f->head))
		return cc_fail(err, INVALID, "message says %u + %u bytes but has %zu", f->head.body, f->head.tail, got - sizeof(f->head));
	return 0;
}

int priv_frame_recv(int fd, char *buf, size_t cap, struct priv_frame *ret, struct cc_error *err)
{
	struct priv_frame f = { 0 };
	union fd_control control;
	struct iovec iov[2] = { { &f.head, sizeof(f.head) }, { buf, cap - 8 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return cc_fail(err, UNAVAILABLE, "the other half of the agent is gone");
	if (n < 0)
		return cc_fail_errno(err, "receiving from the other half of the agent");
	take_fds(&msg, &f);
	if (check_form(&msg, (size_t)n, &f, err) < 0) {
		priv_frame_close_fds(&f);
		*ret = f;
		return -1;
	}
	f.body = buf;
	f.tail = aligned_tail(buf, f.head.body, f.head.tail);
	*ret = f;
	return 1;
}

int priv_frame_socketpair(int ret_fds[2], struct cc_error *err)
{
	int fds[2], room = 2 * (PRIV_TAIL_MAX + PRIV_BODY_MAX + (int)sizeof(struct priv_header));

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return cc_fail_errno(err, "making a socketpair");
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
			(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}
