/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members and their bearer tokens. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"
#include "controller/api/secrets.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct member *)row)->id);
}

int api_member_list(struct call *c, struct cc_error *err)
{
	static const struct view view = { .table = TABLE_MEMBER, .may = may };

	return read_list(c, &view, err);
}

/* A repeated request derives the same secret, unless the controller got another key since. */
static bool still_valid(struct call *c, const struct member *m, const char *secret)
{
	char hash[CC_SHA256_HEX];
	const struct zone *z = engine_read_begin(c->engine);
	const struct member_token *t = zone_find_token(z, secrets_hash(secret, hash));
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
	reply->id = m->id;
	reply->name = m->name;
	reply->role = m->role;
	reply->token = c->state;
	c->reply = reply;
	return 0;
}

int api_member_create(struct call *c, struct cc_error *err)
{
	struct cmd_member_create *args = cc_new(c->arena, struct cmd_member_create);
	struct cc_secret secret = secrets_new(c);
	char *text = cc_secret_format(&secret, cc_arena_alloc(c->arena, CC_SECRET_TEXT));

	(void)err;
	args->spec = c->body;
	args->id = cc_uuid_new(cc_now_ms());
	args->token_id = cc_uuid_new(cc_now_ms());
	secrets_hash(text, args->secret_hash);
	c->state = text;
	return call_submit(c, COMMAND_MEMBER_CREATE, args, made);
}
