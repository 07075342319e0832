/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/common/http_fixture.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void check_echo(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	ck_assert_msg(err == NULL, "%s", err != NULL ? err->msg : "");
	ck_assert_int_eq(reply->status, 201);
	ck_assert_str_eq(reply->etag, "\"7\"");
	ck_assert_str_eq(reply->content_type, "text/plain");
	ck_assert_int_eq(reply->retry_after_ms, 0);
	cc_buf_add(&((struct outcome *)context)->body, reply->body, reply->body_len);
	((struct outcome *)context)->done = true;
}

/* On both transports. */
START_TEST(a_request_and_its_reply_keep_their_headers)
{
	static const char *const headers[] = { "X-Extra: 1", NULL };
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "POST", "/echo?a=b%20c");
	const char *text;

	connect_over(_i);
	r.body = "{}";
	r.body_len = 2;
	r.idempotency_key = "key-1";
	r.if_match = "\"6\"";
	r.headers = headers;
	r.on_done = check_echo;
	run(&r, &o);
	text = cc_buf_str(&o.body);
	ck_assert_int_eq(strncmp(text, "POST\n", 5), 0);
	ck_assert_ptr_nonnull(strstr(text, "Content-Type: application/json\n"));
	ck_assert_ptr_nonnull(strstr(text, "Idempotency-Key: key-1\n"));
	ck_assert_ptr_nonnull(strstr(text, "If-Match: \"6\"\n"));
	ck_assert_ptr_nonnull(strstr(text, "Authorization: Bearer secret-token\n"));
	ck_assert_ptr_nonnull(strstr(text, "User-Agent: test/1\n"));
	ck_assert_ptr_nonnull(strstr(text, "X-Extra: 1\n"));
	ck_assert_ptr_null(strstr(text, "Expect:"));
	ck_assert_ptr_null(strstr(text, "Accept-Encoding:"));
	ck_assert_str_eq(strstr(text, "\n\n"), "\n\n{}");
}
END_TEST

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

START_TEST(every_method_arrives_as_it_was_given)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, methods[_i / 2], "/echo");

	connect_over(_i % 2);
	run(&r, &o);
	ck_assert_int_eq(o.status, 201);
	ck_assert_int_eq(strncmp(cc_buf_str(&o.body), methods[_i / 2], strlen(methods[_i / 2])), 0);
	ck_assert_ptr_null(strstr(cc_buf_str(&o.body), "Content-Type"));
}
END_TEST

START_TEST(a_head_request_has_a_status_and_no_body)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "HEAD", "/echo");

	connect_over(_i);
	run(&r, &o);
	ck_assert_int_eq(o.status, 201);
	ck_assert_uint_eq(o.body.len, 0);
}
END_TEST

START_TEST(any_status_is_a_complete_reply)
{
	static const char *const paths[] = { "/status/404", "/status/500", "/status/204" };
	static const int statuses[] = { 404, 500, 204 };
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", paths[_i / 2]);

	connect_over(_i % 2);
	run(&r, &o);
	ck_assert(!o.failed);
	ck_assert_int_eq(o.status, statuses[_i / 2]);
}
END_TEST

START_TEST(a_connection_is_kept_for_the_next_request)
{
	connect_over(_i);
	for (int n = 0; n < 4; n++) {
		cc_auto_outcome struct outcome o = { 0 };
		struct cc_http_request r = request_for(&o, "POST", "/echo");

		run(&r, &o);
		ck_assert(!o.failed);
	}
	ck_assert_uint_eq(test_server_connections(server), 1);
	for (int n = 0; n < 2; n++) {
		cc_auto_outcome struct outcome o = { 0 };
		struct cc_http_request r = request_for(&o, "GET", "/echo");

		r.own_connection = true;
		run(&r, &o);
	}
	ck_assert_uint_eq(test_server_connections(server), 3);
}
END_TEST

START_TEST(the_server_learns_the_pin_of_our_certificate)
{
	cc_auto_outcome struct outcome with = { 0 }, without = { 0 };
	struct cc_http_request r = request_for(&with, "GET", "/whoami");
	char hex[CC_PIN_HEX];

	connect_over(1);
	run(&r, &with);
	ck_assert_str_eq(cc_buf_str(&with.body), cc_pin_format(cc_key_pair_pin(client_key), hex));
	cc_http_free(client);
	client = client_with((struct cc_http_options){ 0 });
	r = request_for(&without, "GET", "/whoami");
	run(&r, &without);
	ck_assert_str_eq(cc_buf_str(&without.body), "none");
}
END_TEST

