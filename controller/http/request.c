/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request from its head to its reply. libmicrohttpd calls request_handle with the head, then with pieces of the body, then without data, and again after
 * each resume. A refusal is known after the head but sent when the body has passed, so that the client reads it and keeps its connection; a body that is
 * long or still held back by Expect is refused at once, and the connection closed.
 *
 * While a command is with the engine its connection is suspended, and a suspended connection is never closed: so the request lives until the reply. */
#include "common/clock.h"
#include "common/hash.h"
#include "common/json.h"
#include "common/log.h"
#include "controller/api/blobs.h"
#include "controller/http/beat.h"
#include "controller/http/feed.h"
#include "controller/http/head.h"
#include "controller/http/metrics.h"
#include "controller/http/quota.h"
#include "controller/http/stream_io.h"

#include <stdlib.h>
#include <time.h>

#define ARENA_BYTES      1024         /* of a block: thousands of requests wait with little in them */
#define DRAIN_MAX        (256 * 1024) /* bytes of a refused body that are read and thrown away */
#define DRAIN_UPLOAD_MAX (64 << 20)   /* the same of an image whose size was not told */
#define BYTES_PER_SECOND 1024         /* slower bodies are cut */
#define DEADLINE_STEPS   8            /* a deadline is told anew when it has moved by such a part of its length */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the head ---- */

/* A body must begin soon; what has come of it earns time for the rest, but never more than at the beginning. So its size does not matter, and who sends slower
 * than BYTES_PER_SECOND is cut. */
static void start_deadline(struct request *r)
{
	if (!head_has_body(r))
		return;
	r->body_by = r->stream != NULL ? 0 : cc_boottime_ms() + r->server->opt.body_timeout_ms;
	r->body_by_told = r->body_by;
	hub_deadline(r->conn, r->body_by);
}

static void extend_deadline(struct request *r, size_t bytes)
{
	int64_t most = cc_boottime_ms() + r->server->opt.body_timeout_ms;

	r->earned += bytes;
	r->body_by += (int64_t)(r->earned / BYTES_PER_SECOND) * 1000;
	r->earned %= BYTES_PER_SECOND;
	if (r->body_by > most)
		r->body_by = most;
	if (r->failed || r->body_by < r->body_by_told + r->server->opt.body_timeout_ms / DEADLINE_STEPS)
		return;
	r->body_by_told = r->body_by;
	hub_deadline(r->conn, r->body_by);
}

/* Whether a refusal should be sent before the body. */
static bool refuse_now(struct request *r)
{
	const char *expect = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);

	return r->failed && head_has_body(r) && (expect != NULL || r->conn->crowd || head_body_bytes(r) > DRAIN_MAX);
}

static struct request *request_new(struct http_server *s, struct MHD_Connection *mhd, struct conn *conn)
{
	struct request *r = cc_calloc(1, sizeof(*r));

	r->server = s;
	r->mhd = mhd;
	r->conn = conn;
	r->waiter = (struct waiter){ .mhd = mhd, .conn = conn };
	r->started_us = now_us();
	r->call.arena = cc_arena_new(ARENA_BYTES);
	r->call.engine = s->engine;
	r->call.setup = &s->setup;
	r->call.file = -1;
	return r;
}

/* A node needs few requests at a time; one that goes astray, or is led astray, must not take the connections of all. */
static int count_node(struct request *r, struct cc_error *err)
{
	if (r->call.who.who != WHO_NODE || (r->route->flags & RF_STREAM))
		return 0;
	r->counted = quota_enter(r->server->nodes, r->call.who.id);
	return r->counted ? 0 : cc_fail(err, BUSY, "this node has too many requests under way already; wait for their replies");
}

/* Root on the controller's own machine may import as many as there are slots. */
static int begin_upload(struct request *r, struct cc_error *err)
{
	struct http_server *s = r->server;

	if (!cc_uuid_is_nil(r->call.who.id)) {
		r->uploads = quota_enter(s->uploads, r->call.who.id);
		if (!r->uploads)
			return cc_fail(err, BUSY, "you are importing %d images already; wait for one to end", s->opt.caller_uploads_max);
	}
	return blobs_receive(s->blobs,
	        &(struct blobs_body){
	                .max_bytes = s->opt.image_max_bytes,
	                .member = r->call.who.id,
	                .sha256 = r->call.params[PARAM_sha256],
	                .from = r->call.params[PARAM_offset] != NULL ? strtoll(r->call.params[PARAM_offset], NULL, 10) : 0,
	        },
	        &r->call.upload, err);
}

