/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/common/http_fixture.h"

#include <pthread.h>
#include <string.h>

#define MIB (1024u * 1024u)

/* A body that is made as it goes, with pauses in between. */
struct source {
	struct outcome o; /* first: the callbacks of the fixture find it there */
	size_t at;
	size_t total;
	unsigned calls;
	unsigned pause_each; /* every nth call asks for a pause; 0: never */
	size_t stop_at;      /* 0: never */
};

static ssize_t give(void *context, char *to, size_t room)
{
	struct source *s = context;
	size_t n = s->total - s->at < room ? s->total - s->at : room;

	if (s->pause_each > 0 && ++s->calls % s->pause_each == 0)
		return CC_HTTP_READ_PAUSE;
	if (s->stop_at > 0 && s->at >= s->stop_at)
		return CC_HTTP_READ_STOP;
	for (size_t i = 0; i < n; i++)
		to[i] = (char)test_byte(s->at + i);
	s->at += n;
	return (ssize_t)n;
}

static struct cc_http_request upload_of(struct source *s, const char *path)
{
	struct cc_http_request r = request_for(&s->o, "POST", path);

	r.read_body = give;
	r.context = s;
	return r;
}

static const struct {
	int transport;
	size_t total;
	bool length_known;
	unsigned pause_each;
} uploads[] = {
	{ 0, 0, false, 0 },
	{ 0, 1, true, 0 },
	{ 0, 5 * MIB + 7, false, 0 },
	{ 0, 5 * MIB + 7, true, 0 },
	{ 1, 5 * MIB + 7, false, 0 },
	{ 1, 5 * MIB + 7, true, 0 },
	{ 0, 2 * MIB, false, 3 },
	{ 0, 2 * MIB, true, 2 },
	{ 1, 2 * MIB, false, 2 },
	{ 1, 2 * MIB, true, 2 },
};

START_TEST(an_upload_arrives_whole)
{
	struct source s = { .total = uploads[_i].total, .pause_each = uploads[_i].pause_each };
	struct cc_http_request r = upload_of(&s, "/upload");
	char want[64];

	connect_over(uploads[_i].transport);
	r.read_body_bytes = uploads[_i].length_known ? (int64_t)uploads[_i].total : 0;
	start(&r, &s.o);
	while (!s.o.done) {
		cc_http_poll(client, NULL, 0, 5);
		if (!s.o.done)
			cc_http_resume(s.o.x);
	}
	ck_assert_msg(!s.o.failed, "%s", s.o.err.msg);
	snprintf(want, sizeof(want), "%zu right", uploads[_i].total);
	ck_assert_str_eq(cc_buf_str(&s.o.body), want);
	outcome_free(&s.o);
}
END_TEST

START_TEST(bytes_go_up_and_down_at_the_same_time)
{
	struct source up = { .total = 4 * MIB, .pause_each = 5 };
	cc_auto_outcome struct outcome down = { .pauses_left = 50 };
	struct cc_http_request send = upload_of(&up, "/pipe"), receive = request_for(&down, "GET", "/pipe");
	bool met = false;

	connect_over(_i);
	send.own_connection = receive.own_connection = true;
	receive.on_body = keep_body;
	receive.reply_max = SIZE_MAX;
	start(&receive, &down);
	start(&send, &up.o);
	while (!up.o.done || !down.done) {
		cc_http_poll(client, NULL, 0, 5);
		met |= down.streamed > 0 && !up.o.done;
		/* The first bytes must come down before more goes up. */
		if (!up.o.done && down.streamed > 0)
			cc_http_resume(up.o.x);
		if (!down.done)
			cc_http_resume(down.x);
	}
	ck_assert_msg(!down.failed, "%s", down.err.msg);
	ck_assert(met);
	check_test_bytes(&down.body, 4 * MIB);
	outcome_free(&up.o);
}
END_TEST

START_TEST(a_receiver_that_pauses_gets_every_byte_once)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/bytes/3000000");
	unsigned round = 0;

	connect_over(_i);
	r.on_body = keep_body;
	r.reply_max = SIZE_MAX;
	start(&r, &o);
	while (!o.done) {
		o.pauses_left += ++round % 3 == 0;
		cc_http_poll(client, NULL, 0, 2);
		if (!o.done)
			cc_http_resume(o.x);
	}
	ck_assert_msg(!o.failed, "%s", o.err.msg);
	ck_assert_uint_gt(round, 3);
	check_test_bytes(&o.body, 3000000);
}
END_TEST

