/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing limits and labels of an instance. */
#include "cli/handlers.h"

#include "cli/spec.h"
#include "cli/wait.h"
#include "common/model.h"

static int fill_change(const struct cli *cli, struct instance_change *c, struct cc_error *err)
{
	const struct args *args = &cli->args;

	if (spec_limits(cli, &instance_change_desc, c, err) < 0)
		return -1;
	if (args_has(args, "on-disconnect"))
		cc_set(c, instance_change, on_disconnect,
		        (enum on_disconnect)cc_enum_find(&on_disconnect_enum, args_text(args, "on-disconnect", "keep")));
	if (args_has(args, "stateless") && args_has(args, "stateful"))
		return cc_fail(err, INVALID, "--stateless or --stateful, not both");
	if (args_has(args, "stateless") || args_has(args, "stateful"))
		cc_set(c, instance_change, stateless, args_has(args, "stateless"));
	if (args_has(args, "label")) {
		if (spec_labels(cli, true, &c->labels, err) < 0)
			return -1;
		c->has |= CC_BIT(instance_change_f_labels);
	}
	if (c->has == 0)
		return cc_fail(err, INVALID,
		        "say what to change: --memory, --cpu, --disk, --pids, --bandwidth, --label, --on-disconnect, --stateless or --stateful");
	return 0;
}

static int change(struct cli *cli, const struct instance_change *c, struct instance *ret, struct cc_error *err)
{
	const struct client_call call = { .path = client_path(cli->arena, noun_instance.path, cli->args.words[0], ""),
		.body_desc = &instance_change_desc,
		.body = c,
		.reply_desc = &instance_desc,
		.reply = ret };
	struct client *client;

	return cli_client(cli, &client, err) < 0 ? -1 : client_patch(client, &call, err);
}

int cmd_set(struct cli *cli, struct cc_error *err)
{
	struct instance_change c = { 0 };
	struct instance inst = { 0 };
	struct wait w;

	if (fill_change(cli, &c, err) < 0)
		return -1;
	wait_begin(&w, cli, WAIT_LIMITS);
	return change(cli, &c, &inst, err) < 0 ? -1 : wait_and_show(&w, &inst, err);
}
