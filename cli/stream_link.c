/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/stream_link.h"

#include "common/clock.h"
#include "common/model.h"

#include <string.h>

void stream_link_send(struct stream_link *l, enum cc_frame_type type, const void *p, size_t len)
{
	cc_frame_add(&l->to_send, type, p, len);
	l->sent_ms = cc_boottime_ms();
	if (l->in != NULL)
		cc_http_resume(l->in);
}

static ssize_t give_frames(void *context, char *to, size_t room)
{
	struct stream_link *l = context;
	size_t n = l->to_send.len < room ? l->to_send.len : room;

	if (n == 0)
		return CC_HTTP_READ_PAUSE;
	memcpy(to, l->to_send.data, n);
	cc_buf_consume(&l->to_send, n);
	return (ssize_t)n;
}

/* "slug: message" from the node. */
static void take_error(struct stream_link *l, const char *text, size_t len)
{
	const char *colon = memmem(text, len, ": ", 2);
	char slug[32] = "";

	if (colon != NULL && (size_t)(colon - text) < sizeof(slug)) {
		memcpy(slug, text, (size_t)(colon - text));
		len -= (size_t)(colon - text) + 2;
		text = colon + 2;
	}
	cc_error_set(&l->err, cc_code_from_slug(slug), 0, CC_HERE, "%.*s", (int)len, text);
}

static void take_frame(struct stream_link *l, enum cc_frame_type type, const unsigned char *p, size_t len)
{
	if (type == CC_FRAME_STDOUT || type == CC_FRAME_STDERR)
		l->on_output(l->user, type, p, len);
	else if (type == CC_FRAME_EXIT && len == 4)
		l->status = (int)(cc_frame_u32(p) & 0xff);
	else if (type == CC_FRAME_ERROR)
		take_error(l, (const char *)p, len);
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct stream_link *l = context;
	enum cc_frame_type type;
	const unsigned char *p;
	size_t payload, used = 0;
	int found;

	if (l->is_behind(l->user)) {
		l->paused = true;
		return CC_HTTP_PAUSE;
	}
	l->heard = true;
	cc_buf_add(&l->received, bytes, len);
	for (;;) {
		struct cc_buf rest = { l->received.data + used, l->received.len - used, 0 };

		found = cc_frame_next(&rest, &type, &p, &payload, &l->err);
		if (found <= 0)
			break;
		take_frame(l, type, p, payload);
		used += CC_FRAME_HEADER + payload;
	}
	cc_buf_consume(&l->received, used);
	return found < 0 ? CC_HTTP_STOP : CC_HTTP_ON;
}

bool stream_link_is_over(const struct stream_link *l)
{
	return l->status != STREAM_RUNNING || l->err.code != CC_OK;
}

static void out_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct stream_link *l = context;

	l->out = NULL;
	if (stream_link_is_over(l))
		return;
	if (err != NULL)
		l->err = *err;
	else if (client_read_reply(l->client, reply, NULL, NULL, &l->err) == 0)
		cc_fail(&l->err, UNAVAILABLE, "the stream broke off before the program's end was heard; it may still run");
}

/* Input that nobody takes is no reason to give up the output; a refusal is. */
static void in_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct stream_link *l = context;

	l->in = NULL;
	if (!stream_link_is_over(l) && err == NULL && reply->status / 100 != 2)
		client_read_reply(l->client, reply, NULL, NULL, &l->err);
}

int stream_link_start(struct stream_link *l, const char *stream, struct cc_arena *a, struct cc_error *err)
{
	struct cc_http *http = client_http(l->client);
	struct cc_http_request in = { .method = "POST",
		.path = cc_printf(a, "/v1/streams/%s/in", stream),
		.content_type = "application/octet-stream",
		.read_body = give_frames,
		.own_connection = true,
		.on_done = in_done,
		.context = l };
	struct cc_http_request out = { .method = "GET",
		.path = cc_printf(a, "/v1/streams/%s/out", stream),
		.reply_max = SIZE_MAX,
		.silence_ms = 3 * CC_FRAME_PING_MS,
		.own_connection = true,
		.on_body = take_bytes,
		.on_done = out_done,
		.context = l };

	l->status = STREAM_RUNNING;
	l->sent_ms = cc_boottime_ms();
	if (cc_http_start(http, &out, &l->out, err) < 0)
		return -1;
	return cc_http_start(http, &in, &l->in, err);
}

int stream_link_open(struct stream_link *l, struct client_call *call, struct cc_arena *a, struct cc_error *err)
{
	struct stream stream = { 0 };
	char id[CC_UUID_TEXT];

	call->method = "POST";
	call->reply_desc = &stream_desc;
	call->reply = &stream;
	call->once = true;
	if (client_call(l->client, call, err) < 0)
		return -1;
	return stream_link_start(l, cc_uuid_format(stream.id, id), a, err);
}

void stream_link_tend(struct stream_link *l)
{
	if (cc_boottime_ms() - l->sent_ms >= CC_FRAME_PING_MS)
		stream_link_send(l, CC_FRAME_PING, NULL, 0);
	if (l->paused && l->out != NULL && !l->is_behind(l->user)) {
		l->paused = false;
		cc_http_resume(l->out);
	}
}

void stream_link_close(struct stream_link *l)
{
	bool cut = l->in != NULL || l->out != NULL;

	if (l->in != NULL)
		cc_http_cancel(l->in);
	if (l->out != NULL)
		cc_http_cancel(l->out);
	l->in = l->out = NULL;
	if (cut)
		cc_http_poll(client_http(l->client), NULL, 0, 0);
	cc_buf_free(&l->to_send);
	cc_buf_free(&l->received);
}
