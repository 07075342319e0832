/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/cap.h"
#include "controller/engine/decide.h"
#include "controller/engine/image_names.h"
#include "controller/engine/image_trust.h"
#include "controller/engine/publish.h"
#include "controller/engine/record.h"
#include "controller/engine/wishes.h"

#define DEFAULT_CPU_MILLIS 1000
#define DEFAULT_MEMORY_MIB 128
#define DEFAULT_DISK_MIB   1024
#define DEFAULT_PIDS       512

/* What is asked for beyond what any node is known to have fits nowhere. */
static int32_t bounded(int64_t amount)
{
	return (int32_t)(amount < SCHED_AMOUNT_MAX ? amount : SCHED_AMOUNT_MAX);
}

static int request_of(const struct decide *d, const struct command *cmd, const struct instance *inst, uint32_t arches,
        const struct instance_spec *spec, const struct decide_volumes *volumes, struct sched_req *ret, struct cc_error *err)
{
	const struct node *asked;

	*ret = (struct sched_req){ .need = { [SCHED_CPU] = bounded(inst->cpu_millis),
		                           [SCHED_MEMORY] = bounded(inst->memory_mib),
		                           [SCHED_DISK] = bounded(inst->disk_mib + volumes->unplaced_mib) },
		.arches = arches,
		.features = SCHED_FEATURE_CONTAINER | (volumes->n > 0 ? SCHED_FEATURE_VOLUMES : 0) |
		            (decide_bandwidth(inst) > 0 ? SCHED_FEATURE_BANDWIDTH : 0),
		.only_node = SCHED_ANY,
		.seed = cmd->random & INT64_MAX };
	publish_barred(d->zone, inst, cmd->arena, &ret->barred[SCHED_BAR(PORT_CLOSED)], &ret->barred[SCHED_BAR(PORT_TAKEN)]);
	ret->barred[SCHED_BAR(UNWELCOME)] = zone_unwelcome(d->zone, zone_find(d->zone, TABLE_MEMBER, inst->member), cmd->arena);
	ret->n_own = zone_owned_nodes(d->zone, inst->member, &ret->own);
	if (wishes_say(d, cmd, inst, ret, err) < 0)
		return -1;
	if (volumes->bound_by != NULL)
		ret->only_node = zone_sched_index(d->zone, volumes->bound_by->node);
	if (!cc_has(spec, instance_spec, node))
		return 0;
	asked = zone_find_ref(d->zone, TABLE_NODE, spec->node);
	if (asked == NULL)
		return cc_fail_missing(err, "node", spec->node, "; see ccctl node list");
	if (volumes->bound_by != NULL && !cc_uuid_equal(volumes->bound_by->node, asked->id))
		return cc_fail(err, CONFLICT, "the volume '%s' is on another node than '%s', and volumes do not move; leave the node out",
		        volumes->bound_by->name, asked->name);
	ret->only_node = zone_sched_index(d->zone, asked->id);
	return publish_check(d->zone, asked, inst, NULL, err);
}

static int place(const struct decide *d, struct command *cmd, const struct sched_req *req, const struct instance_spec *spec,
        const struct decide_volumes *volumes, struct instance *inst, struct placement **ret, struct cc_error *err)
{
	const struct sched_nodes *nodes = zone_sched_nodes(d->zone);
	uint64_t *scratch = cc_new_array(cmd->arena, sched_scratch(nodes), uint64_t);
	struct sched_decision dec;
	struct record_of of = { .zone = d->zone,
		.cmd = cmd,
		.inst = inst,
		.spec = spec,
		.req = req,
		.opt = &d->opt->weights,
		.dec = &dec,
		.bound_by = volumes->bound_by };

	sched_place(nodes, req, of.opt, scratch, &dec);
	cmd->placement = *ret = record_new(&of);
	if (!dec.placed)
		return record_refuse(&of, *ret, err);
	cc_set(inst, instance, node, zone_sched_id(d->zone, dec.best[0].node));
	return 0;
}

/* What would have to be asked for to get such an instance, for the record. */
static struct instance_spec *asked_of(const struct command *cmd, const struct instance *inst, const struct image *img, const char *to)
{
	struct instance_spec *spec = cc_new(cmd->arena, struct instance_spec);

	spec->name = cc_arena_strdup(cmd->arena, inst->name);
	spec->image = cc_arena_strdup(cmd->arena, img->name);
	cc_set(spec, instance_spec, cpu_millis, inst->cpu_millis);
	cc_set(spec, instance_spec, memory_mib, inst->memory_mib);
	cc_set(spec, instance_spec, disk_mib, inst->disk_mib);
	cc_set(spec, instance_spec, pids, inst->pids);
	if (to != NULL)
		cc_set(spec, instance_spec, node, cc_arena_strdup(cmd->arena, to));
	return spec;
}

