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

static int drain(struct call *c, const char *reason)
{
	struct cmd_node_drain *args = cc_new(c->arena, struct cmd_node_drain);

	args->ref = c->path[0];
	args->reason = reason;
	return call_submit(c, COMMAND_NODE_DRAIN, args, show);
}

int api_node_drain(struct call *c, struct cc_error *err)
{
	const struct node_drain *body = c->body;

	(void)err;
	return drain(c, cc_has(body, node_drain, reason) ? body->reason : "");
}

int api_node_undrain(struct call *c, struct cc_error *err)
{
	(void)err;
	return drain(c, NULL);
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
	const char *force = c->params[PARAM_force];

	if (force != NULL && strcmp(force, "true") != 0 && strcmp(force, "false") != 0)
		return cc_fail(err, INVALID, "force is true or false, not '%s'", force);
	args->ref = c->path[0];
	args->force = force != NULL && strcmp(force, "true") == 0;
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
