/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inviting nodes. */
#include "cli/handlers.h"

#include "cli/secret.h"
#include "common/model.h"

/* A person gets what to type on the node; a program the token alone. */
static int show_invite(struct cli *cli, const struct invite_made *made, struct cc_error *err)
{
	bool person = cli->out_tty && !args_has(&cli->args, "output");

	if (!person)
		cli_say(cli, "on the node run: cc-agent join TOKEN");
	else
		cli_say(cli, "On the machine that becomes node %s, run:\n", made->node_name);
	if (secret_show(cli, person ? "  cc-agent join " : "", made->token, err) < 0)
		return -1;
	if (person)
		cli_say(cli, "\nThe token serves one machine, once, until %s.", cli_time(cli, made->expires));
	return 0;
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
	if (secret_make(cli, &call, err) < 0)
		return -1;
	if (secret_wants_all(cli))
		return cli_show_row(cli, &invite_made_desc, &made, err);
	return show_invite(cli, &made, err);
}
