/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bearer tokens of members. */
#include "controller/engine/decide.h"

#define TOKEN_MAX_S      (10 * 366 * (int64_t)86400)
#define TOKENS_OF_MEMBER 100

static const struct member *token_member(const struct decide *d, const struct command *cmd, const struct token_spec *spec, struct cc_error *err)
{
	const struct member *m;

	if (!cc_has(spec, token_spec, member))
		return decide_member(d, cmd, err);
	m = zone_find_ref(d->zone, TABLE_MEMBER, spec->member);
	if (m != NULL && principal_may(&cmd->who, m->id))
		return m;
	if (cmd->who.who == WHO_ADMIN)
		cc_fail_missing(err, "member", spec->member, "; see ccctl member list");
	else
		cc_fail(err, DENIED, "only admins make tokens of other members; leave --member out for one of your own");
	return NULL;
}

static size_t count_tokens(const struct decide *d, struct cc_uuid member)
{
	const struct member_token *t;
	size_t n = 0;

	for (size_t at = 0; (t = zone_next(d->zone, TABLE_MEMBER_TOKEN, &at)) != NULL;)
		n += cc_uuid_equal(t->member, member);
	return n;
}

static int check_expiry(const struct token_spec *spec, struct cc_error *err)
{
	if (!cc_has(spec, token_spec, expires_s) || (spec->expires_s >= 1 && spec->expires_s <= TOKEN_MAX_S))
		return 0;
	return cc_fail(err, INVALID, "expires_s: %lld is not between 1 and %lld", (long long)spec->expires_s, (long long)TOKEN_MAX_S);
}

int decide_token_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_token_create *args = cmd->args;
	const struct token_spec *spec = args->spec;
	const struct member *m = token_member(d, cmd, spec, err);
	struct member_token t = { .id = args->id, .secret_hash = args->secret_hash, .created = cmd->now_ms };

	if (m == NULL || check_expiry(spec, err) < 0)
		return -1;
	if (zone_find_token(d->zone, args->secret_hash) != NULL)
		return cc_fail(err, KEY_REUSED, "this Idempotency-Key made a token before; use a new one");
	if (count_tokens(d, m->id) >= TOKENS_OF_MEMBER)
		return cc_fail(err, CONFLICT, "%s has %d tokens, which is the most; revoke one that is not needed: ccctl token list", m->name,
		        TOKENS_OF_MEMBER);
	t.member = m->id;
	if (cc_has(spec, token_spec, description))
		cc_set(&t, member_token, description, spec->description);
	if (cc_has(spec, token_spec, expires_s))
		cc_set(&t, member_token, expires, cmd->now_ms + spec->expires_s * 1000);
	effects_put(fx, TABLE_MEMBER_TOKEN, &t);
	*ret_resource = t.id;
	return 0;
}

int decide_token_revoke(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_token_revoke *args = cmd->args;
	const struct member_token *t = zone_find(d->zone, TABLE_MEMBER_TOKEN, args->id);
	char id[CC_UUID_TEXT];

	if (t == NULL || !principal_may(&cmd->who, t->member))
		return cc_fail_missing(err, "token", cc_uuid_format(args->id, id), "; see ccctl token list");
	effects_remove(fx, TABLE_MEMBER_TOKEN, t->id);
	*ret_resource = t->id;
	return 0;
}
