/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining the zone with an invitation's one-time secret. */
#include "common/clock.h"
#include "controller/api/api.h"
#include "controller/api/secrets.h"

static int joined(struct call *c, struct cc_error *err)
{
	const struct node *n = c->command.reply;
	struct joined *j = cc_new(c->arena, struct joined);
	const struct zone *z = engine_read_begin(c->engine);

	(void)err;
	j->zone = cc_arena_strdup(c->arena, zone_name(z));
	engine_read_end(c->engine);
	j->node = n->id;
	j->node_name = n->name;
	c->reply = j;
	return 0;
}

int api_node_join(struct call *c, struct cc_error *err)
{
	const struct join_request *r = c->body;
	struct cmd_node_join *args = cc_new(c->arena, struct cmd_node_join);

	(void)err;
	args->request = r;
	args->id = cc_uuid_new(cc_now_ms());
	secrets_hash(r->secret, args->secret_hash);
	return call_submit(c, COMMAND_NODE_JOIN, args, joined);
}
