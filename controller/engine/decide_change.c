/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of what is there already, as merge patches. */
#include "controller/engine/cap.h"
#include "controller/engine/decide.h"
#include "controller/engine/image_names.h"
#include "controller/engine/image_trust.h"
#include "controller/engine/publish.h"

static int check_node(const struct decide *d, const struct node *n, const struct instance *was, const struct instance *is, struct cc_error *err)
{
	if (n == NULL)
		return 0;
	if (decide_check_room("cpu_millis", was->cpu_millis, is->cpu_millis, n->granted_cpu_millis, n->used_cpu_millis, n->name, err) < 0 ||
	        decide_check_room("memory_mib", was->memory_mib, is->memory_mib, n->granted_memory_mib, n->used_memory_mib, n->name, err) < 0)
		return -1;
	if (decide_check_room("disk_mib", was->disk_mib, is->disk_mib, n->granted_disk_mib, n->used_disk_mib, n->name, err) < 0)
		return -1;
	if (decide_bandwidth(is) != decide_bandwidth(was) && decide_bandwidth(is) > 0 && !decide_has_feature(n, "bandwidth-limit"))
		return cc_fail(err, CONFLICT, "bandwidth_kbit: the node '%s' cannot limit it: its agent is too old, or only simulates", n->name);
	return publish_check(d->zone, n, is, was, err);
}

/* Both nodes of one that moves are charged with it. */
static int check_nodes(const struct decide *d, const struct instance *was, const struct instance *is, struct cc_error *err)
{
	if (cc_has(was, instance, other) && check_node(d, zone_find(d->zone, TABLE_NODE, was->other), was, is, err) < 0)
		return -1;
	return cc_has(was, instance, node) ? check_node(d, zone_find(d->zone, TABLE_NODE, was->node), was, is, err) : 0;
}

static int64_t growth(int64_t was, int64_t is)
{
	return is > was ? is - was : 0;
}

/* What the member may have. What does not grow is not asked about: the limit may have been lowered since. */
static int check_member(const struct decide *d, const struct instance *was, const struct instance *is, struct cc_error *err)
{
	const struct member *m = zone_find(d->zone, TABLE_MEMBER, was->member);
	struct zone_use more = { 0, growth(was->cpu_millis, is->cpu_millis), growth(was->memory_mib, is->memory_mib),
		growth(was->disk_mib, is->disk_mib) };

	if (m == NULL || (more.cpu_millis == 0 && more.memory_mib == 0 && more.disk_mib == 0))
		return 0;
	return cap_check(d->opt, d->zone, m, &more, err);
}

static int merge_labels(const struct command *cmd, const struct cc_map *changes, struct instance *inst, struct cc_error *err)
{
	size_t max = (size_t)cc_kind_info(CK_labels)->max;
	struct cc_map all = { .items = cc_new_array(cmd->arena, inst->labels.n + changes->n, struct cc_pair) };

	for (size_t i = 0; i < inst->labels.n; i++) {
		bool changes_it = false;

		for (size_t k = 0; k < changes->n; k++)
			changes_it |= strcmp(changes->items[k].key, inst->labels.items[i].key) == 0;
		if (!changes_it)
			all.items[all.n++] = inst->labels.items[i];
	}
	for (size_t k = 0; k < changes->n; k++)
		if (changes->items[k].value != NULL)
			all.items[all.n++] = changes->items[k];
	if (all.n > max)
		return cc_fail(err, INVALID, "labels: there would be %zu; %zu are allowed", all.n, max);
	cc_set(inst, instance, labels, all);
	return 0;
}

static bool is_up(const struct instance *inst)
{
	return inst->state == INST_RUNNING || inst->state == INST_UNREACHABLE;
}

/* The node measures again before it sets anything; this is what can be known here and told at once. */
static int check_used(const struct instance *was, const struct instance *is, struct cc_error *err)
{
	if (!is_up(was) || is->memory_mib >= was->memory_mib || !cc_has(was, instance, used_memory_mib) || is->memory_mib >= was->used_memory_mib)
		return 0;
	return cc_fail(err, CONFLICT,
	        "memory_mib: '%s' uses %lld of its %lld MiB, as its node last said, and %lld were asked for; let it use less, or stop it first (ccctl stop "
	        "%s)",
	        was->name, (long long)was->used_memory_mib, (long long)was->memory_mib, (long long)is->memory_mib, was->name);
}

/* A disk shrinks to no less than what its node last said is used. The node looks again where it can. */
static int check_disk(const struct instance *was, const struct instance *is, struct cc_error *err)
{
	if (is->disk_mib >= was->disk_mib)
		return 0;
	if (!cc_has(was, instance, used_disk_mib))
		return cc_fail(err, CONFLICT,
		        "disk_mib: '%s' has %lld MiB, and its node has not said yet how much of that is used; until then a disk can only grow",
		        was->name, (long long)was->disk_mib);
	if (is->disk_mib >= was->used_disk_mib)
		return 0;
	return cc_fail(err, CONFLICT,
	        "disk_mib: '%s' uses %lld of its %lld MiB, as its node last said, and %lld were asked for; delete files in it first", was->name,
	        (long long)was->used_disk_mib, (long long)was->disk_mib, (long long)is->disk_mib);
}

static void set_bandwidth(struct instance *inst, int64_t kbit)
{
	if (kbit > 0)
		cc_set(inst, instance, bandwidth_kbit, kbit);
	else
		cc_unset(inst, instance, bandwidth_kbit);
}

