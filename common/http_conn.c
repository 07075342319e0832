/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When writing fails, reading goes on, because a server that refuses an upload answers before it closes. */
#include "common/http_conn.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SENDS_PER_MOVE 16

_Static_assert(CC_HTTP_PIECE > CC_HTTP_LINE_MAX, "a line fits");

struct cc_http_conn *cc_http_conn_new(const char *path)
{
	/* Not cleared: the buffer would cost pages that most exchanges never touch. */
	struct cc_http_conn *c = cc_malloc(sizeof(*c));

	memset(c, 0, offsetof(struct cc_http_conn, in));
	c->path = path;
	c->fd = -1;
	return c;
}

void cc_http_conn_free(struct cc_http_conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	cc_buf_free(&c->out);
	free(c);
}

/* A descriptor, or -1 with errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	cc_auto_close int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return cc_take_fd(fd);
}

bool cc_http_conn_is_quiet(const struct cc_http_conn *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void over(struct cc_http_conn *c, enum cc_http_failure failure, int sys_errno)
{
	cc_http_exchange_over(c->x, failure, sys_errno);
}

static void malformed(struct cc_http_conn *c)
{
	snprintf(c->x->detail, sizeof(c->x->detail), "its reply is malformed: %s", c->wire.wrong);
	over(c, CC_HTTP_OTHER, 0);
}

static bool is_all_sent(const struct cc_http_conn *c)
{
	return c->out_at == c->out.len && (c->x->request.read_body == NULL || c->source_ended);
}

/* A server that refuses before it has the whole body will not read the rest. */
static void parse(struct cc_http_conn *c)
{
	size_t used;
	enum cc_http_wire_result result = cc_http_wire_take(&c->wire, c->x, c->in + c->at, c->len - c->at, &used);

	c->at += used;
	if (result == CC_WIRE_DONE)
		over(c, CC_HTTP_FINE, 0);
	else if (result == CC_WIRE_STOPPED)
		over(c, CC_HTTP_STOPPED, 0);
	else if (result == CC_WIRE_WRONG)
		malformed(c);
	else if (c->wire.step > CC_WIRE_HEADERS && c->wire.status >= 300 && !is_all_sent(c))
		c->takes_no_more = true;
}

/* The server may close a connection that we are about to use again: then the request was not taken, and goes to a new one. */
static void broke_off(struct cc_http_conn *c, int sys_errno)
{
	bool again = c->is_used_again && !c->has_answered && (c->sent == 0 || cc_http_may_be_repeated(&c->x->request));

	if (!again) {
		over(c, CC_HTTP_BROKEN, sys_errno);
		return;
	}
	close(c->fd);
	c->fd = connect_to(c->path);
	c->is_used_again = c->takes_no_more = false;
	c->sent = 0;
	c->out_at = 0;
	if (c->fd < 0)
		over(c, CC_HTTP_NO_CONNECT, errno);
}

static void pull(struct cc_http_conn *c)
{
	ssize_t n;

	memmove(c->in, c->in + c->at, c->len - c->at);
	c->len -= c->at;
	c->at = 0;
	n = recv(c->fd, c->in + c->len, sizeof(c->in) - c->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		broke_off(c, n < 0 ? errno : 0);
		return;
	}
	c->has_answered = true;
	c->x->active_ms = cc_boottime_ms();
	c->len += (size_t)n;
	parse(c);
}

static void add_chunk(struct cc_http_conn *c, const char *bytes, size_t len)
{
	cc_buf_printf(&c->out, "%zx\r\n", len);
	cc_buf_add(&c->out, bytes, len);
	cc_buf_adds(&c->out, "\r\n");
}

static void take_given(struct cc_http_conn *c, const char *bytes, size_t len)
{
	if (c->source_left < 0) {
		add_chunk(c, bytes, len);
		c->source_ended = len == 0;
		return;
	}
	cc_buf_add(&c->out, bytes, len);
	c->source_left -= (int64_t)len;
	c->source_ended = c->source_left == 0;
	/* The server would wait for the rest. */
	if (len == 0 && c->source_left > 0)
		over(c, CC_HTTP_STOPPED, 0);
}

/* Asks for more to send; false when there is none now. */
static bool refill(struct cc_http_conn *c)
{
	char piece[CC_HTTP_PIECE];
	size_t room = c->source_left >= 0 && c->source_left < CC_HTTP_PIECE ? (size_t)c->source_left : CC_HTTP_PIECE;
	ssize_t n;

	if (is_all_sent(c) || c->x->over)
		return false;
	n = cc_http_exchange_give(c->x, piece, room);
	if (n == CC_HTTP_READ_STOP)
		over(c, CC_HTTP_STOPPED, 0);
	if (n < 0)
		return false;
	cc_buf_clear(&c->out);
	c->out_at = 0;
	take_given(c, piece, (size_t)n);
	return c->out.len > 0;
}

static void push(struct cc_http_conn *c)
{
	for (int i = 0; i < SENDS_PER_MOVE && !c->takes_no_more && (c->out_at < c->out.len || refill(c)); i++) {
		ssize_t n = send(c->fd, c->out.data + c->out_at, c->out.len - c->out_at, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			c->takes_no_more = true;
			return;
		}
		c->out_at += (size_t)n;
		c->sent += n;
		cc_http_exchange_sent(c->x, c->sent, cc_boottime_ms());
	}
}

void cc_http_conn_begin(struct cc_http_conn *c, struct cc_http_exchange *x, const struct cc_http_options *options)
{
	c->is_used_again = c->fd >= 0;
	c->x = x;
	c->has_answered = c->takes_no_more = c->source_ended = false;
	c->source_left = x->request.read_body_bytes > 0 ? x->request.read_body_bytes : -1;
	c->sent = 0;
	c->out_at = c->at = c->len = 0;
	c->wire = (struct cc_http_wire){ .no_body = strcmp(x->request.method, "HEAD") == 0 };
	cc_buf_clear(&c->out);
	cc_http_wire_request(options, &x->request, &c->out);
	if (c->fd < 0 && (c->fd = connect_to(c->path)) < 0)
		over(c, CC_HTTP_NO_CONNECT, errno);
	else
		push(c);
}

short cc_http_conn_wanted(const struct cc_http_conn *c)
{
	bool down = !c->x->paused_in, up = !c->takes_no_more && !is_all_sent(c) && !c->x->paused_out;

	return c->x->over ? 0 : (short)((down ? POLLIN : 0) | (up ? POLLOUT : 0));
}

void cc_http_conn_move(struct cc_http_conn *c)
{
	if (cc_http_conn_wanted(c) & POLLOUT)
		push(c);
	if (cc_http_conn_wanted(c) & POLLIN)
		pull(c);
}

void cc_http_conn_resume(struct cc_http_conn *c)
{
	if (c->at < c->len)
		parse(c);
	if (!c->x->over)
		push(c);
}

bool cc_http_conn_can_stay(const struct cc_http_conn *c)
{
	bool is_complete = c->x->over && c->x->failure == CC_HTTP_FINE && is_all_sent(c) && !c->takes_no_more;

	return is_complete && c->at == c->len && !c->wire.is_last && !c->x->request.own_connection;
}