START_TEST(our_own_pause_is_not_the_servers_silence)
{
	cc_auto_outcome struct outcome o = { .pauses_left = 1 };
	struct cc_http_request r = request_for(&o, "GET", "/bytes/100000");
	int64_t until;

	connect_over(_i);
	r.on_body = keep_body;
	r.silence_ms = 1000;
	start(&r, &o);
	while (o.pauses_left > 0 && !o.done)
		cc_http_poll(client, NULL, 0, 100);
	for (until = cc_boottime_ms() + 2500; cc_boottime_ms() < until;)
		cc_http_poll(client, NULL, 0, 100);
	ck_assert_msg(!o.done, "%s", o.err.msg);
	cc_http_resume(o.x);
	wait_for_end(&o);
	ck_assert_msg(!o.failed, "%s", o.err.msg);
	check_test_bytes(&o.body, 100000);
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/silent");
	int64_t begun = cc_boottime_ms();

	connect_over(_i);
	r.silence_ms = 400;
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "nothing was heard from the controller"));
	ck_assert_int_ge(cc_boottime_ms() - begun, 400);
	ck_assert_int_lt(cc_boottime_ms() - begun, 10000);
}
END_TEST

START_TEST(a_slow_server_is_not_a_silent_one_but_has_its_deadline)
{
	cc_auto_outcome struct outcome slow = { 0 }, late = { 0 };
	struct cc_http_request r = request_for(&slow, "GET", "/trickle/20");

	connect_over(_i);
	r.silence_ms = 800;
	run(&r, &slow);
	ck_assert_msg(!slow.failed, "%s", slow.err.msg);
	r = request_for(&late, "GET", "/trickle/200");
	r.silence_ms = 800;
	r.deadline_ms = 1000;
	run(&r, &late);
	ck_assert_int_eq(late.err.code, CC_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(late.err.msg, "did not finish its reply within 1000 ms"));
	ck_assert_int_eq(late.status, 200);
}
END_TEST

/* A unix socket buffers less than the body; over TCP the kernel would take it all at once. */
START_TEST(a_slow_link_upwards_is_not_silence)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "POST", "/upload/slow");
	size_t len = MIB;
	char *body = cc_malloc(len);
	int64_t begun = cc_boottime_ms();
	char want[64];

	connect_over(0);
	for (size_t i = 0; i < len; i++)
		body[i] = (char)test_byte(i);
	r.body = body;
	r.body_len = len;
	r.silence_ms = 800;
	run(&r, &o);
	ck_assert_msg(!o.failed, "%s", o.err.msg);
	ck_assert_int_gt(cc_boottime_ms() - begun, 800);
	snprintf(want, sizeof(want), "%zu right", len);
	ck_assert_str_eq(cc_buf_str(&o.body), want);
	free(body);
}
END_TEST

START_TEST(a_reply_over_its_limit_is_given_up)
{
	cc_auto_outcome struct outcome fits = { 0 }, over = { 0 }, over_default = { 0 };
	struct cc_http_request r = request_for(&fits, "GET", "/bytes/100000");

	connect_over(_i);
	r.reply_max = 100000;
	run(&r, &fits);
	check_test_bytes(&fits.body, 100000);
	r = request_for(&over, "GET", "/bytes/100000");
	r.reply_max = 99999;
	run(&r, &over);
	ck_assert_int_eq(over.err.code, CC_TOO_LARGE);
	ck_assert_ptr_nonnull(strstr(over.err.msg, "is over 99999 bytes"));
	r = request_for(&over_default, "GET", "/bytes/1048577");
	run(&r, &over_default);
	ck_assert_int_eq(over_default.err.code, CC_TOO_LARGE);
}
END_TEST

START_TEST(a_problem_is_collected_even_when_bodies_are_streamed)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/status/409");

	connect_over(_i);
	r.on_body = keep_body;
	run(&r, &o);
	ck_assert_int_eq(o.status, 409);
	ck_assert_uint_eq(o.streamed, 0);
	ck_assert_str_eq(cc_buf_str(&o.body), "problem");
}
END_TEST

START_TEST(a_reply_that_breaks_off_is_an_error)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/broken");

	connect_over(_i);
	run(&r, &o);
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	ck_assert_msg(strstr(o.err.msg, "broke off") != NULL, "%s", o.err.msg);
	ck_assert_int_eq(o.status, 200);
}
END_TEST

static void *stop_server(void *context)
{
	(void)context;
	poll(NULL, 0, 200);
	test_server_stop(server);
	return NULL;
}

