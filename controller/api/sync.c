/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node's steady conversation: its report is always told to the engine; the answer is what should be, or waits for something to say. Orders are computed
 * from the published zone when they are asked for, so a lost answer costs nothing. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/engine/orders.h"

/* 1 when there is something to say. */
static int build(struct call *c, struct node_orders *orders)
{
	const struct zone *z = engine_read_begin(c->engine);
	int news = orders_build(z, c->body, c->who.id, orders, c->arena);

	engine_read_end(c->engine);
	orders->streams.n = c->setup->stream_orders(c->setup->edge, c->who.id, c->arena, &orders->streams.items);
	orders->wait_ms = c->setup->sync_wait_ms;
	orders->lease_ms = c->setup->node_lease_ms;
	return news > 0 || orders->streams.n > 0;
}

static int answer(struct call *c, struct cc_error *err)
{
	struct node_orders *orders = cc_new(c->arena, struct node_orders);
	int64_t *until = c->state;

	(void)err;
	call_watch(c, c->who.id);
	if (build(c, orders) == 0 && !c->timed_out && cc_boottime_ms() < *until)
		return call_park(c, *until, answer);
	c->reply = orders;
	return 0;
}

static int after_report(struct call *c, struct cc_error *err)
{
	const struct node_report *r = c->body;
	int64_t *until = cc_new(c->arena, int64_t);
	int64_t wait = cc_has(r, node_report, wait_ms) ? r->wait_ms : c->setup->sync_wait_ms;

	*until = cc_boottime_ms() + (wait < c->setup->sync_wait_ms ? wait : c->setup->sync_wait_ms);
	c->state = until;
	return answer(c, err);
}

int api_node_sync(struct call *c, struct cc_error *err)
{
	struct cmd_node_sync *args = cc_new(c->arena, struct cmd_node_sync);

	(void)err;
	args->report = c->body;
	args->node = c->who.id;
	return call_submit(c, COMMAND_NODE_SYNC, args, after_report);
}
