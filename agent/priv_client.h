/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unprivileged side of the socketpair: requests go out, replies and events come back by callback. Never blocks (but for priv_client_call); one poll
 * loop drives it. Knows no liblxc and needs no rights. One client belongs to one thread. */
#pragma once

#include "agent/priv_msg.h"

#include <stddef.h>

struct priv_client;

/* How a request ended. `body` and `tail` are valid during the callback only. */
struct priv_reply {
	enum cc_code code; /* CC_OK, or what went wrong; then body is NULL and `tail` is the text */
	uint32_t verb;
	uint32_t seq;
	const void *body; /* the verb's reply struct */
	const void *tail; /* aligned for any struct; not NUL-terminated */
	size_t tail_len;
};
typedef void priv_reply_fn(void *user, const struct priv_reply *reply);

/* An instance's init ended without being asked to. NULL: what was listed is old, something that an earlier cc-agent asked for is done. */
typedef void priv_event_fn(void *user, const struct priv_ct *ct);

struct priv_request {
	enum priv_verb verb;
	const void *body; /* the verb's request struct; its length is known from the verb */
	const void *tail;
	size_t tail_len;
	const int *fds; /* as many as the verb takes; stay the caller's */
	/* Gets the `user` of a request that is still open when the client is freed. NULL: nothing has to be done. */
	void (*release)(void *user);
};

/* Takes the descriptor. `on_event` may be NULL. */
struct priv_client *priv_client_new(int fd, priv_event_fn *on_event, void *user);
/* Closes it; of open requests `release` is called, the callback is not. NULL is fine. */
void priv_client_free(struct priv_client *c);

/* For the poll loop: wait for input always and for output while wants_write. Then call priv_client_step. */
int priv_client_fd(const struct priv_client *c);
bool priv_client_wants_write(const struct priv_client *c);

/* Sends what waits and takes in all that is there, calling back. When the other half is gone every open request ends with UNAVAILABLE, the same error
 * is returned, and the client is good for nothing more. Callbacks may send; they must not free the client. @err UNAVAILABLE, IO */
int priv_client_step(struct priv_client *c, struct cc_error *err);

/* Sends or queues a request and gives its sequence number (from 1; CT_SIGNAL needs it). `on_reply` is called once, from priv_client_step.
 * @err BUSY too many open requests, TOO_LARGE tail over the verb's limit, UNAVAILABLE, IO */
int priv_client_send(
        struct priv_client *c, const struct priv_request *r, priv_reply_fn *on_reply, void *user, uint32_t *ret_seq, struct cc_error *err);

/* Sends and steps until the reply is there or `timeout_ms` passed: for tests and start-up. A failed reply becomes `err`. `ret_body` takes the reply's
 * struct; `ret_tail`, which may be NULL, its tail (heap, the caller's). @err the reply's code, TIMEOUT, UNAVAILABLE, IO */
int priv_client_call(struct priv_client *c, const struct priv_request *r, int timeout_ms, void *ret_body, void **ret_tail, struct cc_error *err);
