/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an admin does to a node: drain it, cap it, remove it. */
#include "controller/engine/decide.h"

#define DEADLINE_MAX_S (365 * 86400)

static const struct node *find_node(const struct decide *d, const char *ref, struct cc_error *err)
{
	const struct node *n = zone_find_ref(d->zone, TABLE_NODE, ref);

	if (n == NULL)
		cc_fail_missing(err, "node", ref, "; see ccctl node list");
	return n;
}

static void set_drain(struct node *n, const struct cmd_node_drain *args, int64_t now_ms)
{
	const struct node_drain *drain = args->drain;

	cc_unset(n, node, draining);
	cc_unset(n, node, drain_until);
	cc_unset(n, node, drain_stops);
	if (drain == NULL || !cc_has(drain, node_drain, move) || !drain->move)
		return;
	cc_set(n, node, draining, true);
	if (cc_has(drain, node_drain, deadline_s))
		cc_set(n, node, drain_until, now_ms + drain->deadline_s * 1000);
	if (cc_has(drain, node_drain, stop) && drain->stop)
		cc_set(n, node, drain_stops, true);
}

/* Nobody is to be told any more why it did not leave; and with `stays` nothing returns either. */
static void forget_drain(const struct decide *d, struct effects *fx, const struct node *n, bool stays)
{
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_of_node(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *now;

		cc_unset(&inst, instance, stays);
		cc_unset(&inst, instance, tried);
		if (inst.has != now->has)
			effects_put(fx, TABLE_INSTANCE, &inst);
	}
	for (size_t at = 0; stays && (now = zone_next_home(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *(const struct instance *)decide_newest(d, fx, TABLE_INSTANCE, now->id);

		cc_unset(&inst, instance, home);
		effects_put(fx, TABLE_INSTANCE, &inst);
	}
}

static int check_drain(const struct node_drain *drain, struct cc_error *err)
{
	bool moves = drain != NULL && cc_has(drain, node_drain, move) && drain->move;

	if (drain != NULL && cc_has(drain, node_drain, deadline_s) && (!moves || drain->deadline_s < 1 || drain->deadline_s > DEADLINE_MAX_S))
		return cc_fail(err, INVALID, "deadline_s: from 1 to %d seconds, and only with move", DEADLINE_MAX_S);
	if (drain != NULL && cc_has(drain, node_drain, stop) && drain->stop && !cc_has(drain, node_drain, deadline_s))
		return cc_fail(err, INVALID, "stop: needs a deadline");
	return 0;
}

int decide_node_drain(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_node_drain *args = cmd->args;
	const struct node *now = find_node(d, args->ref, err);
	struct node n;

	if (now == NULL || check_drain(args->drain, err) < 0)
		return -1;
	n = *now;
	*ret_resource = n.id;
	if (args->reason != NULL)
		cc_set(&n, node, drained, args->reason);
	else
		cc_unset(&n, node, drained);
	set_drain(&n, args, cmd->now_ms);
	if (args->reason == NULL)
		forget_drain(d, fx, now, args->no_return);
	if (n.has == now->has && !cc_has(&n, node, drain_until) && (args->reason == NULL || strcmp(n.drained, now->drained) == 0))
		return 0;
	effects_put(fx, TABLE_NODE, &n);
	return 0;
}

#define CAP(field)                                         \
	if (cc_has(cap, node_cap, field))                  \
		cc_set(&n, node, cap_##field, cap->field); \
	else                                               \
		cc_unset(&n, node, cap_##field);

int decide_node_cap(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_node_cap *args = cmd->args;
	const struct node_cap *cap = args->cap;
	const struct node *now = find_node(d, args->ref, err);
	struct node n;

	if (now == NULL)
		return -1;
	n = *now;
	CAP(cpu_millis)
	CAP(memory_mib)
	CAP(disk_mib)
	CAP(instances)
	decide_grant(d->opt, &n);
	effects_put(fx, TABLE_NODE, &n);
	*ret_resource = n.id;
	return 0;
}

static size_t count_volumes(const struct decide *d, const struct node *n)
{
	size_t count = 0;

	for (size_t at = 0; zone_next_of(d->zone, TABLE_VOLUME, n->id, &at) != NULL;)
		count++;
	return count;
}

static int check_removal(const struct decide *d, const struct node *n, bool force, struct cc_error *err)
{
	size_t volumes = count_volumes(d, n);

	if (n->used_instances == 0 && volumes == 0)
		return 0;
	if (!force && n->used_instances == 0)
		return cc_fail(err, CONFLICT,
		        "%zu volumes are on the node '%s'; have them deleted (ccctl volume list --filter node=%s), or give them up with their files (ccctl "
		        "node remove %s --force)",
		        volumes, n->name, n->name, n->name);
	if (!force)
		return cc_fail(err, CONFLICT,
		        "%lld instances are assigned to the node '%s'; drain it and wait until they are deleted (ccctl node drain %s --wait), or "
		        "give them up (ccctl node remove %s --force)",
		        (long long)n->used_instances, n->name, n->name, n->name);
	if (n->state == NODE_READY && !cc_has(n, node, drained))
		return cc_fail(err, CONFLICT,
		        "the node '%s' still reports and runs its instances; drain it first (ccctl node drain %s), which says so to their members",
		        n->name, n->name);
	return 0;
}

/* Its instances stay as rows, so that their members learn what became of them; what was being deleted is. */
static void give_up(const struct decide *d, const struct command *cmd, struct effects *fx, const struct node *n)
{
	const struct cmd_node_remove *args = cmd->args;
	const char *why = cc_printf(cmd->arena, "its node '%s' %s; delete it, and create it anew", n->name,
	        args->leaves ? "was purged by its owner and left the zone" : "was removed from the zone");
	const struct instance *now;

	for (size_t at = 0; (now = zone_next_of_node(d->zone, n->id, &at)) != NULL;) {
		struct instance inst = *(const struct instance *)decide_newest(d, fx, TABLE_INSTANCE, now->id);

		if (!cc_uuid_equal(inst.node, n->id))
			continue;
		if (inst.state == INST_DELETING) {
			decide_remove_instance(d, fx, &inst);
			continue;
		}
		decide_count(d, fx, &inst, -1);
		decide_remove_snapshots(d, fx, inst.id);
		cc_unset(&inst, instance, restore);
		cc_unset(&inst, instance, node);
		inst.reason = why;
		inst.address = "";
		cc_unset(&inst, instance, address6);
		decide_move(d, fx, &inst, INST_EVENT_LOST);
	}
}

static void forget_invites_of(const struct decide *d, struct effects *fx, struct cc_uuid node)
{
	const struct invite *inv;

	for (size_t at = 0; (inv = zone_next(d->zone, TABLE_INVITE, &at)) != NULL;)
		if (cc_has(inv, invite, node) && cc_uuid_equal(inv->node, node))
			effects_remove(fx, TABLE_INVITE, inv->id);
}

int decide_node_remove(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_node_remove *args = cmd->args;
	const struct node *n = find_node(d, args->ref, err);

	(void)ret_resource;
	if (n == NULL || (!args->leaves && check_removal(d, n, args->force, err) < 0))
		return -1;
	decide_transfer_lose(d, cmd, fx, n);
	give_up(d, cmd, fx, n);
	decide_lose_volumes(d, cmd, fx, n);
	forget_invites_of(d, fx, n->id);
	effects_remove(fx, TABLE_NODE, n->id);
	effects_wake(fx, n->id);
	return 0;
}
