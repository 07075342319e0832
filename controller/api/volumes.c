/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes. What is another member's does not exist for the caller. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct volume *)row)->member);
}

static const struct view view = { .table = TABLE_VOLUME, .may = may, .copy = rows_volume };

int api_volume_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_volume_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

static int show(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	if (c->command.reply != NULL)
		c->reply = rows_volume(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

static int created(struct call *c, struct cc_error *err)
{
	const struct volume *v = c->command.reply;
	char id[CC_UUID_TEXT];

	if (v != NULL)
		c->location = cc_printf(c->arena, "/v1/volumes/%s", cc_uuid_format(v->id, id));
	return show(c, err);
}

int api_volume_create(struct call *c, struct cc_error *err)
{
	struct cmd_volume_create *args = cc_new(c->arena, struct cmd_volume_create);

	(void)err;
	*args = (struct cmd_volume_create){ .spec = c->body, .id = cc_uuid_new(cc_now_ms()) };
	return call_submit(c, COMMAND_VOLUME_CREATE, args, created);
}

int api_volume_change(struct call *c, struct cc_error *err)
{
	struct cmd_volume_change *args = cc_new(c->arena, struct cmd_volume_change);

	(void)err;
	*args = (struct cmd_volume_change){ .ref = c->path[0], .change = c->body, .if_revision = c->if_revision };
	return call_submit(c, COMMAND_VOLUME_CHANGE, args, show);
}

int api_volume_delete(struct call *c, struct cc_error *err)
{
	struct cmd_volume_delete *args = cc_new(c->arena, struct cmd_volume_delete);

	(void)err;
	*args = (struct cmd_volume_delete){ .ref = c->path[0], .if_revision = c->if_revision };
	return call_submit(c, COMMAND_VOLUME_DELETE, args, show);
}
