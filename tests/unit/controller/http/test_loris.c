/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients that dribble, and clients that close one direction and stay: on the unix socket, and inside TLS. Each is cut or answered, and none leaves anything
 * behind. */
#include "tests/unit/controller/http/asking.h"

#include "common/clock.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HASTE_MS 600 /* of heads and of bodies */

/* A client's connection of either kind. */
struct link {
	int fd;
	gnutls_session_t tls; /* NULL on the unix socket */
};

static struct world *w;
static gnutls_certificate_credentials_t nobody;

static void set_up(void)
{
	w = world_new(&(struct world_options){ .http = { .head_timeout_ms = HASTE_MS, .body_timeout_ms = HASTE_MS } });
	ck_assert_int_eq(gnutls_certificate_allocate_credentials(&nobody), 0);
}

static void tear_down(void)
{
	gnutls_certificate_free_credentials(nobody);
	world_free(w);
}

static int dial_socket(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w->socket);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static int dial_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w->server)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static struct link dial(bool tls)
{
	struct link l = { .fd = tls ? dial_port() : dial_socket() };
	int r;

	if (!tls)
		return l;
	ck_assert_int_eq(gnutls_init(&l.tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
	gnutls_set_default_priority(l.tls);
	gnutls_credentials_set(l.tls, GNUTLS_CRD_CERTIFICATE, nobody);
	gnutls_transport_set_int(l.tls, l.fd);
	do
		r = gnutls_handshake(l.tls);
	while (r < 0 && !gnutls_error_is_fatal(r));
	ck_assert_int_eq(r, 0);
	return l;
}

static void hang_up(struct link *l)
{
	if (l->tls != NULL)
		gnutls_deinit(l->tls);
	close(l->fd);
}

/* False when the other side is gone. */
static bool say(const struct link *l, const char *text)
{
	size_t n = strlen(text);

	if (l->tls != NULL)
		return gnutls_record_send(l->tls, text, n) == (ssize_t)n;
	return send(l->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* All that comes until the other side ends, which it does within 10 s. */
static const char *hear_all(const struct link *l)
{
	static char text[16384];
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = l->fd, .events = POLLIN };
		ssize_t k;

		if ((l->tls == NULL || gnutls_record_check_pending(l->tls) == 0) && poll(&p, 1, 10000) != 1)
			ck_abort_msg("the connection was not closed after: %.*s", (int)n, text);
		k = l->tls != NULL ? gnutls_record_recv(l->tls, text + n, sizeof(text) - 1 - n) : recv(l->fd, text + n, sizeof(text) - 1 - n, 0);
		if (k == GNUTLS_E_AGAIN || k == GNUTLS_E_INTERRUPTED)
			continue;
		if (k <= 0)
			break;
		n += (size_t)k;
		ck_assert_uint_lt(n, sizeof(text) - 1);
	}
	text[n] = '\0';
	return text;
}

#define HEAD "Host: x\r\nAuthorization: Bearer secret-of-ana\r\n"
#define JSON "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"

static const char *const beginnings[] = {
	"G",
	"GET /v1/version HTTP/1.1\r\nX-Long: ",
	"POST /v1/instances HTTP/1.1\r\n" HEAD JSON,
	"POST /v1/instances HTTP/1.1\r\n" HEAD "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
	"POST /v1/images?name=slow&arch=amd64 HTTP/1.1\r\n" HEAD "Content-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n",
	/* On a kept connection: the second one dribbles. */
	"POST /v1/instances/nothing/stop HTTP/1.1\r\n" HEAD "Content-Length: 0\r\n\r\nPOST /v1/instances HTTP/1.1\r\n" HEAD JSON,
};

START_TEST(who_dribbles_is_cut)
{
	bool tls = _i % 2 == 1;
	struct link l = dial(tls);
	int64_t start = cc_boottime_ms();

	ck_assert(say(&l, beginnings[_i / 2]));
	while (say(&l, " ") && cc_boottime_ms() - start < 15000)
		usleep(50000);
	ck_assert_int_lt(cc_boottime_ms() - start, 10000);
	ck_assert_int_ge(cc_boottime_ms() - start, HASTE_MS / 2);
	hang_up(&l);
	await_figure(w, "cc_http_connections", 1);
}
END_TEST

static const struct {
	const char *said;
	const char *heard; /* "": nothing but the end */
} halves[] = {
	{ "", "" },
	{ "GET /v1/ver", "" },
	{ "POST /v1/instances HTTP/1.1\r\n" HEAD JSON "{\"name\":", "" },
	{ "POST /v1/images?name=half&arch=amd64 HTTP/1.1\r\n" HEAD "Content-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nabc", "" },
	{ "GET /v1/instances/web?index=1&wait=60s HTTP/1.1\r\n" HEAD "\r\n", NULL },
	{ "GET /v1/events HTTP/1.1\r\n" HEAD "\r\n", NULL },
	{ "GET /v1/instances/web?index=1000000000&wait=60s HTTP/1.1\r\n" HEAD "\r\n", NULL },
};

/* Nobody waits for the answer of who cannot say any more that they are alive; what came before the end may be answered. */
START_TEST(who_closes_half_is_let_go)
{
	bool tls = _i % 2 == 1;
	struct link l = dial(tls);
	int64_t start = cc_boottime_ms();
	const char *heard;

	if (halves[_i / 2].said[0] != '\0')
		ck_assert(say(&l, halves[_i / 2].said));
	if (tls)
		gnutls_bye(l.tls, GNUTLS_SHUT_WR);
	shutdown(l.fd, SHUT_WR);
	heard = hear_all(&l);
	if (halves[_i / 2].heard != NULL)
		ck_assert_str_eq(heard, halves[_i / 2].heard);
	ck_assert_int_lt(cc_boottime_ms() - start, 10000);
	hang_up(&l);
	await_figure(w, WAITING, 0);
	await_figure(w, "cc_http_connections", 1);
}
END_TEST

/* The other half: it asks and never reads. */
START_TEST(who_does_not_read_holds_up_nobody)
{
	bool tls = _i % 2 == 1;
	struct link l = dial(tls);
	struct answer r;

	for (int i = 0; i < 200; i++)
		ck_assert(say(&l, "GET /v1/version HTTP/1.1\r\n" HEAD "\r\n"));
	r = ASK(.role = ROLE_ANA, .path = "/v1/instances");
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
	hang_up(&l);
	await_figure(w, "cc_http_connections", 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_loris");
	TCase *tc = tcase_create("loris");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, who_dribbles_is_cut, 0, 2 * CC_ARRAY_LEN(beginnings));
	tcase_add_loop_test(tc, who_closes_half_is_let_go, 0, 2 * CC_ARRAY_LEN(halves));
	tcase_add_loop_test(tc, who_does_not_read_holds_up_nobody, 0, 2);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
