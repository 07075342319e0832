/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/escape.h"
#include "cli/exec_stream.h"
#include "cli/tty.h"
#include "common/model.h"

#include <unistd.h>

#define LEAVE_KEYS "^a q"

int cmd_console(struct cli *cli, struct cc_error *err)
{
	bool tty = cli->in_tty && cli->out_tty;
	uint32_t size = tty ? tty_size(STDOUT_FILENO) : 0;
	struct console_spec spec = { .rows = size >> 16, .cols = size & 0xffff };
	struct stream stream = { 0 };
	struct escape keys;
	struct client *client;
	char id[CC_UUID_TEXT];
	struct client_call call = { .method = "POST",
		.path = client_path(cli->arena, noun_instance.path, cli->args.words[0], "/console"),
		.body_desc = &console_spec_desc,
		.body = &spec,
		.reply_desc = &stream_desc,
		.reply = &stream,
		.once = true };
	struct exec_options opt = { .stream = id, .forward_stdin = true, .tty = tty, .leave = args_text(&cli->args, "escape", LEAVE_KEYS) };
	int status;

	if (escape_parse(opt.leave, &keys, err) < 0)
		return cc_wrap(err, "--escape");
	if (cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	cc_uuid_format(stream.id, id);
	if (tty)
		cli_say(cli, "ccctl: at the console of %s; '%s' leaves it", cli->args.words[0], opt.leave);
	status = exec_stream_run(client, &opt, cli->arena, err);
	return tty && status == EXEC_LEFT ? 0 : status;
}