START_TEST(nothing_is_sent_to_a_server_with_another_key)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	connect_over(1);
	cc_http_free(client);
	client = client_with((struct cc_http_options){ .pin = cc_key_pair_pin(client_key), .bearer = "x" });
	run(&r, &o);
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAUTHENTICATED);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "has another key than the one pinned"));
	ck_assert_int_eq(o.status, 0);
	ck_assert_uint_eq(test_server_requests(server), 0);
}
END_TEST

START_TEST(neither_plain_http_nor_old_tls_is_spoken)
{
	static const enum test_transport transports[] = { TEST_PLAIN, TEST_TLS12 };
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	server = test_server_start(transports[_i], NULL, server_key);
	client = client_with((struct cc_http_options){ 0 });
	run(&r, &o);
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_msg(strstr(o.err.msg, "no TLS 1.3 with the controller at 127.0.0.1:") != NULL, "%s", o.err.msg);
	ck_assert_uint_eq(test_server_requests(server), 0);
}
END_TEST

/* An address where nobody listens: bound, not listening, so that no one else takes it. */
static char *dead_address(void)
{
	static char text[64];
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(addr.sin_port));
	return text;
}

static void connect_to(const char *const *addresses, size_t n)
{
	client = client_with((struct cc_http_options){ .addresses = addresses, .n_addresses = n, .connect_timeout_ms = 2000 });
}

START_TEST(a_refused_connection_says_what_to_look_at)
{
	const char *address = dead_address();
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");
	char says[160];

	connect_to(&address, 1);
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	snprintf(says, sizeof(says), "cannot reach the controller at %s: connection refused; is cc-controller running there?", address);
	ck_assert_str_eq(o.err.msg, says);
}
END_TEST

START_TEST(a_missing_socket_says_what_to_look_at)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	client = client_with((struct cc_http_options){ .unix_path = "/nonexistent/socket" });
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_str_eq(
	        o.err.msg, "cannot reach the controller's socket /nonexistent/socket: no such file or directory; is cc-controller running here?");
}
END_TEST

START_TEST(a_socket_whose_queue_is_full_says_so)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	cc_auto_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");
	int waiting = 0;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/full", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	while (connect(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&addr, sizeof(addr)) == 0)
		ck_assert_int_lt(++waiting, 100);
	client = client_with((struct cc_http_options){ .unix_path = addr.sun_path });
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_BUSY);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "too many are waiting"));
}
END_TEST

START_TEST(a_name_that_nobody_knows_says_so)
{
	static const char *const address = "no-such-host.invalid:8443";
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	connect_to(&address, 1);
	r.deadline_ms = 5000;
	run(&r, &o);
	ck_assert(o.failed);
	ck_assert_msg(o.err.code == CC_UNAVAILABLE || o.err.code == CC_TIMEOUT, "%s", o.err.msg);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "no-such-host.invalid:8443"));
}
END_TEST

START_TEST(a_server_that_accepts_and_is_mute_is_given_up)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	cc_auto_close int fd = socket(AF_INET, SOCK_STREAM, 0);
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");
	char text[64];
	const char *address = text;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(addr.sin_port));
	client = client_with((struct cc_http_options){ .addresses = &address, .n_addresses = 1, .connect_timeout_ms = 300 });
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "did not answer within 300 ms"));
}
END_TEST

START_TEST(the_next_address_is_tried_and_the_one_that_worked_stays)
{
	const char *addresses[3];

	server = test_server_start(TEST_TLS13, NULL, server_key);
	addresses[0] = dead_address();
	addresses[1] = server_address(server);
	addresses[2] = addresses[0];
	connect_to(addresses, 3);
	for (int n = 0; n < 2; n++) {
		cc_auto_outcome struct outcome o = { 0 };
		struct cc_http_request r = request_for(&o, "POST", "/echo");

		run(&r, &o);
		ck_assert_msg(!o.failed, "%s", o.err.msg);
	}
	ck_assert_uint_eq(test_server_requests(server), 2);
	ck_assert_uint_eq(test_server_connections(server), 1);
}
END_TEST

static int set_address(const char *address)
{
	struct cc_error err = { 0 };
	int r = cc_http_set_addresses(client, &address, address != NULL, &err);

	ck_assert_int_eq(err.code, r < 0 ? CC_INVALID : CC_OK);
	return r;
}

