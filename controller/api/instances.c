/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instances. What is another member's does not exist for the caller. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct instance *)row)->member);
}

static const struct view view = { .table = TABLE_INSTANCE, .may = may, .copy = rows_instance };

int api_instance_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_instance_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
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

static int planned(struct call *c, struct cc_error *err)
{
	(void)err;
	c->reply = c->command.placement;
	return 0;
}

int api_instance_plan(struct call *c, struct cc_error *err)
{
	struct cmd_instance_plan *args = cc_new(c->arena, struct cmd_instance_plan);

	(void)err;
	args->spec = c->body;
	return call_submit(c, COMMAND_INSTANCE_PLAN, args, planned);
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

int api_instance_move(struct call *c, struct cc_error *err)
{
	struct cmd_instance_move *args = cc_new(c->arena, struct cmd_instance_move);
	const struct instance_move *body = c->body;

	(void)err;
	args->ref = c->path[0];
	args->to = cc_has(body, instance_move, node) ? body->node : NULL;
	args->if_revision = c->if_revision;
	return call_submit(c, COMMAND_INSTANCE_MOVE, args, show);
}

/* The older ones do not say whose they are. */
static bool may_see_record(const struct call *c, const void *row)
{
	const struct placement *p = row;

	return cc_has(p, placement, member) ? call_may(c, p->member) : c->who.who == WHO_ADMIN;
}

/* Both kinds of record have the same fields. */
int api_placement_list(struct call *c, struct cc_error *err)
{
	static const struct view placed = { .table = TABLE_PLACEMENT, .may = may_see_record },
	                         refused = { .table = TABLE_REFUSED, .may = may_see_record };
	const char *which = c->params[PARAM_placed];

	return read_list(c, which != NULL && strcmp(which, "false") == 0 ? &refused : &placed, err);
}

/* The record has the instance's id. */
int api_instance_placement(struct call *c, struct cc_error *err)
{
	static const struct view of_instance = { .table = TABLE_PLACEMENT, .found_in = TABLE_INSTANCE, .elsewhere = true, .may = may };

	return read_row(c, &of_instance, err);
}

/* Where it is; with `running`, which says what for, refused unless it runs. */
static int find_placed(struct call *c, const char *running, struct cc_uuid *ret_node, struct cc_uuid *ret_id, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct instance *inst = rows_find(c, z, TABLE_INSTANCE, c->path[0], may, err);
	int r = inst != NULL ? 0 : -1;

	if (r == 0 && running != NULL && (inst->state != INST_RUNNING || !cc_has(inst, instance, node)))
		r = cc_fail(err, CONFLICT, "the instance '%s' is %s; %s", inst->name, cc_enum_slug(&inst_state_enum, (int)inst->state), running);
	else if (r == 0 && !cc_has(inst, instance, node))
		r = cc_fail(err, CONFLICT, "the instance '%s' is on no node yet; see ccctl explain %s", inst->name, inst->name);
	if (r == 0) {
		*ret_node = inst->node;
		*ret_id = inst->id;
	}
	engine_read_end(c->engine);
	return r;
}

static int open_stream(struct call *c, const char *running, struct stream_order *order, struct cc_error *err)
{
	struct stream *reply = cc_new(c->arena, struct stream);
	enum stream_kind kind = order->kind;
	struct cc_uuid node;
	char id[CC_UUID_TEXT], why[256];

	/* The node hears of it with the answer to a report, and reports are not taken now. */
	if (!engine_is_available(c->engine, why, sizeof(why)))
		return cc_fail(err, UNAVAILABLE, "%s", why);
	if (find_placed(c, running, &node, &order->instance, err) < 0)
		return -1;
	cc_set(order, stream_order, kind, kind);
	if (c->setup->stream_open(c->setup->edge, &c->who, node, order, err) < 0)
		return -1;
	reply->id = order->id;
	c->reply = reply;
	c->location = cc_printf(c->arena, "/v1/streams/%s", cc_uuid_format(reply->id, id));
	return 0;
}

static const char can_run[] = "programs can be run in it while it is running",
                  can_copy[] = "start it first: its files are copied by a process inside";

int api_instance_exec(struct call *c, struct cc_error *err)
{
	const struct exec_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_EXEC, .argv = spec->argv };

	if (spec->argv.n == 0)
		return cc_fail(err, INVALID, "argv: a program is needed");
	if (cc_has(spec, exec_spec, env))
		order.env = spec->env;
	if (cc_has(spec, exec_spec, tty) && spec->tty) {
		cc_set(&order, stream_order, tty, true);
		cc_set(&order, stream_order, rows, cc_has(spec, exec_spec, rows) ? spec->rows : 0);
		cc_set(&order, stream_order, cols, cc_has(spec, exec_spec, cols) ? spec->cols : 0);
	}
	return open_stream(c, can_run, &order, err);
}

int api_instance_console(struct call *c, struct cc_error *err)
{
	const struct console_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_CONSOLE };

	cc_set(&order, stream_order, rows, spec->rows);
	cc_set(&order, stream_order, cols, spec->cols);
	return open_stream(c, can_run, &order, err);
}

int api_instance_logs(struct call *c, struct cc_error *err)
{
	const struct logs_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_LOGS };

	if (cc_has(spec, logs_spec, lines))
		cc_set(&order, stream_order, lines, spec->lines);
	cc_set(&order, stream_order, follow, spec->follow);
	return open_stream(c, NULL, &order, err);
}

int api_instance_push(struct call *c, struct cc_error *err)
{
	const struct push_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_PUSH, .argv = { .items = cc_new_array(c->arena, 1, const char *), .n = 1 } };

	if (spec->path[0] == '\0')
		return cc_fail(err, INVALID, "path: where to is needed");
	order.argv.items[0] = spec->path;
	cc_set(&order, stream_order, place, spec->place);
	if (cc_has(spec, push_spec, owners))
		cc_set(&order, stream_order, owners, spec->owners);
	return open_stream(c, can_copy, &order, err);
}

int api_instance_pull(struct call *c, struct cc_error *err)
{
	const struct pull_spec *spec = c->body;
	struct stream_order order = { .kind = STREAM_PULL, .argv = spec->paths };

	if (spec->paths.n == 0)
		return cc_fail(err, INVALID, "paths: at least one is needed");
	for (size_t i = 0; i < spec->paths.n; i++)
		if (spec->paths.items[i][0] == '\0')
			return cc_fail(err, INVALID, "paths: one is empty");
	if (cc_has(spec, pull_spec, follow))
		cc_set(&order, stream_order, follow, spec->follow);
	return open_stream(c, can_copy, &order, err);
}

int api_instance_export(struct call *c, struct cc_error *err)
{
	static const char *all[] = { "/" };
	struct stream_order order = { .kind = STREAM_EXPORT, .argv = { .items = all, .n = 1 } };

	return open_stream(c, NULL, &order, err);
}
