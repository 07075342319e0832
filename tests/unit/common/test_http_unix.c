/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a broken or hostile server can say on the unix socket. */
#include "common/clock.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"
#include "tests/unit/common/http_fixture.h"
#include "tests/unit/common/raw_server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct raw_server *raw;
static struct raw_reply reply;
static char path[128];
static struct cc_buf text; /* the server may still send it when the test is over */

static void setup(void)
{
	strcpy(dir, "/tmp/cc-raw-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	reply = (struct raw_reply){ 0 };
	raw = raw_server_start(path, &reply);
	client = client_with((struct cc_http_options){ .unix_path = path, .pin = { { 1 } } });
}

static void teardown(void)
{
	cc_http_free(client);
	raw_server_stop(raw);
	cc_buf_free(&text);
	unlink(path);
	rmdir(dir);
}

static void get(struct outcome *o, const char *bytes, size_t len)
{
	struct cc_http_request r = request_for(o, "GET", "/");

	reply.bytes = bytes;
	reply.len = len;
	run(&r, o);
}

static const struct {
	const char *bytes;
	int status;
	const char *body;
} good[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello" },
	{ "HTTP/1.1 200\r\ncontent-length:\t5 \r\n\r\nhello", 200, "hello" },
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, "" },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok" },
	{ "HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A\r\n, my world\r\n0\r\n\r\n", 200, "hello, my world" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\nHTTP: 1\r\nETag: late\r\n\r\n", 200, "\n" },
	{ "HTTP/1.1 200 Gr\xc3\xbc\xc3\x9f\r\nX-Empty:\r\nX: \xff\r\nContent-Length: 1\r\nConnection: close\r\n\r\n.", 200, "." },
};

START_TEST(a_reply_is_read_whole_or_byte_by_byte)
{
	for (int bytewise = 0; bytewise < 2; bytewise++) {
		cc_auto_outcome struct outcome o = { 0 };

		reply.bytewise = bytewise;
		get(&o, good[_i].bytes, strlen(good[_i].bytes));
		ck_assert_msg(!o.failed, "%s", o.err.msg);
		ck_assert_int_eq(o.status, good[_i].status);
		ck_assert_str_eq(cc_buf_str(&o.body), good[_i].body);
	}
}
END_TEST

START_TEST(a_reply_cut_anywhere_has_broken_off)
{
	for (size_t cut = 0; cut < strlen(good[_i].bytes); cut++) {
		cc_auto_outcome struct outcome o = { 0 };

		get(&o, good[_i].bytes, cut);
		ck_assert_msg(o.failed, "cut at %zu", cut);
		ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
		ck_assert_msg(strstr(o.err.msg, "broke off") != NULL, "cut at %zu: %s", cut, o.err.msg);
	}
}
END_TEST

#define OK_     "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_ "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
	const char *bytes;
	const char *says;
} bad[] = {
	{ "\r\n", "status line" },
	{ "hello\r\n", "status line" },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "status line" },
	{ "HTTP/2 200\r\n\r\n", "status line" },
	{ "http/1.1 200 OK\r\n\r\n", "status line" },
	{ " HTTP/1.1 200 OK\r\n\r\n", "status line" },
	{ "HTTP/1.1 20\r\n\r\n", "its status is no number" },
	{ "HTTP/1.1  200 OK\r\n\r\n", "its status is no number" },
	{ "HTTP/1.1 2x0 OK\r\n\r\n", "its status is no number" },
	{ "HTTP/1.1 2000 OK\r\n\r\n", "its status is no number" },
	{ "HTTP/1.1 -20 OK\r\n\r\n", "its status is no number" },
	{ "HTTP/1.1 099 OK\r\n\r\n", "none that was asked for" },
	{ "HTTP/1.1 600 OK\r\n\r\n", "none that was asked for" },
	{ "HTTP/1.1 101 Switching\r\n\r\n", "none that was asked for" },
	{ "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "too long or no text" },
	{ "HTTP/1.1 200 O\rK\r\n", "too long or no text" },
	{ OK_ "X: a\x01\r\n", "too long or no text" },
	{ OK_ "X\r\n", "no header" },
	{ OK_ ": x\r\n", "no header" },
	{ OK_ "Content-Length : 5\r\n", "no header" },
	{ OK_ "X: 1\r\n folded\r\n", "no header" },
	{ OK_ "HTTP/1.1 200 OK\r\n\r\n", "no header" },
	{ OK_ "\r\n", "does not say how long" },
	{ OK_ "Connection: close\r\n\r\nuntil the end", "does not say how long" },
	{ OK_ "Content-Length: \r\n", "Content-Length" },
	{ OK_ "Content-Length: -1\r\n", "Content-Length" },
	{ OK_ "Content-Length: +1\r\n", "Content-Length" },
	{ OK_ "Content-Length: 0x5\r\n", "Content-Length" },
	{ OK_ "Content-Length: 5 5\r\n", "Content-Length" },
	{ OK_ "Content-Length: 5, 5\r\n", "Content-Length" },
	{ OK_ "Content-Length: 9999999999999999999\r\n", "Content-Length" },
	{ OK_ "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length" },
	{ OK_ "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "a Content-Length and chunks" },
	{ OK_ "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding" },
	{ OK_ "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding" },
	{ CHUNKED "\r\n", "no size" },
	{ CHUNKED "x\r\n", "no number" },
	{ CHUNKED "-1\r\n", "no number" },
	{ CHUNKED "0x5\r\n", "no number" },
	{ CHUNKED " 5\r\n", "no number" },
	{ CHUNKED "5 \r\n", "no number" },
	{ CHUNKED "5;name=value\r\n", "no number" },
	{ CHUNKED "5\nhello", "no number" },
	{ CHUNKED "0000000000000005\r\n", "no number" },
	{ CHUNKED "ffffffffffffffff\r\n", "no number" },
	{ CHUNKED "fffffffffffffffffffffffffffffffffffff", "no number" },
	{ CHUNKED "5\r\nhello!\r\n", "longer than its size" },
	{ CHUNKED "5\r\nhello\n", "longer than its size" },
	{ CHUNKED "5\r\nhello\r\r", "longer than its size" },
	{ CHUNKED "0\r\nno header\r\n", "behind its chunks" },
};

START_TEST(a_malformed_reply_is_told)
{
	cc_auto_outcome struct outcome o = { 0 };

	get(&o, bad[_i].bytes, strlen(bad[_i].bytes));
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "its reply is malformed"));
	ck_assert_msg(strstr(o.err.msg, bad[_i].says) != NULL, "%s", o.err.msg);
}
END_TEST

