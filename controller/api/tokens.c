/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bearer tokens of members: a member's own, an admin's everybody's. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"
#include "controller/api/secrets.h"

static bool may(const struct call *c, const void *row)
{
	return call_may(c, ((const struct member_token *)row)->member);
}

int api_token_list(struct call *c, struct cc_error *err)
{
	static const struct view view = { .table = TABLE_MEMBER_TOKEN, .may = may, .copy = rows_token, .counted = true };

	return read_list(c, &view, err);
}

static const char *member_name(struct call *c, struct cc_uuid id)
{
	const struct zone *z = engine_read_begin(c->engine);
	const struct member *m = zone_find(z, TABLE_MEMBER, id);
	const char *name = m != NULL ? cc_arena_strdup(c->arena, m->name) : NULL;

	engine_read_end(c->engine);
	return name;
}

static int made(struct call *c, struct cc_error *err)
{
	const struct member_token *t = c->command.reply;
	struct token_made *reply = cc_new(c->arena, struct token_made);
	char text[CC_SECRET_TEXT], hash[CC_SHA256_HEX];
	int64_t expires = cc_has(t, member_token, expires) ? t->expires : 0;

	if (strcmp(t->secret_hash, secrets_hash(cc_secret_format(c->state, text), hash)) != 0)
		return cc_fail(err, CONFLICT, "this token was made before and cannot be shown again; make another one, and revoke this one");
	reply->id = t->id;
	reply->member_name = member_name(c, t->member);
	if (reply->member_name == NULL)
		return cc_fail(err, GONE, "the token's member was removed meanwhile");
	if (cc_has(t, member_token, description))
		cc_set(reply, token_made, description, t->description);
	if (expires != 0)
		cc_set(reply, token_made, expires, expires);
	c->reply = reply;
	return secrets_token(c, CC_TOKEN_LOGIN, c->state, expires, &reply->token, err);
}

int api_token_create(struct call *c, struct cc_error *err)
{
	struct cmd_token_create *args = cc_new(c->arena, struct cmd_token_create);
	struct cc_secret *secret = cc_new(c->arena, struct cc_secret);
	char text[CC_SECRET_TEXT];

	(void)err;
	*secret = secrets_new(c);
	args->spec = c->body;
	args->id = cc_uuid_new(cc_now_ms());
	secrets_hash(cc_secret_format(secret, text), args->secret_hash);
	c->state = secret;
	return call_submit(c, COMMAND_TOKEN_CREATE, args, made);
}

int api_token_revoke(struct call *c, struct cc_error *err)
{
	struct cmd_token_revoke *args = cc_new(c->arena, struct cmd_token_revoke);

	if (cc_uuid_parse(c->path[0], &args->id, err) < 0)
		return cc_fail_missing(err, "token", c->path[0], "; see ccctl token list");
	return call_submit(c, COMMAND_TOKEN_REVOKE, args, NULL);
}
