/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members, and the invitations by which nodes join. */
#include "controller/engine/decide.h"

#define INVITE_DEFAULT_S 86400
#define INVITE_MAX_S     (30 * 86400)

/* A request under an Idempotency-Key that was forgotten derives the secret that it derived then (api/secrets.h). */
static int fail_secret_known(struct cc_error *err)
{
	return cc_fail(err, KEY_REUSED, "this Idempotency-Key made a token before; use a new one");
}

int decide_member_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_member_create *args = cmd->args;
	const struct member_spec *spec = args->spec;
	struct member m = { .id = args->id, .name = spec->name, .role = ROLE_MEMBER, .created = cmd->now_ms };
	struct member_token token = { .id = args->token_id, .member = args->id, .secret_hash = args->secret_hash, .created = cmd->now_ms };

	if (decide_check_name(spec->name, err) < 0)
		return -1;
	if (zone_find_name(d->zone, TABLE_MEMBER, spec->name) != NULL)
		return cc_fail(err, CONFLICT, "there is a member '%s' already; choose another name", spec->name);
	if (zone_find_token(d->zone, args->secret_hash) != NULL)
		return fail_secret_known(err);
	if (cc_has(spec, member_spec, role))
		m.role = spec->role;
	effects_put(fx, TABLE_MEMBER, &m);
	effects_put(fx, TABLE_MEMBER_TOKEN, &token);
	*ret_resource = m.id;
	return 0;
}

static const struct member *invite_owner(const struct decide *d, const struct command *cmd, const struct invite_spec *spec, struct cc_error *err)
{
	const struct member *m;

	if (!cc_has(spec, invite_spec, owner))
		return decide_member(d, cmd, err);
	m = zone_find_ref(d->zone, TABLE_MEMBER, spec->owner);
	if (m == NULL)
		cc_fail_missing(err, "member", spec->owner, "; see ccctl member list");
	return m;
}

int decide_invite_create(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_invite_create *args = cmd->args;
	const struct invite_spec *spec = args->spec;
	int64_t expires_s = cc_has(spec, invite_spec, expires_s) ? spec->expires_s : INVITE_DEFAULT_S;
	const struct member *owner = invite_owner(d, cmd, spec, err);
	struct invite inv = { .id = args->id, .node_name = spec->node_name, .secret_hash = args->secret_hash, .created = cmd->now_ms };

	if (owner == NULL || decide_check_name(spec->node_name, err) < 0)
		return -1;
	if (expires_s < 1 || expires_s > INVITE_MAX_S)
		return cc_fail(err, INVALID, "expires_s: %lld is not between 1 and %d", (long long)expires_s, INVITE_MAX_S);
	if (zone_find_name(d->zone, TABLE_NODE, spec->node_name) != NULL)
		return cc_fail(err, CONFLICT, "there is a node '%s' already; choose another name", spec->node_name);
	if (zone_find_invite(d->zone, args->secret_hash) != NULL)
		return fail_secret_known(err);
	inv.owner = owner->id;
	inv.expires = cmd->now_ms + expires_s * 1000;
	effects_put(fx, TABLE_INVITE, &inv);
	*ret_resource = inv.id;
	return 0;
}
