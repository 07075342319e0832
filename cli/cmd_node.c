/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inviting nodes, and what runs on one's own. */
#include "cli/handlers.h"

#include "cli/secret.h"
#include "common/model.h"

#include <stdlib.h>

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

int cmd_node_guests(struct cli *cli, struct cc_error *err)
{
	const char *path = client_path(cli->arena, noun_node.path, cli->args.words[0], "/instances");
	struct guest_list list = { 0 };
	struct cc_list rows;
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_list(client, path, &guest_list_desc, &list, err) < 0)
		return -1;
	rows = (struct cc_list){ list.items.n, list.items.items };
	return cli_show_rows(cli, &guest_desc, &rows, err);
}

static int by_rtt(const void *a, const void *b)
{
	const struct node_distance *x = a, *y = b;
	bool has_x = cc_has(x, node_distance, rtt_us), has_y = cc_has(y, node_distance, rtt_us);

	if (!has_x || !has_y)
		return has_y - has_x;
	return (x->rtt_us > y->rtt_us) - (x->rtt_us < y->rtt_us);
}

int cmd_node_distance(struct cli *cli, struct cc_error *err)
{
	const char *path = client_path(cli->arena, noun_node.path, cli->args.words[0], "/distances");
	const char *other = cli->args.n_words > 1 ? cli->args.words[1] : NULL;
	struct node_distance_list list = { 0 };
	struct cc_list rows;
	struct client *client;

	if (other != NULL)
		path = cc_printf(cli->arena, "%s?name=%s", path, client_escape(cli->arena, other));
	if (cli_client(cli, &client, err) < 0 || client_list(client, path, &node_distance_list_desc, &list, err) < 0)
		return -1;
	if (other != NULL && list.items.n == 0)
		return cc_fail(err, NOT_FOUND, "there is no other node '%s'; see: ccctl node list", other);
	qsort(list.items.items, list.items.n, sizeof(*list.items.items), by_rtt);
	rows = (struct cc_list){ list.items.n, list.items.items };
	return cli_show_rows(cli, &node_distance_desc, &rows, err);
}

int cmd_node_evict(struct cli *cli, struct cc_error *err)
{
	const char *guests = client_path(cli->arena, noun_node.path, cli->args.words[0], "/instances");
	struct guest g = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	for (size_t i = 1; i < cli->args.n_words; i++)
		if (client_call(client,
		            &(struct client_call){ .method = "POST",
		                    .path = client_path(cli->arena, guests, cli->args.words[i], "/stop"),
		                    .reply_desc = &guest_desc,
		                    .reply = &g },
		            err) < 0)
			return -1;
	return 0;
}
