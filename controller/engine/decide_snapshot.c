/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots are rows that the orders of their instance tell of: wanted ones are to be taken, deleting ones are left out. Nothing is taken or restored twice: what
 * a node has reported is ordered as something to keep, and a restore has a number.
 *
 * A snapshot counts like a volume: when it is asked for, with what its instance used as its node last told, and from then on with what it takes if that is more;
 * but never for more than the instance's disk limit, whatever a node says. It never counts for less until it is gone: in a batch, instances are written before
 * snapshots, so what one gave back another could not have yet. */
#include "controller/engine/cap.h"
#include "controller/engine/decide.h"

static const struct instance *find_instance(const struct decide *d, const struct command *cmd, const char *ref, struct cc_error *err)
{
	const struct instance *inst = zone_find_ref(d->zone, TABLE_INSTANCE, ref);

	if (inst != NULL && principal_may(&cmd->who, inst->member))
		return inst;
	cc_fail_missing(err, "instance", ref, "; see ccctl list");
	return NULL;
}

static const struct snapshot *find_snapshot(const struct decide *d, const struct instance *inst, const char *ref)
{
	const struct snapshot *s;
	char id[CC_UUID_TEXT];

	for (size_t at = 0; (s = zone_next_of(d->zone, TABLE_SNAPSHOT, inst->id, &at)) != NULL;)
		if (strcmp(s->name, ref) == 0 || strcmp(cc_uuid_format(s->id, id), ref) == 0)
			return s;
	return NULL;
}

static const struct snapshot *get_snapshot(const struct decide *d, const struct instance *inst, const char *ref, struct cc_error *err)
{
	const struct snapshot *s = find_snapshot(d, inst, ref);

	if (s == NULL)
		cc_fail_missing(err, "snapshot", ref, "; see ccctl snapshot list");
	return s;
}

/* Its node is to hear of it. */
static void order_anew(struct effects *fx, const struct instance *now)
{
	struct instance inst = *now;

	inst.ordered = 0;
	effects_put(fx, TABLE_INSTANCE, &inst);
	if (cc_has(now, instance, node))
		effects_wake(fx, now->node);
}

static int check_state(const struct instance *inst, const char *what, struct cc_error *err)
{
	if (inst->state == INST_DELETING)
		return cc_fail(err, CONFLICT, "the instance '%s' is being deleted", inst->name);
	if (!cc_has(inst, instance, node))
		return cc_fail(err, CONFLICT, "the instance '%s' has no node any more, and its files are lost; delete it", inst->name);
	if (cc_has(inst, instance, restore))
		return cc_fail(err, CONFLICT, "the instance '%s' is just being restored; wait until that is over to %s", inst->name, what);
	return 0;
}

static int check_node(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	const struct node *n = zone_find(d->zone, TABLE_NODE, inst->node);

	if (n != NULL && decide_has_feature(n, "snapshots"))
		return 0;
	return cc_fail(err, CONFLICT, "the node '%s' cannot take snapshots; its owner may have to install a newer agent", n != NULL ? n->name : "?");
}

static int check_count(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	int64_t max = d->opt->snapshots_max > 0 ? d->opt->snapshots_max : ENGINE_SNAPSHOTS_USUAL, n = 0;

	for (size_t at = 0; zone_next_of(d->zone, TABLE_SNAPSHOT, inst->id, &at) != NULL;)
		n++;
	if (n < max)
		return 0;
	return cc_fail(err, QUOTA,
	        "the instance '%s' has %lld snapshots, which is the most that the zone allows; delete one (ccctl snapshot list %s)", inst->name,
	        (long long)n, inst->name);
}

static int64_t size_of(const struct instance *inst, int64_t mib)
{
	return mib < inst->disk_mib ? mib : inst->disk_mib;
}

static int check_room(const struct decide *d, const struct instance *inst, int64_t mib, struct cc_error *err)
{
	const struct node *n = zone_find(d->zone, TABLE_NODE, inst->node);
	const struct member *m = zone_find(d->zone, TABLE_MEMBER, inst->member);

	if (m != NULL && cap_check(d->opt, d->zone, m, &(struct zone_use){ .disk_mib = mib }, err) < 0)
		return -1;
	return n != NULL ? decide_check_room("MiB of the snapshot", 0, mib, n->granted_disk_mib, n->used_disk_mib, n->name, err) : 0;
}

/* The first of snap0, snap1, ... that is free. */
static const char *free_name(const struct decide *d, const struct command *cmd, const struct instance *inst)
{
	for (int i = 0;; i++) {
		const char *name = cc_printf(cmd->arena, "snap%d", i);

		if (find_snapshot(d, inst, name) == NULL)
			return name;
	}
}

