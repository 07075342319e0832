/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who did what. */
#include "cli/handlers.h"

#include "common/clock.h"
#include "common/model.h"

#define LIMIT 50

static void add_param(struct cli *cli, struct cc_buf *path, const char *name, const char *value)
{
	if (value != NULL)
		cc_buf_printf(path, "&%s=%s", name, client_escape(cli->arena, value));
}

int cmd_audit(struct cli *cli, struct cc_error *err)
{
	const struct args *args = &cli->args;
	int64_t since_ms = args_number(args, "since", 0), limit = args_number(args, "limit", LIMIT);
	cc_auto_buf struct cc_buf path = { 0 };
	struct audit_list list = { 0 };
	struct cc_list rows;
	struct client *client;
	char when[CC_TIME_TEXT];

	cc_buf_printf(&path, "/v1/audit?limit=%lld", (long long)limit);
	add_param(cli, &path, "member", args_text(args, "member", NULL));
	add_param(cli, &path, "resource", args_text(args, "resource", NULL));
	if (since_ms > 0)
		add_param(cli, &path, "since", cc_time_format(cc_now_ms() - since_ms, when));
	if (cli_client(cli, &client, err) < 0 || client_get(client, cc_buf_str(&path), &audit_list_desc, &list, err) < 0)
		return -1;
	if (cc_has(&list, audit_list, next) && !args_has(args, "limit"))
		cli_say(cli, "Only the last %d entries; for more: --limit N", LIMIT);
	rows = (struct cc_list){ list.items.n, list.items.items };
	return cli_show_rows(cli, &audit_desc, &rows, err);
}
