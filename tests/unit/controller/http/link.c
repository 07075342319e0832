/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/controller/http/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct link dial_socket(struct world *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct link l = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w->socket);
	ck_assert_int_eq(connect(l.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return l;
}

struct link link_dial_from(struct world *w, int host)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from = sa;
	struct link l = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	sa.sin_port = htons((uint16_t)http_port(w->server));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xffffff00) | (unsigned)host);
	ck_assert_int_eq(bind(l.fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(l.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return l;
}

bool link_handshake(struct link *l)
{
	static gnutls_certificate_credentials_t nobody;
	int r;

	if (nobody == NULL)
		ck_assert_int_eq(gnutls_certificate_allocate_credentials(&nobody), 0);
	ck_assert_int_eq(gnutls_init(&l->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
	gnutls_set_default_priority(l->tls);
	gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE, nobody);
	gnutls_transport_set_int(l->tls, l->fd);
	do
		r = gnutls_handshake(l->tls);
	while (r < 0 && !gnutls_error_is_fatal(r));
	return r == 0;
}

struct link link_dial(struct world *w, bool tls)
{
	struct link l = tls ? link_dial_from(w, 1) : dial_socket(w);

	ck_assert(!tls || link_handshake(&l));
	return l;
}

void link_close(struct link *l)
{
	if (l->tls != NULL)
		gnutls_deinit(l->tls);
	close(l->fd);
	*l = (struct link){ .fd = -1 };
}

bool link_say(const struct link *l, const char *text)
{
	size_t n = strlen(text);

	if (l->tls != NULL)
		return gnutls_record_send(l->tls, text, n) == (ssize_t)n;
	return send(l->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* What comes until the other side ends, or `until` has come. */
static const char *hear(const struct link *l, const char *until, bool *ret_ended)
{
	static char text[16384];
	size_t n = 0;

	*ret_ended = false;
	for (text[0] = '\0'; until == NULL || strstr(text, until) == NULL; text[n] = '\0') {
		struct pollfd p = { .fd = l->fd, .events = POLLIN };
		ssize_t k;

		if ((l->tls == NULL || gnutls_record_check_pending(l->tls) == 0) && poll(&p, 1, 10000) != 1)
			ck_abort_msg("the connection was not closed after: %.*s", (int)n, text);
		k = l->tls != NULL ? gnutls_record_recv(l->tls, text + n, sizeof(text) - 1 - n) : recv(l->fd, text + n, sizeof(text) - 1 - n, 0);
		if (k == GNUTLS_E_AGAIN || k == GNUTLS_E_INTERRUPTED)
			continue;
		*ret_ended = k <= 0;
		if (k <= 0)
			break;
		n += (size_t)k;
		ck_assert_uint_lt(n, sizeof(text) - 1);
	}
	return text;
}

const char *link_hear_all(const struct link *l)
{
	bool ended;

	return hear(l, NULL, &ended);
}

bool link_hear(const struct link *l, const char *text)
{
	bool ended;

	hear(l, text, &ended);
	return !ended;
}

bool link_ended(const struct link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1 && p.revents != 0;
}
