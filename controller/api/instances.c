/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instances. What is another member's does not exist for the caller. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/rows.h"

#include <stdlib.h>

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct instance *)row)->member);
}

int api_instance_list(struct call *c, struct cc_error *err)
{
	(void)err;
	c->reply = rows_list(c, TABLE_INSTANCE, may, rows_instance);
	return 0;
}

/* The command's reply row with the names of what it refers to. */
static int show(struct call *c, struct cc_error *err)
{
	const struct instance *row = c->command.reply;
	const struct zone *z;

	(void)err;
	if (row == NULL)
		return 0;
	z = engine_read_begin(c->engine);
	c->reply = rows_instance(c, z, row);
	engine_read_end(c->engine);
	return 0;
}

static int created(struct call *c, struct cc_error *err)
{
	const struct instance *row = c->command.reply;
	char id[CC_UUID_TEXT];

	if (row != NULL)
		c->location = cc_printf(c->arena, "/v1/instances/%s", cc_uuid_format(row->id, id));
	return show(c, err);
}

int api_instance_create(struct call *c, struct cc_error *err)
{
	struct cmd_instance_create *args = cc_new(c->arena, struct cmd_instance_create);

	(void)err;
	args->spec = c->body;
	args->id = cc_uuid_new(cc_now_ms());
	return call_submit(c, COMMAND_INSTANCE_CREATE, args, created);
}

static int act(struct call *c, enum instance_act what)
{
	struct cmd_instance_act *args = cc_new(c->arena, struct cmd_instance_act);

	args->ref = c->path[0];
	args->act = what;
	args->if_revision = c->if_revision;
	return call_submit(c, COMMAND_INSTANCE_ACT, args, show);
}

int api_instance_start(struct call *c, struct cc_error *err)
{
	(void)err;
	return act(c, ACT_START);
}

int api_instance_stop(struct call *c, struct cc_error *err)
{
	(void)err;
	return act(c, ACT_STOP);
}

int api_instance_restart(struct call *c, struct cc_error *err)
{
	(void)err;
	return act(c, ACT_RESTART);
}

int api_instance_delete(struct call *c, struct cc_error *err)
{
	(void)err;
	return act(c, ACT_DELETE);
}

/* A blocking read under way. */
struct watching {
	struct cc_uuid id;
	int64_t above;
	int64_t until;
};

static int read_on(struct call *c, struct cc_error *err)
{
	struct watching *w = c->state;
	const struct instance *inst;
	const struct zone *z;
	bool found, wait = false;

	call_watch(c, w->id);
	z = engine_read_begin(c->engine);
	inst = zone_find(z, TABLE_INSTANCE, w->id);
	found = inst != NULL && may(c, inst);
	if (found) {
		wait = inst->revision <= w->above && !c->timed_out && cc_boottime_ms() < w->until;
		if (!wait)
			c->reply = rows_instance(c, z, inst);
	}
	engine_read_end(c->engine);
	if (!found)
		return cc_fail(err, NOT_FOUND, "the instance '%s' is gone", c->path[0]);
	return wait ? call_park(c, w->until, read_on) : 0;
}

/* Without `index` the answer is immediate; the wait is cut at the zone's longest. */
static int parse_wait(struct call *c, struct watching *w, struct cc_error *err)
{
	int64_t wait = c->setup->wait_max_ms;

	w->above = -1;
	if (c->params[PARAM_index] == NULL)
		return 0;
	w->above = strtoll(c->params[PARAM_index], NULL, 10);
	if (c->params[PARAM_wait] != NULL && cc_duration_parse(c->params[PARAM_wait], &wait, err) < 0)
		return cc_wrap(err, "wait");
	w->until = cc_boottime_ms() + (wait < c->setup->wait_max_ms ? wait : c->setup->wait_max_ms);
	return 0;
}

int api_instance_get(struct call *c, struct cc_error *err)
{
	struct watching *w = cc_new(c->arena, struct watching);
	const struct instance *inst;
	const struct zone *z;

	if (parse_wait(c, w, err) < 0)
		return -1;
	z = engine_read_begin(c->engine);
	inst = rows_find(c, z, TABLE_INSTANCE, c->path[0], may, err);
	if (inst != NULL)
		w->id = inst->id;
	engine_read_end(c->engine);
	if (inst == NULL)
		return -1;
	c->state = w;
	return read_on(c, err);
}

int api_instance_placement(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct instance *inst = rows_find(c, z, TABLE_INSTANCE, c->path[0], may, err);
	const struct placement *p = inst != NULL ? zone_find(z, TABLE_PLACEMENT, inst->id) : NULL;

	if (p != NULL)
		c->reply = cc_row_copy(&placement_desc, p, c->arena);
	else if (inst != NULL)
		cc_fail(err, NOT_FOUND, "no record of why '%s' is where it is", inst->name);
	engine_read_end(c->engine);
	return p != NULL ? 0 : -1;
}

static int find_running(struct call *c, struct cc_uuid *ret_node, struct cc_uuid *ret_id, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct instance *inst = rows_find(c, z, TABLE_INSTANCE, c->path[0], may, err);
	int r = inst != NULL ? 0 : -1;

	if (r == 0 && (inst->state != INST_RUNNING || !cc_has(inst, instance, node)))
		r = cc_fail(err, CONFLICT, "the instance '%s' is %s; programs can be run in it while it is running", inst->name,
		        cc_enum_slug(&inst_state_enum, (int)inst->state));
	if (r == 0) {
		*ret_node = inst->node;
		*ret_id = inst->id;
	}
	engine_read_end(c->engine);
	return r;
}

int api_instance_exec(struct call *c, struct cc_error *err)
{
	const struct exec_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_EXEC, .argv = spec->argv };
	struct stream *reply = cc_new(c->arena, struct stream);
	struct cc_uuid node;
	char id[CC_UUID_TEXT], why[256];

	if (spec->argv.n == 0)
		return cc_fail(err, INVALID, "argv: a program is needed");
	/* The node hears of it with the answer to a report, and reports are not taken now. */
	if (!engine_is_available(c->engine, why, sizeof(why)))
		return cc_fail(err, UNAVAILABLE, "%s", why);
	if (cc_has(spec, exec_spec, env))
		order.env = spec->env;
	if (find_running(c, &node, &order.instance, err) < 0)
		return -1;
	if (c->setup->stream_open(c->setup->edge, &c->who, node, &order, err) < 0)
		return -1;
	reply->id = order.id;
	c->reply = reply;
	c->location = cc_printf(c->arena, "/v1/streams/%s", cc_uuid_format(reply->id, id));
	return 0;
}
