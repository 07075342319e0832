/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/api/rows.h"
#include "common/clock.h"
#include "common/signature.h"

#define DRAIN_STAYS_MAX 32

static const char *name_of(const struct call *c, const struct zone *z, enum table t, struct cc_uuid id)
{
	const void *row = zone_find(z, t, id);

	return row != NULL ? cc_arena_strdup(c->arena, table_row_name(t, row)) : NULL;
}

/* The name, or the id where the row is gone: the reply stays readable. */
static const char *name_or_id(const struct call *c, const struct zone *z, enum table t, struct cc_uuid id)
{
	const char *name = name_of(c, z, t, id);

	return name != NULL ? name : cc_uuid_format(id, cc_arena_alloc(c->arena, CC_UUID_TEXT));
}

/* "192.168.1.5:8080->80/tcp" for each; the node's name where its address is not known. */
static void say_published(struct instance *inst, const char *host, struct cc_arena *a)
{
	inst->has |= CC_BIT(instance_f_published);
	inst->published.items = cc_new_array(a, inst->publish.n, const char *);
	for (size_t i = 0; i < inst->publish.n; i++) {
		const struct published_port *p = &inst->publish.items[i];

		inst->published.items[inst->published.n++] = cc_printf(a, strchr(host, ':') != NULL ? "[%s]:%lld->%lld/%s" : "%s:%lld->%lld/%s", host,
		        (long long)p->node_port, (long long)p->port, cc_enum_slug(&port_protocol_enum, (int)p->protocol));
	}
}

/* What it uses, where, and in which way. */
static void add_volumes(const struct call *c, const struct zone *z, struct instance *inst)
{
	const struct attachment *a;
	size_t n = 0;

	for (size_t at = 0; zone_next_of(z, TABLE_ATTACHMENT, inst->id, &at) != NULL;)
		n++;
	if (n == 0)
		return;
	inst->volumes.items = cc_new_array(c->arena, n, struct volume_use);
	inst->volumes.n = 0;
	for (size_t at = 0; (a = zone_next_of(z, TABLE_ATTACHMENT, inst->id, &at)) != NULL;) {
		struct volume_use *u = &inst->volumes.items[inst->volumes.n++];

		u->volume = name_or_id(c, z, TABLE_VOLUME, a->volume);
		u->path = cc_arena_strdup(c->arena, a->path);
		cc_set(u, volume_use, read_only, a->read_only);
	}
	inst->has |= CC_BIT(instance_f_volumes);
}

void *rows_snapshot(const struct call *c, const struct zone *z, const void *values)
{
	struct snapshot *s = cc_row_arena_copy(&snapshot_desc, values, c->arena);

	s->instance_name = name_or_id(c, z, TABLE_INSTANCE, s->instance);
	cc_set(s, snapshot, counted_mib, s->size_mib);
	return s;
}

void *rows_volume(const struct call *c, const struct zone *z, const void *values)
{
	struct volume *v = cc_row_arena_copy(&volume_desc, values, c->arena);
	const struct attachment *a;
	size_t n = 0;

	v->member_name = name_or_id(c, z, TABLE_MEMBER, v->member);
	if (cc_has(v, volume, node))
		cc_set(v, volume, node_name, name_or_id(c, z, TABLE_NODE, v->node));
	for (size_t at = 0; zone_next_of(z, TABLE_ATTACHMENT, v->id, &at) != NULL;)
		n++;
	v->used_by = (struct cc_texts){ .items = cc_new_array(c->arena, n, const char *) };
	for (size_t at = 0; (a = zone_next_of(z, TABLE_ATTACHMENT, v->id, &at)) != NULL;)
		v->used_by.items[v->used_by.n++] = name_or_id(c, z, TABLE_INSTANCE, a->instance);
	return v;
}

void *rows_instance(const struct call *c, const struct zone *z, const void *values)
{
	const struct instance *row = values;
	struct instance *inst = cc_row_arena_copy(&instance_desc, row, c->arena);
	const char *node = cc_has(row, instance, node) ? name_of(c, z, TABLE_NODE, row->node) : NULL;

	inst->member_name = name_or_id(c, z, TABLE_MEMBER, row->member);
	inst->image_name = name_or_id(c, z, TABLE_IMAGE, row->image);
	if (node != NULL)
		cc_set(inst, instance, node_name, node);
	if (node != NULL && cc_has(row, instance, publish)) {
		const struct node *n = zone_find(z, TABLE_NODE, row->node);

		say_published(inst, cc_has(n, node, address) ? n->address : node, c->arena);
	}
	if (cc_has(row, instance, other))
		cc_set(inst, instance, other_name, name_of(c, z, TABLE_NODE, row->other));
	add_volumes(c, z, inst);
	return inst;
}

