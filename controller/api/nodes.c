/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes as others see them. Their own conversation is sync.c. */
#include "controller/api/api.h"
#include "controller/api/read.h"

static const struct view view = { .table = TABLE_NODE, .copy = rows_node };

int api_node_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_node_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

static int show(struct call *c, struct cc_error *err)
{
	const struct node *row = c->command.reply;
	const struct zone *z;

	(void)err;
	if (row == NULL)
		return 0;
	z = engine_read_begin(c->engine);
	c->reply = rows_node(c, z, row);
	engine_read_end(c->engine);
	return 0;
}

/* Left out it stays as it is. */
static int get_flag(const char *name, const char *value, bool *ret, struct cc_error *err)
{
	if (value != NULL && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return cc_fail(err, INVALID, "%s is true or false, not '%s'", name, value);
	*ret = value != NULL ? strcmp(value, "true") == 0 : *ret;
	return 0;
}

int api_node_drain(struct call *c, struct cc_error *err)
{
	struct cmd_node_drain *args = cc_new(c->arena, struct cmd_node_drain);
	const struct node_drain *body = c->body;

	(void)err;
	args->ref = c->path[0];
	args->reason = cc_has(body, node_drain, reason) ? body->reason : "";
	args->drain = body;
	return call_submit(c, COMMAND_NODE_DRAIN, args, show);
}

int api_node_undrain(struct call *c, struct cc_error *err)
{
	struct cmd_node_drain *args = cc_new(c->arena, struct cmd_node_drain);
	bool returns = true;

	if (get_flag("return", c->params[PARAM_return], &returns, err) < 0)
		return -1;
	args->ref = c->path[0];
	args->no_return = !returns;
	return call_submit(c, COMMAND_NODE_DRAIN, args, show);
}

int api_node_cap(struct call *c, struct cc_error *err)
{
	struct cmd_node_cap *args = cc_new(c->arena, struct cmd_node_cap);

	(void)err;
	args->ref = c->path[0];
	args->cap = c->body;
	return call_submit(c, COMMAND_NODE_CAP, args, show);
}

static int removed(struct call *c, struct cc_error *err)
{
	(void)c;
	(void)err;
	return 0;
}

int api_node_remove(struct call *c, struct cc_error *err)
{
	struct cmd_node_remove *args = cc_new(c->arena, struct cmd_node_remove);

	if (get_flag("force", c->params[PARAM_force], &args->force, err) < 0)
		return -1;
	args->ref = c->path[0];
	return call_submit(c, COMMAND_NODE_REMOVE, args, removed);
}

int api_node_leave(struct call *c, struct cc_error *err)
{
	struct cmd_node_remove *args = cc_new(c->arena, struct cmd_node_remove);

	(void)err;
	args->ref = c->path[0];
	args->leaves = true;
	return call_submit(c, COMMAND_NODE_REMOVE, args, removed);
}