/* Fields without a bit stay. */
static int merge(const struct command *cmd, const struct instance_change *c, struct instance *inst, struct cc_error *err)
{
	if (cc_has(c, instance_change, cpu_millis))
		inst->cpu_millis = c->cpu_millis;
	if (cc_has(c, instance_change, memory_mib))
		inst->memory_mib = c->memory_mib;
	if (cc_has(c, instance_change, disk_mib))
		inst->disk_mib = c->disk_mib;
	if (cc_has(c, instance_change, pids))
		inst->pids = c->pids;
	if (cc_has(c, instance_change, bandwidth_kbit))
		set_bandwidth(inst, c->bandwidth_kbit);
	if (cc_has(c, instance_change, on_disconnect))
		inst->on_disconnect = c->on_disconnect;
	if (cc_has(c, instance_change, stateless) && c->stateless)
		cc_set(inst, instance, stateless, true);
	else if (cc_has(c, instance_change, stateless))
		cc_unset(inst, instance, stateless);
	if (cc_has(c, instance_change, publish) && publish_set(inst, c->publish.items, c->publish.n, cmd->arena, err) < 0)
		return -1;
	return cc_has(c, instance_change, labels) ? merge_labels(cmd, &c->labels, inst, err) : 0;
}

static bool same_limits(const struct instance *a, const struct instance *b)
{
	return a->cpu_millis == b->cpu_millis && a->memory_mib == b->memory_mib && a->disk_mib == b->disk_mib && a->pids == b->pids &&
	       decide_bandwidth(a) == decide_bandwidth(b) && publish_same(a, b);
}

/* What the node has to hear of. */
static void order(const struct instance *was, struct instance *is, struct effects *fx)
{
	if (same_limits(was, is) && was->on_disconnect == is->on_disconnect)
		return;
	if (!same_limits(was, is) && is_up(was)) {
		cc_set(is, instance, changing, true);
		is->reason = "";
	}
	is->ordered = 0;
	if (cc_has(was, instance, node))
		effects_wake(fx, was->node);
	if (cc_has(was, instance, other))
		effects_wake(fx, was->other);
}

int decide_instance_change(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_instance_change *args = cmd->args;
	const struct instance *was = zone_find_ref(d->zone, TABLE_INSTANCE, args->ref);
	struct instance is;

	if (was == NULL || !principal_may(&cmd->who, was->member))
		return cc_fail_missing(err, "instance", args->ref, "; see ccctl list");
	if (decide_check_revision(args->if_revision, was->revision, "instance", args->ref, err) < 0)
		return -1;
	if (was->state == INST_DELETING)
		return cc_fail(err, CONFLICT, "the instance '%s' is being deleted", was->name);
	is = *was;
	*ret_resource = was->id;
	if (merge(cmd, args->change, &is, err) < 0 || check_used(was, &is, err) < 0 || check_disk(was, &is, err) < 0 ||
	        check_member(d, was, &is, err) < 0 || check_nodes(d, was, &is, err) < 0)
		return -1;
	order(was, &is, fx);
	effects_put(fx, TABLE_INSTANCE, &is);
	decide_count(d, fx, was, -1);
	decide_count(d, fx, &is, 1);
	decide_count_other(d, fx, was, -1);
	decide_count_other(d, fx, &is, 1);
	return 0;
}

static int rename_image(const struct decide *d, const struct image *was, struct image *is, struct cc_error *err)
{
	const struct image *other = zone_find_image(d->zone, is->name, is->arch);

	if (decide_check_name(is->name, err) < 0)
		return -1;
	if (other != NULL && other != was)
		return cc_fail(err, CONFLICT, "there is another image '%s' already; choose another name", is->name);
	if (zone_find_name(d->zone, TABLE_IMAGE_ALIAS, is->name) != NULL)
		return cc_fail(err, CONFLICT, "'%s' is an alias; remove it first (ccctl image alias remove) or choose another name", is->name);
	return 0;
}

int decide_image_change(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_image_change *args = cmd->args;
	const struct image *was;
	struct image is;

	if (image_names_find_one(d->zone, args->ref, &was, err) < 0)
		return -1;
	if (!principal_may(&cmd->who, was->member))
		return cc_fail(err, DENIED, "the image '%s' belongs to another member", args->ref);
	*ret_resource = was->id;
	if (decide_check_revision(args->if_revision, was->revision, "image", args->ref, err) < 0)
		return -1;
	is = *was;
	if (cc_has(args->change, image_change, name)) {
		is.name = args->change->name;
		if (rename_image(d, was, &is, err) < 0)
			return -1;
	}
	if (cc_has(args->change, image_change, signatures) && image_trust_set(d->opt, &is, &args->change->signatures, err) < 0)
		return -1;
	if (args->change->has != 0)
		effects_put(fx, TABLE_IMAGE, &is);
	return 0;
}

int decide_invite_delete(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_invite_delete *args = cmd->args;
	const struct invite *inv = zone_find(d->zone, TABLE_INVITE, args->id);
	char id[CC_UUID_TEXT];

	if (inv == NULL)
		return cc_fail_missing(err, "invite", cc_uuid_format(args->id, id), "");
	if (cc_has(inv, invite, used))
		return cc_fail(err, CONFLICT, "the node '%s' has joined with this invitation already", inv->node_name);
	effects_remove(fx, TABLE_INVITE, args->id);
	*ret_resource = args->id;
	return 0;
}