static enum MHD_Result begin(struct http_server *s, struct MHD_Connection *mhd, const char *url, const char *method, void **state)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *r;

	if (info == NULL || info->socket_context == NULL)
		return MHD_NO;
	*state = r = request_new(s, mhd, info->socket_context);
	hub_head_came(r->conn);
	head_name(r);
	r->failed = r->conn->excess ? cc_fail(&r->call.command.error, BUSY, "there are too many connections; try again later") < 0
	                            : head_read(r, url, method, &r->call.command.error) < 0 || count_node(r, &r->call.command.error) < 0;
	if (!r->failed && (r->route->flags & RF_UPLOAD))
		r->failed = begin_upload(r, &r->call.command.error) < 0;
	if (!r->failed && (r->route->flags & RF_STREAM))
		r->failed = stream_attach(r, &r->call.command.error) < 0;
	start_deadline(r);
	return refuse_now(r) ? reply_problem(r) : MHD_YES;
}

/* ---- the body ---- */

static int take(struct request *r, const char *data, size_t size, struct cc_error *err)
{
	if (r->call.upload != NULL)
		return blobs_upload_write(r->call.upload, data, size, err);
	if (r->received > router_body_max(r->route))
		return cc_fail(err, TOO_LARGE, "the body is larger than the %zu bytes that are taken here", router_body_max(r->route));
	cc_buf_add(&r->body, data, size);
	return 0;
}

static enum MHD_Result feed(struct request *r, const char *data, size_t *size)
{
	if (r->stream != NULL)
		return stream_feed(r, data, size);
	r->received += *size;
	extend_deadline(r, *size);
	if (!r->failed && take(r, data, *size, &r->call.command.error) < 0) {
		r->failed = true;
		cc_buf_free(&r->body);
		r->received = 0;
	}
	*size = 0;
	return r->failed && r->received > (r->call.upload != NULL ? DRAIN_UPLOAD_MAX : DRAIN_MAX) ? MHD_NO : MHD_YES;
}

/* SHA-256 of what makes two requests the same: method, path, query and body. */
static void hash_request(struct request *r)
{
	struct cc_sha256_state h;

	cc_sha256_init(&h);
	cc_sha256_update(&h, r->route->method, strlen(r->route->method) + 1);
	cc_sha256_update(&h, r->route->path, strlen(r->route->path) + 1);
	for (size_t i = 0; i < ROUTE_PATH_PARAMS && r->call.path[i] != NULL; i++)
		cc_sha256_update(&h, r->call.path[i], strlen(r->call.path[i]) + 1);
	for (size_t i = 0; i < PARAM_MAX; i++)
		if (r->call.params[i] != NULL) {
			cc_sha256_update(&h, router_param(i)->name, strlen(router_param(i)->name) + 1);
			cc_sha256_update(&h, r->call.params[i], strlen(r->call.params[i]) + 1);
		}
	if (r->call.upload != NULL)
		cc_sha256_update(&h, blobs_upload_sha256(r->call.upload), strlen(blobs_upload_sha256(r->call.upload)));
	else
		cc_sha256_update(&h, cc_buf_str(&r->body), r->body.len);
	cc_sha256_format(cc_sha256_final(&h), r->call.request_hash);
}

static enum cc_json_mode body_mode(const struct route *route)
{
	if (route->flags & RF_AGENT)
		return CC_JSON_LENIENT;
	return route->flags & RF_MERGE ? CC_JSON_PATCH : CC_JSON_STRICT;
}

static int decode(struct request *r, struct cc_error *err)
{
	const struct cc_desc *d = r->route->body;
	void *body;

	if (r->call.upload != NULL)
		blobs_upload_finish(r->call.upload);
	if (r->call.idempotency_key != NULL)
		hash_request(r);
	if (d == &router_none_desc || d == &router_bytes_desc)
		return 0;
	body = cc_arena_alloc(r->call.arena, d->size);
	if (cc_json_decode(d, cc_buf_str(&r->body), r->body.len, body_mode(r->route), body, r->call.arena, err) < 0)
		return -1;
	r->call.body = body;
	cc_buf_free(&r->body);
	return 0;
}

/* ---- what handlers ask for ---- */

static void command_done(struct command *cmd)
{
	struct request *r = cmd->owner;

	hub_end(&r->waiter);
}

static enum MHD_Result stopping(struct request *r)
{
	cc_fail(&r->call.command.error, UNAVAILABLE, "the controller is stopping");
	return reply_problem(r);
}

static enum MHD_Result submit(struct request *r)
{
	char why[256];

	r->call.command.done = command_done;
	r->call.command.owner = r;
	audit_command(r);
	/* Whoever would answer it is busy reaching the database. */
	if (!engine_is_available(r->server->engine, why, sizeof(why))) {
		cc_fail(&r->call.command.error, UNAVAILABLE, "%s", why);
		return reply_problem(r);
	}
	r->phase = REQUEST_COMMAND;
	if (!hub_begin(&r->waiter))
		return stopping(r);
	/* Suspended first: the engine may be faster than we are. */
	if (!engine_push(r->server->engine, &r->call.command)) {
		metrics_refused(r->server->metrics);
		cc_fail(&r->call.command.error, BUSY, "the controller has too much to do; try again later");
		hub_end(&r->waiter);
	}
	return MHD_YES;
}

