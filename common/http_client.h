/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1.1 requests to a controller, over TLS 1.3 or a unix socket, many at once in one thread beside the program's own descriptors.
 *
 * The server is trusted by its pinned public key and by nothing else: no CA, name or date is looked at, and nothing is sent before the key was seen. There
 * is no redirect, proxy, cookie or fall-back to plain HTTP. Whether a status is good, and what a body means, is the caller's business: a reply of
 * any status is a success here.
 *
 * One cc_http belongs to one thread, which drives it with cc_http_poll; callbacks run inside that call and nowhere else. In a callback every function
 * here may be called except cc_http_poll, cc_http_call and cc_http_free. */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include "common/pin.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cc_http;
struct cc_http_exchange; /* one request under way */

struct cc_http_options {
	const char *const
	        *addresses; /* "host:port" of the zone's controllers, the best first; the last that worked is tried first, and one that fails or
	                               * answers 503 is followed by the next */
	size_t n_addresses;
	struct cc_pin pin;          /* what it must show; not looked at on a unix socket */
	const char *unix_path;      /* instead of addresses */
	const char *identity_path;  /* PEM with our key and certificate (cc_key_pair_path); NULL: none */
	const char *bearer;         /* NULL: none */
	const char *user_agent;     /* NULL: none */
	int64_t connect_timeout_ms; /* per address, including TLS; 0: 10 s */
};

/* What came back. Lives until on_done returns; from cc_http_call, as long as the arena. Absent headers are NULL. */
struct cc_http_reply {
	int status;
	const char *content_type;
	const char *etag;
	int64_t retry_after_ms; /* 0: none */
	const char *body;       /* what on_body did not get; "" when empty, always followed by a NUL */
	size_t body_len;
};

enum cc_http_flow {
	CC_HTTP_ON,    /* taken */
	CC_HTTP_PAUSE, /* not taken; the same bytes come again after cc_http_resume */
	CC_HTTP_STOP,  /* give the exchange up: on_done gets an error */
};

enum { CC_HTTP_READ_PAUSE = -1, CC_HTTP_READ_STOP = -2 }; /* from read_body */

/* Strings and `body` are copied by cc_http_start. */
struct cc_http_request {
	const char *method;
	const char *path;            /* with query, already percent-encoded: "/v1/nodes?limit=5" */
	const char *content_type;    /* NULL: application/json when there is a body */
	const char *idempotency_key; /* NULL: none */
	const char *if_match;        /* NULL: none; with its quotes */
	const char *const *headers;  /* more, each "Name: value"; ends with NULL; may be NULL */

	const void *body;
	size_t body_len;
	/* Instead of `body`: writes at most `room` bytes to `to` and returns how many; 0 is the end. */
	ssize_t (*read_body)(void *context, char *to, size_t room);
	int64_t read_body_bytes; /* how much that will be in all; 0: not known, sent in chunks */

	int64_t deadline_ms;  /* for the whole exchange; 0: none. cc_http_call: for all attempts together */
	int64_t silence_ms;   /* nothing came or went for so long, not counting our own pauses; 0: never mind */
	size_t reply_max;     /* bytes of the reply's body; 0: 1 MiB. SIZE_MAX for streams */
	bool own_connection;  /* a connection of its own, closed afterwards: for streams */
	int64_t retry_for_ms; /* cc_http_call only: try again for so long; 0: one attempt */

	/* Some of the body of a 2xx reply. Without it, and for every other status, the body is collected in the reply. */
	enum cc_http_flow (*on_body)(void *context, const void *bytes, size_t len);
	/* The end, exactly once unless cancelled. err is NULL when the reply is complete; else reply is NULL when no headers came. The exchange
	 * is gone when this returns. */
	void (*on_done)(void *context, const struct cc_http_reply *reply, const struct cc_error *err);
	void *context;
};

/* Opens nothing yet. @err INVALID neither or both of addresses and unix_path, or one that is no address; INTERNAL a part of
 * the program is not installed; IO no more descriptors */
int cc_http_new(const struct cc_http_options *options, struct cc_http **ret, struct cc_error *err);
/* Ends all exchanges without on_done. NULL is allowed. */
void cc_http_free(struct cc_http *http);
CC_DEFINE_CLEANUP(struct cc_http *, cc_http_free)

/* Other addresses from now on, the first of which is tried first. The old ones stay in memory until the end: for rare news. What is under way goes on.
 * @err INVALID none, or one that is no address */
int cc_http_set_addresses(struct cc_http *http, const char *const *addresses, size_t n, struct cc_error *err);
/* Where the next request goes; not for a socket. */
const char *cc_http_address(const struct cc_http *http);
/* How many there are; 1 for a socket. */
size_t cc_http_n_addresses(const struct cc_http *http);

/* Queues a request; the next cc_http_poll begins it. on_done's errors:
 * @err UNAVAILABLE not reached or broken off, BUSY the unix socket's queue is full, TIMEOUT, UNAUTHENTICATED another key than the pinned one, DENIED no access to the unix socket,
 * TOO_LARGE the reply, IO given up by a callback. Of this call: @err INVALID a line break or blank where none may be. */
int cc_http_start(struct cc_http *http, const struct cc_http_request *request, struct cc_http_exchange **ret, struct cc_error *err);
/* Goes on after a pause, in both directions. */
void cc_http_resume(struct cc_http_exchange *x);
/* Gives it up; no callback of it is called any more. */
void cc_http_cancel(struct cc_http_exchange *x);

/* Waits until something happens, but at most timeout_ms (-1: no limit), and does what is to be done. `extra` is filled as by poll(2). Returns the
 * number of exchanges still under way. */
int cc_http_poll(struct cc_http *http, struct pollfd *extra, size_t n_extra, int64_t timeout_ms);

/* One request from start to end; other exchanges of `http` go on meanwhile. With retry_for_ms, a request that may be repeated (GET, HEAD, PUT, DELETE, or
 * with an Idempotency-Key, and without read_body and on_body) is sent again after a failure or a status 429, 502, 503 or 504, at growing random
 * intervals and not before Retry-After. The last reply or error is what counts. on_done is not called.
 * @err as for cc_http_start */
int cc_http_call(
        struct cc_http *http, const struct cc_http_request *request, struct cc_arena *arena, struct cc_http_reply *ret, struct cc_error *err);
