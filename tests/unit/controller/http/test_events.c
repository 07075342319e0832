/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-Sent Events. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct world *w;
static struct cc_arena *a;

static void set_up(void)
{
	w = world_new(NULL);
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
	world_free(w);
}

#define GET(desc, status, ...) world_get(w, a, &desc, status, &(struct ask){ __VA_ARGS__ })

static void create(enum role role, const char *name)
{
	GET(instance_desc, 201, .role = role, .method = "POST", .path = "/v1/instances",
	        .body = cc_printf(a, "{\"name\":\"%s\",\"image\":\"busybox\",\"memory_mib\":4,\"cpu_millis\":10,\"disk_mib\":1}", name));
}

/* What a feed that does not follow tells. */
static const char *events(enum role role, const char *path, const char *last)
{
	struct answer r = ASK(.role = role, .path = path, .header = last != NULL ? cc_printf(a, "Last-Event-ID: %s", last) : NULL);
	const char *text = cc_arena_strdup(a, cc_buf_str(&r.body));

	ck_assert_msg(r.status == 200, "%s", text);
	ck_assert_str_eq(answer_header(&r, "Content-Type"), "text/event-stream");
	answer_free(&r);
	return text;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static const char *revision_now(void)
{
	struct zone_status *s = GET(zone_status_desc, 200, .role = ROLE_ROOT, .path = "/v1/status");

	return cc_printf(a, "%lld", (long long)s->revision);
}

START_TEST(what_happened_is_told_to_those_who_may_see_it)
{
	const char *before = revision_now(), *text;

	create(ROLE_ANA, "anas");
	create(ROLE_BOB, "bobs");
	text = events(ROLE_ROOT, "/v1/events?follow=false", before);
	ck_assert_uint_eq(count(text, "event: instance\n"), 2);
	ck_assert_uint_eq(count(text, "event: node\n"), 2);
	ck_assert_ptr_nonnull(strstr(text, "\"topic\":\"instance\",\"action\":\"created\""));
	text = events(ROLE_ANA, "/v1/events?follow=false", before);
	ck_assert_uint_eq(count(text, "event: instance\n"), 1);
	ck_assert_ptr_nonnull(strstr(text, "\"name\":\"anas\",\"state\":\"assigned\""));
	ck_assert_ptr_null(strstr(text, "bobs"));
	text = events(ROLE_BOB, "/v1/events?follow=false&topic=instance,image", before);
	ck_assert_uint_eq(count(text, "event: "), 1);
	ck_assert_ptr_nonnull(strstr(text, "bobs"));
	/* Members are told of themselves. */
	GET(member_made_desc, 201, .role = ROLE_ROOT, .method = "POST", .path = "/v1/members", .body = "{\"name\":\"eva\"}");
	ck_assert_uint_eq(count(events(ROLE_ROOT, "/v1/events?follow=false&topic=member", before), "eva"), 1);
	ck_assert_uint_eq(count(events(ROLE_ANA, "/v1/events?follow=false&topic=member", before), "eva"), 0);
}
END_TEST

START_TEST(an_id_goes_on_where_it_stands)
{
	const char *text, *id;

	create(ROLE_ANA, "one");
	text = events(ROLE_ROOT, "/v1/events?follow=false&recent=100", NULL);
	ck_assert_uint_eq(count(text, "event: "), 2);
	id = strstr(text, "id: ") + 4;
	id = cc_printf(a, "%.*s", (int)strcspn(id, "\n"), id);
	text = events(ROLE_ROOT, "/v1/events?follow=false", id);
	ck_assert_uint_eq(count(text, "event: "), 1);
	ck_assert_uint_eq(count(events(ROLE_ROOT, "/v1/events?follow=false&recent=1", NULL), "event: "), 1);
	ck_assert_uint_eq(count(events(ROLE_ROOT, "/v1/events?follow=false", revision_now()), "event: "), 0);
	ck_assert_uint_eq(count(events(ROLE_ROOT, "/v1/events?follow=false", NULL), "event: "), 0);
}
END_TEST

START_TEST(what_is_forgotten_or_unknown_is_a_reset)
{
	const char *text;

	text = events(ROLE_ROOT, "/v1/events?follow=false", "1");
	ck_assert_ptr_nonnull(strstr(text, "event: reset\n"));
	ck_assert_ptr_nonnull(strstr(text, cc_printf(a, "\"index\":%s", revision_now())));
	text = events(ROLE_ROOT, "/v1/events?follow=false", "900000");
	ck_assert_ptr_nonnull(strstr(text, "event: reset\n"));
}
END_TEST

START_TEST(bad_questions_are_refused)
{
	static const char *const paths[] = { "/v1/events?topic=weather", "/v1/events?topic=", "/v1/events?topic=node,", "/v1/events?follow=maybe",
		"/v1/events?recent=x" };
	static const char *const ids[] = { "x", "-1", "1.", "1.x", ".1", "1.2.3", "99999999999999999999999" };

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = paths[i]);

		ck_assert_msg(r.status == 400, "%s: %d", paths[i], r.status);
		answer_free(&r);
	}
	for (size_t i = 0; i < CC_ARRAY_LEN(ids); i++) {
		struct answer r = ASK(.role = ROLE_ANA, .path = "/v1/events?follow=false", .header = cc_printf(a, "Last-Event-ID: %s", ids[i]));

		ck_assert_msg(r.status == 400, "%s: %d", ids[i], r.status);
		answer_free(&r);
	}
}
END_TEST

