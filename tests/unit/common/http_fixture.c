/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/common/http_fixture.h"

#include "common/clock.h"

#include <check.h>
#include <stdio.h>
#include <sys/stat.h>

struct test_server *server;
struct cc_http *client;
struct cc_key_pair *server_key, *client_key;
char dir[64];
static char socket_path[128];

static struct cc_key_pair *make_key(const char *name)
{
	char path[128];
	struct cc_key_pair *pair = NULL;
	struct cc_error err = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_msg(cc_key_pair_open(path, name, &pair, &err) == 0, "%s", err.msg);
	return pair;
}

void fixture_setup(void)
{
	strcpy(dir, "/tmp/cc-http-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(socket_path, sizeof(socket_path), "%s/socket", dir);
	server_key = make_key("server");
	client_key = make_key("client");
}

void fixture_teardown(void)
{
	char cmd[128];

	cc_http_free(client);
	if (server != NULL)
		test_server_stop(server);
	cc_key_pair_free(server_key);
	cc_key_pair_free(client_key);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

char *server_address(const struct test_server *s)
{
	static char addresses[4][64];
	static int next;
	char *a = addresses[next++ % 4];

	snprintf(a, sizeof(addresses[0]), "127.0.0.1:%u", test_server_port(s));
	return a;
}

struct cc_http *client_with(struct cc_http_options options)
{
	const char *address;
	struct cc_http *h = NULL;
	struct cc_error err = { 0 };

	if (options.unix_path == NULL && options.n_addresses == 0) {
		address = server_address(server);
		options.addresses = &address;
		options.n_addresses = 1;
	}
	if (memcmp(&options.pin, &(struct cc_pin){ 0 }, sizeof(options.pin)) == 0)
		options.pin = cc_key_pair_pin(server_key);
	ck_assert_msg(cc_http_new(&options, &h, &err) == 0, "%s", err.msg);
	return h;
}

void connect_over(int i)
{
	server = test_server_start(i == 0 ? TEST_UNIX : TEST_TLS13, socket_path, server_key);
	client = client_with((struct cc_http_options){ .unix_path = i == 0 ? socket_path : NULL,
	        .identity_path = cc_key_pair_path(client_key),
	        .bearer = "secret-token",
	        .user_agent = "test/1" });
}

static void take_end(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct outcome *o = context;

	ck_assert_msg(!o->done, "the end was told twice");
	o->done = true;
	o->failed = err != NULL;
	if (err != NULL)
		o->err = *err;
	if (reply != NULL) {
		o->status = reply->status;
		o->retry_after_ms = reply->retry_after_ms;
		cc_buf_add(&o->body, reply->body, reply->body_len);
	}
}

enum cc_http_flow keep_body(void *context, const void *bytes, size_t len)
{
	struct outcome *o = context;

	if (o->pauses_left > 0) {
		o->pauses_left--;
		return CC_HTTP_PAUSE;
	}
	cc_buf_add(&o->body, bytes, len);
	o->streamed += len;
	return CC_HTTP_ON;
}

struct cc_http_request request_for(struct outcome *o, const char *method, const char *path)
{
	return (struct cc_http_request){ .method = method, .path = path, .on_done = take_end, .context = o, .deadline_ms = 30000 };
}

void start(const struct cc_http_request *r, struct outcome *o)
{
	struct cc_error err = { 0 };

	ck_assert_msg(cc_http_start(client, r, &o->x, &err) == 0, "%s", err.msg);
}

void wait_for_end(struct outcome *o)
{
	int64_t until = cc_boottime_ms() + 30000;

	while (!o->done) {
		ck_assert_msg(cc_boottime_ms() < until, "the exchange did not end");
		cc_http_poll(client, NULL, 0, 1000);
	}
}

void run(const struct cc_http_request *r, struct outcome *o)
{
	start(r, o);
	wait_for_end(o);
}

void outcome_free(struct outcome *o)
{
	cc_buf_free(&o->body);
}

void check_test_bytes(const struct cc_buf *body, size_t n)
{
	ck_assert_uint_eq(body->len, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)body->data[i] != test_byte(i))
			ck_abort_msg("byte %zu is wrong", i);
}
