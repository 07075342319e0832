/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits: long polls, commands under way, slow clients. Raw sockets where the client misbehaves. */
#include "tests/unit/controller/http/asking.h"

#include "common/clock.h"
#include "common/token.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
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

static void restart(const struct world_options *opt)
{
	world_free(w);
	w = world_new(opt);
}

static void revision_path(char *path, size_t size, const char *rest)
{
	struct instance *inst = world_get(w, a, &instance_desc, 200, &(struct ask){ .role = ROLE_ANA, .path = "/v1/instances/web" });

	snprintf(path, size, "/v1/instances/web?index=%lld%s", (long long)inst->revision, rest);
}

START_TEST(a_blocking_read_returns_when_the_instance_changes)
{
	struct asking k;
	struct answer *r;
	char path[128];

	revision_path(path, sizeof(path), "&wait=30s");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = path });
	await_figure(w, WAITING, 1);
	answer_free(&(struct answer[]){ ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop") }[0]);
	r = world_ask_end(&k);
	ck_assert_int_eq(r->status, 200);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&r->body), "\"state\":\"stopping\""));
	ck_assert_int_lt(k.took_ms, 10000);
	answer_free(r);
}
END_TEST

START_TEST(a_blocking_read_ends_with_its_wait)
{
	struct asking k;
	char path[128];

	revision_path(path, sizeof(path), "&wait=300ms");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = path });
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_int_ge(k.took_ms, 290);
	ck_assert_int_lt(k.took_ms, 5000);
	answer_free(&k.answer);
	/* What is newer already is answered at once. */
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = "/v1/instances/web?index=0&wait=30s" });
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_int_lt(k.took_ms, 5000);
	answer_free(&k.answer);
}
END_TEST

START_TEST(a_blocking_read_is_404_once_the_instance_is_gone)
{
	struct asking k;
	struct answer r = ASK(.role = ROLE_ANA, .method = "DELETE", .path = "/v1/instances/web");
	char path[128], body[512];

	ck_assert_int_eq(r.status, 202);
	answer_free(&r);
	revision_path(path, sizeof(path), "&wait=30s");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = path });
	await_figure(w, WAITING, 1);
	snprintf(body, sizeof(body), "{\"revision\":1000000,\"full\":true,\"wait_ms\":0,\"instances\":[]}");
	r = ASK(.role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync", .body = body);
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
	ck_assert_int_eq(world_ask_end(&k)->status, 404);
	answer_free(&k.answer);
}
END_TEST

static void sync_body(char *body, size_t size, int wait_ms)
{
	sync_body_of(w, ROLE_N2, "/v1/nodes/n2/sync", body, size, wait_ms);
}

START_TEST(a_sync_waits_for_orders_and_is_woken_by_them)
{
	struct asking k;
	struct answer r;
	char body[128];

	sync_body(body, sizeof(body), 30000);
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_N2, .method = "POST", .path = "/v1/nodes/n2/sync", .body = body });
	await_figure(w, WAITING, 1);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"hello\",\"image\":\"busybox\",\"node\":\"n2\"}");
	ck_assert_int_eq(r.status, 201);
	answer_free(&r);
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&k.answer.body), "\"name\":\"hello\""));
	ck_assert_int_lt(k.took_ms, 10000);
	answer_free(&k.answer);
}
END_TEST

START_TEST(a_node_has_few_requests_at_a_time)
{
	enum { MOST = 16 };
	struct asking asks[MOST];
	struct ask sync = { .role = ROLE_N2, .method = "POST", .path = "/v1/nodes/n2/sync" };
	struct answer r;
	char body[128];

	sync_body(body, sizeof(body), 30000);
	sync.body = body;
	for (int i = 0; i < MOST; i++)
		world_ask_begin(w, &asks[i], sync);
	await_figure(w, WAITING, MOST);
	r = world_ask(w, &sync);
	ck_assert_int_eq(r.status, 429);
	ck_assert_str_eq(answer_code(&r), "busy");
	answer_free(&r);
	http_touch(w->server, w->n2); /* nothing is new: they wait on */
	await_figure(w, WAITING, MOST);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"hello\",\"image\":\"busybox\",\"node\":\"n2\"}");
	ck_assert_int_eq(r.status, 201);
	answer_free(&r);
	for (int i = 0; i < MOST; i++) {
		ck_assert_int_eq(world_ask_end(&asks[i])->status, 200);
		answer_free(&asks[i].answer);
	}
	r = world_ask(w, &sync);
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
}
END_TEST

