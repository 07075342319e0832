/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/exec_stream.h"
#include "common/model.h"

static int fill_spec(struct cli *cli, struct exec_spec *spec, struct cc_error *err)
{
	struct cc_texts env = args_texts(&cli->args, "env", cli->arena);

	spec->argv.n = cli->args.n_rest;
	spec->argv.items = cc_new_array(cli->arena, cli->args.n_rest, const char *);
	for (size_t i = 0; i < cli->args.n_rest; i++) {
		spec->argv.items[i] = cli->args.rest[i];
		if (!cc_utf8_valid(cli->args.rest[i], strlen(cli->args.rest[i])))
			return cc_fail(err, INVALID, "argument %zu of the program is not valid UTF-8 text", i);
	}
	for (size_t i = 0; i < env.n; i++)
		if (strchr(env.items[i], '=') == NULL || env.items[i][0] == '=')
			return cc_fail(err, INVALID, "--env: '%.80s' is not NAME=VALUE", env.items[i]);
	if (env.n > 0)
		cc_set(spec, exec_spec, env, env);
	return 0;
}

int cmd_exec(struct cli *cli, struct cc_error *err)
{
	struct exec_spec spec = { 0 };
	struct stream stream = { 0 };
	struct client *client;
	char id[CC_UUID_TEXT];
	struct client_call call = { .method = "POST",
		.path = client_path(cli->arena, noun_instance.path, cli->args.words[0], "/exec"),
		.body_desc = &exec_spec_desc,
		.body = &spec,
		.reply_desc = &stream_desc,
		.reply = &stream,
		.once = true };

	if (fill_spec(cli, &spec, err) < 0 || cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	return exec_stream_run(
	        client, &(struct exec_options){ cc_uuid_format(stream.id, id), !cli->in_tty || args_has(&cli->args, "stdin") }, cli->arena, err);
}
