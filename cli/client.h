/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the controller and their answers as structs. A problem document becomes the error: its `code` decides the exit status, its `detail` is the
 * message. Knows no commands. */
#pragma once

#include "common/desc.h"
#include "common/http_client.h"

struct client;

/* Where the controller is: a unix socket, or addresses with its pin and a token. */
struct client_target {
	const char *socket;           /* used when there are no addresses */
	const char *const *addresses; /* "host:port", the best first */
	size_t n_addresses;
	struct cc_pin pin;
	const char *token; /* the bare secret */
};

/* Opens no connection yet, and sets TLS up only for a controller on the network. @err INVALID an address that is none */
int client_new(const struct client_target *target, struct cc_arena *a, struct client **ret, struct cc_error *err);
void client_free(struct client *c);
CC_DEFINE_CLEANUP(struct client *, client_free)

/* One request. Structs that were not asked for may be NULL. Strings of *ret are in the arena. */
struct client_call {
	const char *method;
	const char *path;                /* with its query */
	const struct cc_desc *body_desc; /* NULL: no body */
	const void *body;
	const struct cc_desc *reply_desc; /* NULL: the reply is not read */
	void *reply;
	int64_t timeout_ms; /* 0: the usual */
	bool once;          /* never repeat it */
	/* client_patch: makes the body from what was read, each time; NULL: it is made. */
	int (*fill)(void *arg, const void *now, void *body, struct cc_error *err);
	void *arg;
	int64_t if_revision; /* the body is a merge patch of what had this revision; 0: not */
};
/* Fails with the code of the problem document, or UNAVAILABLE when the controller cannot be reached (DENIED when the socket may not be opened), TIMEOUT when
 * it does not answer in time, and INTERNAL when it answers with nonsense. err->noun is in the arena. Unless `once` it is asked again for some seconds when the reply is lost or the
 * controller is busy; a POST gets an Idempotency-Key for that. */
int client_call(struct client *c, const struct client_call *call, struct cc_error *err);
struct placement;
/* The record of the placement that the last request was refused for, in the arena; NULL when that is not why, or the controller is too old to tell. */
const struct placement *client_refused(const struct client *c);

/* A PATCH of what was just read, so that nobody's change is lost; when somebody was faster it is read again. `call` says all but the revision. */
int client_patch(struct client *c, const struct client_call *call, struct cc_error *err);

int client_get(struct client *c, const char *path, const struct cc_desc *d, void *ret, struct cc_error *err);

/* A list with all its pages: `d` is instance_list, node_list..., `path` may have a query. */
int client_list(struct client *c, const char *path, const struct cc_desc *d, void *ret, struct cc_error *err);

/* An archive that is sent piece by piece, and gone on with where it broke off. */
struct client_source {
	const char *path;   /* where to, with a query */
	const char *sha256; /* of all of it */
	/* Fills up to `max` bytes: how many, 0 at the end, -1 on failure. */
	ssize_t (*read)(void *arg, char *buf, size_t max, struct cc_error *err);
	/* What is read next begins at this byte. */
	void (*seek)(void *arg, int64_t at);
	void *arg;
	int64_t bytes; /* all together */
};
/* POSTs it as application/octet-stream. When the connection breaks it is tried again for as long as something passes, and half a minute longer. */
int client_upload(struct client *c, const struct client_source *source, const struct cc_desc *d, void *ret, struct cc_error *err);

/* Replies lie in this arena from now on. A client begins with that of its making. */
void client_use_arena(struct client *c, struct cc_arena *a);

/* For streams: the connection itself, and what a reply that ended an exchange means. `reply` of a 2xx is read into *ret if d is not NULL. */
struct cc_http *client_http(struct client *c);
int client_read_reply(struct client *c, const struct cc_http_reply *reply, const struct cc_desc *d, void *ret, struct cc_error *err);

/* `ref` as one segment of a path: "/v1/instances/" + escaped ref + tail. In the arena. */
const char *client_path(struct cc_arena *a, const char *collection, const char *ref, const char *tail);
/* `text` escaped for a query. */
const char *client_escape(struct cc_arena *a, const char *text);
