/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc_http_call: exchanges one after the other until one settles it. */
#include "common/clock.h"
#include "common/http_parts.h"

#include <sodium.h>

#define FIRST_PAUSE_MS 200
#define LAST_PAUSE_MS  10000

/* One attempt's end, and where the user's callback is. */
struct waiter {
	const struct cc_http_request *request;
	struct cc_arena *arena;
	struct cc_http_reply reply;
	struct cc_error err;
	bool done;
	bool failed;
};

static void take_end(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct waiter *w = context;

	w->done = true;
	w->failed = err != NULL;
	if (err != NULL) {
		w->err = *err;
		return;
	}
	w->reply = *reply;
	w->reply.content_type = cc_http_copy_text(w->arena, reply->content_type);
	w->reply.etag = cc_http_copy_text(w->arena, reply->etag);
	w->reply.body = cc_arena_memdup(w->arena, reply->body, reply->body_len);
}

static enum cc_http_flow pass_body(void *context, const void *bytes, size_t len)
{
	const struct waiter *w = context;

	return w->request->on_body(w->request->context, bytes, len);
}

static ssize_t pass_read(void *context, char *to, size_t room)
{
	const struct waiter *w = context;

	return w->request->read_body(w->request->context, to, room);
}

static int attempt(struct cc_http *h, const struct cc_http_request *request, int64_t left_ms, struct waiter *w, struct cc_error *err)
{
	struct cc_http_request mine = *request;

	mine.context = w;
	mine.on_done = take_end;
	mine.on_body = request->on_body != NULL ? pass_body : NULL;
	mine.read_body = request->read_body != NULL ? pass_read : NULL;
	if (request->deadline_ms > 0)
		mine.deadline_ms = left_ms > 0 ? left_ms : 1;
	w->done = false;
	if (cc_http_start(h, &mine, NULL, err) < 0)
		return -1;
	while (!w->done)
		cc_http_poll(h, NULL, 0, -1);
	return 0;
}

static bool may_pass(const struct waiter *w)
{
	if (w->failed)
		return cc_code_info(w->err.code)->retry;
	return w->reply.status == 429 || (w->reply.status >= 502 && w->reply.status <= 504);
}

/* Doubles, and takes a random half off so that a zone's nodes do not come back all at once. */
static int64_t pause_before(unsigned next, const struct waiter *w)
{
	int64_t pause = FIRST_PAUSE_MS << (next > 6 ? 6 : next);

	if (pause > LAST_PAUSE_MS)
		pause = LAST_PAUSE_MS;
	pause -= randombytes_uniform((uint32_t)pause / 2);
	return !w->failed && w->reply.retry_after_ms > pause ? w->reply.retry_after_ms : pause;
}

static void wait_until(struct cc_http *h, int64_t until_ms)
{
	for (int64_t now; (now = cc_boottime_ms()) < until_ms;)
		cc_http_poll(h, NULL, 0, until_ms - now);
}

int cc_http_call(struct cc_http *h, const struct cc_http_request *request, struct cc_arena *arena, struct cc_http_reply *ret, struct cc_error *err)
{
	struct waiter w = { .request = request, .arena = arena };
	int64_t start = cc_boottime_ms(), pause;
	int64_t deadline = request->deadline_ms > 0 ? start + request->deadline_ms : INT64_MAX;
	int64_t give_up = request->retry_for_ms > 0 && cc_http_may_be_repeated(request) ? start + request->retry_for_ms : start;

	for (unsigned n = 0;; n++) {
		if (attempt(h, request, deadline - cc_boottime_ms(), &w, err) < 0)
			return -1;
		/* The first round over all addresses is without pauses: one of them is the active controller. */
		pause = n + 1 < cc_http_n_addresses(h) ? 0 : pause_before(n, &w);
		if (!may_pass(&w) || cc_boottime_ms() + pause >= give_up || cc_boottime_ms() + pause >= deadline)
			break;
		wait_until(h, cc_boottime_ms() + pause);
	}
	if (w.failed) {
		*err = w.err;
		return -1;
	}
	*ret = w.reply;
	return 0;
}