START_TEST(other_addresses_count_from_the_next_request_on)
{
	const char *address = dead_address();
	cc_auto_outcome struct outcome slow = { 0 }, o = { 0 };
	struct cc_http_request r = request_for(&slow, "GET", "/trickle/20"), next = request_for(&o, "POST", "/echo");
	struct test_server *first = server = test_server_start(TEST_TLS13, NULL, server_key);

	address = server_address(first);
	connect_to(&address, 1);
	start(&r, &slow);
	cc_http_poll(client, NULL, 0, 0);
	server = test_server_start(TEST_TLS13, NULL, server_key);
	ck_assert_int_eq(set_address(server_address(server)), 0);
	ck_assert_str_eq(cc_http_address(client), server_address(server));
	run(&next, &o);
	ck_assert_msg(!o.failed, "%s", o.err.msg);
	ck_assert_uint_eq(test_server_requests(server), 1);
	wait_for_end(&slow); /* what was under way goes on */
	ck_assert_msg(!slow.failed, "%s", slow.err.msg);
	ck_assert_uint_eq(slow.body.len, 20);
	test_server_stop(first);
}
END_TEST

START_TEST(addresses_that_are_none_are_refused_and_the_old_ones_stay)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "POST", "/echo");
	const char *address;

	server = test_server_start(TEST_TLS13, NULL, server_key);
	address = server_address(server);
	connect_to(&address, 1);
	ck_assert_int_eq(set_address("nowhere"), -1);
	ck_assert_int_eq(set_address(NULL), -1);
	run(&r, &o);
	ck_assert_msg(!o.failed, "%s", o.err.msg);
}
END_TEST

START_TEST(a_socket_has_no_addresses)
{
	connect_over(0);
	ck_assert_int_eq(set_address("a:1"), -1);
}
END_TEST

START_TEST(another_key_at_one_address_is_told_before_silence_at_the_rest)
{
	const char *addresses[2];
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	server = test_server_start(TEST_TLS13, NULL, client_key);
	addresses[0] = dead_address();
	addresses[1] = server_address(server);
	connect_to(addresses, 2);
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_UNAUTHENTICATED);
	ck_assert_ptr_nonnull(strstr(o.err.msg, addresses[1]));
}
END_TEST

static const struct {
	const char *path;
	const char *key;
	const char *header;
	const char *method;
	const char *body;
} refused[] = {
	{ "v1", NULL, NULL, "GET", "" },
	{ "/a b", NULL, NULL, "GET", "" },
	{ "/a#b", NULL, NULL, "GET", "" },
	{ "/a\r\nX: 1", NULL, NULL, "GET", "" },
	{ "/", "k\r\nX: 1", NULL, "GET", "" },
	{ "/", NULL, "A: b\nX: 1", "GET", "" },
	{ "/", NULL, NULL, "GET", "x" },
};

START_TEST(what_would_break_the_framing_is_refused)
{
	const char *headers[] = { refused[_i].header, NULL };
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, refused[_i].method, refused[_i].path);
	struct cc_error err = { 0 };

	connect_over(0);
	r.idempotency_key = refused[_i].key;
	r.headers = headers;
	r.body = refused[_i].body;
	r.body_len = strlen(refused[_i].body);
	ck_assert_int_eq(cc_http_start(client, &r, NULL, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_int_eq(cc_http_poll(client, NULL, 0, 0), 0);
}
END_TEST

START_TEST(a_client_without_a_sensible_target_is_refused)
{
	static const char *const bad = "nowhere", *const good = "a:1";
	const struct cc_http_options options[] = { { 0 }, { .addresses = &bad, .n_addresses = 1 },
		{ .addresses = &good, .n_addresses = 1, .unix_path = "/x" }, { .unix_path = "/x", .bearer = "a\r\nb" } };
	struct cc_http *h = NULL;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_http_new(&options[_i], &h, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_ptr_null(h);
}
END_TEST

START_TEST(many_exchanges_go_on_at_once)
{
	enum { MANY = 20 };
	struct outcome o[MANY] = { 0 };
	int64_t begun = cc_boottime_ms();

	connect_over(_i);
	for (int n = 0; n < MANY; n++) {
		struct cc_http_request r = request_for(&o[n], "GET", "/trickle/10");

		start(&r, &o[n]);
	}
	for (int n = 0; n < MANY; n++) {
		wait_for_end(&o[n]);
		ck_assert_msg(!o[n].failed, "%s", o[n].err.msg);
		check_test_bytes(&o[n].body, 10);
		outcome_free(&o[n]);
	}
	ck_assert_int_lt(cc_boottime_ms() - begun, MANY * 10 * 50);
}
END_TEST

START_TEST(own_descriptors_are_polled_too)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/silent");
	int ends[2];
	struct pollfd extra[2] = { { .events = POLLIN }, { .events = POLLOUT } };

	connect_over(_i);
	start(&r, &o);
	ck_assert_int_eq(pipe(ends), 0);
	extra[0].fd = ends[0];
	extra[1].fd = ends[1];
	ck_assert_int_eq(cc_http_poll(client, extra, 1, 0), 1);
	ck_assert_int_eq(extra[0].revents, 0);
	cc_http_poll(client, extra, 2, 5000);
	cc_http_poll(client, extra, 2, 5000);
	ck_assert_int_eq(extra[1].revents, POLLOUT);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	cc_http_poll(client, extra, 1, 5000);
	ck_assert_int_eq(extra[0].revents, POLLIN);
	ck_assert_int_eq(read(ends[0], &(char){ 0 }, 1), 1);
	close(ends[1]);
	cc_http_poll(client, extra, 1, 5000);
	ck_assert_int_eq(extra[0].revents, POLLHUP);
	close(ends[0]);
}
END_TEST

static struct outcome second;

static void start_second(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct cc_http_request r = request_for(&second, "GET", "/echo");

	(void)reply, (void)err;
	((struct outcome *)context)->done = true;
	start(&r, &second);
}

START_TEST(the_end_of_one_can_start_the_next)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/echo");

	connect_over(_i);
	r.on_done = start_second;
	run(&r, &o);
	wait_for_end(&second);
	ck_assert_int_eq(second.status, 201);
	outcome_free(&second);
}
END_TEST