START_TEST(a_sync_with_nothing_to_say_ends_with_its_wait)
{
	struct asking k;
	char body[128];

	sync_body(body, sizeof(body), 300);
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_N2, .method = "POST", .path = "/v1/nodes/n2/sync", .body = body });
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_int_ge(k.took_ms, 290);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&k.answer.body), "\"assignments\":[]"));
	answer_free(&k.answer);
}
END_TEST

START_TEST(what_waits_looks_again_when_the_zone_was_loaded_again)
{
	struct asking k;
	char path[128];

	revision_path(path, sizeof(path), "&wait=30s");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = path });
	await_figure(w, WAITING, 1);
	world_reload(w, INST_UNREACHABLE);
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	ck_assert_ptr_nonnull(strstr(cc_buf_str(&k.answer.body), "\"state\":\"unreachable\""));
	ck_assert_int_lt(k.took_ms, 10000);
	answer_free(&k.answer);
}
END_TEST

START_TEST(without_a_database_nothing_waits_for_the_engine)
{
	struct world_options slow = { .slow_writer = true };
	struct asking k;

	restart(&slow);
	engine_set_available(w->engine, false, "no database");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop", .timeout_ms = 10000 });
	ck_assert_int_eq(world_ask_end(&k)->status, 503);
	answer_free(&k.answer);
	engine_set_available(w->engine, true, NULL);
}
END_TEST

START_TEST(a_sync_is_told_of_a_stream_until_the_node_comes)
{
	struct asking k;
	struct answer r;
	char body[128];

	sync_body_of(w, ROLE_N1, "/v1/nodes/n1/sync", body, sizeof(body), 30000);
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync", .body = body });
	await_figure(w, WAITING, 1);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/exec", .body = "{\"argv\":[\"uname\",\"-a\"],\"env\":[\"A=1\"]}");
	ck_assert_int_eq(r.status, 201);
	answer_free(&r);
	ck_assert_int_eq(world_ask_end(&k)->status, 200);
	answer_free(&k.answer);
	for (int i = 0; i < 2; i++) {
		r = ASK(.role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync", .body = body);
		ck_assert_ptr_nonnull(strstr(cc_buf_str(&r.body), "\"argv\":[\"uname\",\"-a\"],\"env\":[\"A=1\"]"));
		answer_free(&r);
	}
}
END_TEST

static const struct {
	const char *path, *body;
	int status;
	const char *order; /* what the node is told; NULL: the request is refused */
} copies[] = {
	{ "push", "{\"path\":\"/srv\",\"place\":\"as\",\"owners\":true}", 201, "\"kind\":\"push\"" },
	{ "push", "{\"path\":\"a\\nb\",\"place\":\"content\"}", 201, "\"argv\":[\"a\\u000ab\"]" },
	{ "push", "{\"path\":\"\",\"place\":\"into\"}", 400, NULL },
	{ "push", "{\"path\":\"/srv\"}", 400, NULL },
	{ "push", "{\"path\":\"/srv\",\"place\":\"under\"}", 400, NULL },
	{ "pull", "{\"paths\":[\"/etc\",\"/srv/.\"],\"follow\":true}", 201, "\"argv\":[\"/etc\",\"/srv/.\"]" },
	{ "pull", "{\"paths\":[]}", 400, NULL },
	{ "pull", "{\"paths\":[\"/etc\",\"\"]}", 400, NULL },
	{ "pull", "{\"path\":\"/etc\"}", 400, NULL },
};

START_TEST(a_copy_is_ordered_or_refused)
{
	char path[128], body[128];
	struct answer r;

	snprintf(path, sizeof(path), "/v1/instances/web/%s", copies[_i].path);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = path, .body = copies[_i].body);
	ck_assert_msg(r.status == copies[_i].status, "%d %s", r.status, cc_buf_str(&r.body));
	answer_free(&r);
	if (copies[_i].order == NULL)
		return;
	sync_body_of(w, ROLE_N1, "/v1/nodes/n1/sync", body, sizeof(body), 30000);
	r = ASK(.role = ROLE_N1, .method = "POST", .path = "/v1/nodes/n1/sync", .body = body);
	ck_assert_msg(strstr(cc_buf_str(&r.body), copies[_i].order) != NULL, "%s", cc_buf_str(&r.body));
	answer_free(&r);
}
END_TEST

