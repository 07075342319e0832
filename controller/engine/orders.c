/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/orders.h"

static void fill(const struct zone *z, const struct instance *inst, struct assignment *ret, struct cc_arena *a)
{
	const struct image *img = zone_find(z, TABLE_IMAGE, inst->image);
	const struct node *node = zone_find(z, TABLE_NODE, inst->node);
	const struct member *who = zone_find(z, TABLE_MEMBER, inst->member);

	*ret = (struct assignment){ .id = inst->id,
		.name = cc_arena_strdup(a, inst->name),
		.epoch = inst->epoch,
		.boot_sn = inst->boot_sn,
		.desired = inst->desired,
		.image_sha256 = cc_arena_strdup(a, img->sha256),
		.image_bytes = img->bytes,
		.cpu_millis = inst->cpu_millis,
		.memory_mib = inst->memory_mib,
		.disk_mib = inst->disk_mib,
		.pids = inst->pids,
		.on_disconnect = inst->on_disconnect };
	if (who != NULL)
		cc_set(ret, assignment, member_name, cc_arena_strdup(a, who->name));
	if (node != NULL && cc_uuid_equal(inst->member, node->owner))
		cc_set(ret, assignment, own, true);
	cc_set(ret, assignment, member, inst->member);
	if (!cc_has(inst, instance, publish))
		return;
	ret->has |= CC_BIT(assignment_f_publish);
	ret->publish.n = inst->publish.n;
	ret->publish.items = cc_new_array(a, inst->publish.n, struct published_port);
	memcpy(ret->publish.items, inst->publish.items, inst->publish.n * sizeof(struct published_port));
}

static size_t count_of(const struct zone *z, struct cc_uuid node)
{
	size_t n = 0;

	for (size_t at = 0; zone_next_of_node(z, node, &at) != NULL;)
		n++;
	return n;
}

static bool belongs_here(const struct zone *z, struct cc_uuid node, struct cc_uuid id)
{
	const struct instance *inst = zone_find(z, TABLE_INSTANCE, id);

	return inst != NULL && cc_has(inst, instance, node) && cc_uuid_equal(inst->node, node);
}

int orders_build(const struct zone *z, const struct node_report *r, struct cc_uuid node, struct node_orders *ret, struct cc_arena *a)
{
	bool full = r->revision == 0 || r->revision > zone_revision(z);
	const struct instance *inst;

	*ret = (struct node_orders){ .revision = zone_revision(z), .full = full };
	ret->assignments.items = cc_new_array(a, count_of(z, node), struct assignment);
	for (size_t at = 0; (inst = zone_next_of_node(z, node, &at)) != NULL;)
		if (full || inst->ordered > r->revision)
			fill(z, inst, &ret->assignments.items[ret->assignments.n++], a);
	ret->drop.items = cc_new_array(a, r->instances.n, struct cc_uuid);
	for (size_t i = 0; i < r->instances.n; i++)
		if (r->instances.items[i].state != OBSERVED_GONE && !belongs_here(z, node, r->instances.items[i].id))
			ret->drop.items[ret->drop.n++] = r->instances.items[i].id;
	return full || ret->assignments.n > 0 || ret->drop.n > 0;
}

static bool is_settled(const struct instance *inst)
{
	if (inst->desired == DESIRED_RUN && inst->on_disconnect == ON_DISCONNECT_STOP)
		return false;
	switch (inst->state) {
	case INST_RUNNING:
		return inst->desired == DESIRED_RUN;
	case INST_STOPPED:
		return inst->desired == DESIRED_STOP;
	case INST_FAILED: /* not tried again until asked */
		return true;
	default:
		return false;
	}
}

bool orders_are_settled(const struct zone *z, struct cc_uuid node)
{
	const struct node *n = zone_find(z, TABLE_NODE, node);
	const struct instance *inst;

	if (n == NULL || n->state != NODE_READY)
		return false;
	for (size_t at = 0; (inst = zone_next_of_node(z, node, &at)) != NULL;)
		if (!is_settled(inst))
			return false;
	return true;
}