/* ---- following ---- */

static int open_feed(const char *query)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *head = cc_printf(a, "GET /v1/events%s HTTP/1.1\r\nHost: x\r\n\r\n", query);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w->socket);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(send(fd, head, strlen(head), 0), strlen(head));
	return fd;
}

/* Reads until the text holds `part`, or the end of the connection. */
static bool read_until(int fd, struct cc_buf *text, const char *part)
{
	int64_t until = cc_boottime_ms() + 10000;
	char piece[4096];

	while (strstr(cc_buf_str(text), part) == NULL) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)(until - cc_boottime_ms())) <= 0)
			return false;
		n = recv(fd, piece, sizeof(piece), 0);
		if (n <= 0)
			return false;
		cc_buf_add(text, piece, (size_t)n);
	}
	return true;
}

START_TEST(followers_hear_of_changes_at_once_until_the_controller_stops)
{
	cc_auto_buf struct cc_buf text = { 0 };
	int fd = open_feed("");
	int64_t start;

	ck_assert(read_until(fd, &text, ": CommunityCloud"));
	create(ROLE_ANA, "hello");
	ck_assert_msg(read_until(fd, &text, "\"name\":\"hello\""), "%s", cc_buf_str(&text));
	GET(instance_desc, 202, .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop");
	ck_assert(read_until(fd, &text, "\"state\":\"stopping\""));
	world_reload(w, INST_UNREACHABLE);
	ck_assert(read_until(fd, &text, "event: reset"));
	world_stop(w);
	/* "event: end" is told when there is still time for it; the connection ends in any case. */
	start = cc_boottime_ms();
	(void)read_until(fd, &text, "never told");
	ck_assert_int_lt(cc_boottime_ms() - start, 5000);
	close(fd);
}
END_TEST

/* A follower that never reads: the others hear on, the memory is bounded, and when it reads at last it is told. */
START_TEST(a_reader_that_is_too_slow_is_told_and_cut)
{
	cc_auto_buf struct cc_buf text = { 0 }, other = { 0 };
	struct world_options opt = { .history_max = 32 };
	int fd, small = 4096, good;

	world_free(w);
	w = world_new(&opt);
	fd = open_feed("");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	good = open_feed("?topic=instance");
	for (int i = 0; i < 1500 && strstr(cc_buf_str(&text), "event: end") == NULL; i++) {
		GET(instance_desc, 202, .role = ROLE_ROOT, .method = "POST", .path = "/v1/instances/web/restart");
		if (i % 100 == 0)
			create(ROLE_ANA, cc_printf(a, "i-%d", i));
		if (i % 10 == 0)
			ck_assert(read_until(good, &other, "\"name\":\"web\""));
		cc_buf_free(&other);
	}
	ck_assert_msg(read_until(fd, &text, "event: end"), "%zu bytes", text.len);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&text), "faster than they were read"));
	close(fd);
	close(good);
}
END_TEST

START_TEST(nobody_follows_too_many_times)
{
	struct answer r;
	int fds[16];

	for (size_t i = 0; i < CC_ARRAY_LEN(fds); i++) {
		cc_auto_buf struct cc_buf text = { 0 };

		fds[i] = open_feed("");
		ck_assert(read_until(fds[i], &text, ": CommunityCloud"));
	}
	r = ASK(.role = ROLE_ROOT, .path = "/v1/events?follow=false");
	ck_assert_int_eq(r.status, 429);
	answer_free(&r);
	ck_assert_str_ne(events(ROLE_ANA, "/v1/events?follow=false", NULL), "");
	close(fds[0]);
	for (int i = 0; i < 500; i++) {
		r = ASK(.role = ROLE_ROOT, .path = "/v1/events?follow=false");
		if (r.status == 200)
			break;
		answer_free(&r);
		usleep(10000);
	}
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
	for (size_t i = 1; i < CC_ARRAY_LEN(fds); i++)
		close(fds[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_events");
	TCase *tc = tcase_create("events");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_happened_is_told_to_those_who_may_see_it);
	tcase_add_test(tc, an_id_goes_on_where_it_stands);
	tcase_add_test(tc, what_is_forgotten_or_unknown_is_a_reset);
	tcase_add_test(tc, bad_questions_are_refused);
	tcase_add_test(tc, followers_hear_of_changes_at_once_until_the_controller_stops);
	tcase_add_test(tc, a_reader_that_is_too_slow_is_told_and_cut);
	tcase_add_test(tc, nobody_follows_too_many_times);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
