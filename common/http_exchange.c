/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What arrives is judged here: interim replies and trailers are skipped, bodies are bounded, pauses are remembered so that waiting for ourselves does
 * not count as the server's silence. */
#include "common/http_parts.h"

#include "common/clock.h"

#include <stdlib.h>

#define PROBLEM_MAX 65536 /* bytes kept of a reply that is not 2xx, when on_body takes the others */

struct cc_http_exchange *cc_http_exchange_new(struct cc_http *http, const struct cc_http_request *request)
{
	struct cc_http_exchange *x = cc_calloc(1, sizeof(*x));

	x->http = http;
	x->arena = cc_arena_new(0);
	x->request = cc_http_copy_request(x->arena, request);
	x->started_ms = cc_boottime_ms();
	x->reply.body = "";
	return x;
}

void cc_http_exchange_free(struct cc_http_exchange *x)
{
	CC_PRE(x->attempt == NULL);
	cc_buf_free(&x->body);
	cc_arena_free(x->arena);
	free(x);
}

void cc_http_exchange_done(struct cc_http_exchange *x, const struct cc_error *err)
{
	x->reply.body = cc_buf_str(&x->body);
	x->reply.body_len = x->body.len;
	if (!x->cancelled)
		x->request.on_done(x->request.context, x->headers_end ? &x->reply : NULL, err);
	cc_http_exchange_free(x);
}

void cc_http_resume(struct cc_http_exchange *x)
{
	x->resume = true;
}

void cc_http_cancel(struct cc_http_exchange *x)
{
	x->cancelled = true;
}

void cc_http_exchange_resumed(struct cc_http_exchange *x)
{
	x->resume = false;
	x->paused_in = false;
	x->paused_out = false;
	x->active_ms = cc_boottime_ms();
}

void cc_http_exchange_sent(struct cc_http_exchange *x, int64_t sent, int64_t now_ms)
{
	if (sent != x->sent)
		x->active_ms = now_ms;
	x->sent = sent;
}

void cc_http_exchange_over(struct cc_http_exchange *x, enum cc_http_failure failure, int sys_errno)
{
	x->over = true;
	if (x->failure == CC_HTTP_FINE)
		x->failure = failure;
	x->sys_errno = sys_errno;
}

bool cc_http_exchange_header(struct cc_http_exchange *x, const char *line, size_t len)
{
	bool is_end = len <= 2 && (line[0] == '\r' || line[0] == '\n');

	x->active_ms = cc_boottime_ms();
	if (x->cancelled)
		return false;
	if (x->headers_end)
		return true; /* a trailer */
	if (!is_end) {
		cc_http_reply_line(&x->reply, x->arena, line, len);
		return true;
	}
	x->headers_end = x->reply.status >= 200;
	return true;
}

static bool is_streamed(const struct cc_http_exchange *x)
{
	return x->request.on_body != NULL && x->reply.status / 100 == 2;
}

static size_t body_limit(const struct cc_http_exchange *x)
{
	bool problem = x->request.on_body != NULL && !is_streamed(x);

	return problem && x->request.reply_max > PROBLEM_MAX ? PROBLEM_MAX : x->request.reply_max;
}

enum cc_http_flow cc_http_exchange_body(struct cc_http_exchange *x, const void *bytes, size_t len)
{
	enum cc_http_flow flow = CC_HTTP_ON;
	size_t max = body_limit(x);

	x->active_ms = cc_boottime_ms();
	x->paused_in = false;
	if (x->cancelled)
		return CC_HTTP_STOP;
	if (len > max || x->received > max - len) {
		x->failure = CC_HTTP_TOO_MUCH;
		return CC_HTTP_STOP;
	}
	if (is_streamed(x))
		flow = x->request.on_body(x->request.context, bytes, len);
	else
		cc_buf_add(&x->body, bytes, len);
	if (flow == CC_HTTP_STOP || x->cancelled) {
		x->failure = CC_HTTP_STOPPED;
		return CC_HTTP_STOP;
	}
	x->paused_in = flow == CC_HTTP_PAUSE;
	if (flow == CC_HTTP_ON)
		x->received += len;
	return flow;
}

ssize_t cc_http_exchange_give(struct cc_http_exchange *x, char *to, size_t room)
{
	ssize_t got;

	x->active_ms = cc_boottime_ms();
	x->paused_out = false;
	if (x->cancelled)
		return CC_HTTP_READ_STOP;
	got = x->request.read_body(x->request.context, to, room);
	CC_PRE(got >= CC_HTTP_READ_STOP && got <= (ssize_t)room);
	if (got == CC_HTTP_READ_STOP || x->cancelled) {
		x->failure = CC_HTTP_STOPPED;
		return CC_HTTP_READ_STOP;
	}
	x->paused_out = got == CC_HTTP_READ_PAUSE;
	return got;
}

static int64_t deadline(const struct cc_http_exchange *x)
{
	return x->request.deadline_ms > 0 ? x->started_ms + x->request.deadline_ms : INT64_MAX;
}

static int64_t end_of_silence(const struct cc_http_exchange *x)
{
	return x->request.silence_ms > 0 && !x->paused_in && !x->paused_out ? x->active_ms + x->request.silence_ms : INT64_MAX;
}

int64_t cc_http_exchange_due_ms(const struct cc_http_exchange *x)
{
	return deadline(x) < end_of_silence(x) ? deadline(x) : end_of_silence(x);
}

enum cc_http_failure cc_http_exchange_overdue(const struct cc_http_exchange *x, int64_t now_ms)
{
	if (deadline(x) <= now_ms)
		return CC_HTTP_LATE;
	return end_of_silence(x) <= now_ms ? CC_HTTP_SILENT : CC_HTTP_FINE;
}

int64_t cc_http_exchange_limit(const struct cc_http_exchange *x, enum cc_http_failure failure)
{
	size_t bytes = body_limit(x);

	if (failure == CC_HTTP_LATE)
		return x->request.deadline_ms;
	if (failure == CC_HTTP_SILENT)
		return x->request.silence_ms;
	return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

/* Another key at one address says more than silence at all others. */
void cc_http_exchange_note_error(struct cc_http_exchange *x, const struct cc_error *err)
{
	if (x->first_err.code == CC_OK || (err->code == CC_UNAUTHENTICATED && x->first_err.code != CC_UNAUTHENTICATED))
		x->first_err = *err;
}
