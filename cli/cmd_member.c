/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members and their tokens. */
#include "cli/handlers.h"

#include "cli/remove.h"
#include "cli/secret.h"
#include "common/model.h"

int cmd_member_add(struct cli *cli, struct cc_error *err)
{
	struct member_spec spec = { .name = cli->args.words[0] };
	struct member_made made = { 0 };
	const struct client_call call = { "POST", noun_member.path, &member_spec_desc, &spec, &member_made_desc, &made };

	if (cc_text_check(cc_desc_find(&member_spec_desc, "name"), spec.name, strlen(spec.name), err) < 0)
		return -1;
	if (args_has(&cli->args, "admin"))
		cc_set(&spec, member_spec, role, ROLE_ADMIN);
	if (secret_make(cli, &call, err) < 0)
		return -1;
	if (secret_wants_all(cli))
		return cli_show_row(cli, &member_made_desc, &made, err);
	cli_say(cli, "%s can now use the zone with this token, which is shown only now; to be given to ccctl login:", made.name);
	return secret_show(cli, "", made.token, err);
}

/* PATCHes the member that the first word names and shows it. */
static int change(struct cli *cli, const struct member_change *body, struct cc_error *err)
{
	struct member m = { 0 };
	const struct client_call call = { .path = client_path(cli->arena, noun_member.path, cli->args.words[0], ""),
		.body_desc = &member_change_desc,
		.body = body,
		.reply_desc = &member_desc,
		.reply = &m };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_patch(client, &call, err) < 0)
		return -1;
	return cli_show_row(cli, &member_desc, &m, err);
}

int cmd_member_role(struct cli *cli, struct cc_error *err)
{
	struct member_change body = { 0 };
	unsigned role;

	if (cc_enum_parse(cc_desc_find(&member_change_desc, "role"), cli->args.words[1], &role, err) < 0)
		return -1;
	cc_set(&body, member_change, role, (enum member_role)role);
	return change(cli, &body, err);
}

int cmd_member_limit(struct cli *cli, struct cc_error *err)
{
	static const char *const numbers[] = { "instances", "limit_instances", "cpu", "limit_cpu_millis", "memory", "limit_memory_mib", "disk",
		"limit_disk_mib" };
	struct member_change body = { 0 };

	for (size_t i = 0; i < CC_ARRAY_LEN(numbers); i += 2) {
		const struct cc_field *f = cc_desc_find(&member_change_desc, numbers[i + 1]);

		if (!args_has(&cli->args, numbers[i]) && !args_has(&cli->args, "default"))
			continue;
		*(int64_t *)((char *)&body + f->offset) = args_number(&cli->args, numbers[i], -1);
		body.has |= CC_BIT(f->index);
	}
	if (body.has == 0)
		return cc_fail(err, INVALID, "say which limit: --instances, --cpu, --memory, --disk, or --default for the zone's");
	return change(cli, &body, err);
}

int cmd_member_remove(struct cli *cli, struct cc_error *err)
{
	return remove_run(cli, &(struct removal){ &noun_member, "remove", "removed", " with all tokens" }, err);
}

int cmd_token_create(struct cli *cli, struct cc_error *err)
{
	struct token_spec spec = { 0 };
	struct token_made made = { 0 };
	const struct client_call call = { "POST", noun_token.path, &token_spec_desc, &spec, &token_made_desc, &made };

	if (args_has(&cli->args, "member"))
		cc_set(&spec, token_spec, member, args_text(&cli->args, "member", NULL));
	if (args_has(&cli->args, "description"))
		cc_set(&spec, token_spec, description, args_text(&cli->args, "description", NULL));
	if (args_has(&cli->args, "expires"))
		cc_set(&spec, token_spec, expires_s, args_number(&cli->args, "expires", 0) / 1000);
	if (secret_make(cli, &call, err) < 0)
		return -1;
	if (secret_wants_all(cli))
		return cli_show_row(cli, &token_made_desc, &made, err);
	cli_say(cli, "A token of %s, good %s%s and shown only now; to be given to ccctl login:", made.member_name,
	        cc_has(&made, token_made, expires) ? "until " : "until it is revoked",
	        cc_has(&made, token_made, expires) ? cli_time(cli, made.expires) : "");
	return secret_show(cli, "", made.token, err);
}

int cmd_invite_revoke(struct cli *cli, struct cc_error *err)
{
	return remove_run(cli, &(struct removal){ &noun_invite, "revoke", "revoked", NULL }, err);
}

int cmd_token_revoke(struct cli *cli, struct cc_error *err)
{
	return remove_run(cli, &(struct removal){ &noun_token, "revoke", "revoked", ", which ends at once for whoever uses it" }, err);
}
