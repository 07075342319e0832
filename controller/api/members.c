/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"
#include "controller/api/secrets.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct member *)row)->id);
}

static const struct view view = { .table = TABLE_MEMBER, .may = may, .copy = rows_member, .counted = true };

int api_member_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

/* A repeated request derives the same secret, unless the controller got another key since. */
static bool still_valid(struct call *c, const struct member *m, const struct cc_secret *secret)
{
	char hash[CC_SHA256_HEX], text[CC_SECRET_TEXT];
	const struct zone *z = engine_read_begin(c->engine);
	const struct member_token *t = zone_find_token(z, secrets_hash(cc_secret_format(secret, text), hash));
	bool valid = t != NULL && cc_uuid_equal(t->member, m->id);

	engine_read_end(c->engine);
	return valid;
}

static int made(struct call *c, struct cc_error *err)
{
	const struct member *m = c->command.reply;
	struct member_made *reply = cc_new(c->arena, struct member_made);

	if (!still_valid(c, m, c->state))
		return cc_fail(err, CONFLICT, "this member was added before and its token cannot be shown again");
	if (secrets_token(c, CC_TOKEN_LOGIN, c->state, 0, &reply->token, err) < 0)
		return -1;
	reply->id = m->id;
	reply->name = m->name;
	reply->role = m->role;
	c->reply = reply;
	return 0;
}

int api_member_create(struct call *c, struct cc_error *err)
{
	struct cmd_member_create *args = cc_new(c->arena, struct cmd_member_create);
	struct cc_secret *secret = cc_new(c->arena, struct cc_secret);
	char text[CC_SECRET_TEXT];

	(void)err;
	args->spec = c->body;
	args->id = cc_uuid_new(cc_now_ms());
	args->token_id = cc_uuid_new(cc_now_ms());
	*secret = secrets_new(c);
	secrets_hash(cc_secret_format(secret, text), args->secret_hash);
	c->state = secret;
	return call_submit(c, COMMAND_MEMBER_CREATE, args, made);
}

int api_member_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

static int changed(struct call *c, struct cc_error *err)
{
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	c->reply = rows_member(c, z, c->command.reply);
	engine_read_end(c->engine);
	return 0;
}

int api_member_change(struct call *c, struct cc_error *err)
{
	struct cmd_member_change *args = cc_new(c->arena, struct cmd_member_change);

	(void)err;
	*args = (struct cmd_member_change){ c->path[0], c->body, c->if_revision };
	return call_submit(c, COMMAND_MEMBER_CHANGE, args, changed);
}

int api_member_remove(struct call *c, struct cc_error *err)
{
	struct cmd_member_remove *args = cc_new(c->arena, struct cmd_member_remove);

	(void)err;
	*args = (struct cmd_member_remove){ c->path[0], c->if_revision };
	return call_submit(c, COMMAND_MEMBER_REMOVE, args, NULL);
}
