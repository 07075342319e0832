/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/act_parts.h"

#include "common/buf.h"
#include "common/log.h"

static void lease_known(void *user, const struct priv_reply *r)
{
	struct act *a = user;
	struct cc_error err = { 0 };

	if (r->code == CC_OK)
		return;
	a->lease_said = false;
	act_reply_error(r, &err);
	cc_log(ERROR, PRIV_CALL_FAILED, kv_text("call", "lease"), kv_err(&err));
}

bool act_say_lease(struct act *a)
{
	struct priv_lease body = { .until_ms = a->lease_until_ms, .grace_ms = (uint32_t)a->opt.stop_grace_ms };
	cc_auto_buf struct cc_buf ids = { 0 }, all = { 0 };
	struct cc_error ignored = { 0 };
	struct cc_sha256 now;

	for (size_t k = 0; k < a->insts->n; k++)
		if (inst_is_leased(a->insts->items[k]))
			cc_buf_add(&ids, &a->insts->items[k]->id, sizeof(struct cc_uuid));
	/* Where nothing is leased a longer lease is no news. */
	if (ids.len == 0)
		body.until_ms = 0;
	cc_buf_printf(&all, "%lld %u ", (long long)body.until_ms, body.grace_ms);
	cc_buf_add(&all, ids.data, ids.len);
	now = cc_sha256(all.data, all.len);
	if (a->lease_said && cc_sha256_equal(now, a->said_lease))
		return true;
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_LEASE, .body = &body, .tail = ids.data, .tail_len = ids.len }, lease_known,
	            a, NULL, &ignored) < 0)
		return false;
	a->lease_said = true;
	a->said_lease = now;
	return true;
}
