/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/refusal.h"

#include "common/json.h"
#include "common/model.h"

int refusal_error(const struct cc_http_reply *reply, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error ignored = { 0 };
	struct problem p;

	if (cc_json_decode(&problem_desc, reply->body, reply->body_len, CC_JSON_LENIENT, &p, a, &ignored) < 0)
		return cc_fail(err, UNAVAILABLE, "the controller answered with status %d", reply->status);
	return cc_error_set(err, cc_code_from_slug(p.code), 0, CC_HERE, "the controller refused: %s", p.detail);
}