int decide_snapshot_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_snapshot_create *args = cmd->args;
	const struct instance *inst = find_instance(d, cmd, args->instance, err);
	struct snapshot s = { .id = args->id, .state = SNAPSHOT_WANTED, .reason = "", .created = cmd->now_ms };

	if (inst == NULL || check_state(inst, "take a snapshot", err) < 0 || check_node(d, inst, err) < 0 || check_count(d, inst, err) < 0)
		return -1;
	s.size_mib = size_of(inst, cc_has(inst, instance, used_disk_mib) ? inst->used_disk_mib : 0);
	if (check_room(d, inst, s.size_mib, err) < 0)
		return -1;
	s.name = cc_has(args->spec, snapshot_spec, name) ? args->spec->name : free_name(d, cmd, inst);
	if (decide_check_name(s.name, err) < 0)
		return -1;
	if (find_snapshot(d, inst, s.name) != NULL)
		return cc_fail(
		        err, CONFLICT, "the instance '%s' has a snapshot '%s' already; choose another name, or delete it first", inst->name, s.name);
	s.instance = inst->id;
	s.member = inst->member;
	s.node = inst->node;
	effects_put(fx, TABLE_SNAPSHOT, &s);
	decide_count_disk(d, fx, s.node, s.size_mib);
	order_anew(fx, inst);
	*ret_resource = s.id;
	return 0;
}

static void remove_snapshot(const struct decide *d, struct effects *fx, const struct snapshot *s)
{
	effects_remove(fx, TABLE_SNAPSHOT, s->id);
	decide_count_disk(d, fx, s->node, -s->size_mib);
}

int decide_snapshot_delete(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_snapshot_delete *args = cmd->args;
	const struct instance *inst = find_instance(d, cmd, args->instance, err);
	const struct snapshot *now = inst != NULL ? get_snapshot(d, inst, args->snapshot, err) : NULL;
	struct snapshot s;

	if (now == NULL || decide_check_revision(args->if_revision, now->revision, "snapshot", args->snapshot, err) < 0)
		return -1;
	if (cc_has(inst, instance, restore) && cc_uuid_equal(inst->restore, now->id))
		return cc_fail(
		        err, CONFLICT, "the instance '%s' is just being restored from '%s'; delete it when that is over", inst->name, now->name);
	*ret_resource = now->id;
	if (now->state == SNAPSHOT_DELETING)
		return 0;
	s = *now;
	s.state = SNAPSHOT_DELETING;
	/* Nobody has to be waited for: what a node has that it should not have goes with the next orders. */
	if (now->state != SNAPSHOT_READY || !cc_has(inst, instance, node))
		remove_snapshot(d, fx, now);
	else
		effects_put(fx, TABLE_SNAPSHOT, &s);
	order_anew(fx, inst);
	return 0;
}

static int check_runs(const struct instance *inst, const char *snapshot, bool restart, struct cc_error *err)
{
	if (restart || inst->desired != DESIRED_RUN || inst->state == INST_FAILED)
		return 0;
	return cc_fail(err, CONFLICT,
	        "the instance '%s' is %s; stop it first (ccctl stop %s), or give --restart: ccctl snapshot restore %s %s --restart", inst->name,
	        cc_enum_slug(&inst_state_enum, (int)inst->state), inst->name, inst->name, snapshot);
}

int decide_snapshot_restore(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_snapshot_restore *args = cmd->args;
	const struct instance *now = find_instance(d, cmd, args->instance, err);
	const struct snapshot *s = now != NULL ? get_snapshot(d, now, args->snapshot, err) : NULL;
	struct instance inst;
	struct snapshot clean;

	if (s == NULL || check_state(now, "restore it again", err) < 0)
		return -1;
	if (s->state != SNAPSHOT_READY)
		return cc_fail(err, CONFLICT, "the snapshot '%s' is %s; only one that is ready can be restored", s->name,
		        cc_enum_slug(&snapshot_state_enum, (int)s->state));
	if (check_runs(now, s->name, args->restart, err) < 0)
		return -1;
	inst = *now;
	cc_set(&inst, instance, restore_sn, inst.restore_sn + 1);
	cc_set(&inst, instance, restore, s->id);
	inst.reason = "";
	clean = *s;
	clean.reason = "";
	effects_put(fx, TABLE_SNAPSHOT, &clean);
	order_anew(fx, &inst);
	*ret_resource = inst.id;
	return 0;
}