START_TEST(stopping_ends_what_waits)
{
	struct asking k;
	char path[128];

	revision_path(path, sizeof(path), "&wait=50s");
	world_ask_begin(w, &k, (struct ask){ .role = ROLE_ANA, .path = path });
	await_figure(w, WAITING, 1);
	world_free(w);
	world_ask_end(&k);
	ck_assert_int_lt(k.took_ms, 10000);
	answer_free(&k.answer);
	w = world_new(NULL);
}
END_TEST

/* ---- raw clients ---- */

static int dial(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w->socket);
	ck_assert_msg(connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0, "connecting: %s", strerror(errno));
	return fd;
}

static int dial_tcp(void)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void say_get(int fd, const char *path)
{
	char text[256];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	say(fd, text);
}

/* Reads until the text was seen or the other side ends; false when it ended, or nothing came for so long. */
static bool hear(int fd, const char *text, int timeout_ms)
{
	char buf[8192];
	size_t n = 0;

	while (n < sizeof(buf) - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t k;

		if (poll(&p, 1, timeout_ms) <= 0)
			return false;
		k = recv(fd, buf + n, sizeof(buf) - 1 - n, 0);
		if (k <= 0)
			return false;
		n += (size_t)k;
		buf[n] = '\0';
		if (strstr(buf, text) != NULL)
			return true;
	}
	return false;
}

/* Milliseconds until the other side closes. */
static int64_t await_close(int fd, int timeout_ms)
{
	int64_t start = cc_boottime_ms();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[1024];

	while (poll(&p, 1, timeout_ms) > 0)
		if (recv(fd, buf, sizeof(buf), 0) <= 0)
			return cc_boottime_ms() - start;
	ck_abort_msg("the connection was not closed");
}

START_TEST(a_client_that_dies_while_parked_is_noticed)
{
	char path[128];
	int fd = dial();

	revision_path(path, sizeof(path), "&wait=60s");
	say_get(fd, path);
	await_figure(w, WAITING, 1);
	close(fd);
	await_figure(w, WAITING, 0);
}
END_TEST

static const char *const create =
        "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{\"name\":\"hello\",\"image\":\"busybox\"} ";

START_TEST(a_client_that_dies_while_its_command_is_under_way_does_no_harm)
{
	struct world_options slow = { .slow_writer = true };
	struct answer r;
	int fd;

	restart(&slow);
	fd = dial();
	say(fd, create);
	await_figure(w, "cc_http_commands", 1);
	close(fd);
	usleep(20000);
	world_commit(w);
	await_figure(w, "cc_http_commands", 0);
	r = ASK(.role = ROLE_ROOT, .path = "/v1/instances/hello");
	ck_assert_int_eq(r.status, 200);
	answer_free(&r);
}
END_TEST

START_TEST(a_full_queue_answers_429)
{
	struct world_options slow = { .slow_writer = true, .queue_max = 2 };
	struct answer r;
	int fd[2];

	restart(&slow);
	for (int i = 0; i < 2; i++)
		say(fd[i] = dial(), create);
	await_figure(w, "cc_http_commands", 2);
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances", .body = "{\"name\":\"other\",\"image\":\"busybox\"}");
	ck_assert_int_eq(r.status, 429);
	ck_assert_str_eq(answer_code(&r), "busy");
	ck_assert_str_ne(answer_header(&r, "Retry-After"), "");
	answer_free(&r);
	ck_assert_int_eq(figure(w, "cc_engine_queue_refusals_total"), 1);
	world_commit(w);
	ck_assert(hear(fd[0], "HTTP/1.1 201", 5000) != hear(fd[1], "HTTP/1.1 201", 500));
	close(fd[0]);
	close(fd[1]);
}
END_TEST

