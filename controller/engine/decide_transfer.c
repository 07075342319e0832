/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An instance goes from one node to another. Both nodes are charged with it until the last of it is gone from one, and each has an assignment of its own,
 * told apart by their epochs:
 *
 *   starting   `other` is where it goes. It runs on where it is until the other node sees it run: then the two change places, in one row.
 *   clearing   `other` has something left of it, where it was or where it did not come to run: to be removed there.
 *
 * Each node is told what should be, again and again if need be, so whoever is killed whenever: the instance is where `node` says. */
#include "controller/engine/decide.h"

#include <stdlib.h>

static const char *node_name(const struct decide *d, struct cc_uuid id)
{
	const struct node *n = zone_find(d->zone, TABLE_NODE, id);

	return n != NULL ? n->name : "?";
}

static int check_way(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	if (!cc_has(inst, instance, transfer))
		return 0;
	if (inst->transfer == TRANSFER_STARTING)
		return cc_fail(err, CONFLICT, "the instance '%s' is on its way to the node '%s' already", inst->name, node_name(d, inst->other));
	return cc_fail(err, CONFLICT, "the node '%s' has yet to remove what it has left of the instance '%s'; try again when it has",
	        node_name(d, inst->other), inst->name);
}

/* What is only on its node. */
static int check_files(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	const struct attachment *a = zone_next_of(d->zone, TABLE_ATTACHMENT, inst->id, &(size_t){ 0 });
	const struct volume *v = a != NULL ? zone_find(d->zone, TABLE_VOLUME, a->volume) : NULL;

	if (a != NULL)
		return cc_fail(err, CONFLICT, "the instance '%s' uses the volume '%s', which is on the node '%s', and volumes do not move",
		        inst->name, v != NULL ? v->name : "?", node_name(d, inst->node));
	if (zone_next_of(d->zone, TABLE_SNAPSHOT, inst->id, &(size_t){ 0 }) != NULL)
		return cc_fail(err, CONFLICT,
		        "the instance '%s' has snapshots, which are on the node '%s' and do not move; delete them first (ccctl snapshot list %s)",
		        inst->name, node_name(d, inst->node), inst->name);
	if (!cc_has(inst, instance, stateless))
		return cc_fail(err, CONFLICT,
		        "the files of the instance '%s' are on the node '%s'; if they do not matter, say so (ccctl set %s --stateless), and it is started anew "
		        "elsewhere",
		        inst->name, node_name(d, inst->node), inst->name);
	return 0;
}

int decide_transfer_check(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	if (inst->state == INST_DELETING || inst->state == INST_STOPPING)
		return cc_fail(
		        err, CONFLICT, "the instance '%s' is %s; it cannot move now", inst->name, cc_enum_slug(&inst_state_enum, (int)inst->state));
	if (!cc_has(inst, instance, node))
		return cc_fail(err, CONFLICT, "the instance '%s' has no node any more, and cannot move; delete it, and create it anew", inst->name);
	return check_way(d, inst, err) < 0 ? -1 : check_files(d, inst, err);
}

/* No two assignments of an instance have had the same number. */
static int64_t next_epoch(const struct instance *inst)
{
	int64_t most = cc_has(inst, instance, other_epoch) && inst->other_epoch > inst->epoch ? inst->other_epoch : inst->epoch;

	return most + 1;
}

static void wake_both(struct effects *fx, const struct instance *inst)
{
	effects_wake(fx, inst->node);
	effects_wake(fx, inst->other);
}

/* It is on the other node from now on, and what this one has is removed. */
static void change_places(struct instance *inst)
{
	struct cc_uuid from = inst->node;
	int64_t epoch = inst->epoch;

	cc_set(inst, instance, node, inst->other);
	inst->epoch = inst->other_epoch;
	cc_set(inst, instance, other, from);
	cc_set(inst, instance, other_epoch, epoch);
	cc_set(inst, instance, transfer, TRANSFER_CLEARING);
	cc_unset(inst, instance, stays);
	cc_unset(inst, instance, tried);
	if (cc_has(inst, instance, home) && cc_uuid_equal(inst->home, inst->node))
		cc_unset(inst, instance, home);
	inst->ordered = 0;
	inst->reason = inst->address = "";
	cc_unset(inst, instance, address6);
}

static void end(const struct decide *d, struct effects *fx, struct instance *inst)
{
	decide_count_other(d, fx, inst, -1);
	cc_unset(inst, instance, other);
	cc_unset(inst, instance, transfer);
}

int decide_transfer_begin(const struct decide *d, struct command *cmd, struct effects *fx, const struct instance *now, const char *to,
        const struct cc_uuid *home, struct cc_error *err)
{
	struct placement *record;
	struct instance inst = *now;
	struct cc_uuid node;

	if (decide_transfer_check(d, now, err) < 0 || decide_elsewhere(d, cmd, now, to, &node, &record, err) < 0)
		return -1;
	cc_set(&inst, instance, other_epoch, next_epoch(now));
	cc_set(&inst, instance, other, node);
	cc_set(&inst, instance, transfer, TRANSFER_STARTING);
	cc_unset(&inst, instance, stays);
	if (home != NULL)
		cc_set(&inst, instance, home, *home);
	else
		cc_unset(&inst, instance, home);
	inst.ordered = 0;
	decide_count_other(d, fx, &inst, 1);
	/* There is nothing to wait for. */
	if (inst.desired == DESIRED_STOP)
		change_places(&inst);
	if (inst.desired != DESIRED_STOP || !decide_move(d, fx, &inst, INST_EVENT_MOVED))
		effects_put(fx, TABLE_INSTANCE, &inst);
	effects_put(fx, TABLE_PLACEMENT, record);
	wake_both(fx, &inst);
	return 0;
}

