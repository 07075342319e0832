/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request as its handler sees it: who asks for what, decoded and checked; and what the handler wants done about it. A handler never blocks: it either
 * fills in the reply, or asks to be called again after a command was carried out, after something changed, or after slow work was done elsewhere.
 * Knows no HTTP library; controller/http carries it. */
#pragma once

#include "controller/api/setup.h"
#include "controller/engine/command.h"
#include "controller/engine/engine.h"

#include <stdarg.h>

enum {
#define Q(number, flag, name, kind, need, doc) PARAM_##number,
#include "controller/api/params.def"
#undef Q
	PARAM_MAX
};

/* What is to happen when a handler has returned 0. */
enum call_next {
	CALL_REPLY = 0, /* the reply is filled in */
	CALL_SUBMIT,    /* carry out c->command, then call `then` (on failure reply with its error) */
	CALL_PARK,      /* wait until watched ids change or until park_until, then call `then` */
	CALL_WORK       /* run `work` on the thread for slow files, then call `then` */
};

struct call;
typedef int call_handler(struct call *c, struct cc_error *err);

struct call {
	/* The request. */
	struct principal who;
	const char *path[2];           /* what stood for {…} in the route's path */
	const char *params[PARAM_MAX]; /* query parameters, NULL when absent */
	const void *body;              /* the decoded entity, NULL when the route has none */
	struct upload *upload;         /* a received file (blobs.h) */
	int64_t if_revision;           /* If-Match; 0: none */
	const char *idempotency_key;   /* NULL: none */
	char request_hash[65];
	struct cc_arena *arena;
	struct engine *engine;
	const struct api_setup *setup;

	/* What to do next. */
	enum call_next next;
	call_handler *then;
	void (*end)(struct call *c); /* called once when the call is over, however it ended */
	struct command command;
	struct cc_uuid watch_id;
	uint64_t watch_seq; /* 0: nothing watched */
	int64_t park_until; /* boot time */
	bool timed_out;     /* the deadline has passed: reply with what there is */
	int64_t beat_ms; /* while it waits, the caller gets a blank before the reply so often, and counts as alive as long as it takes them; 0: no */
	call_handler *work;
	void *state; /* the handler's own, in the arena */

	/* The reply. */
	const void *reply;     /* the route's reply entity */
	const char *location;  /* NULL: none */
	int64_t index;         /* of a read: what a blocking read goes on from; 0: none */
	const char *etag;      /* with its quotes; NULL: the entity's revision, if it has one */
	bool always_sent;      /* its tag serves If-Match alone: what is shown may be another without it */
	const char *next_page; /* of a list: cursor of the page after this one; NULL: there is none */
	const char *text;      /* instead of an entity, with its type; in the arena, or */
	bool text_lasts;       /* it lives as long as the server */
	const char *text_type;
	int file; /* instead of an entity: a descriptor, closed after sending; -1: none */
	uint64_t file_bytes;
	uint64_t file_from; /* what comes before is not sent */
};

/* Prepares c->command: kind, caller, clocks, randomness, idempotency. The handler then returns 0. */
int call_submit(struct call *c, enum command_kind kind, const void *args, call_handler *then);

/* Must be called before the published zone is read: a change of `id` after that is not missed. */
void call_watch(struct call *c, struct cc_uuid id);
/* Returns 0; `then` runs when the watched id changed, or when boot time is `until`. */
int call_park(struct call *c, int64_t until, call_handler *then);
int call_work(struct call *c, call_handler *work, call_handler *then);

/* Whether the caller may see and change what this member owns. */
bool call_may(const struct call *c, struct cc_uuid owner);
