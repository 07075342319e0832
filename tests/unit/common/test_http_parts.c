/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/http_parts.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <string.h>

static struct cc_arena *arena;

static void setup(void)
{
	arena = cc_arena_new(0);
}

static void teardown(void)
{
	cc_arena_free(arena);
}

static struct cc_http_reply after(const char *line)
{
	struct cc_http_reply reply = { 0 };

	cc_http_reply_line(&reply, arena, line, strlen(line));
	return reply;
}

static const struct {
	const char *line;
	int status;
} status_lines[] = { { "HTTP/1.1 200 OK\r\n", 200 }, { "HTTP/1.1 404\r\n", 404 }, { "HTTP/1.1 100 Continue\r\n", 100 }, { "HTTP/1.1\r\n", 0 },
	{ "HTTP/1.1 abc\r\n", 0 }, { "HTTP/1.1 99999\r\n", 0 } };

START_TEST(a_status_line_gives_its_number)
{
	ck_assert_int_eq(after(status_lines[_i].line).status, status_lines[_i].status);
}
END_TEST

static const struct {
	const char *line;
	int64_t ms;
} waits[] = { { "Retry-After: 3\r\n", 3000 }, { "retry-after:3", 3000 }, { "Retry-After: 0\r\n", 0 }, { "Retry-After: -5\r\n", 0 },
	{ "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", 0 }, { "Retry-After: 99999999999999\r\n", 86400000 }, { "Retry-After:\r\n", 0 },
	{ "Retry-Afterwards: 3\r\n", 0 }, { "Retry-After", 0 } };

START_TEST(a_wait_is_read_in_seconds_and_bounded)
{
	ck_assert_int_eq(after(waits[_i].line).retry_after_ms, waits[_i].ms);
}
END_TEST

START_TEST(a_header_is_known_by_its_name_in_any_case)
{
	ck_assert_str_eq(after("ETAG:  \"x\" \r\n").etag, "\"x\"");
	ck_assert_str_eq(after("content-type:text/plain\n").content_type, "text/plain");
	ck_assert_ptr_null(after("X-ETag: 1\r\n").etag);
}
END_TEST

START_TEST(a_new_status_line_forgets_the_headers_before)
{
	struct cc_http_reply reply = after("ETag: 1\r\n");

	cc_http_reply_line(&reply, arena, "HTTP/1.1 200 OK\r\n", 17);
	ck_assert_ptr_null(reply.etag);
}
END_TEST

static const struct {
	struct cc_http_failed trouble;
	enum cc_code code;
	const char *says;
} troubles[] = {
	{ { .failure = CC_HTTP_NO_NAME, .where = "h:1" }, CC_UNAVAILABLE, "the name is not known" },
	{ { .failure = CC_HTTP_NO_CONNECT, .where = "h:1", .sys_errno = EHOSTUNREACH }, CC_UNAVAILABLE,
	        "cannot reach the controller at h:1: no route to host; is cc-controller running there?" },
	{ { .failure = CC_HTTP_NO_CONNECT, .where = "/s", .is_socket = true, .sys_errno = EACCES }, CC_DENIED,
	        "not allowed to use the controller's socket /s; be root, or see that this user may enter its folder and write to it" },
	{ { .failure = CC_HTTP_NO_CONNECT, .where = "/s", .is_socket = true, .sys_errno = EAGAIN }, CC_BUSY,
	        "too many are waiting at the controller's socket /s" },
	{ { .failure = CC_HTTP_NO_ANSWER, .where = "h:1", .limit = 10000 }, CC_TIMEOUT, "within 10000 ms" },
	{ { .failure = CC_HTTP_OTHER_KEY, .where = "h:1" }, CC_UNAUTHENTICATED, "join or log in with a new token" },
	{ { .failure = CC_HTTP_OTHER, .where = "h:1", .detail = "odd" }, CC_UNAVAILABLE, "failed: odd" },
};

START_TEST(a_trouble_says_what_to_do)
{
	struct cc_error err = { 0 };

	cc_http_explain(&troubles[_i].trouble, &err);
	ck_assert_int_eq(err.code, troubles[_i].code);
	ck_assert_msg(strstr(err.msg, troubles[_i].says) != NULL, "%s", err.msg);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_parts");
	TCase *tc = tcase_create("http_parts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_status_line_gives_its_number, 0, CC_ARRAY_LEN(status_lines));
	tcase_add_loop_test(tc, a_wait_is_read_in_seconds_and_bounded, 0, CC_ARRAY_LEN(waits));
	tcase_add_test(tc, a_header_is_known_by_its_name_in_any_case);
	tcase_add_test(tc, a_new_status_line_forgets_the_headers_before);
	tcase_add_loop_test(tc, a_trouble_says_what_to_do, 0, CC_ARRAY_LEN(troubles));
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
