/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/leave.h"

#include "agent/refusal.h"
#include "common/http_client.h"
#include "common/keys.h"

#define CONNECT_MS 3000
#define LEAVE_MS   15000

int leave_zone(const struct agent_config *cfg, const struct spool_identity *who, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	cc_auto(cc_key_pair_free) struct cc_key_pair *key = NULL;
	cc_auto(cc_http_free) struct cc_http *http = NULL;
	const struct cc_texts *known = cfg->controllers.n > 0 ? &cfg->controllers : &who->controllers;
	struct cc_http_options options = { .addresses = known->items, .n_addresses = known->n, .connect_timeout_ms = CONNECT_MS };
	char id[CC_UUID_TEXT];
	struct cc_http_request request = { .method = "POST", .deadline_ms = LEAVE_MS };
	struct cc_http_reply reply;

	if (cc_pin_parse(who->pin, &options.pin, err) < 0 || cc_key_pair_open(cfg->state_dir, who->node_name, &key, err) < 0)
		return -1;
	options.identity_path = cc_key_pair_path(key);
	request.path = cc_printf(a, "/v1/nodes/%s/leave", cc_uuid_format(who->node, id));
	if (cc_http_new(&options, &http, err) < 0 || cc_http_call(http, &request, a, &reply, err) < 0)
		return -1;
	return reply.status / 100 == 2 ? 0 : refusal_error(&reply, err);
}
