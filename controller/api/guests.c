/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs on a node, for who owns it: whose machine it is may see what it is used for, and end it. To others the node's guests do not exist. */
#include "controller/api/api.h"
#include "controller/api/list.h"
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
	if (cc_has(inst, instance, bandwidth_kbit))
		cc_set(g, guest, bandwidth_kbit, inst->bandwidth_kbit);
	if (cc_has(inst, instance, started))
		cc_set(g, guest, started, inst->started);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct instance *const *)a)->name, (*(const struct instance *const *)b)->name);
}

/* Those that are meant, in order; how many. */
static size_t collect(const struct call *c, const struct zone *z, struct cc_uuid node, const struct list_query *q, const struct instance ***ret)
{
	const struct instance *inst;
	size_t n = 0;

	for (size_t at = 0; zone_next_of_node(z, node, &at) != NULL;)
		n++;
	*ret = cc_new_array(c->arena, n + 1, const struct instance *);
	n = 0;
	for (size_t at = 0; (inst = zone_next_of_node(z, node, &at)) != NULL;)
		if (list_matches(q, TABLE_INSTANCE, inst) && list_is_after(q, TABLE_INSTANCE, inst))
			(*ret)[n++] = inst;
	qsort(*ret, n, sizeof(**ret), by_name);
	return n;
}

static int list(struct call *c, const struct zone *z, struct guest_list *ret, struct cc_error *err)
{
	const struct node *node = find_node(c, z, err);
	const struct instance **found;
	struct list_query q;
	size_t n;

	if (node == NULL || list_query_read(c, z, TABLE_INSTANCE, &q, err) < 0)
		return -1;
	n = collect(c, z, node->id, &q, &found);
	if (n > q.limit) {
		n = q.limit;
		c->next_page = list_cursor(c->arena, TABLE_INSTANCE, found[n - 1]);
		cc_set(ret, guest_list, next, c->next_page);
	}
	ret->index = zone_revision(z);
	ret->items.items = cc_new_array(c->arena, n + 1, struct guest);
	for (size_t i = 0; i < n; i++)
		fill(c, z, found[i], &ret->items.items[ret->items.n++]);
	return 0;
}

int api_guest_list(struct call *c, struct cc_error *err)
{
	struct guest_list *reply = cc_new(c->arena, struct guest_list);
	int result = list(c, engine_read_begin(c->engine), reply, err);

	engine_read_end(c->engine);
	c->reply = reply;
	return result;
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
