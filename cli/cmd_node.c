/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inviting nodes and adding members: both make a secret that is shown once. */
#include "cli/handlers.h"

#include "common/model.h"

/* Whether another format was asked for than the bare secret, which `-o name` gives as well: it is what programs call such a thing by. */
static bool wants_all(const struct cli *cli)
{
	return args_has(&cli->args, "output") && cli->output.format != OUT_NAME;
}

/* On stdout: `lead`, the secret, the end of the line. */
static int show_secret(struct cli *cli, const char *lead, const char *secret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf line = { 0 };

	cc_buf_printf(&line, "%s%s\n", lead, secret);
	return cli_write(cli, &line, err);
}

/* A person gets what to type on the node; a program the token alone. */
static int show_invite(struct cli *cli, const struct invite_made *made, struct cc_error *err)
{
	bool person = cli->out_tty && !args_has(&cli->args, "output");

	if (!person)
		cli_say(cli, "on the node run: cc-agent join TOKEN");
	else
		cli_say(cli, "On the machine that becomes node %s, run:\n", made->node_name);
	if (show_secret(cli, person ? "  cc-agent join " : "", made->token, err) < 0)
		return -1;
	if (person)
		cli_say(cli, "\nThe token serves one machine, once, until %s.", cli_time(cli, made->expires));
	return 0;
}

static int post(struct cli *cli, const struct client_call *call, struct cc_error *err)
{
	struct client *client;

	return cli_client(cli, &client, err) < 0 ? -1 : client_call(client, call, err);
}

int cmd_node_invite(struct cli *cli, struct cc_error *err)
{
	struct invite_spec spec = { .node_name = cli->args.words[0] };
	struct invite_made made = { 0 };
	const struct client_call call = { "POST", "/v1/invites", &invite_spec_desc, &spec, &invite_made_desc, &made };

	if (cc_text_check(cc_desc_find(&invite_spec_desc, "node_name"), spec.node_name, strlen(spec.node_name), err) < 0)
		return -1;
	if (args_has(&cli->args, "owner"))
		cc_set(&spec, invite_spec, owner, args_text(&cli->args, "owner", NULL));
	if (args_has(&cli->args, "expires"))
		cc_set(&spec, invite_spec, expires_s, args_number(&cli->args, "expires", 0) / 1000);
	if (post(cli, &call, err) < 0)
		return -1;
	if (wants_all(cli))
		return cli_show_row(cli, &invite_made_desc, &made, err);
	return show_invite(cli, &made, err);
}

int cmd_member_add(struct cli *cli, struct cc_error *err)
{
	struct member_spec spec = { .name = cli->args.words[0] };
	struct member_made made = { 0 };
	const struct client_call call = { "POST", noun_member.path, &member_spec_desc, &spec, &member_made_desc, &made };

	if (cc_text_check(cc_desc_find(&member_spec_desc, "name"), spec.name, strlen(spec.name), err) < 0)
		return -1;
	if (args_has(&cli->args, "admin"))
		cc_set(&spec, member_spec, role, ROLE_ADMIN);
	if (post(cli, &call, err) < 0)
		return -1;
	if (wants_all(cli))
		return cli_show_row(cli, &member_made_desc, &made, err);
	cli_say(cli, "%s can now use the zone with this token, which is shown only now (CCCTL_TOKEN):", made.name);
	return show_secret(cli, "", made.token, err);
}