int decide_elsewhere(const struct decide *d, struct command *cmd, const struct instance *inst, const char *to, struct cc_uuid *ret,
        struct placement **ret_record, struct cc_error *err)
{
	const struct image *img = zone_find(d->zone, TABLE_IMAGE, inst->image);
	uint64_t *there = cc_new_array(cmd->arena, sched_words(zone_sched_nodes(d->zone)), uint64_t);
	const struct decide_volumes none = { 0 };
	struct instance_spec *spec = asked_of(cmd, inst, img, to);
	struct instance moved = *inst;
	struct sched_req req;

	if (request_of(d, cmd, inst, sched_arch_bit(img->arch), spec, &none, &req, err) < 0)
		return -1;
	sched_set_add(there, zone_sched_index(d->zone, inst->node));
	req.barred[SCHED_BAR(THERE)] = there;
	if (place(d, cmd, &req, spec, &none, &moved, ret_record, err) < 0)
		return -1;
	*ret = moved.node;
	return 0;
}

static void fill(const struct instance_spec *s, struct instance *inst)
{
	inst->cpu_millis = cc_has(s, instance_spec, cpu_millis) ? s->cpu_millis : DEFAULT_CPU_MILLIS;
	inst->memory_mib = cc_has(s, instance_spec, memory_mib) ? s->memory_mib : DEFAULT_MEMORY_MIB;
	inst->disk_mib = cc_has(s, instance_spec, disk_mib) ? s->disk_mib : DEFAULT_DISK_MIB;
	inst->pids = cc_has(s, instance_spec, pids) ? s->pids : DEFAULT_PIDS;
	inst->on_disconnect = cc_has(s, instance_spec, on_disconnect) ? s->on_disconnect : ON_DISCONNECT_KEEP;
	if (cc_has(s, instance_spec, labels))
		cc_set(inst, instance, labels, s->labels);
	if (cc_has(s, instance_spec, bandwidth_kbit) && s->bandwidth_kbit > 0)
		cc_set(inst, instance, bandwidth_kbit, s->bandwidth_kbit);
	wishes_take(s, inst);
	if (cc_has(s, instance_spec, stateless) && s->stateless)
		cc_set(inst, instance, stateless, true);
}

/* The scheduler gave a node of one of these architectures. */
static const struct image *image_of_node(const struct decide *d, const struct image_choice *choice, struct cc_uuid node)
{
	const struct node *n = zone_find(d->zone, TABLE_NODE, node);
	const struct image *img = n != NULL ? image_names_pick(d->zone, choice, n->arch) : NULL;

	CC_PRE(img != NULL);
	return img;
}

/* Everything that creating one decides; nothing is changed. *inst comes with its id. */
static int plan(const struct decide *d, struct command *cmd, const struct instance_spec *spec, struct instance *inst, struct placement **ret,
        struct decide_volumes *volumes, struct cc_error *err)
{
	const struct member *who = decide_member(d, cmd, err);
	struct image_choice image;
	struct sched_req req;

	if (who == NULL || decide_check_name(spec->name, err) < 0)
		return -1;
	if (zone_find_name(d->zone, TABLE_INSTANCE, spec->name) != NULL)
		return cc_fail(err, CONFLICT, "there is an instance '%s' already; choose another name, or delete it first", spec->name);
	if (image_names_resolve(d->zone, spec->image, &image, err) < 0)
		return -1;
	*inst = (struct instance){ .id = inst->id, .name = spec->name, .state = INST_REQUESTED, .desired = DESIRED_RUN, .epoch = 1 };
	inst->member = who->id;
	inst->created = cmd->now_ms;
	inst->reason = inst->address = "";
	fill(spec, inst);
	if (cc_has(spec, instance_spec, publish) && publish_set(inst, spec->publish.items, spec->publish.n, cmd->arena, err) < 0)
		return -1;
	if (cap_check(d->opt, d->zone, who, &(struct zone_use){ 1, inst->cpu_millis, inst->memory_mib, inst->disk_mib }, err) < 0)
		return -1;
	if (decide_volumes_find(d, cmd, spec, volumes, err) < 0 || request_of(d, cmd, inst, image.arches, spec, volumes, &req, err) < 0 ||
	        place(d, cmd, &req, spec, volumes, inst, ret, err) < 0)
		return -1;
	inst->image = image_of_node(d, &image, inst->node)->id;
	return image_trust_check(d->opt, zone_find(d->zone, TABLE_IMAGE, inst->image), err);
}

int decide_instance_plan(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_instance_plan *args = cmd->args;
	struct placement *placement;
	struct decide_volumes volumes;
	struct instance inst = { 0 };

	(void)fx, (void)ret_resource;
	return plan(d, cmd, args->spec, &inst, &placement, &volumes, err);
}

