/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the audit log says of a request. A refusal that never became a command goes to the engine as one of its own, which nobody waits for. */
#include "controller/engine/audit.h"
#include "common/clock.h"
#include "controller/http/edge.h"
#include "controller/http/ration.h"

#include <stdlib.h>

static const struct sockaddr *address_of(const struct request *r)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info != NULL && !r->conn->local ? info->client_addr : NULL;
}

static const char *origin(const struct request *r, struct cc_arena *a)
{
	char text[INET6_ADDRSTRLEN];

	if (r->conn->local)
		return cc_printf(a, "uid %lu", (unsigned long)r->conn->uid);
	return cc_arena_strdup(a, peer_text(address_of(r), text));
}

/* What the path names, else the name that the body gives. */
static const char *target(const struct request *r, struct cc_arena *a)
{
	static const char *const names[] = { "name", "node_name", "member", "description" };
	const struct cc_field *f;

	if (r->call.path[1] != NULL)
		return cc_printf(a, "%.128s", r->call.path[1]);
	if (r->call.path[0] != NULL)
		return cc_printf(a, "%.128s", r->call.path[0]);
	if (r->call.params[PARAM_name] != NULL)
		return r->call.params[PARAM_name];
	for (size_t i = 0; r->call.body != NULL && i < CC_ARRAY_LEN(names); i++) {
		f = cc_desc_find(r->route->body, names[i]);
		if (f != NULL && cc_field_has(f, r->call.body))
			return *(const char *const *)cc_field_at(f, r->call.body);
	}
	return "";
}

static void fill(const struct request *r, struct cc_arena *a, struct command_audit *ret)
{
	const char *name = r->route->name;

	*ret = (struct command_audit){ .id = cc_uuid_new(cc_now_ms()),
		.origin = origin(r, a),
		.action = strncmp(name, "api_", 4) == 0 ? name + 4 : name,
		.target = target(r, a),
		.request_id = cc_arena_strdup(a, r->id) };
}

void audit_command(struct request *r)
{
	/* What nodes report is no act of anybody. */
	if (!(r->route->flags & RF_LONG))
		fill(r, r->call.arena, &r->call.command.audit);
}

struct refusal {
	struct command command;
	struct cmd_refusal args;
	struct cc_arena *arena;
};

static void written(struct command *cmd)
{
	struct refusal *f = cmd->owner;

	cc_arena_free(f->arena);
	free(f);
}

void audit_refused(struct request *r)
{
	struct refusal *f;

	if (r->route == NULL || r->phase == REQUEST_COMMAND || !audit_tells(&r->call.command.error))
		return;
	if (ration_take(r->server->refusals, address_of(r), cc_boottime_ms()) > 0)
		return;
	f = cc_calloc(1, sizeof(*f));
	f->arena = cc_arena_new(0);
	f->args.why = r->call.command.error;
	f->command = (struct command){ .kind = COMMAND_REFUSAL,
		.who = r->call.who,
		.now_ms = cc_now_ms(),
		.boot_ms = cc_boottime_ms(),
		.args = &f->args,
		.arena = f->arena,
		.done = written,
		.owner = f };
	fill(r, f->arena, &f->command.audit);
	/* With a full queue there is more to do than to write down strangers. */
	if (!engine_push(r->server->engine, &f->command))
		written(&f->command);
}