void decide_transfer_cancel(struct instance *inst, struct effects *fx, int64_t now_ms, const char *why)
{
	if (!cc_has(inst, instance, transfer) || inst->transfer != TRANSFER_STARTING)
		return;
	cc_set(inst, instance, transfer, TRANSFER_CLEARING);
	cc_set(inst, instance, stays, why);
	cc_set(inst, instance, tried, now_ms);
	if (cc_has(inst, instance, home) && cc_uuid_equal(inst->home, inst->node))
		cc_unset(inst, instance, home);
	inst->ordered = 0;
	wake_both(fx, inst);
}

static void come_to_run(const struct decide *d, struct effects *fx, const struct instance *now)
{
	struct instance inst = *now;

	change_places(&inst);
	if (!decide_move(d, fx, &inst, INST_EVENT_MOVED))
		return;
	wake_both(fx, &inst);
}

static void fail_to_run(
        const struct decide *d, const struct command *cmd, struct effects *fx, const struct instance *now, const struct node_instance *seen)
{
	struct instance inst = *now;

	decide_transfer_cancel(&inst, fx, cmd->now_ms,
	        cc_printf(cmd->arena, "it could not be started on %s: %.400s", node_name(d, now->other),
	                cc_has(seen, node_instance, reason) ? seen->reason : "the node gave no reason"));
	effects_put(fx, TABLE_INSTANCE, &inst);
}

static void is_cleared(const struct decide *d, struct effects *fx, const struct instance *now)
{
	struct instance inst = *now;

	end(d, fx, &inst);
	effects_put(fx, TABLE_INSTANCE, &inst);
}

void decide_transfer_observe(
        const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node, const struct node_instance *seen)
{
	const struct instance *now = decide_newest(d, fx, TABLE_INSTANCE, seen->id);

	if (now == NULL || !cc_has(now, instance, other) || !cc_uuid_equal(now->other, node) || seen->epoch != now->other_epoch)
		return;
	if (now->transfer == TRANSFER_CLEARING && seen->state == OBSERVED_GONE)
		is_cleared(d, fx, now);
	else if (now->transfer == TRANSFER_STARTING && seen->state == OBSERVED_RUNNING && seen->boot_sn >= now->boot_sn)
		come_to_run(d, fx, now);
	else if (now->transfer == TRANSFER_STARTING && seen->state == OBSERVED_FAILED)
		fail_to_run(d, cmd, fx, now, seen);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cc_uuid));
}

void decide_transfer_absent(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct node_report *r, const struct cc_uuid *ids)
{
	const struct instance *old;

	for (size_t at = 0; (old = zone_next_other(d->zone, node, &at)) != NULL;) {
		const struct instance *now = decide_newest(d, fx, TABLE_INSTANCE, old->id);

		if (now != NULL && cc_has(now, instance, other) && cc_uuid_equal(now->other, node) && now->transfer == TRANSFER_CLEARING &&
		        r->revision >= now->ordered && now->ordered > 0 && bsearch(&now->id, ids, r->instances.n, sizeof(*ids), by_id) == NULL)
			is_cleared(d, fx, now);
	}
}

void decide_transfer_silent(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid node)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_other(d->zone, node, &at)) != NULL;) {
		struct instance inst = *(const struct instance *)decide_newest(d, fx, TABLE_INSTANCE, now->id);

		if (inst.transfer != TRANSFER_STARTING)
			continue;
		decide_transfer_cancel(&inst, fx, cmd->now_ms, cc_printf(cmd->arena, "%s fell silent before it ran there", node_name(d, node)));
		effects_put(fx, TABLE_INSTANCE, &inst);
	}
}

static void lose_target(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_other(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *now;

		decide_transfer_cancel(&inst, fx, cmd->now_ms, cc_printf(cmd->arena, "%s was removed from the zone", n->name));
		end(d, fx, &inst);
		effects_put(fx, TABLE_INSTANCE, &inst);
	}
}

static void lose_source(const struct decide *d, struct effects *fx, const struct node *n)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_of_node(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *now;

		if (!cc_has(now, instance, transfer))
			continue;
		if (inst.transfer == TRANSFER_STARTING && inst.state != INST_DELETING)
			change_places(&inst);
		end(d, fx, &inst);
		if (cc_uuid_equal(inst.node, n->id) || !decide_move(d, fx, &inst, INST_EVENT_MOVED))
			effects_put(fx, TABLE_INSTANCE, &inst);
	}
}

void decide_transfer_lose(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n)
{
	const struct instance *now;

	lose_target(d, cmd, fx, n);
	lose_source(d, fx, n);
	for (size_t at = 0; (now = zone_next_home(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *(const struct instance *)decide_newest(d, fx, TABLE_INSTANCE, now->id);

		cc_unset(&inst, instance, home);
		effects_put(fx, TABLE_INSTANCE, &inst);
	}
}

int decide_instance_move(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_instance_move *args = cmd->args;
	const struct instance *inst = zone_find_ref(d->zone, TABLE_INSTANCE, args->ref);

	if (inst == NULL || !principal_may(&cmd->who, inst->member))
		return cc_fail_missing(err, "instance", args->ref, "; see ccctl list");
	if (decide_check_revision(args->if_revision, inst->revision, "instance", args->ref, err) < 0)
		return -1;
	*ret_resource = inst->id;
	return decide_transfer_begin(d, cmd, fx, inst, args->to, NULL, err);
}