static const struct node_stored *reported(const struct node_instance *seen, struct cc_uuid id)
{
	for (size_t i = 0; i < seen->snapshots.n; i++)
		if (cc_uuid_equal(seen->snapshots.items[i].id, id) && seen->snapshots.items[i].state != STORED_GONE)
			return &seen->snapshots.items[i];
	return NULL;
}

static bool is_there(const struct decide *d, struct effects *fx, const struct snapshot *now, const struct node_stored *seen)
{
	const struct instance *inst = decide_newest(d, fx, TABLE_INSTANCE, now->instance);
	struct snapshot s = *now;
	int64_t takes_mib;

	if (now->state != SNAPSHOT_WANTED && now->state != SNAPSHOT_FAILED)
		return false;
	s.state = SNAPSHOT_READY;
	s.reason = "";
	if (cc_has(seen, node_stored, bytes)) {
		cc_set(&s, snapshot, bytes, seen->bytes);
		takes_mib = size_of(inst, seen->bytes / (1 << 20) + (seen->bytes % (1 << 20) > 0));
		s.size_mib = takes_mib > s.size_mib ? takes_mib : s.size_mib;
	}
	effects_put(fx, TABLE_SNAPSHOT, &s);
	decide_count_disk(d, fx, s.node, s.size_mib - now->size_mib);
	return true;
}

static bool is_failed(struct effects *fx, const struct snapshot *now, const char *why)
{
	struct snapshot s = *now;

	if (now->state != SNAPSHOT_WANTED && now->state != SNAPSHOT_READY)
		return false;
	s.state = SNAPSHOT_FAILED;
	s.reason = why;
	effects_put(fx, TABLE_SNAPSHOT, &s);
	return true;
}

/* True when the orders are others now. */
static bool is_absent(const struct decide *d, struct effects *fx, const struct snapshot *now, int64_t revision)
{
	if (now->state == SNAPSHOT_READY)
		return is_failed(fx, now, "its node does not have it any more; delete it");
	if (now->state == SNAPSHOT_DELETING && revision >= now->revision)
		remove_snapshot(d, fx, now);
	return false;
}

static bool observe_one(const struct decide *d, struct effects *fx, const struct snapshot *now, const struct node_stored *seen, int64_t revision)
{
	if (seen == NULL)
		return is_absent(d, fx, now, revision);
	if (seen->state == STORED_READY)
		return is_there(d, fx, now, seen);
	return is_failed(fx, now, cc_has(seen, node_stored, reason) ? seen->reason : "its node gave no reason");
}

/* The restore that was asked for last is over. */
static bool observe_restore(
        const struct decide *d, const struct command *cmd, struct effects *fx, struct instance *inst, const struct node_instance *seen)
{
	const struct snapshot *from;
	struct snapshot s;

	if (!cc_has(inst, instance, restore) || !cc_has(seen, node_instance, restore_sn) || seen->restore_sn < inst->restore_sn)
		return false;
	from = decide_newest(d, fx, TABLE_SNAPSHOT, inst->restore);
	if (from != NULL && cc_has(seen, node_instance, restore_failed)) {
		s = *from;
		s.reason = cc_printf(cmd->arena, "could not be restored: %s", seen->restore_failed);
		effects_put(fx, TABLE_SNAPSHOT, &s);
	}
	cc_unset(inst, instance, restore);
	return true;
}

void decide_observe_snapshots(const struct decide *d, const struct command *cmd, struct effects *fx, struct cc_uuid instance,
        const struct node_instance *seen, int64_t revision)
{
	struct instance inst = *(const struct instance *)decide_newest(d, fx, TABLE_INSTANCE, instance);
	const struct snapshot *s;
	bool others = false;

	for (size_t at = 0; cc_has(seen, node_instance, snapshots) && (s = zone_next_of(d->zone, TABLE_SNAPSHOT, instance, &at)) != NULL;)
		others |= observe_one(d, fx, s, reported(seen, s->id), revision);
	others |= observe_restore(d, cmd, fx, &inst, seen);
	if (others)
		order_anew(fx, &inst);
}

void decide_remove_snapshots(const struct decide *d, struct effects *fx, struct cc_uuid instance)
{
	const struct snapshot *s, *newest;

	for (size_t at = 0; (s = zone_next_of(d->zone, TABLE_SNAPSHOT, instance, &at)) != NULL;) {
		newest = decide_newest(d, fx, TABLE_SNAPSHOT, s->id);
		if (newest != NULL)
			remove_snapshot(d, fx, newest);
	}
}
