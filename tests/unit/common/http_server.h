/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small server to test the HTTP client against. What it does depends on the path:
 *   /echo        201 with every header that the client reads; the body tells method, headers and body of the request
 *   /bytes/N     N bytes of test_byte(), in chunks
 *   /upload      the number of bytes that came, and whether they were test_byte()
 *   /upload/slow the same, with 20 ms of rest after each piece
 *   /pipe        POST: puts its body into a pipe; GET: gives what is in the pipe until the POST has ended
 *   /silent      nothing, for ever
 *   /trickle/N   N bytes, one every 50 ms
 *   /broken      100 of 1000 promised bytes
 *   /busy/N      503 with Retry-After: 1 to the first N requests
 *   /flaky/N     no reply at all to the first N requests
 *   /status/N    status N with the body "problem"
 *   /refuse      413 before the body was read
 *   /whoami      the pin of the client's certificate, or "none" */
#pragma once

#include "common/keys.h"

struct test_server;

enum test_transport { TEST_UNIX, TEST_TLS13, TEST_TLS12, TEST_PLAIN, TEST_TRANSPORT_MAX };

/* `socket_path` for TEST_UNIX, `pair` for TLS. */
struct test_server *test_server_start(enum test_transport transport, const char *socket_path, const struct cc_key_pair *pair);
void test_server_stop(struct test_server *s);
unsigned test_server_port(const struct test_server *s);
unsigned test_server_requests(struct test_server *s);
unsigned test_server_connections(struct test_server *s);

static inline unsigned char test_byte(size_t at)
{
	return (unsigned char)(at * 31 + at / 251);
}
