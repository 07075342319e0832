/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merge patches of things, and taking back invitations. The engine decides; who may see what is asked there. */
#include "controller/api/api.h"
#include "controller/api/read.h"

static int change_instance(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	c->reply = rows_instance(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

int api_instance_change(struct call *c, struct cc_error *err)
{
	struct cmd_instance_change *args = cc_new(c->arena, struct cmd_instance_change);

	(void)err;
	*args = (struct cmd_instance_change){ .ref = c->path[0], .change = c->body, .if_revision = c->if_revision };
	return call_submit(c, COMMAND_INSTANCE_CHANGE, args, change_instance);
}

static int changed(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	c->reply = rows_image(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

int api_image_change(struct call *c, struct cc_error *err)
{
	struct cmd_image_change *args = cc_new(c->arena, struct cmd_image_change);

	(void)err;
	*args = (struct cmd_image_change){ .ref = c->path[0], .change = c->body, .if_revision = c->if_revision };
	return call_submit(c, COMMAND_IMAGE_CHANGE, args, changed);
}

int api_invite_delete(struct call *c, struct cc_error *err)
{
	struct cmd_invite_delete *args = cc_new(c->arena, struct cmd_invite_delete);
	struct cc_error bad;

	if (cc_uuid_parse(c->path[0], &args->id, &bad) < 0)
		return cc_fail_missing(err, "invite", c->path[0], "; invitations go by their ids");
	return call_submit(c, COMMAND_INVITE_DELETE, args, NULL);
}
