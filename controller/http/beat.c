/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until the first blank is due a waiting request has no reply and may still be refused with a status of its own; so most waits never come here. */
#include "controller/http/beat.h"
#include "common/clock.h"
#include "common/json.h"
#include "controller/http/head.h"

#define BLOCK_BYTES 4096

struct beat {
	struct cc_buf out;
	size_t sent; /* of it */
	bool waits;
	bool ended; /* `out` is the end */
};

int64_t beat_next_ms(const struct call *c)
{
	int64_t beat = cc_boottime_ms() + c->beat_ms;

	return c->beat_ms > 0 && beat < c->park_until ? beat : c->park_until;
}

bool beat_is_due(const struct request *r)
{
	return r->call.beat_ms > 0 && r->waiter.wake == WAKE_DEADLINE && cc_boottime_ms() < r->call.park_until;
}

void beat_begin(struct request *r)
{
	if (r->call.beat_ms > 0 && !r->conn->listens)
		hub_listen_begin(r->conn, r->call.watch_id, r->call.setup->node_lease_ms);
}

static void note_sign_of_life(struct request *r)
{
	const struct cc_uuid controller = { { 0 } };
	int64_t heard_ms = hub_conn_heard_ms(r->conn);

	engine_node_heard(r->server->engine, r->conn->listens_for, heard_ms);
	distances_sample(engine_distances(r->server->engine), r->conn->listens_for, controller, hub_conn_rtt_us(r->conn), heard_ms);
}

/* False when it cannot be answered any more; else it is answered, or waits on. */
static bool look(struct request *r, struct beat *b)
{
	struct call *c = &r->call;

	c->timed_out = r->waiter.wake == WAKE_DEADLINE;
	c->next = CALL_REPLY;
	if (head_check_standby(r, &r->call.command.error) < 0 || c->then(c, &r->call.command.error) < 0)
		return false;
	if (c->next == CALL_PARK)
		return true;
	CC_PRE(c->next == CALL_REPLY);
	cc_json_encode(r->route->reply, c->reply, &b->out);
	b->ended = true;
	hub_deadline(r->conn, cc_boottime_ms() + REPLY_TIMEOUT_MS);
	return true;
}

/* False when it cannot be answered any more. */
static bool woken(struct request *r, struct beat *b)
{
	b->waits = false;
	if (r->waiter.wake == WAKE_HUNG_UP || r->waiter.wake == WAKE_STOPPING)
		return false;
	if (!beat_is_due(r))
		return look(r, b);
	note_sign_of_life(r);
	cc_buf_addc(&b->out, ' ');
	return true;
}

/* Fills `out`, or suspends the connection and leaves it empty. False when it cannot be answered any more. */
static bool refill(struct request *r, struct beat *b)
{
	struct call *c = &r->call;

	cc_buf_clear(&b->out);
	b->sent = 0;
	for (;;) {
		if (b->waits && !woken(r, b))
			return false;
		if (b->out.len > 0)
			return true;
		b->waits = true;
		if (hub_wait(&r->waiter, &c->watch_id, c->watch_seq, beat_next_ms(c)))
			return true;
	}
}

static ssize_t read_more(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct request *r = arg;
	struct beat *b = r->beat;
	size_t n;

	(void)pos;
	if (b->sent == b->out.len && b->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (b->sent == b->out.len && !refill(r, b))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = b->out.len - b->sent < max ? b->out.len - b->sent : max;
	memcpy(buf, b->out.data + b->sent, n);
	b->sent += n;
	return (ssize_t)n;
}

enum MHD_Result beat_send(struct request *r)
{
	struct MHD_Response *resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_more, r, NULL);

	CC_PRE(resp != NULL);
	r->beat = cc_new(r->call.arena, struct beat);
	note_sign_of_life(r);
	cc_buf_addc(&r->beat->out, ' ');
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	return reply_queue(r, MHD_HTTP_OK, resp);
}

void beat_end(struct request *r)
{
	if (r->conn->listens) {
		note_sign_of_life(r);
		hub_listen_end(r->conn);
	}
	if (r->beat != NULL)
		cc_buf_free(&r->beat->out);
}