/* Reports that changed nothing are not stored; the engine remembers when they came. */
static void freshen(const struct call *c, struct node *n)
{
	const struct cc_uuid controller = { { 0 } };
	int64_t heard = engine_node_heard_ms(c->engine, n->id), now = cc_boottime_ms();
	struct distance d = distances_between(engine_distances(c->engine), n->id, controller, now);

	if (heard > 0)
		cc_set(n, node, last_seen, cc_now_ms() - (now - heard));
	if (d.measured_us == 0)
		return;
	cc_set(n, node, rtt_us, d.measured_us);
	cc_set(n, node, rtt_measured, cc_now_ms() - d.age_ms);
}

/* How far a drain has come. What members cannot see is only counted. */
static void add_drain(const struct call *c, const struct zone *z, struct node *n)
{
	const struct instance *inst;
	int64_t moving = 0;

	if (!cc_has(n, node, drained))
		return;
	n->drain_stays.items = cc_new_array(c->arena, DRAIN_STAYS_MAX, const char *);
	for (size_t at = 0; (inst = zone_next_of_node(z, n->id, &at)) != NULL;) {
		moving += cc_has(inst, instance, transfer) && inst->transfer == TRANSFER_STARTING;
		if (cc_has(inst, instance, stays) && call_may(c, inst->member) && n->drain_stays.n < DRAIN_STAYS_MAX)
			n->drain_stays.items[n->drain_stays.n++] = cc_printf(c->arena, "%s: %.800s", inst->name, inst->stays);
	}
	cc_set(n, node, drain_moving, moving);
	if (n->drain_stays.n > 0)
		n->has |= CC_BIT(node_f_drain_stays);
}

void *rows_image(const struct call *c, const struct zone *z, const void *values)
{
	struct image *img = cc_row_arena_copy(&image_desc, values, c->arena);
	struct cc_texts ids = { 0 };

	(void)z;
	if (!cc_has(img, image, signatures))
		return img;
	ids.items = cc_new_array(c->arena, img->signatures.n, const char *);
	for (size_t i = 0; i < img->signatures.n; i++) {
		struct cc_error ignored = { 0 };
		struct cc_signature s;

		if (cc_signature_parse(img->signatures.items[i], &s, &ignored) == 0)
			ids.items[ids.n++] = cc_key_id_format(s.id, cc_arena_alloc(c->arena, CC_KEY_ID_TEXT));
	}
	cc_set(img, image, signed_by, ids);
	return img;
}

void *rows_node(const struct call *c, const struct zone *z, const void *values)
{
	const struct node *row = values;
	struct node *n = cc_row_arena_copy(&node_desc, row, c->arena);

	n->owner_name = name_or_id(c, z, TABLE_MEMBER, row->owner);
	freshen(c, n);
	told_show(engine_told(c->engine), n, c->arena);
	add_drain(c, z, n);
	return n;
}

void *rows_token(const struct call *c, const struct zone *z, const void *values)
{
	const struct member_token *row = values;
	struct member_token *t = cc_row_arena_copy(&member_token_desc, row, c->arena);
	int64_t used = engine_token_used_ms(c->engine, t->id);

	t->member_name = name_or_id(c, z, TABLE_MEMBER, row->member);
	if (used > 0)
		cc_set(t, member_token, used, cc_now_ms() - (cc_boottime_ms() - used));
	return t;
}

void *rows_member(const struct call *c, const struct zone *z, const void *values)
{
	struct member *m = cc_row_arena_copy(&member_desc, values, c->arena);
	struct zone_use used = zone_member_use(z, m->id), max = engine_member_max(c->engine, m);

#define SHOW(what)                  \
	m->used_##what = used.what; \
	if (max.what != INT64_MAX)  \
		cc_set(m, member, max_##what, max.what);
	SHOW(instances)
	SHOW(cpu_millis)
	SHOW(memory_mib)
	SHOW(disk_mib)
#undef SHOW
	return m;
}

const void *rows_find(const struct call *c, const struct zone *z, enum table t, const char *ref, rows_filter *may, struct cc_error *err)
{
	const void *row = zone_find_ref(z, t, ref);

	if (row != NULL && (may == NULL || may(c, row)))
		return row;
	cc_fail_missing(err, table_name(t), ref, "");
	return NULL;
}
