/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/audit.h"

static const char *const roles[WHO_MAX] = { "anonymous", "member", "admin", "node", "peer", "controller" };

bool audit_tells(const struct cc_error *err)
{
	return err->code == CC_DENIED || err->code == CC_UNAUTHENTICATED || err->code == CC_TOKEN_EXPIRED;
}

/* Names of now, as they may be gone when somebody reads it. */
static const char *name_of(const struct zone *z, const struct principal *who)
{
	enum table t = who->who == WHO_NODE ? TABLE_NODE : TABLE_MEMBER;
	const void *row = zone_find(z, t, who->id);

	if (row != NULL)
		return table_row_name(t, row);
	return who->who == WHO_ADMIN ? "root" : "-";
}

void audit_add(const struct zone *z, const struct command *cmd, struct cc_uuid resource, const struct cc_error *error, struct effects *fx)
{
	struct audit a = { .id = cmd->audit.id,
		.time = cmd->now_ms,
		.role = roles[cmd->who.who],
		.who_name = name_of(z, &cmd->who),
		.origin = cmd->audit.origin,
		.action = cmd->audit.action,
		.target = cmd->audit.target,
		.outcome = error->code == CC_OK ? "ok" : cc_code_info(error->code)->slug,
		.detail = error->msg,
		.request_id = cmd->audit.request_id };

	if (!cc_uuid_is_nil(cmd->who.id))
		cc_set(&a, audit, who, cmd->who.id);
	if (!cc_uuid_is_nil(resource))
		cc_set(&a, audit, resource, resource);
	effects_put(fx, TABLE_AUDIT, &a);
}

void audit_forget(int64_t before_ms, struct effects *fx)
{
	struct cc_uuid before = { { 0 } };

	for (int i = 0; i < 6; i++)
		before.b[i] = (uint8_t)((uint64_t)before_ms >> (40 - 8 * i));
	effects_remove(fx, TABLE_AUDIT, before);
}
