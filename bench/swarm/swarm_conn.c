/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets are edge-triggered for both directions, so each event tries everything that may go on. */
#include "bench/swarm/swarm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PIECE 16384

/* Nodes do not share an address, and so neither ports nor limits per address. */
static struct sockaddr_in own_address(const struct swarm_agent *a)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f100001u + a->number) };
}

static void start_tls(struct swarm_conn *c)
{
	gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	gnutls_priority_set(c->tls, c->agent->swarm->priority);
	gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, c->agent->identity);
	gnutls_transport_set_int(c->tls, c->fd);
}

void conn_dial(struct swarm_conn *c)
{
	struct swarm *s = c->agent->swarm;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from = own_address(c->agent);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
	int on = 1;

	s->dials++;
	c->state = CONN_DIALLING;
	c->shaken = false;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CC_PRE(c->fd >= 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	CC_PRE(bind(c->fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	CC_PRE(epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == 0);
	start_tls(c);
	/* How it went the first event tells. */
	(void)!connect(c->fd, (struct sockaddr *)&to, sizeof(to));
}

void conn_close(struct swarm_conn *c)
{
	if (c->state == CONN_NONE)
		return;
	gnutls_deinit(c->tls);
	close(c->fd);
	cc_buf_free(&c->out);
	cc_buf_free(&c->in);
	*c = (struct swarm_conn){ .agent = c->agent };
}

static bool shake_hands(struct swarm_conn *c)
{
	int r, error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error != 0)
		return false;
	r = gnutls_handshake(c->tls);
	c->shaken = r == GNUTLS_E_SUCCESS;
	return c->shaken || !gnutls_error_is_fatal(r);
}

void conn_send(struct swarm_conn *c)
{
	while (c->shaken && c->sent < c->out.len) {
		ssize_t n = gnutls_record_send(c->tls, c->out.data + c->sent, c->out.len - c->sent);

		/* A broken one is read to its end soon. */
		if (n < 0)
			return;
		c->sent += (size_t)n;
	}
	if (c->out.len > 0 && c->sent == c->out.len) {
		cc_buf_free(&c->out);
		c->sent = 0;
	}
}

static bool receive(struct swarm_conn *c)
{
	for (;;) {
		char piece[PIECE];
		ssize_t n = gnutls_record_recv(c->tls, piece, sizeof(piece));

		if (n == GNUTLS_E_AGAIN)
			return true;
		if (n == GNUTLS_E_INTERRUPTED)
			continue;
		if (n <= 0)
			return n < 0 && !gnutls_error_is_fatal((int)n);
		cc_buf_add(&c->in, piece, (size_t)n);
	}
}

bool conn_go_on(struct swarm_conn *c)
{
	if (!c->shaken && !shake_hands(c))
		return false;
	if (!c->shaken)
		return true;
	conn_send(c);
	return receive(c);
}

/* ---- replies ---- */

static const char *find_header(const char *head, const char *end, const char *name)
{
	const char *at = strcasestr(head, name);

	return at != NULL && at < end ? at + strlen(name) : NULL;
}

/* A chunk needs its CRLF too. 1 when the last one has come. */
static int read_chunks(const char *at, const char *end, struct cc_buf *body)
{
	for (;;) {
		char *digits_end;
		const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
		size_t n;

		if (line == NULL)
			return 0;
		n = strtoul(at, &digits_end, 16);
		if (digits_end == at)
			return -1;
		if ((size_t)(end - line) < n + 4)
			return 0;
		cc_buf_add(body, line + 2, n);
		if (n == 0)
			return 1;
		at = line + 2 + n + 2;
	}
}

int conn_reply(const struct swarm_conn *c, int *ret_status, int *ret_retry_after, struct cc_buf *body)
{
	const char *head = cc_buf_str(&c->in), *end = memmem(head, c->in.len, "\r\n\r\n", 4), *length, *after;
	size_t n;

	if (end == NULL)
		return 0;
	if (strncmp(head, "HTTP/1.1 ", 9) != 0)
		return -1;
	*ret_status = (int)strtol(head + 9, NULL, 10);
	after = find_header(head, end, "\r\nRetry-After:");
	*ret_retry_after = after != NULL ? (int)strtol(after, NULL, 10) : 0;
	if (find_header(head, end, "\r\nTransfer-Encoding:") != NULL)
		return read_chunks(end + 4, head + c->in.len, body);
	length = find_header(head, end, "\r\nContent-Length:");
	n = length != NULL ? strtoul(length, NULL, 10) : 0;
	if (c->in.len - (size_t)(end + 4 - head) < n)
		return 0;
	cc_buf_add(body, end + 4, n);
	return 1;
}
