/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server on one of the two transports that we use, a client of it, and an exchange whose end is kept. */
#pragma once

#include "common/buf.h"
#include "common/http_client.h"
#include "tests/unit/common/http_server.h"

/* What became of one exchange. Also the context of its callbacks. */
struct outcome {
	bool done;
	bool failed;
	struct cc_error err;
	int status; /* 0: no headers came */
	int64_t retry_after_ms;
	struct cc_buf body;   /* collected or streamed */
	size_t streamed;      /* bytes through on_body */
	unsigned pauses_left; /* on_body asks for a pause that often */
	struct cc_http_exchange *x;
};

extern struct test_server *server;
extern struct cc_http *client;
extern struct cc_key_pair *server_key, *client_key;
extern char dir[64];

/* Checked fixture without server and client: folder and keys. */
void fixture_setup(void);
void fixture_teardown(void);

/* Starts server and client; i is 0 for the unix socket, 1 for TLS. */
void connect_over(int i);
/* A client as options say, with unset parts filled in for the server. */
struct cc_http *client_with(struct cc_http_options options);
char *server_address(const struct test_server *s);

/* A request whose end goes to `o`. */
struct cc_http_request request_for(struct outcome *o, const char *method, const char *path);
void start(const struct cc_http_request *r, struct outcome *o);
/* Polls until the outcome is there; fails the test after 30 s. */
void wait_for_end(struct outcome *o);
/* start and wait_for_end */
void run(const struct cc_http_request *r, struct outcome *o);
void outcome_free(struct outcome *o);
#define cc_auto_outcome __attribute__((cleanup(outcome_free)))

/* An on_body that keeps the bytes, and pauses when asked to. */
enum cc_http_flow keep_body(void *context, const void *bytes, size_t len);
void check_test_bytes(const struct cc_buf *body, size_t n);
