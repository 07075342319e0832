/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations, by which nodes join. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/read.h"
#include "controller/api/secrets.h"

static const struct view view = { .table = TABLE_INVITE };

int api_invite_list(struct call *c, struct cc_error *err)
{
	return read_list(c, &view, err);
}

int api_invite_get(struct call *c, struct cc_error *err)
{
	return read_row(c, &view, err);
}

static int made(struct call *c, struct cc_error *err)
{
	const struct invite *inv = c->command.reply;
	const struct cc_secret *secret = c->state;
	struct invite_made *m = cc_new(c->arena, struct invite_made);
	char text[CC_SECRET_TEXT], hash[CC_SHA256_HEX];

	if (strcmp(inv->secret_hash, secrets_hash(cc_secret_format(secret, text), hash)) != 0)
		return cc_fail(err, CONFLICT, "this invitation was made before and its token cannot be shown again; make another one");
	if (secrets_token(c, CC_TOKEN_NODE, secret, inv->expires, &m->token, err) < 0)
		return -1;
	m->id = inv->id;
	m->node_name = inv->node_name;
	m->expires = inv->expires;
	c->reply = m;
	return 0;
}

int api_invite_create(struct call *c, struct cc_error *err)
{
	struct cmd_invite_create *args = cc_new(c->arena, struct cmd_invite_create);
	struct cc_secret *secret = cc_new(c->arena, struct cc_secret);
	char text[CC_SECRET_TEXT];

	if (c->setup->n_addresses == 0)
		return cc_fail(err, CONFLICT, "the controller listens on no address that a node could reach; set http_listen or advertise");
	*secret = secrets_new(c);
	args->spec = c->body;
	args->id = cc_uuid_new(cc_now_ms());
	secrets_hash(cc_secret_format(secret, text), args->secret_hash);
	c->state = secret;
	return call_submit(c, COMMAND_INVITE_CREATE, args, made);
}
