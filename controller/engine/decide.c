/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/decide.h"

const struct member *decide_member(const struct decide *d, const struct command *cmd, struct cc_error *err)
{
	const struct member *m;

	if (cmd->who.who == WHO_ADMIN && cc_uuid_is_nil(cmd->who.id))
		m = zone_find_name(d->zone, TABLE_MEMBER, DECIDE_ADMIN_NAME);
	else
		m = zone_find(d->zone, TABLE_MEMBER, cmd->who.id);
	if (m == NULL)
		cc_fail(err, DENIED, "this needs a member's account");
	return m;
}

int decide_check_name(const char *name, struct cc_error *err)
{
	struct cc_error ignored;
	struct cc_uuid id;

	return cc_uuid_parse(name, &id, &ignored) == 0 ? cc_fail(err, INVALID, "the name '%s' looks like an id; choose another", name) : 0;
}

const void *decide_newest(const struct decide *d, const struct effects *fx, enum table t, struct cc_uuid id)
{
	for (size_t i = fx->n; i-- > d->from;)
		if (fx->items[i].table == t && cc_uuid_equal(fx->items[i].id, id))
			return fx->items[i].row != NULL ? fx->items[i].row->values : NULL;
	return zone_find(d->zone, t, id);
}

static int64_t granted(int64_t offer, int64_t percent, int64_t used)
{
	int64_t g;

	if (__builtin_mul_overflow(offer, percent, &g))
		g = INT64_MAX;
	g /= 100;
	return g > used ? g : used;
}

static int64_t below_cap(int64_t granted_now, bool capped, int64_t cap, int64_t used)
{
	int64_t most = capped && cap < granted_now ? cap : granted_now;

	return most > used ? most : used;
}

/* The least of what the owner offers times overcommit and what an admin caps; what is used stays granted until it is given back. */
void decide_grant(const struct engine_options *opt, struct node *n)
{
#define GRANT(field, percent) \
	n->granted_##field =  \
	        below_cap(granted(n->offer_##field, (percent), n->used_##field), cc_has(n, node, cap_##field), n->cap_##field, n->used_##field);
	GRANT(cpu_millis, opt->overcommit_cpu_percent)
	GRANT(memory_mib, opt->overcommit_memory_percent)
	GRANT(disk_mib, opt->overcommit_disk_percent)
	GRANT(instances, 100)
#undef GRANT
}

static void count(const struct decide *d, struct effects *fx, struct cc_uuid node, const struct zone_use *more)
{
	const struct node *now = decide_newest(d, fx, TABLE_NODE, node);
	struct node n;

	if (now == NULL)
		return;
	n = *now;
	n.used_cpu_millis += more->cpu_millis;
	n.used_memory_mib += more->memory_mib;
	n.used_disk_mib += more->disk_mib;
	n.used_instances += more->instances;
	decide_grant(d->opt, &n);
	effects_put(fx, TABLE_NODE, &n);
}

void decide_count(const struct decide *d, struct effects *fx, const struct instance *inst, int sign)
{
	struct zone_use use = { sign, sign * inst->cpu_millis, sign * inst->memory_mib, sign * inst->disk_mib };

	if (cc_has(inst, instance, node))
		count(d, fx, inst->node, &use);
}

void decide_count_other(const struct decide *d, struct effects *fx, const struct instance *inst, int sign)
{
	struct instance there = *inst;

	if (!cc_has(inst, instance, other))
		return;
	cc_set(&there, instance, node, inst->other);
	decide_count(d, fx, &there, sign);
}

void decide_count_disk(const struct decide *d, struct effects *fx, struct cc_uuid node, int64_t mib)
{
	count(d, fx, node, &(struct zone_use){ .disk_mib = mib });
}

int64_t decide_bandwidth(const struct instance *inst)
{
	return cc_has(inst, instance, bandwidth_kbit) ? inst->bandwidth_kbit : 0;
}

bool decide_has_feature(const struct node *n, const char *feature)
{
	for (size_t i = 0; i < n->features.n; i++)
		if (strcmp(n->features.items[i], feature) == 0)
			return true;
	return false;
}

int decide_check_revision(int64_t wanted, int64_t revision, const char *what, const char *ref, struct cc_error *err)
{
	if (wanted == 0 || wanted == revision)
		return 0;
	return cc_fail(err, PRECONDITION, "the %s '%s' changed since you read it; read it again", what, ref);
}

int decide_check_room(const char *what, int64_t was, int64_t is, int64_t granted_now, int64_t used, const char *node, struct cc_error *err)
{
	int64_t most = granted_now - used + was;

	if (is <= was || is <= most)
		return 0;
	return cc_fail(
	        err, NO_CAPACITY, "%s: the node '%s' has room for %lld at most, %lld were asked for", what, node, (long long)most, (long long)is);
}

static void remove_all_of(const struct decide *d, struct effects *fx, enum table t, struct cc_uuid parent)
{
	const struct row_head *row;

	for (size_t at = 0; (row = zone_next_of(d->zone, t, parent, &at)) != NULL;)
		effects_remove(fx, t, row->id);
}

/* Who looks at a volume sees who uses it. */
static void touch_volumes(const struct decide *d, struct effects *fx, struct cc_uuid instance)
{
	const struct attachment *a;

	for (size_t at = 0; (a = zone_next_of(d->zone, TABLE_ATTACHMENT, instance, &at)) != NULL;) {
		const struct volume *v = decide_newest(d, fx, TABLE_VOLUME, a->volume);

		if (v != NULL)
			effects_put(fx, TABLE_VOLUME, v);
	}
}

void decide_remove_instance(const struct decide *d, struct effects *fx, const struct instance *inst)
{
	touch_volumes(d, fx, inst->id);
	decide_remove_snapshots(d, fx, inst->id);
	remove_all_of(d, fx, TABLE_ATTACHMENT, inst->id);
	if (decide_newest(d, fx, TABLE_PLACEMENT, inst->id) != NULL)
		effects_remove(fx, TABLE_PLACEMENT, inst->id);
	effects_remove(fx, TABLE_INSTANCE, inst->id);
	decide_count(d, fx, inst, -1);
	decide_count_other(d, fx, inst, -1);
	if (cc_has(inst, instance, node))
		effects_wake(fx, inst->node);
	if (cc_has(inst, instance, other))
		effects_wake(fx, inst->other);
}

bool decide_move(const struct decide *d, struct effects *fx, struct instance *inst, enum inst_event event)
{
	const struct inst_edge *edge = lifecycle_find(inst->state, event);

	if (edge == NULL)
		return false;
	if (edge->from == INST_DELETING && event == INST_EVENT_GONE) {
		decide_remove_instance(d, fx, inst);
		return true;
	}
	inst->state = edge->to;
	effects_put(fx, TABLE_INSTANCE, inst);
	return true;
}
