/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A served zone without a database: the real engine and edge, a writer that commits everything at once, and clients of every role. */
#pragma once

#include "common/buf.h"
#include "common/model.h"
#include "controller/http/server.h"
#include "tests/lib/test.h"

#include <curl/curl.h>
#include <pthread.h>

/* Everybody that can ask. CONTROLLER is another controller of the zone. BOB is another member and N2 another node than those that own things. */
enum role { ROLE_NOBODY, ROLE_ANA, ROLE_BOB, ROLE_N1, ROLE_N2, ROLE_ADMIN_TOKEN, ROLE_ROOT, ROLE_STRANGER, ROLE_CONTROLLER, ROLES };

struct world {
	struct engine *engine;
	struct http_server *server;
	char dir[64];
	char socket[96];
	char tokens[ROLES][512];
	char key_files[ROLES][128];
	char pins[ROLES][65];
	struct cc_uuid ana, bob, n1, n2, image, web;
	struct audit *audit[256]; /* what was written into the audit log; with the writer's lock */
	size_t n_audit;
	char sha256[65]; /* of the image's archive */
};

struct world_options {
	struct http_options http; /* what is not zero replaces the test's own */
	bool tcp_off;
	bool slow_writer; /* commits only when world_commit says so */
	size_t queue_max;
	size_t history_max;
};

/* To be called once by main(): makes the keys that all worlds of this program use. */
void world_prepare(void);
struct world *world_new(const struct world_options *opt);
void world_free(struct world *w);
/* Ends the server and leaves the rest. */
void world_stop(struct world *w);
/* With slow_writer: commits what waits now. */
void world_commit(struct world *w);
/* With slow_writer: waits for a command and loses it, as when the session with the database ends; the zone is unavailable then. */
void world_lose(struct world *w);
/* Loads the zone again, in which 'web' is in this state, and makes it available. */
void world_reload(struct world *w, enum inst_state web);

struct answer {
	int status; /* 0: no reply; `failure` says why */
	CURLcode failure;
	struct cc_buf body;
	struct cc_buf headers;
};
void answer_free(struct answer *a);
/* The value of a header, "" when absent; valid until the next call. */
const char *answer_header(const struct answer *a, const char *name);
/* The problem's `code`, "" when it is none. */
const char *answer_code(const struct answer *a);

struct ask {
	enum role role;
	const char *method; /* GET */
	const char *path;
	const char *body; /* NULL: none */
	size_t body_len;  /* 0: strlen */
	const char *type; /* application/json with a body, of a PATCH application/merge-patch+json */
	const char *header, *header2;
	bool unconditional; /* a PATCH without If-Match; else it has `header`, or * */
	bool chunked;
	void (*dies_midway)(void); /* with `chunked`: called when half the body was given; then the client dies */
	bool fresh;                /* on a connection of its own */
	long timeout_ms;
};
/* Asks and waits. world_ask asserts that there is a reply. Each reply is checked against what the table of routes says of it: status, type, and schema. */
struct answer world_ask(struct world *w, const struct ask *ask);
struct answer world_try(struct world *w, const struct ask *ask);
/* In what a reply differs from what the table of routes promises, in words in the arena; NULL: in nothing. */
const char *answer_fault(const struct ask *ask, const struct answer *r, struct cc_arena *arena);
/* A handle set up for a role and path, for tests that drive curl themselves. */
CURL *world_curl(struct world *w, enum role role, const char *path);

/* An ask on a thread of its own. */
struct asking {
	struct world *world;
	pthread_t thread;
	struct ask ask;
	struct answer answer;
	int64_t took_ms;
};
void world_ask_begin(struct world *w, struct asking *k, struct ask ask);
/* Waits for the answer, which the caller frees. */
struct answer *world_ask_end(struct asking *k);

#define ASK(...) world_ask(w, &(struct ask){ __VA_ARGS__ })

/* Asks, expects this status, and decodes the reply into the arena. */
void *world_get(struct world *w, struct cc_arena *a, const struct cc_desc *d, int status, const struct ask *ask);