START_TEST(a_zero_byte_is_no_text)
{
	static const char bytes[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n";
	cc_auto_outcome struct outcome o = { 0 };

	get(&o, bytes, sizeof(bytes) - 1);
	ck_assert(o.failed);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "no text"));
}
END_TEST

START_TEST(a_head_is_bounded)
{
	static const struct {
		size_t lines, line_len;
		bool fits;
	} cases[] = { { 3, 16000, true }, { 1, 16384, true }, { 1, 16385, false }, { 1, 100000, false }, { 5, 16000, false }, { 20000, 5, false } };
	cc_auto_outcome struct outcome o = { 0 };

	cc_buf_adds(&text, OK_);
	for (size_t i = 0; i < cases[_i].lines; i++) {
		cc_buf_adds(&text, "X:");
		for (size_t k = 4; k < cases[_i].line_len; k++)
			cc_buf_addc(&text, 'a');
		cc_buf_adds(&text, "\r\n");
	}
	cc_buf_adds(&text, "Content-Length: 0\r\n\r\n");
	get(&o, text.data, text.len);
	ck_assert_int_eq(o.failed, !cases[_i].fits);
	if (o.failed)
		ck_assert_msg(strstr(o.err.msg, "too long") != NULL, "%s", o.err.msg);
}
END_TEST

START_TEST(endless_interim_replies_are_bounded)
{
	cc_auto_outcome struct outcome o = { 0 };

	while (text.len < 100000)
		cc_buf_adds(&text, "HTTP/1.1 100 Continue\r\n\r\n");
	get(&o, text.data, text.len);
	ck_assert(o.failed);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "its head is too long"));
}
END_TEST

START_TEST(bytes_behind_a_reply_are_not_taken_for_the_next)
{
	static const char bytes[] = OK_ "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

	reply.stays = true;
	for (unsigned n = 1; n <= 3; n++) {
		cc_auto_outcome struct outcome o = { 0 };

		get(&o, bytes, sizeof(bytes) - 1);
		ck_assert(!o.failed);
		ck_assert_str_eq(cc_buf_str(&o.body), "ok");
		ck_assert_uint_eq(raw_server_connections(raw), n);
	}
}
END_TEST

START_TEST(a_connection_that_the_server_closes_is_replaced)
{
	static const char bytes[] = OK_ "Content-Length: 2\r\n\r\nok";

	for (unsigned n = 1; n <= 3; n++) {
		cc_auto_outcome struct outcome o = { 0 };

		get(&o, bytes, sizeof(bytes) - 1);
		ck_assert_msg(!o.failed, "%s", o.err.msg);
		ck_assert_uint_eq(raw_server_requests(raw), n);
	}
}
END_TEST

