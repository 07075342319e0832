/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one caller, or all together, may take: requests a minute, imports, streams, replies under way, and time to send a body. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct world *w;
static struct cc_arena *a;

static void begin(struct http_options opt)
{
	w = world_new(&(struct world_options){ .http = opt });
	a = cc_arena_new(0);
}

static void end(void)
{
	cc_arena_free(a);
	world_free(w);
}

static void expect(struct answer r, int status, const char *code)
{
	ck_assert_msg(r.status == status, "%d instead of %d: %.300s", r.status, status, cc_buf_str(&r.body));
	ck_assert_str_eq(answer_code(&r), code);
	if (status == 429 || status == 503)
		ck_assert_str_ne(answer_header(&r, "Retry-After"), "");
	answer_free(&r);
}

START_TEST(each_caller_has_so_many_requests_a_minute)
{
	begin((struct http_options){ .rate_caller = 20 });
	for (int i = 0; i < 20; i++)
		expect(ASK(.role = ROLE_ANA, .path = "/v1/instances"), 200, "");
	expect(ASK(.role = ROLE_ANA, .path = "/v1/instances"), 429, "busy");
	expect(ASK(.role = ROLE_BOB, .path = "/v1/instances"), 200, "");
	for (int i = 0; i < 30; i++)
		expect(ASK(.role = ROLE_ROOT, .path = "/v1/instances"), 200, "");
	end();
}
END_TEST

START_TEST(strangers_are_counted_by_address_and_hinder_no_member_behind_it)
{
	begin((struct http_options){ .rate_address = 10 });
	for (int i = 0; i < 10; i++)
		expect(ASK(.role = ROLE_NOBODY, .path = "/v1/instances", .header = "Authorization: Bearer guess"), 401, "unauthenticated");
	expect(ASK(.role = ROLE_NOBODY, .path = "/v1/instances", .header = "Authorization: Bearer guess"), 429, "busy");
	expect(ASK(.role = ROLE_NOBODY, .path = "/v1/version"), 429, "busy");
	expect(ASK(.role = ROLE_ANA, .path = "/v1/instances"), 200, "");
	end();
}
END_TEST

static int send_head(const char *head)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w->socket);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(send(fd, head, strlen(head), 0), strlen(head));
	return fd;
}

#define UPLOAD(name)                                                                                              \
	"POST /v1/images?name=" name "&arch=amd64 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-of-ana\r\n" \
	"Content-Type: application/octet-stream\r\nContent-Length: 16384\r\n\r\n"

static const char *reply_of(int fd)
{
	static char text[4096];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = poll(&p, 1, 10000) == 1 ? recv(fd, text, sizeof(text) - 1, 0) : 0;

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(a_member_imports_few_images_at_a_time)
{
	struct answer r = { 0 };
	int fd;

	begin((struct http_options){ .caller_uploads_max = 1 });
	fd = send_head(UPLOAD("one"));
	for (int i = 0; i < 500 && r.status != 429; i++) {
		answer_free(&r);
		r = ASK(.role = ROLE_ANA, .method = "POST", .path = cc_printf(a, "/v1/images?name=n-%d&arch=amd64", i), .body = "x",
		        .type = "application/octet-stream");
		usleep(1000);
	}
	expect(r, 429, "busy");
	expect(ASK(.role = ROLE_BOB, .method = "POST", .path = "/v1/images?name=bobs&arch=amd64", .body = "x", .type = "application/octet-stream"),
	        201, "");
	close(fd);
	for (int i = 0; i < 500; i++) {
		r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/images?name=two&arch=amd64", .body = "y",
		        .type = "application/octet-stream");
		if (r.status == 201)
			break;
		answer_free(&r);
		usleep(10000);
	}
	expect(r, 201, "");
	end();
}
END_TEST

/* 4 KiB earn four seconds; but never more than body_timeout ahead. */
START_TEST(a_body_that_goes_on_has_time_and_one_that_dribbles_is_cut)
{
	char block[1024] = "";
	int64_t start;
	int fd;

	begin((struct http_options){ .body_timeout_ms = 1000 });
	fd = send_head(UPLOAD("slow"));
	for (int i = 0; i < 16; i++) {
		ck_assert_int_eq(send(fd, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
		usleep(150000);
	}
	ck_assert_msg(strstr(reply_of(fd), "201") != NULL, "an import of 2.4 s was cut");
	close(fd);
	fd = send_head(UPLOAD("dribble"));
	start = cc_boottime_ms();
	while (cc_boottime_ms() - start < 10000 && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(50000);
	ck_assert_int_lt(cc_boottime_ms() - start, 5000);
	ck_assert_int_ge(cc_boottime_ms() - start, 900);
	close(fd);
	end();
}
END_TEST

START_TEST(large_replies_are_bounded_together_and_small_ones_pass)
{
	begin((struct http_options){ .reply_bytes_max = 1024 });
	for (int i = 0; i < 95; i++)
		answer_free(&(struct answer[]){ ASK(.role = ROLE_ROOT, .method = "POST", .path = "/v1/instances",
		        .body = cc_printf(a, "{\"name\":\"i-%d\",\"image\":\"busybox\",\"memory_mib\":4,\"cpu_millis\":10,\"disk_mib\":1}", i)) }[0]);
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/instances"), 503, "unavailable");
	expect(ASK(.role = ROLE_ROOT, .path = "/v1/instances?limit=5"), 200, "");
	end();
	begin((struct http_options){ .reply_bytes_max = 1 << 20 });
	for (int i = 0; i < 100; i++)
		answer_free(&(struct answer[]){ ASK(.role = ROLE_ROOT, .method = "POST", .path = "/v1/instances",
		        .body = cc_printf(a, "{\"name\":\"i-%d\",\"image\":\"busybox\",\"memory_mib\":4,\"cpu_millis\":10,\"disk_mib\":1}", i)) }[0]);
	/* What was sent is given back. */
	for (int i = 0; i < 50; i++)
		expect(ASK(.role = ROLE_ROOT, .path = "/v1/instances"), 200, "");
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_bounds");
	TCase *tc = tcase_create("bounds");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, each_caller_has_so_many_requests_a_minute);
	tcase_add_test(tc, strangers_are_counted_by_address_and_hinder_no_member_behind_it);
	tcase_add_test(tc, a_member_imports_few_images_at_a_time);
	tcase_add_test(tc, a_body_that_goes_on_has_time_and_one_that_dribbles_is_cut);
	tcase_add_test(tc, large_replies_are_bounded_together_and_small_ones_pass);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