static void work_now(void *arg)
{
	struct request *r = arg;

	r->failed = r->call.work(&r->call, &r->call.command.error) < 0;
	hub_end(&r->waiter);
}

static enum MHD_Result work(struct request *r)
{
	r->phase = REQUEST_WORK;
	if (!hub_begin(&r->waiter))
		return stopping(r);
	hub_defer(r->server->hub, work_now, r);
	return MHD_YES;
}

static enum MHD_Result step(struct request *r, call_handler *h);

/* The next look is at once when what was watched changed since the last one. */
static enum MHD_Result park(struct request *r)
{
	struct call *c = &r->call;

	r->phase = REQUEST_PARKED;
	beat_begin(r);
	if (hub_wait(&r->waiter, &c->watch_id, c->watch_seq, beat_next_ms(c)))
		return MHD_YES;
	if (r->waiter.wake == WAKE_STOPPING)
		return stopping(r);
	return r->waiter.wake == WAKE_HUNG_UP ? MHD_NO : step(r, c->then);
}

static enum MHD_Result step(struct request *r, call_handler *h)
{
	r->call.next = CALL_REPLY;
	if (h != NULL && h(&r->call, &r->call.command.error) < 0)
		return reply_problem(r);
	switch (r->call.next) {
	case CALL_SUBMIT:
		return submit(r);
	case CALL_PARK:
		return park(r);
	case CALL_WORK:
		return work(r);
	case CALL_REPLY:
		break;
	}
	hub_deadline(r->conn, r->call.file >= 0 || r->feed != NULL ? 0 : cc_boottime_ms() + REPLY_TIMEOUT_MS);
	return reply_send(r);
}

/* ---- in between ---- */

static enum MHD_Result after_command(struct request *r)
{
	if (r->call.command.error.code != CC_OK)
		return reply_problem(r);
	return step(r, r->call.then);
}

static enum MHD_Result after_wait(struct request *r)
{
	if (r->waiter.wake == WAKE_HUNG_UP)
		return MHD_NO;
	if (r->waiter.wake == WAKE_STOPPING)
		return stopping(r);
	if (head_check_standby(r, &r->call.command.error) < 0)
		return reply_problem(r);
	if (beat_is_due(r))
		return beat_send(r);
	r->call.timed_out = r->waiter.wake == WAKE_DEADLINE;
	return step(r, r->call.then);
}

static enum MHD_Result body_complete(struct request *r)
{
	hub_deadline(r->conn, 0);
	if (r->failed)
		return reply_problem(r);
	if (r->stream != NULL)
		return stream_body_complete(r);
	if (decode(r, &r->call.command.error) < 0)
		return reply_problem(r);
	return step(r, r->route->handler);
}

static enum MHD_Result go_on(struct request *r)
{
	switch (r->phase) {
	case REQUEST_BODY:
		return body_complete(r);
	case REQUEST_COMMAND:
		return after_command(r);
	case REQUEST_PARKED:
		return after_wait(r);
	case REQUEST_WORK:
		return r->failed ? reply_problem(r) : step(r, r->call.then);
	case REQUEST_REPLIED:
		break;
	}
	return MHD_YES;
}

enum MHD_Result request_handle(void *server, struct MHD_Connection *mhd, const char *url, const char *method, const char *version, const char *data,
        size_t *size, void **state)
{
	struct request *r = *state;
	enum MHD_Result result;

	(void)version;
	if (r == NULL)
		return begin(server, mhd, url, method, state);
	cc_log_set_request(r->id);
	result = *size > 0 ? feed(r, data, size) : go_on(r);
	cc_log_set_request(NULL);
	return result;
}

static void free_upload(void *upload)
{
	blobs_upload_free(upload);
}

void request_completed(void *server, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode how)
{
	struct http_server *s = server;
	struct request *r = *state;

	(void)mhd;
	if (r == NULL)
		return;
	*state = NULL;
	if (r->stream != NULL)
		stream_detach(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (r->feed != NULL)
		feed_end(r);
	beat_end(r);
	if (r->call.end != NULL)
		r->call.end(&r->call);
	if (r->counted)
		quota_leave(s->nodes, r->call.who.id);
	if (r->uploads)
		quota_leave(s->uploads, r->call.who.id);
	atomic_fetch_sub(&s->reply_bytes, r->reply_bytes);
	if (r->call.upload != NULL)
		hub_defer(s->hub, free_upload, r->call.upload);
	if (r->call.file >= 0)
		close(r->call.file);
	metrics_request(s->metrics, r->route, r->status, now_us() - r->started_us);
	hub_expect_head(r->conn);
	cc_buf_free(&r->body);
	cc_arena_free(r->call.arena);
	free(r);
}
