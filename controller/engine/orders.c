/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/orders.h"

static size_t count_of(const struct zone *z, enum table t, struct cc_uuid parent)
{
	size_t n = 0;

	for (size_t at = 0; zone_next_of(z, t, parent, &at) != NULL;)
		n++;
	return n;
}

/* What is being deleted is not named; the rest is to be kept, and taken only while nobody has seen it. */
static void fill_snapshots(const struct zone *z, const struct instance *inst, struct assignment *ret, struct cc_arena *a)
{
	size_t max = count_of(z, TABLE_SNAPSHOT, inst->id);
	struct cc_uuids all = { .items = cc_new_array(a, max, struct cc_uuid) }, take = { .items = cc_new_array(a, max, struct cc_uuid) };
	const struct snapshot *s;

	for (size_t at = 0; (s = zone_next_of(z, TABLE_SNAPSHOT, inst->id, &at)) != NULL;) {
		if (s->state != SNAPSHOT_DELETING)
			all.items[all.n++] = s->id;
		if (s->state == SNAPSHOT_WANTED)
			take.items[take.n++] = s->id;
	}
	cc_set(ret, assignment, snapshots, all);
	if (take.n > 0)
		cc_set(ret, assignment, take, take);
	if (!cc_has(inst, instance, restore))
		return;
	cc_set(ret, assignment, restore, inst->restore);
	cc_set(ret, assignment, restore_sn, inst->restore_sn);
}

static void fill_mounts(const struct zone *z, const struct instance *inst, struct assignment *ret, struct cc_arena *arena)
{
	const struct attachment *a;

	if (count_of(z, TABLE_ATTACHMENT, inst->id) == 0)
		return;
	ret->volumes.items = cc_new_array(arena, count_of(z, TABLE_ATTACHMENT, inst->id), struct volume_mount);
	for (size_t at = 0; (a = zone_next_of(z, TABLE_ATTACHMENT, inst->id, &at)) != NULL;)
		ret->volumes.items[ret->volumes.n++] =
		        (struct volume_mount){ .volume = a->volume, .path = cc_arena_strdup(arena, a->path), .read_only = a->read_only };
	ret->has |= CC_BIT(assignment_f_volumes);
}

static void fill(const struct zone *z, const struct instance *inst, struct cc_uuid on, struct assignment *ret, struct cc_arena *a)
{
	const struct image *img = zone_find(z, TABLE_IMAGE, inst->image);
	const struct node *node = zone_find(z, TABLE_NODE, on);
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
	cc_set(ret, assignment, image_arch, cc_arena_strdup(a, img->arch));
	if (cc_has(img, image, signatures)) {
		const struct image *copy = cc_row_arena_copy(&image_desc, img, a);

		cc_set(ret, assignment, image_signatures, copy->signatures);
	}
	if (who != NULL)
		cc_set(ret, assignment, member_name, cc_arena_strdup(a, who->name));
	if (node != NULL && cc_uuid_equal(inst->member, node->owner))
		cc_set(ret, assignment, own, true);
	if (cc_has(inst, instance, bandwidth_kbit))
		cc_set(ret, assignment, bandwidth_kbit, inst->bandwidth_kbit);
	fill_snapshots(z, inst, ret, a);
	fill_mounts(z, inst, ret, a);
	cc_set(ret, assignment, member, inst->member);
	if (!cc_has(inst, instance, publish))
		return;
	ret->has |= CC_BIT(assignment_f_publish);
	ret->publish.n = inst->publish.n;
	ret->publish.items = cc_new_array(a, inst->publish.n, struct published_port);
	memcpy(ret->publish.items, inst->publish.items, inst->publish.n * sizeof(struct published_port));
}

/* Where it goes it has its next assignment; where it was the last one, which is over. */
static void fill_other(const struct zone *z, const struct instance *inst, struct assignment *ret, struct cc_arena *a)
{
	fill(z, inst, inst->other, ret, a);
	ret->epoch = inst->other_epoch;
	if (inst->transfer == TRANSFER_CLEARING)
		ret->desired = DESIRED_DELETE;
}

static void fill_volumes(const struct zone *z, int64_t after, struct cc_uuid node, struct node_orders *ret, struct cc_arena *a)
{
	const struct volume *v;

	ret->volumes.items = cc_new_array(a, count_of(z, TABLE_VOLUME, node), struct volume_order);
	for (size_t at = 0; (v = zone_next_of(z, TABLE_VOLUME, node, &at)) != NULL;)
		if (v->ordered > after)
			ret->volumes.items[ret->volumes.n++] =
			        (struct volume_order){ .id = v->id, .size_mib = v->size_mib, .deleted = v->state == VOLUME_DELETING };
	if (ret->volumes.n > 0)
		ret->has |= CC_BIT(node_orders_f_volumes);
}

static bool belongs_here(const struct zone *z, struct cc_uuid node, struct cc_uuid id)
{
	const struct instance *inst = zone_find(z, TABLE_INSTANCE, id);

	return inst != NULL && ((cc_has(inst, instance, node) && cc_uuid_equal(inst->node, node)) ||
	                               (cc_has(inst, instance, other) && cc_uuid_equal(inst->other, node)));
}

static size_t count_others(const struct zone *z, struct cc_uuid node)
{
	size_t n = 0;

	for (size_t at = 0; zone_next_other(z, node, &at) != NULL;)
		n++;
	return n;
}

int orders_build(const struct zone *z, const struct node_report *r, struct cc_uuid node, struct node_orders *ret, struct cc_arena *a)
{
	bool full = r->revision == 0 || r->revision > zone_revision(z);
	const struct instance *inst;

	*ret = (struct node_orders){ .revision = zone_revision(z), .full = full };
	ret->assignments.items = cc_new_array(a, count_of(z, TABLE_INSTANCE, node) + count_others(z, node), struct assignment);
	for (size_t at = 0; (inst = zone_next_of_node(z, node, &at)) != NULL;)
		if (full || inst->ordered > r->revision)
			fill(z, inst, node, &ret->assignments.items[ret->assignments.n++], a);
	for (size_t at = 0; (inst = zone_next_other(z, node, &at)) != NULL;)
		if (full || inst->ordered > r->revision)
			fill_other(z, inst, &ret->assignments.items[ret->assignments.n++], a);
	ret->drop.items = cc_new_array(a, r->instances.n, struct cc_uuid);
	for (size_t i = 0; i < r->instances.n; i++)
		if (r->instances.items[i].state != OBSERVED_GONE && !belongs_here(z, node, r->instances.items[i].id))
			ret->drop.items[ret->drop.n++] = r->instances.items[i].id;
	fill_volumes(z, full ? 0 : r->revision, node, ret, a);
	return full || ret->assignments.n > 0 || ret->drop.n > 0 || ret->volumes.n > 0;
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

	if (n == NULL || n->state != NODE_READY || zone_next_other(z, node, &(size_t){ 0 }) != NULL)
		return false;
	for (size_t at = 0; (inst = zone_next_of_node(z, node, &at)) != NULL;)
		if (!is_settled(inst))
			return false;
	return true;
}
