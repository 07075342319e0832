/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of an instance, which the path names first. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct instance *)row)->member);
}

static const struct view view = { .table = TABLE_SNAPSHOT, .may = may, .copy = rows_snapshot, .within = true, .found_in = TABLE_INSTANCE };

int api_snapshot_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_snapshot_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

static int show(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	if (c->command.reply != NULL)
		c->reply = rows_snapshot(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

static int created(struct call *c, struct cc_error *err)
{
	const struct snapshot *s = c->command.reply;
	char id[CC_UUID_TEXT];

	if (s != NULL)
		c->location = cc_printf(c->arena, "/v1/instances/%s/snapshots/%s", cc_uuid_format(s->instance, id), s->name);
	return show(c, err);
}

int api_snapshot_create(struct call *c, struct cc_error *err)
{
	struct cmd_snapshot_create *args = cc_new(c->arena, struct cmd_snapshot_create);

	(void)err;
	*args = (struct cmd_snapshot_create){ .instance = c->path[0], .spec = c->body, .id = cc_uuid_new(cc_now_ms()) };
	return call_submit(c, COMMAND_SNAPSHOT_CREATE, args, created);
}

int api_snapshot_delete(struct call *c, struct cc_error *err)
{
	struct cmd_snapshot_delete *args = cc_new(c->arena, struct cmd_snapshot_delete);

	(void)err;
	*args = (struct cmd_snapshot_delete){ .instance = c->path[0], .snapshot = c->path[1], .if_revision = c->if_revision };
	return call_submit(c, COMMAND_SNAPSHOT_DELETE, args, show);
}

static int restoring(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	c->reply = rows_instance(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

int api_snapshot_restore(struct call *c, struct cc_error *err)
{
	struct cmd_snapshot_restore *args = cc_new(c->arena, struct cmd_snapshot_restore);
	const struct snapshot_restore *body = c->body;

	(void)err;
	*args = (struct cmd_snapshot_restore){ .instance = c->path[0], .snapshot = c->path[1] };
	args->restart = cc_has(body, snapshot_restore, restart) && body->restart;
	return call_submit(c, COMMAND_SNAPSHOT_RESTORE, args, restoring);
}
