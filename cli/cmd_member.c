/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members and their tokens. */
#include "cli/handlers.h"

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

int cmd_token_revoke(struct cli *cli, struct cc_error *err)
{
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	for (size_t i = 0; i < cli->args.n_words; i++)
		if (client_call(client,
		            &(struct client_call){ .method = "DELETE", .path = client_path(cli->arena, noun_token.path, cli->args.words[i], "") },
		            err) < 0)
			return -1;
	return 0;
}
