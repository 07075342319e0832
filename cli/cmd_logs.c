/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/exec_stream.h"
#include "common/model.h"

int cmd_logs(struct cli *cli, struct cc_error *err)
{
	struct logs_spec spec = { .follow = args_has(&cli->args, "follow") };
	struct stream stream = { 0 };
	struct client *client;
	char id[CC_UUID_TEXT];
	struct client_call call = { .method = "POST",
		.path = client_path(cli->arena, noun_instance.path, cli->args.words[0], "/logs"),
		.body_desc = &logs_spec_desc,
		.body = &spec,
		.reply_desc = &stream_desc,
		.reply = &stream,
		.once = true };

	if (args_has(&cli->args, "lines"))
		cc_set(&spec, logs_spec, lines, args_number(&cli->args, "lines", 0));
	if (cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	return exec_stream_run(client, &(struct exec_options){ .stream = cc_uuid_format(stream.id, id) }, cli->arena, err);
}