START_TEST(a_server_that_goes_away_in_the_middle_is_noticed)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/trickle/400");
	pthread_t thread;

	connect_over(_i);
	start(&r, &o);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_server, NULL), 0);
	wait_for_end(&o);
	ck_assert(o.failed);
	ck_assert_int_eq(o.err.code, CC_UNAVAILABLE);
	pthread_join(thread, NULL);
	server = NULL;
}
END_TEST

static enum cc_http_flow stop_here(void *context, const void *bytes, size_t len)
{
	(void)context, (void)bytes, (void)len;
	return CC_HTTP_STOP;
}

START_TEST(a_receiver_can_stop_the_exchange)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/bytes/1000000");

	connect_over(_i);
	r.on_body = stop_here;
	run(&r, &o);
	ck_assert_int_eq(o.err.code, CC_IO);
	ck_assert_ptr_nonnull(strstr(o.err.msg, "was given up here"));
}
END_TEST

static bool stop_after_pause;

static enum cc_http_flow pause_then_stop(void *context, const void *bytes, size_t len)
{
	(void)context, (void)bytes, (void)len;
	return stop_after_pause ? CC_HTTP_STOP : CC_HTTP_PAUSE;
}

START_TEST(a_receiver_can_stop_when_it_is_resumed)
{
	cc_auto_outcome struct outcome o = { 0 };
	struct cc_http_request r = request_for(&o, "GET", "/bytes/1000000");

	connect_over(_i);
	r.on_body = pause_then_stop;
	start(&r, &o);
	for (int n = 0; n < 50; n++)
		cc_http_poll(client, NULL, 0, 10);
	ck_assert(!o.done);
	stop_after_pause = true;
	cc_http_resume(o.x);
	wait_for_end(&o);
	ck_assert_int_eq(o.err.code, CC_IO);
}
END_TEST

START_TEST(a_sender_can_stop_the_exchange)
{
	struct source s = { .total = 4 * MIB, .stop_at = MIB };
	struct cc_http_request r = upload_of(&s, "/upload");

	connect_over(_i);
	run(&r, &s.o);
	ck_assert_int_eq(s.o.err.code, CC_IO);
	outcome_free(&s.o);
}
END_TEST

/* Over TCP a reset may overtake the reply when the server closes on bytes that it did not read; then it is asked again. */
START_TEST(an_upload_that_is_refused_early_gets_its_reply)
{
	struct source s;
	struct cc_http_request r;
	int left = _i == 0 ? 1 : 10;

	connect_over(_i);
	do {
		s = (struct source){ .total = 64 * 1024 };
		r = upload_of(&s, "/refuse");
		run(&r, &s.o);
	} while (s.o.failed && --left > 0);
	ck_assert_msg(!s.o.failed, "%s", s.o.err.msg);
	ck_assert_int_eq(s.o.status, 413);
	outcome_free(&s.o);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_stream");
	TCase *tc = tcase_create("http_stream");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
	tcase_add_loop_test(tc, an_upload_arrives_whole, 0, CC_ARRAY_LEN(uploads));
	tcase_add_loop_test(tc, bytes_go_up_and_down_at_the_same_time, 0, 2);
	tcase_add_loop_test(tc, a_receiver_that_pauses_gets_every_byte_once, 0, 2);
	tcase_add_loop_test(tc, our_own_pause_is_not_the_servers_silence, 0, 2);
	tcase_add_loop_test(tc, a_silent_server_is_given_up, 0, 2);
	tcase_add_loop_test(tc, a_slow_server_is_not_a_silent_one_but_has_its_deadline, 0, 2);
	tcase_add_test(tc, a_slow_link_upwards_is_not_silence);
	tcase_add_loop_test(tc, a_reply_over_its_limit_is_given_up, 0, 2);
	tcase_add_loop_test(tc, a_problem_is_collected_even_when_bodies_are_streamed, 0, 2);
	tcase_add_loop_test(tc, a_reply_that_breaks_off_is_an_error, 0, 2);
	tcase_add_loop_test(tc, a_server_that_goes_away_in_the_middle_is_noticed, 0, 2);
	tcase_add_loop_test(tc, a_receiver_can_stop_the_exchange, 0, 2);
	tcase_add_loop_test(tc, a_receiver_can_stop_when_it_is_resumed, 0, 2);
	tcase_add_loop_test(tc, a_sender_can_stop_the_exchange, 0, 2);
	tcase_add_loop_test(tc, an_upload_that_is_refused_early_gets_its_reply, 0, 2);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
