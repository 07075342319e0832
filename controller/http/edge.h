/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder share: the server and one request on its way through it. */
#pragma once

#include "controller/http/hub.h"
#include "controller/http/router.h"
#include "controller/http/server.h"

#include <stdatomic.h>

struct metrics;
struct quota;
struct ration;
struct streams;
struct splice;
struct feed;
struct beat;

struct http_server {
	struct http_options opt; /* with defaults filled in; its texts are in `texts` */
	struct cc_arena *texts;
	struct engine *engine;
	struct hub *hub;
	struct blobs *blobs;
	atomic_bool sweep_waits; /* a look for archives without an image is queued */
	struct streams *streams;
	struct metrics *metrics;
	struct ration *joins;
	struct ration *strangers;  /* requests without a known token or key, by address */
	struct ration *callers;    /* of everybody else, by who it is */
	atomic_size_t reply_bytes; /* of replies that are being sent */
	struct ration *refusals;   /* entries of the audit log about refused requests */
	struct quota *nodes;       /* requests of each node under way */
	struct quota *uploads;     /* of each member under way */
	struct quota *feeds;       /* events followed by each caller */
	struct quota *all_feeds;   /* by all, under the nil id */
	const char *openapi;
	struct api_setup setup;
	struct MHD_Daemon *tls;
	struct MHD_Daemon *local;
	int port;
};

enum request_phase {
	REQUEST_BODY,    /* its body is coming, or nothing was done yet */
	REQUEST_COMMAND, /* its command is with the engine */
	REQUEST_PARKED,
	REQUEST_WORK, /* with the thread for slow files */
	REQUEST_REPLIED
};

#define REQUEST_ID_MAX   64
#define REPLY_TIMEOUT_MS 300000 /* an ordinary reply must be taken by then */

struct request {
	struct call call; /* first: a handler's call is its request */
	struct waiter waiter;
	struct http_server *server;
	struct MHD_Connection *mhd;
	struct conn *conn;
	const struct route *route; /* NULL: none fits */
	char id[REQUEST_ID_MAX + 1];
	int64_t started_us;
	enum request_phase phase;
	bool counted;         /* in the quota of its node */
	bool uploads;         /* in that of its member */
	size_t reply_bytes;   /* that it adds to those of the server */
	int64_t body_by;      /* boot time: its body must be complete, or have grown, by then */
	int64_t body_by_told; /* to the hub */
	size_t earned;        /* bytes that have not moved it yet */
	bool failed; /* call.command.error is what to reply, also when there was no command: two errors would be a third of what a waiting request takes */
	const char *allow; /* with METHOD */
	int retry_after_s; /* with BUSY and UNAVAILABLE; 0: the usual one */
	struct cc_buf body;
	uint64_t received;     /* bytes of the body */
	int status;            /* replied */
	struct splice *stream; /* attached as the end that the route says */
	struct feed *feed;     /* of events */
	struct beat *beat;     /* its reply has begun although there is nothing to say yet */
};

/* The one request handler of both daemons, and the end of each request. */
enum MHD_Result request_handle(void *server, struct MHD_Connection *mhd, const char *url, const char *method, const char *version, const char *data,
        size_t *size, void **state);
void request_completed(void *server, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode how);

/* Fills in what the audit log will say of the call's command (audit.c). */
void audit_command(struct request *r);
/* Writes down that the request was refused, if that is worth an entry. */
void audit_refused(struct request *r);

/* Sends what the call holds, or the problem that the command's error is. In the connection's thread. */
enum MHD_Result reply_send(struct request *r);
enum MHD_Result reply_problem(struct request *r);
/* Adds what every reply has, queues it and lets go of it. */
enum MHD_Result reply_queue(struct request *r, int status, struct MHD_Response *resp);

/* Finds out who asks: bearer token, key of the certificate, or uid. @err UNAUTHENTICATED a token that is not known */
int auth_principal(struct request *r, struct principal *ret, struct cc_error *err);
/* Whether the client showed the zone's own key: another controller of it. */
bool auth_is_controller(struct request *r);
/* @err UNAUTHENTICATED, DENIED */
int auth_permit(struct request *r, struct cc_error *err);
