/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/common/http_fixture.h"

#include <string.h>

static struct cc_arena *arena;

static void setup(void)
{
	fixture_setup();
	arena = cc_arena_new(0);
}

static void teardown(void)
{
	cc_arena_free(arena);
	fixture_teardown();
}

START_TEST(a_call_gives_the_reply_in_the_arena)
{
	struct cc_http_request r = { .method = "PUT", .path = "/echo", .body = "hello", .body_len = 5, .content_type = "text/plain" };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };

	connect_over(_i);
	ck_assert_msg(cc_http_call(client, &r, arena, &reply, &err) == 0, "%s", err.msg);
	cc_http_free(client);
	client = NULL;
	ck_assert_int_eq(reply.status, 201);
	ck_assert_str_eq(reply.etag, "\"7\"");
	ck_assert_str_eq(strstr(reply.body, "\n\n"), "\n\nhello");
	ck_assert_uint_eq(reply.body_len, strlen(reply.body));
}
END_TEST

static const struct {
	const char *method;
	const char *path;
	const char *key;
	int64_t retry_for_ms;
	int status; /* 0: an error */
	unsigned requests;
} repeats[] = {
	{ "GET", "/busy/1", NULL, 8000, 200, 2 },
	{ "DELETE", "/busy/1", NULL, 8000, 200, 2 },
	{ "POST", "/busy/1", "k", 8000, 200, 2 },
	{ "POST", "/busy/1", NULL, 8000, 503, 1 },
	{ "PATCH", "/busy/1", NULL, 8000, 503, 1 },
	{ "GET", "/busy/1", NULL, 0, 503, 1 },
	{ "GET", "/busy/9", NULL, 500, 503, 1 }, /* Retry-After is later than we would wait */
	{ "GET", "/status/404", NULL, 8000, 404, 1 },
	{ "GET", "/status/500", NULL, 8000, 500, 1 },
};

START_TEST(only_what_may_be_repeated_is_repeated)
{
	struct cc_http_request r = { .method = repeats[_i / 2].method, .path = repeats[_i / 2].path, .idempotency_key = repeats[_i / 2].key };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };
	int64_t begun = cc_boottime_ms();

	connect_over(_i % 2);
	r.retry_for_ms = repeats[_i / 2].retry_for_ms;
	ck_assert_msg(cc_http_call(client, &r, arena, &reply, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(reply.status, repeats[_i / 2].status);
	ck_assert_uint_eq(test_server_requests(server), repeats[_i / 2].requests);
	ck_assert_int_ge(cc_boottime_ms() - begun, 1000 * (repeats[_i / 2].requests - 1));
	if (reply.status == 503)
		ck_assert_int_eq(reply.retry_after_ms, 1000);
}
END_TEST

START_TEST(a_dropped_request_is_sent_again)
{
	struct cc_http_request r = { .method = "GET", .path = "/flaky/2", .retry_for_ms = 20000 };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };

	connect_over(_i);
	ck_assert_msg(cc_http_call(client, &r, arena, &reply, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(reply.status, 201);
	ck_assert_uint_eq(test_server_requests(server), 3);
}
END_TEST

START_TEST(the_deadline_bounds_all_attempts_together)
{
	struct cc_http_request r = { .method = "GET", .path = "/silent", .retry_for_ms = 60000, .deadline_ms = 1500, .silence_ms = 300 };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };
	int64_t begun = cc_boottime_ms();

	connect_over(_i);
	ck_assert_int_eq(cc_http_call(client, &r, arena, &reply, &err), -1);
	ck_assert_int_eq(err.code, CC_TIMEOUT);
	ck_assert_int_lt(cc_boottime_ms() - begun, 5000);
	ck_assert_uint_gt(test_server_requests(server), 1);
}
END_TEST

START_TEST(another_key_is_not_tried_again)
{
	struct cc_http_request r = { .method = "GET", .path = "/echo", .retry_for_ms = 60000 };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };

	connect_over(1);
	cc_http_free(client);
	client = client_with((struct cc_http_options){ .pin = cc_key_pair_pin(client_key) });
	ck_assert_int_eq(cc_http_call(client, &r, arena, &reply, &err), -1);
	ck_assert_int_eq(err.code, CC_UNAUTHENTICATED);
	ck_assert_uint_eq(test_server_connections(server), 1);
}
END_TEST

START_TEST(a_call_can_stream_its_reply)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = { .method = "GET", .path = "/bytes/3000000", .on_body = keep_body, .context = &o, .reply_max = SIZE_MAX };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };

	connect_over(_i);
	ck_assert_msg(cc_http_call(client, &r, arena, &reply, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(reply.body_len, 0);
	check_test_bytes(&o.body, 3000000);
}
END_TEST

START_TEST(others_go_on_during_a_call)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request other = request_for(&o, "GET", "/echo");
	struct cc_http_request r = { .method = "GET", .path = "/trickle/10" };
	struct cc_http_reply reply;
	struct cc_error err = { 0 };

	connect_over(_i);
	start(&other, &o);
	ck_assert_int_eq(cc_http_call(client, &r, arena, &reply, &err), 0);
	ck_assert(o.done);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_call");
	TCase *tc = tcase_create("http_call");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_call_gives_the_reply_in_the_arena, 0, 2);
	tcase_add_loop_test(tc, only_what_may_be_repeated_is_repeated, 0, 2 * CC_ARRAY_LEN(repeats));
	tcase_add_loop_test(tc, a_dropped_request_is_sent_again, 0, 2);
	tcase_add_loop_test(tc, the_deadline_bounds_all_attempts_together, 0, 2);
	tcase_add_test(tc, another_key_is_not_tried_again);
	tcase_add_loop_test(tc, a_call_can_stream_its_reply, 0, 2);
	tcase_add_loop_test(tc, others_go_on_during_a_call, 0, 2);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
