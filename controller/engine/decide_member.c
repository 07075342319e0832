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

static const struct member *find_member(const struct decide *d, const char *ref, int64_t if_revision, struct cc_error *err)
{
	const struct member *m = zone_find_ref(d->zone, TABLE_MEMBER, ref);

	if (m == NULL)
		cc_fail_missing(err, "member", ref, "; see ccctl member list");
	else if (if_revision != 0 && if_revision != m->revision)
		cc_fail(err, PRECONDITION, "the member '%s' changed since you read it; read it again", ref);
	else
		return m;
	return NULL;
}

/* Somebody must be left who can run the zone from afar. */
static int check_admin_left(const struct decide *d, const struct member *m, struct cc_error *err)
{
	const struct member *other;

	for (size_t at = 0; m->role == ROLE_ADMIN && (other = zone_next(d->zone, TABLE_MEMBER, &at)) != NULL;)
		if (other->role == ROLE_ADMIN && !cc_uuid_equal(other->id, m->id))
			return 0;
	if (m->role != ROLE_ADMIN)
		return 0;
	return cc_fail(err, CONFLICT, "%s is the zone's last admin; make another one first: ccctl member role NAME admin", m->name);
}

static void take_limits(const struct member_change *c, struct member *m)
{
#define TAKE(field)                                          \
	if (cc_has(c, member_change, field) && c->field < 0) \
		cc_unset(m, member, field);                  \
	else if (cc_has(c, member_change, field))            \
		cc_set(m, member, field, c->field);
	TAKE(limit_instances)
	TAKE(limit_cpu_millis)
	TAKE(limit_memory_mib)
	TAKE(limit_disk_mib)
#undef TAKE
}

int decide_member_change(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_member_change *args = cmd->args;
	const struct member *now = find_member(d, args->ref, args->if_revision, err);
	struct member m;

	if (now == NULL)
		return -1;
	m = *now;
	if (cc_has(args->change, member_change, role) && args->change->role != m.role) {
		if (check_admin_left(d, now, err) < 0)
			return -1;
		m.role = args->change->role;
	}
	take_limits(args->change, &m);
	effects_put(fx, TABLE_MEMBER, &m);
	*ret_resource = m.id;
	return 0;
}

struct owned {
	size_t n;
	const char *such_as;
};

/* Rows of a table whose field `offset` is the member. */
static struct owned count_owned(const struct decide *d, enum table t, size_t offset, struct cc_uuid member)
{
	struct owned o = { 0 };
	const char *row;

	for (size_t at = 0; (row = zone_next(d->zone, t, &at)) != NULL;)
		if (cc_uuid_equal(*(const struct cc_uuid *)(row + offset), member) && o.n++ == 0)
			o.such_as = table_row_name(t, row);
	return o;
}

static int check_owns_nothing(const struct decide *d, const struct member *m, struct cc_error *err)
{
	static const struct {
		enum table table;
		size_t offset;
		const char *advice;
	} things[] = {
		{ TABLE_INSTANCE, offsetof(struct instance, member), "delete them first: ccctl delete" },
		{ TABLE_VOLUME, offsetof(struct volume, member), "delete them first: ccctl volume delete" },
		{ TABLE_IMAGE, offsetof(struct image, member), "delete them first: ccctl image delete" },
		{ TABLE_NODE, offsetof(struct node, owner), "they must leave the zone first" },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(things); i++) {
		struct owned o = count_owned(d, things[i].table, things[i].offset, m->id);

		if (o.n > 0)
			return cc_fail(err, CONFLICT, "%s owns %zu %s%s, such as '%s'; %s", m->name, o.n, table_name(things[i].table),
			        o.n == 1 ? "" : "s", o.such_as, things[i].advice);
	}
	return 0;
}

/* Tokens, invitations and aliases are the member's own and go along. */
static void remove_own(const struct decide *d, struct effects *fx, struct cc_uuid member)
{
	const struct member_token *t;
	const struct image_alias *alias;
	const struct invite *inv;

	for (size_t at = 0; (alias = zone_next(d->zone, TABLE_IMAGE_ALIAS, &at)) != NULL;)
		if (cc_uuid_equal(alias->member, member))
			effects_remove(fx, TABLE_IMAGE_ALIAS, alias->id);
	for (size_t at = 0; (t = zone_next(d->zone, TABLE_MEMBER_TOKEN, &at)) != NULL;)
		if (cc_uuid_equal(t->member, member))
			effects_remove(fx, TABLE_MEMBER_TOKEN, t->id);
	for (size_t at = 0; (inv = zone_next(d->zone, TABLE_INVITE, &at)) != NULL;)
		if (cc_uuid_equal(inv->owner, member))
			effects_remove(fx, TABLE_INVITE, inv->id);
}

int decide_member_remove(const struct decide *d, struct command *cmd, struct effects *fx, struct cc_uuid *ret_resource, struct cc_error *err)
{
	const struct cmd_member_remove *args = cmd->args;
	const struct member *m = find_member(d, args->ref, args->if_revision, err);

	if (m == NULL || check_admin_left(d, m, err) < 0)
		return -1;
	if (strcmp(m->name, DECIDE_ADMIN_NAME) == 0)
		return cc_fail(
		        err, CONFLICT, "root on the controller's machine acts as '%s', so this account stays; its tokens can be revoked", m->name);
	if (check_owns_nothing(d, m, err) < 0)
		return -1;
	remove_own(d, fx, m->id);
	effects_remove(fx, TABLE_MEMBER, m->id);
	*ret_resource = m->id;
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
