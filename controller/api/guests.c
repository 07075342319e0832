/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs on a node, for who owns it: whose machine it is may see what it is used for, and end it. To others the node's guests do not exist. */
#include "controller/api/api.h"
#include "controller/api/rows.h"

#include <stdlib.h>

static bool owns(const struct call *c, const void *row)
{
	return call_may(c, ((const struct node *)row)->owner);
}

static const struct node *find_node(const struct call *c, const struct zone *z, struct cc_error *err)
{
	const struct node *n = rows_find(c, z, TABLE_NODE, c->path[0], NULL, err);

	if (n == NULL || owns(c, n))
		return n;
	cc_fail(err, DENIED, "this is for the owner of the node '%s' and admins", n->name);
	return NULL;
}

static void fill(const struct call *c, const struct zone *z, const struct instance *row, struct guest *g)
{
	const struct instance *inst = rows_instance(c, z, row);

	*g = (struct guest){ .id = inst->id,
		.name = inst->name,
		.member_name = inst->member_name,
		.state = inst->state,
		.cpu_millis = inst->cpu_millis,
		.memory_mib = inst->memory_mib,
		.disk_mib = inst->disk_mib,
		.pids = inst->pids,
		.created = inst->created };
	if (cc_has(inst, instance, started))
		cc_set(g, guest, started, inst->started);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct guest *)a)->name, ((const struct guest *)b)->name);
}

static void list(const struct call *c, const struct zone *z, const struct node *n, struct guest_list *ret)
{
	const struct instance *inst;
	size_t count = 0;

	for (size_t at = 0; zone_next_of_node(z, n->id, &at) != NULL;)
		count++;
	ret->index = zone_revision(z);
	ret->items.items = cc_new_array(c->arena, count + 1, struct guest);
	for (size_t at = 0; (inst = zone_next_of_node(z, n->id, &at)) != NULL;)
		fill(c, z, inst, &ret->items.items[ret->items.n++]);
	qsort(ret->items.items, ret->items.n, sizeof(struct guest), by_name);
}

int api_guest_list(struct call *c, struct cc_error *err)
{
	struct guest_list *reply = cc_new(c->arena, struct guest_list);
	const struct zone *z = engine_read_begin(c->engine);
	const struct node *n = find_node(c, z, err);

	if (n != NULL)
		list(c, z, n, reply);
	engine_read_end(c->engine);
	c->reply = reply;
	return n != NULL ? 0 : -1;
}

static int stopped(struct call *c, struct cc_error *err)
{
	struct guest *g = cc_new(c->arena, struct guest);
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	fill(c, z, c->command.reply, g);
	engine_read_end(c->engine);
	c->reply = g;
	return 0;
}

int api_guest_stop(struct call *c, struct cc_error *err)
{
	struct cmd_instance_act *args = cc_new(c->arena, struct cmd_instance_act);

	(void)err;
	*args = (struct cmd_instance_act){ .ref = c->path[1], .act = ACT_STOP, .on_node = c->path[0] };
	return call_submit(c, COMMAND_INSTANCE_ACT, args, stopped);
}
