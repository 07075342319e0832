/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node's steady conversation: its report is always told to the engine; the answer is what should be, or waits for something to say. Orders are computed
 * from the published zone when they are asked for, so a lost answer costs nothing. */
#include "common/clock.h"
#include "controller/api/addresses.h"
#include "controller/api/api.h"
#include "controller/api/probes.h"
#include "controller/engine/orders.h"

/* A report whose answer waits for news. */
struct waiting {
	int64_t until;
	uint64_t controllers;    /* their version when the report came */
	struct cc_arena *looked; /* what the last look found; none while parked, so that many looks of a long wait take no more than one */
};

/* A node that has just come, or from which something is awaited, asks again soon, whatever was lost on the way. */
static int64_t longest_wait(const struct call *c, const struct zone *z)
{
	const struct node_report *r = c->body;

	return !r->full && orders_are_settled(z, c->who.id) ? c->setup->sync_wait_idle_ms : c->setup->sync_wait_ms;
}

/* Whether it was given up while its report waited: it has to say again that it is there. */
static bool is_silent(const struct zone *z, struct cc_uuid node)
{
	const struct node *n = zone_find(z, TABLE_NODE, node);

	return n == NULL || n->state == NODE_SILENT;
}

/* An older agent takes none, and where there are no instances nobody asks. */
static bool add_names(struct call *c, const struct zone *z, struct node_orders *orders, struct cc_arena *a)
{
	const struct node_report *r = c->body;
	size_t first = 0;

	if (!cc_has(r, node_report, names_version) || zone_next_of_node(z, c->who.id, &first) == NULL)
		return false;
	return names_fill(engine_names(c->engine), z, r->names_version, orders, a);
}

/* True when there is something to say. */
static bool build(struct call *c, struct node_orders *orders, struct cc_arena *a)
{
	const struct zone *z = engine_read_begin(c->engine);
	bool news = orders_build(z, c->body, c->who.id, orders, a) > 0 || is_silent(z, c->who.id);

	orders->wait_ms = longest_wait(c, z);
	news |= add_names(c, z, orders, a);
	news |= probes_fill(c, z, orders, a);
	engine_read_end(c->engine);
	orders->streams.n = c->setup->stream_orders(c->setup->edge, c->who.id, a, &orders->streams.items);
	orders->lease_ms = c->setup->node_lease_ms;
	cc_set(orders, node_orders, beat_ms, c->setup->sync_wait_ms);
	return news || orders->streams.n > 0;
}

/* Told to a full report, and to whoever was waiting while they changed. */
static bool add_controllers(struct call *c, struct node_orders *orders, struct cc_arena *a)
{
	const struct waiting *w = c->state;
	const struct node_report *r = c->body;
	uint64_t version;
	struct cc_texts addresses = addresses_of_zone(c, a, &version);

	if (version == w->controllers && !r->full)
		return false;
	cc_set(orders, node_orders, controllers, addresses);
	return version != w->controllers;
}

static void forget_look(struct call *c)
{
	struct waiting *w = c->state;

	cc_arena_free(w->looked);
	w->looked = NULL;
}

static int answer(struct call *c, struct cc_error *err)
{
	struct waiting *w = c->state;
	struct node_orders *orders;
	bool news;

	/* A lease is the word of who holds the zone. */
	if (!engine_is_available(c->engine, NULL, 0))
		return cc_fail(err, UNAVAILABLE, "the controller has lost the database; the node goes on with what it has");
	call_watch(c, c->who.id);
	w->looked = cc_arena_new(0);
	orders = cc_new(w->looked, struct node_orders);
	news = build(c, orders, w->looked);
	news |= add_controllers(c, orders, w->looked);
	if (!news && !c->timed_out && cc_boottime_ms() < w->until) {
		forget_look(c);
		return call_park(c, w->until, answer);
	}
	c->reply = orders;
	return 0;
}

static int after_report(struct call *c, struct cc_error *err)
{
	const struct node_report *r = c->body;
	struct waiting *w = cc_new(c->arena, struct waiting);
	int64_t wait = cc_has(r, node_report, wait_ms) ? r->wait_ms : c->setup->sync_wait_ms, longest;

	longest = longest_wait(c, engine_read_begin(c->engine));
	engine_read_end(c->engine);
	(void)addresses_of_zone(c, c->arena, &w->controllers);
	w->until = cc_boottime_ms() + (wait < longest ? wait : longest);
	c->beat_ms = c->setup->sync_wait_ms;
	c->state = w;
	c->end = forget_look;
	return answer(c, err);
}

int api_node_sync(struct call *c, struct cc_error *err)
{
	struct cmd_node_sync *args = cc_new(c->arena, struct cmd_node_sync);

	(void)err;
	args->report = c->body;
	args->node = c->who.id;
	told_take(engine_told(c->engine), c->who.id, c->body, cc_now_ms());
	return call_submit(c, COMMAND_NODE_SYNC, args, after_report);
}
