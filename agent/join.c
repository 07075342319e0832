/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/join.h"

#include "agent/refusal.h"
#include "agent/statefile.h"
#include "common/arch.h"
#include "common/http_client.h"
#include "common/json.h"
#include "common/keys.h"
#include "common/token.h"

#include <stdlib.h>
#include <string.h>

#define JOIN_MS   60000
#define KEY_OWNER "cc-node"

static int refuse_second_time(const struct agent_config *cfg, struct cc_error *err)
{
	struct cc_error missing = { 0 };
	cc_auto_free struct spool_identity *who = NULL;

	if (spool_load_identity(cfg->state_dir, &who, &missing) == 0)
		return cc_fail(err, CONFLICT, "this node has joined already: it is '%s' of zone '%s'; to join anew, stop it and remove '%s' first",
		        who->node_name, who->zone, cfg->state_dir);
	if (missing.code == CC_IO)
		return cc_error_set(err, missing.code, missing.sys_errno, missing.where, "%s", missing.msg);
	return 0;
}

static int read_token(const char *text, struct cc_arena *a, struct cc_token *ret, struct cc_error *err)
{
	if (cc_token_decode(text, a, ret, err) < 0)
		return cc_wrap(err, "the token");
	if (ret->kind != CC_TOKEN_NODE)
		return cc_fail(
		        err, INVALID, "this is a %s token; a node joins with one that `ccctl node invite` made", cc_token_kind_name(ret->kind));
	return 0;
}

static int ask(struct cc_http *http, const struct cc_token *token, struct cc_arena *a, struct joined *ret, struct cc_error *err)
{
	struct fingerprint_from from = fingerprint_from_here("/");
	char secret[CC_SECRET_TEXT];
	struct join_request body = { .secret = cc_secret_format(&token->secret, secret) };
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_http_request request = { .method = "POST", .path = "/v1/join", .deadline_ms = JOIN_MS };
	struct cc_http_reply reply;

	cc_set(&body, join_request, arch, cc_arch_debian(from.machine));
	cc_set(&body, join_request, agent_version, CC_VERSION);
	cc_json_encode(&join_request_desc, &body, &text);
	request.body = text.data;
	request.body_len = text.len;
	if (cc_http_call(http, &request, a, &reply, err) < 0)
		return -1;
	if (reply.status / 100 != 2)
		return refusal_error(&reply, err);
	if (cc_json_decode(&joined_desc, reply.body, reply.body_len, CC_JSON_LENIENT, ret, a, err) < 0)
		return cc_wrap(err, "the controller's answer");
	return 0;
}

static int dial_and_ask(
        const struct agent_config *cfg, const struct cc_token *token, struct cc_arena *a, struct spool_identity *ret, struct cc_error *err)
{
	cc_auto(cc_key_pair_free) struct cc_key_pair *key = NULL;
	cc_auto(cc_http_free) struct cc_http *http = NULL;
	struct cc_http_options options = { .addresses = token->addresses, .n_addresses = token->n_addresses, .pin = token->pin };
	struct joined joined;
	char *pin = cc_arena_alloc(a, CC_PIN_HEX);

	if (cfg->controllers.n > 0) {
		options.addresses = cfg->controllers.items;
		options.n_addresses = cfg->controllers.n;
	}
	if (cc_key_pair_open(cfg->state_dir, KEY_OWNER, &key, err) < 0)
		return -1;
	options.identity_path = cc_key_pair_path(key);
	if (cc_http_new(&options, &http, err) < 0 || ask(http, token, a, &joined, err) < 0)
		return -1;
	*ret = (struct spool_identity){
		.node = joined.node, .node_name = joined.node_name, .zone = joined.zone, .pin = cc_pin_format(token->pin, pin)
	};
	ret->controllers.n = options.n_addresses;
	ret->controllers.items = (const char **)(uintptr_t)options.addresses;
	return 0;
}

int join_check_token(const char *text, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_token token;

	if (read_token(text, a, &token, err) < 0)
		return -1;
	cc_secret_wipe(&token.secret);
	return 0;
}

int join_zone(const struct agent_config *cfg, const char *text, struct spool_identity **ret, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_token token;
	struct spool_identity who;

	if (read_token(text, a, &token, err) < 0 || statefile_make_dir(cfg->state_dir, err) < 0 || refuse_second_time(cfg, err) < 0)
		return -1;
	if (dial_and_ask(cfg, &token, a, &who, err) < 0) {
		cc_secret_wipe(&token.secret);
		return -1;
	}
	cc_secret_wipe(&token.secret);
	if (spool_save_identity(cfg->state_dir, &who, err) < 0)
		return cc_wrap(err, "the controller has accepted this node, but it could not be noted; ask for a new token when that is mended");
	*ret = cc_row_heap_copy(&spool_identity_desc, &who);
	return 0;
}
