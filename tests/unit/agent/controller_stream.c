/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of the scripted controller, and its client. */
#include "tests/unit/agent/controller_parts.h"

#include "common/clock.h"
#include "common/frame.h"

#include <stdio.h>
#include <stdlib.h>

/* Nothing more is to be said to the program: the client has ended its side, or the program its. */
static bool is_fed(const struct request *q)
{
	const struct controller *c = q->c;

	return c->feed_end || c->exit_status >= 0 || c->error[0] != '\0' || q->stream != c->streams;
}

static ssize_t give_feed(void *cls, uint64_t at, char *to, size_t room)
{
	struct request *q = cls;
	struct controller *c = q->c;
	ssize_t n;

	(void)at;
	controller_lock(c);
	while (c->feed.len == 0 && !is_fed(q) && !c->broken && !c->stopping && controller_wait(c, INT64_MAX / 2))
		continue;
	n = q->stream == c->streams ? (ssize_t)(c->feed.len < room ? c->feed.len : room) : 0;
	if (c->broken || c->stopping) {
		n = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (n > 0) {
		memcpy(to, c->feed.data, (size_t)n);
		cc_buf_consume(&c->feed, (size_t)n);
	} else {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	}
	controller_unlock(c);
	return n;
}

enum MHD_Result controller_stream_in(struct request *q, struct MHD_Connection *conn)
{
	struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, give_feed, q, NULL);
	enum MHD_Result ok = MHD_queue_response(conn, 200, r);

	MHD_destroy_response(r);
	return ok;
}

static void take_frames(struct controller *c)
{
	enum cc_frame_type type;
	const unsigned char *p;
	size_t len;
	struct cc_error err = { 0 };

	while (cc_frame_next(&c->frames, &type, &p, &len, &err) == 1) {
		if (type == CC_FRAME_STDOUT)
			cc_buf_add(&c->output, p, len);
		if (type == CC_FRAME_EXIT)
			c->exit_status = (int)cc_frame_u32(p);
		if (type == CC_FRAME_ERROR)
			snprintf(c->error, sizeof(c->error), "%.*s", (int)len, (const char *)p);
		cc_buf_consume(&c->frames, CC_FRAME_HEADER + len);
	}
}

/* false: the client is gone. */
bool controller_take_output(struct request *q, const char *bytes, size_t len)
{
	struct controller *c = q->c;
	bool broken;

	controller_lock(c);
	while (c->hold && !c->broken && !c->stopping && controller_wait(c, INT64_MAX / 2))
		continue;
	broken = c->broken || c->stopping;
	if (q->stream == c->streams) {
		cc_buf_add(&c->frames, bytes, len);
		take_frames(c);
	}
	controller_unlock(c);
	return !broken;
}

void controller_take_stream(struct request *q, const char *url)
{
	struct controller *c = q->c;
	char id[CC_UUID_TEXT];

	controller_lock(c);
	if (strncmp(url, "/v1/streams/", 12) == 0 && strncmp(url + 12, cc_uuid_format(c->order.id, id), 36) == 0) {
		c->stream_taken = true;
		q->stream = c->streams;
	}
	controller_unlock(c);
}

void controller_open_order(struct controller *c, const struct stream_order *o)
{
	controller_lock(c);
	free(c->order.argv.items);
	c->order = *o;
	cc_set(&c->order, stream_order, kind, o->kind);
	c->stream_open = true;
	c->streams++;
	c->stream_taken = c->feed_end = c->broken = c->hold = false;
	c->exit_status = -1;
	c->error[0] = '\0';
	cc_buf_clear(&c->output);
	cc_buf_clear(&c->frames);
	cc_buf_clear(&c->feed);
	controller_unlock(c);
}

void controller_open_stream(struct controller *c, int stream, int instance, const char *const *argv)
{
	struct stream_order o = { .id = test_id(100 + stream), .kind = STREAM_EXEC, .instance = test_id(instance) };

	o.argv.items = cc_calloc(16, sizeof(char *));
	for (; argv[o.argv.n] != NULL; o.argv.n++)
		o.argv.items[o.argv.n] = argv[o.argv.n];
	controller_open_order(c, &o);
}

void controller_feed(struct controller *c, const void *bytes, size_t len)
{
	controller_lock(c);
	cc_buf_add(&c->feed, bytes, len);
	controller_unlock(c);
}

void controller_end_feed(struct controller *c)
{
	controller_lock(c);
	c->feed_end = true;
	controller_unlock(c);
}

void controller_break_stream(struct controller *c)
{
	controller_lock(c);
	c->broken = true;
	controller_unlock(c);
}

void controller_hold_output(struct controller *c, bool hold)
{
	controller_lock(c);
	c->hold = hold;
	controller_unlock(c);
}

size_t controller_output(struct controller *c, size_t n, char *to, size_t room)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	size_t len;

	controller_lock(c);
	while (c->output.len < n && c->exit_status < 0 && c->error[0] == '\0' && controller_wait(c, until))
		continue;
	len = c->output.len;
	if (to != NULL)
		memcpy(to, cc_buf_str(&c->output), len < room ? len : room);
	controller_unlock(c);
	return len;
}

int controller_exit_status(struct controller *c, char *ret_error, size_t room)
{
	int64_t until = cc_boottime_ms() + CONTROLLER_WAIT_MS;
	int status;

	controller_lock(c);
	while (c->exit_status < 0 && c->error[0] == '\0' && controller_wait(c, until))
		continue;
	status = c->exit_status;
	if (ret_error != NULL)
		snprintf(ret_error, room, "%s", c->error);
	controller_unlock(c);
	return status;
}