int decide_instance_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_instance_create *args = cmd->args;
	struct instance inst = { .id = args->id };
	struct placement *placement;
	struct decide_volumes volumes;

	if (plan(d, cmd, args->spec, &inst, &placement, &volumes, err) < 0)
		return -1;
	decide_move(d, fx, &inst, INST_EVENT_PLACED);
	effects_put(fx, TABLE_PLACEMENT, placement);
	decide_count(d, fx, &inst, 1);
	decide_volumes_attach(d, fx, &inst, &volumes);
	effects_wake(fx, inst.node);
	*ret_resource = inst.id;
	return 0;
}

static const struct {
	const char *verb;
	enum inst_event event;
	enum inst_desired desired;
	bool counts_boot;
} acts[ACT_MAX] = {
	[ACT_START] = { "start", INST_EVENT_START, DESIRED_RUN, false },
	[ACT_STOP] = { "stop", INST_EVENT_STOP, DESIRED_STOP, false },
	[ACT_RESTART] = { "restart", INST_EVENT_RESTART, DESIRED_RUN, true },
	[ACT_DELETE] = { "delete", INST_EVENT_DELETE, DESIRED_DELETE, false },
};

/* An owner rules over what is on their node, and learns of nothing else. */
static int check_owner(const struct decide *d, const struct command *cmd, const char *node, const struct instance *inst, struct cc_error *err)
{
	const struct node *n = zone_find_ref(d->zone, TABLE_NODE, node);
	const struct cmd_instance_act *args = cmd->args;

	if (n == NULL)
		return cc_fail_missing(err, "node", node, "; see ccctl node list");
	if (!principal_may(&cmd->who, n->owner))
		return cc_fail(err, DENIED, "this is for the owner of the node '%s' and admins", n->name);
	if (inst == NULL || !cc_has(inst, instance, node) || !cc_uuid_equal(inst->node, n->id))
		return cc_fail(err, NOT_FOUND, "no instance '%s' is on the node '%s'; see ccctl node guests %s", args->ref, n->name, n->name);
	return 0;
}

static int find_instance(const struct decide *d, const struct command *cmd, const struct instance **ret, struct cc_error *err)
{
	const struct cmd_instance_act *args = cmd->args;
	const struct instance *inst = zone_find_ref(d->zone, TABLE_INSTANCE, args->ref);

	if (args->on_node != NULL && check_owner(d, cmd, args->on_node, inst, err) < 0)
		return -1;
	if (inst == NULL || (args->on_node == NULL && !principal_may(&cmd->who, inst->member)))
		return cc_fail_missing(err, "instance", args->ref, "; see ccctl list");
	if (args->if_revision != 0 && args->if_revision != inst->revision)
		return cc_fail(err, PRECONDITION, "the instance '%s' changed since you read it; read it again", args->ref);
	*ret = inst;
	return 0;
}

/* What is stopped counts already; but the limit may have been lowered since. */
static int check_start(const struct decide *d, const struct instance *inst, struct cc_error *err)
{
	const struct member *m = zone_find(d->zone, TABLE_MEMBER, inst->member);

	if (inst->desired == DESIRED_RUN)
		return 0;
	return m != NULL ? cap_check(d->opt, d->zone, m, &(struct zone_use){ 0 }, err) : 0;
}

int decide_instance_act(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_instance_act *args = cmd->args;
	const struct inst_edge *edge;
	const struct instance *now;
	struct instance inst;

	if (find_instance(d, cmd, &now, err) < 0)
		return -1;
	inst = *now;
	*ret_resource = inst.id;
	edge = lifecycle_find(inst.state, acts[args->act].event);
	if (edge == NULL)
		return cc_fail(err, CONFLICT, "the instance '%s' is %s and cannot %s now", inst.name, cc_enum_slug(&inst_state_enum, (int)inst.state),
		        acts[args->act].verb);
	if (args->act != ACT_DELETE && !cc_has(&inst, instance, node))
		return cc_fail(err, CONFLICT, "the instance '%s' has no node any more and cannot %s; delete it, and create it anew", inst.name,
		        acts[args->act].verb);
	if (args->act == ACT_DELETE && !cc_has(&inst, instance, node)) {
		decide_remove_instance(d, fx, &inst);
		return 0;
	}
	if (args->act == ACT_START && check_start(d, &inst, err) < 0)
		return -1;
	if (edge->from == edge->to && !acts[args->act].counts_boot)
		return 0;
	/* A failed one is tried again only when the count moves: the node must see that somebody asked anew. */
	inst.boot_sn += acts[args->act].counts_boot || edge->from == INST_FAILED;
	inst.desired = acts[args->act].desired;
	inst.ordered = 0;
	inst.reason = "";
	if (inst.desired == DESIRED_STOP)
		decide_transfer_cancel(&inst, fx, cmd->now_ms, "it was stopped meanwhile");
	decide_move(d, fx, &inst, edge->event);
	effects_wake(fx, inst.node);
	if (cc_has(&inst, instance, other))
		effects_wake(fx, inst.other);
	return 0;
}