START_TEST(a_connection_serves_many_requests)
{
	int fd = dial();

	for (int i = 0; i < 50; i++) {
		say_get(fd, i % 2 == 0 ? "/v1/version" : "/nowhere");
		ck_assert(hear(fd, "}", 5000));
	}
	close(fd);
}
END_TEST

START_TEST(a_head_that_dribbles_in_is_cut)
{
	struct world_options hasty = { .http.head_timeout_ms = 400 };
	int64_t start = cc_boottime_ms();
	int fd, n = 0;

	restart(&hasty);
	fd = dial();
	say(fd, "GET /v1/version HTTP/1.1\r\n");
	while (send(fd, "X", 1, MSG_NOSIGNAL) == 1 && n++ < 200)
		usleep(20000);
	ck_assert_int_lt(n, 200);
	ck_assert_int_lt(cc_boottime_ms() - start, 4000);
	close(fd);
	/* And a TLS handshake that never comes. */
	fd = dial_tcp();
	ck_assert_int_lt(await_close(fd, 5000), 4000);
	close(fd);
}
END_TEST

START_TEST(a_body_that_dribbles_in_is_cut)
{
	struct world_options hasty = { .http.body_timeout_ms = 400 };
	int fd, n = 0;

	restart(&hasty);
	fd = dial();
	say(fd, "POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
	while (send(fd, " ", 1, MSG_NOSIGNAL) == 1 && n++ < 200)
		usleep(20000);
	ck_assert_int_lt(n, 200);
	close(fd);
}
END_TEST

START_TEST(attempts_to_join_are_rationed)
{
	struct world_options strict = { .http.join_per_minute = 3 };
	struct answer r;

	restart(&strict);
	for (int i = 0; i < 3; i++) {
		r = ASK(.role = ROLE_STRANGER, .method = "POST", .path = "/v1/join", .body = "{\"secret\":\"wrong\"}");
		ck_assert_int_eq(r.status, 401);
		answer_free(&r);
	}
	r = ASK(.role = ROLE_STRANGER, .method = "POST", .path = "/v1/join", .body = "{\"secret\":\"wrong\"}");
	ck_assert_int_eq(r.status, 429);
	ck_assert_int_gt(strtol(answer_header(&r, "Retry-After"), NULL, 10), 10);
	answer_free(&r);
}
END_TEST

/* Makes an invitation and the body of a request to join with it. */
static void invite(char *body, size_t size, const char *spec)
{
	struct invite_made *m =
	        world_get(w, a, &invite_made_desc, 201, &(struct ask){ .role = ROLE_ROOT, .method = "POST", .path = "/v1/invites", .body = spec });
	char secret[CC_SECRET_TEXT];
	struct cc_error err = { 0 };
	struct cc_token token;

	ck_assert_int_eq(cc_token_decode(m->token, a, &token, &err), 0);
	snprintf(body, size, "{\"secret\":\"%s\"}", cc_secret_format(&token.secret, secret));
}

static int join(enum role role, const char *body)
{
	struct answer r = ASK(.role = role, .method = "POST", .path = "/v1/join", .body = body);
	int status = r.status;

	answer_free(&r);
	return status;
}

START_TEST(used_and_expired_tokens_are_told_from_false_ones)
{
	char body[256];

	ck_assert_int_eq(join(ROLE_ROOT, "{\"secret\":\"x\"}"), 401); /* no certificate */
	ck_assert_int_eq(join(ROLE_STRANGER, "{\"secret\":\"x\"}"), 401);
	invite(body, sizeof(body), "{\"node_name\":\"n3\"}");
	ck_assert_int_eq(join(ROLE_STRANGER, body), 200);
	ck_assert_int_eq(join(ROLE_N1, body), 409);
	invite(body, sizeof(body), "{\"node_name\":\"n4\",\"expires_s\":1}");
	usleep(1100000);
	ck_assert_int_eq(join(ROLE_N1, body), 410);
}
END_TEST

/* ---- many ---- */

static long rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, rss = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &total, &rss), 2);
	fclose(f);
	return rss * 4;
}

