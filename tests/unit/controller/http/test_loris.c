/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients that dribble, and clients that close one direction and stay: on the unix socket, and inside TLS. Each is cut or answered, and none leaves anything
 * behind. */
#include "tests/unit/controller/http/asking.h"
#include "tests/unit/controller/http/link.h"

#include "common/clock.h"

#include <sys/socket.h>

#define HASTE_MS 600 /* of heads and of bodies */

static struct world *w;

static void set_up(void)
{
	w = world_new(&(struct world_options){ .http = { .head_timeout_ms = HASTE_MS, .body_timeout_ms = HASTE_MS } });
}

static void tear_down(void)
{
	world_free(w);
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
	struct link l = link_dial(w, tls);
	int64_t start = cc_boottime_ms();

	ck_assert(link_say(&l, beginnings[_i / 2]));
	while (link_say(&l, " ") && cc_boottime_ms() - start < 15000)
		usleep(50000);
	ck_assert_int_lt(cc_boottime_ms() - start, 10000);
	ck_assert_int_ge(cc_boottime_ms() - start, HASTE_MS / 2);
	link_close(&l);
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
	struct link l = link_dial(w, tls);
	int64_t start = cc_boottime_ms();
	const char *heard;

	if (halves[_i / 2].said[0] != '\0')
		ck_assert(link_say(&l, halves[_i / 2].said));
	if (tls)
		gnutls_bye(l.tls, GNUTLS_SHUT_WR);
	shutdown(l.fd, SHUT_WR);
	heard = link_hear_all(&l);
	if (halves[_i / 2].heard != NULL)
		ck_assert_str_eq(heard, halves[_i / 2].heard);
	ck_assert_int_lt(cc_boottime_ms() - start, 10000);
	link_close(&l);
	await_figure(w, WAITING, 0);
	await_figure(w, "cc_http_connections", 1);
}
END_TEST

/* The other half: it asks and never reads. */
START_TEST(who_does_not_read_holds_up_nobody)
{
	bool tls = _i % 2 == 1;
	struct link l = link_dial(w, tls);
	struct answer r;

	for (int i = 0; i < 200; i++)
		ck_assert(link_say(&l, "GET /v1/version HTTP/1.1\r\n" HEAD "\r\n"));
	r = ASK(.role = ROLE_ANA, .path = "/v1/instances");
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
	link_close(&l);
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