static enum cc_http_flow cancel_here(void *context, const void *bytes, size_t len)
{
	(void)bytes, (void)len;
	cc_http_cancel(((struct outcome *)context)->x);
	return CC_HTTP_ON;
}

START_TEST(a_cancelled_exchange_is_heard_of_no_more)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/trickle/100");

	connect_over(_i % 2);
	if (_i / 2 == 1)
		r.on_body = cancel_here;
	start(&r, &o);
	if (_i / 2 == 0)
		cc_http_cancel(o.x);
	while (cc_http_poll(client, NULL, 0, 1000) > 0)
		;
	ck_assert(!o.done);
}
END_TEST

START_TEST(a_client_can_be_freed_in_the_middle)
{
	static const char *const paths[] = { "/silent", "/trickle/100", "/bytes/100000000" };
	struct outcome o[3] = { 0 };

	connect_over(_i);
	for (int n = 0; n < 3; n++) {
		struct cc_http_request r = request_for(&o[n], "GET", paths[n]);

		start(&r, &o[n]);
	}
	for (int n = 0; n < 20; n++)
		cc_http_poll(client, NULL, 0, 10);
	cc_http_free(client);
	client = NULL;
	for (int n = 0; n < 3; n++)
		outcome_free(&o[n]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_client");
	TCase *tc = tcase_create("http_client");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
	tcase_add_loop_test(tc, a_request_and_its_reply_keep_their_headers, 0, 2);
	tcase_add_loop_test(tc, every_method_arrives_as_it_was_given, 0, 2 * CC_ARRAY_LEN(methods));
	tcase_add_loop_test(tc, a_head_request_has_a_status_and_no_body, 0, 2);
	tcase_add_loop_test(tc, any_status_is_a_complete_reply, 0, 2 * 3);
	tcase_add_loop_test(tc, a_connection_is_kept_for_the_next_request, 0, 2);
	tcase_add_test(tc, the_server_learns_the_pin_of_our_certificate);
	tcase_add_test(tc, nothing_is_sent_to_a_server_with_another_key);
	tcase_add_loop_test(tc, neither_plain_http_nor_old_tls_is_spoken, 0, 2);
	tcase_add_test(tc, a_refused_connection_says_what_to_look_at);
	tcase_add_test(tc, a_missing_socket_says_what_to_look_at);
	tcase_add_test(tc, a_socket_whose_queue_is_full_says_so);
	tcase_add_test(tc, a_name_that_nobody_knows_says_so);
	tcase_add_test(tc, a_server_that_accepts_and_is_mute_is_given_up);
	tcase_add_test(tc, the_next_address_is_tried_and_the_one_that_worked_stays);
	tcase_add_test(tc, other_addresses_count_from_the_next_request_on);
	tcase_add_test(tc, addresses_that_are_none_are_refused_and_the_old_ones_stay);
	tcase_add_test(tc, a_socket_has_no_addresses);
	tcase_add_test(tc, another_key_at_one_address_is_told_before_silence_at_the_rest);
	tcase_add_loop_test(tc, what_would_break_the_framing_is_refused, 0, CC_ARRAY_LEN(refused));
	tcase_add_loop_test(tc, a_client_without_a_sensible_target_is_refused, 0, 4);
	tcase_add_loop_test(tc, many_exchanges_go_on_at_once, 0, 2);
	tcase_add_loop_test(tc, own_descriptors_are_polled_too, 0, 2);
	tcase_add_loop_test(tc, the_end_of_one_can_start_the_next, 0, 2);
	tcase_add_loop_test(tc, a_cancelled_exchange_is_heard_of_no_more, 0, 4);
	tcase_add_loop_test(tc, a_client_can_be_freed_in_the_middle, 0, 2);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