static void allow_descriptors(rlim_t n)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max < n ? l.rlim_max : n;
	setrlimit(RLIMIT_NOFILE, &l);
	if (l.rlim_cur < n)
		test_skip("too few file descriptors are allowed");
}

START_TEST(a_thousand_wait_and_are_woken_by_one_change)
{
	enum { MANY = 1000 };
	struct world_options big = { .http.socket_connections = MANY + 100 };
	static int fds[MANY];
	struct answer r;
	char path[128];
	int64_t start;
	long before;

	allow_descriptors(2 * MANY + 200);
	restart(&big);
	revision_path(path, sizeof(path), "&wait=60s");
	before = rss_kib();
	for (int i = 0; i < MANY; i++) {
		fds[i] = dial();
		say_get(fds[i], path);
	}
	await_figure(w, WAITING, MANY);
	printf("parked_connection_kib %.1f KiB\n", (double)(rss_kib() - before) / MANY);
	start = cc_boottime_ms();
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/stop");
	ck_assert_int_eq(r.status, 202);
	answer_free(&r);
	for (int i = 0; i < MANY; i++)
		ck_assert(hear(fds[i], "\"stopping\"", 10000));
	printf("wake_1000_ms %lld ms\n", (long long)(cc_boottime_ms() - start));
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	await_figure(w, WAITING, 0);
}
END_TEST

START_TEST(one_connection_too_many_is_told_so)
{
	struct world_options few = { .http.socket_connections = 3 };
	int fds[3], fd;

	restart(&few);
	for (int i = 0; i < 3; i++) {
		say_get(fds[i] = dial(), "/v1/version");
		ck_assert(hear(fds[i], "200 OK", 5000));
	}
	say_get(fd = dial(), "/v1/version");
	ck_assert(hear(fd, "HTTP/1.1 429", 5000));
	await_close(fd, 5000);
	close(fd);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	await_figure(w, "cc_http_connections", 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_waiting");
	TCase *tc = tcase_create("waiting");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_blocking_read_returns_when_the_instance_changes);
	tcase_add_test(tc, a_blocking_read_ends_with_its_wait);
	tcase_add_test(tc, a_blocking_read_is_404_once_the_instance_is_gone);
	tcase_add_test(tc, a_sync_waits_for_orders_and_is_woken_by_them);
	tcase_add_test(tc, a_node_has_few_requests_at_a_time);
	tcase_add_test(tc, a_sync_with_nothing_to_say_ends_with_its_wait);
	tcase_add_test(tc, what_waits_looks_again_when_the_zone_was_loaded_again);
	tcase_add_test(tc, without_a_database_nothing_waits_for_the_engine);
	tcase_add_test(tc, a_sync_is_told_of_a_stream_until_the_node_comes);
	tcase_add_loop_test(tc, a_copy_is_ordered_or_refused, 0, CC_ARRAY_LEN(copies));
	tcase_add_test(tc, stopping_ends_what_waits);
	tcase_add_test(tc, a_client_that_dies_while_parked_is_noticed);
	tcase_add_test(tc, a_client_that_dies_while_its_command_is_under_way_does_no_harm);
	tcase_add_test(tc, a_full_queue_answers_429);
	tcase_add_test(tc, a_connection_serves_many_requests);
	tcase_add_test(tc, a_head_that_dribbles_in_is_cut);
	tcase_add_test(tc, a_body_that_dribbles_in_is_cut);
	tcase_add_test(tc, attempts_to_join_are_rationed);
	tcase_add_test(tc, used_and_expired_tokens_are_told_from_false_ones);
	tcase_add_test(tc, a_thousand_wait_and_are_woken_by_one_change);
	tcase_add_test(tc, one_connection_too_many_is_told_so);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
