/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drained nodes: what is there moves away, some at a time, and returns when they are opened again. Each tick goes one step, from what is: nothing is remembered
 * but on the rows themselves. One transfer begins with a tick, for what it takes is seen by the next one only. */
#include "controller/engine/decide.h"

#define AT_ONCE  4     /* on their way from one node, or to one */
#define AGAIN_MS 60000 /* after one that failed */

static const char *left_or(const struct instance *inst)
{
	return cc_has(inst, instance, stays) ? inst->stays : "";
}

/* Why it stays is told to its member and to whoever drains; written down when it is another reason. */
static void note_why(const struct decide *d, struct effects *fx, const struct instance *now, const char *why)
{
	struct instance inst = *now;

	(void)d;
	if (strcmp(left_or(now), why) == 0)
		return;
	cc_set(&inst, instance, stays, why);
	effects_put(fx, TABLE_INSTANCE, &inst);
}

static bool waits(const struct command *cmd, const struct instance *inst)
{
	return cc_has(inst, instance, tried) && cmd->now_ms - inst->tried < AGAIN_MS;
}

/* True when one has set out. */
static bool send_one(
        const struct decide *d, struct command *cmd, struct effects *fx, const struct instance *inst, const char *to, const struct cc_uuid *home)
{
	struct cc_error why = { 0 };

	if (cc_has(inst, instance, transfer) || inst->state == INST_DELETING || inst->state == INST_STOPPING || waits(cmd, inst))
		return false;
	if (decide_transfer_begin(d, cmd, fx, inst, to, home, &why) == 0)
		return true;
	note_why(d, fx, inst, cc_arena_strdup(cmd->arena, why.msg));
	return false;
}

static size_t on_their_way(const struct decide *d, const struct node *n, bool here)
{
	const struct instance *inst;
	size_t count = 0;

	for (size_t at = 0; (inst = here ? zone_next_other(d->zone, n->id, &at) : zone_next_of_node(d->zone, n->id, &at)) != NULL;)
		count += cc_has(inst, instance, transfer) && inst->transfer == TRANSFER_STARTING;
	return count;
}

static bool send_away(const struct decide *d, struct command *cmd, struct effects *fx, const struct node *n)
{
	size_t moving = on_their_way(d, n, false);
	const struct instance *inst;

	for (size_t at = 0; moving < AT_ONCE && (inst = zone_next_of_node(d->zone, n->id, &at)) != NULL;)
		if (send_one(d, cmd, fx, inst, NULL, cc_has(inst, instance, home) ? &inst->home : &n->id))
			return true;
	return false;
}

static void stop_one(const struct decide *d, struct effects *fx, const struct node *n, const struct instance *now)
{
	struct instance inst = *now;

	if (inst.desired != DESIRED_RUN || lifecycle_find(inst.state, INST_EVENT_STOP) == NULL)
		return;
	inst.desired = DESIRED_STOP;
	inst.ordered = 0;
	inst.reason = "";
	decide_move(d, fx, &inst, INST_EVENT_STOP);
	effects_wake(fx, n->id);
}

/* What has not left stays; it is stopped if that was asked for. What is on its way arrives. */
static void end_drain(const struct decide *d, struct effects *fx, const struct node *now)
{
	const struct instance *inst;
	struct node n = *now;

	for (size_t at = 0; cc_has(now, node, drain_stops) && (inst = zone_next_of_node(d->zone, now->id, &at)) != NULL;)
		if (!cc_has(inst, instance, transfer))
			stop_one(d, fx, now, inst);
	cc_unset(&n, node, draining);
	effects_put(fx, TABLE_NODE, &n);
}

static bool bring_back(const struct decide *d, struct command *cmd, struct effects *fx, const struct node *n)
{
	size_t moving = on_their_way(d, n, true);
	const struct instance *inst;

	for (size_t at = 0; moving < AT_ONCE && (inst = zone_next_home(d->zone, n->id, &at)) != NULL;)
		if (cc_has(inst, instance, node) && !cc_uuid_equal(inst->node, n->id) && send_one(d, cmd, fx, inst, n->name, &n->id))
			return true;
	return false;
}

void decide_drain_step(const struct decide *d, struct command *cmd, struct effects *fx)
{
	const struct node *n;

	for (size_t at = 0; (n = zone_next(d->zone, TABLE_NODE, &at)) != NULL;) {
		if (cc_has(n, node, draining) && cc_has(n, node, drain_until) && cmd->now_ms >= n->drain_until)
			end_drain(d, fx, n);
		else if (cc_has(n, node, draining) && send_away(d, cmd, fx, n))
			return;
		else if (n->state == NODE_READY && !cc_has(n, node, drained) && !cc_has(n, node, closed) && bring_back(d, cmd, fx, n))
			return;
	}
}