/* The server takes the second request on a connection and closes: it may have acted. */
START_TEST(only_what_may_be_repeated_goes_to_another_connection)
{
	static const char *const methods[] = { "GET", "POST" };
	static const char bytes[] = OK_ "Content-Length: 2\r\n\r\nok";
	cc_auto_outcome struct outcome first = { 0 }, second = { 0 };
	struct cc_http_request r = request_for(&second, methods[_i], "/");

	reply.stays = true;
	get(&first, bytes, sizeof(bytes) - 1);
	ck_assert(!first.failed);
	reply = (struct raw_reply){ 0 };
	run(&r, &second);
	ck_assert(second.failed);
	ck_assert_ptr_nonnull(strstr(second.err.msg, "broke off"));
	ck_assert_uint_eq(raw_server_requests(raw), _i == 0 ? 3 : 2);
}
END_TEST

static ssize_t give_much(void *context, char *to, size_t room)
{
	(void)context;
	memset(to, 'x', room);
	return (ssize_t)room;
}

START_TEST(a_refusal_is_heard_though_the_body_was_not_taken)
{
	static const char bytes[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!";
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "POST", "/");

	r.read_body = give_much;
	r.read_body_bytes = _i == 0 ? 0 : INT64_MAX;
	reply = (struct raw_reply){ .bytes = bytes, .len = sizeof(bytes) - 1, .early = true };
	run(&r, &o);
	ck_assert_msg(!o.failed, "%s", o.err.msg);
	ck_assert_int_eq(o.status, 413);
	ck_assert_str_eq(cc_buf_str(&o.body), "no!");
}
END_TEST

static ssize_t give_little(void *context, char *to, size_t room)
{
	struct outcome *o = context;

	(void)room;
	to[0] = 'x';
	return o->streamed++ == 0;
}

START_TEST(a_body_shorter_than_promised_is_given_up)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "POST", "/");

	r.read_body = give_little;
	r.read_body_bytes = 2;
	reply.stays = true;
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_IO);
}
END_TEST

START_TEST(a_reply_without_an_end_is_silence)
{
	static const char bytes[] = OK_ "Content-Length: 6\r\n\r\nhello";
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/");

	reply = (struct raw_reply){ .bytes = bytes, .len = sizeof(bytes) - 1, .stays = true };
	r.silence_ms = 1000;
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_TIMEOUT);
	ck_assert_int_eq(o.status, 200);
}
END_TEST

START_TEST(a_path_that_is_too_long_says_so)
{
	char longer[200];
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/");

	memset(longer, '/', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cc_http_free(client);
	client = client_with((struct cc_http_options){ .unix_path = longer, .pin = { { 1 } } });
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "file name too long"));
}
END_TEST

/* Replies with a few bytes changed at random: whatever comes of it, it ends, and a sanitizer has nothing to say. */
START_TEST(a_garbled_reply_ends_somehow)
{
	struct test_random random = test_random_new();

	for (int n = 0; n < 3000; n++) {
		cc_auto_outcome struct outcome o = { 0 };
		char bytes[256];
		size_t len = strlen(good[n % CC_ARRAY_LEN(good)].bytes);

		memcpy(bytes, good[n % CC_ARRAY_LEN(good)].bytes, len);
		for (uint64_t k = 0; k <= test_random_below(&random, 4); k++)
			bytes[test_random_below(&random, len)] = (char)test_random_below(&random, 256);
		get(&o, bytes, len);
		ck_assert(o.done);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_unix");
	TCase *tc = tcase_create("http_unix");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_reply_is_read_whole_or_byte_by_byte, 0, CC_ARRAY_LEN(good));
	tcase_add_loop_test(tc, a_reply_cut_anywhere_has_broken_off, 0, CC_ARRAY_LEN(good));
	tcase_add_loop_test(tc, a_malformed_reply_is_told, 0, CC_ARRAY_LEN(bad));
	tcase_add_test(tc, a_zero_byte_is_no_text);
	tcase_add_loop_test(tc, a_head_is_bounded, 0, 6);
	tcase_add_test(tc, endless_interim_replies_are_bounded);
	tcase_add_test(tc, bytes_behind_a_reply_are_not_taken_for_the_next);
	tcase_add_test(tc, a_connection_that_the_server_closes_is_replaced);
	tcase_add_loop_test(tc, only_what_may_be_repeated_goes_to_another_connection, 0, 2);
	tcase_add_loop_test(tc, a_refusal_is_heard_though_the_body_was_not_taken, 0, 2);
	tcase_add_test(tc, a_body_shorter_than_promised_is_given_up);
	tcase_add_test(tc, a_reply_without_an_end_is_silence);
	tcase_add_test(tc, a_path_that_is_too_long_says_so);
	tcase_add_test(tc, a_garbled_reply_ends_somehow);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
