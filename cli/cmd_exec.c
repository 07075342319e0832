/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/exec_stream.h"
#include "cli/tty.h"
#include "common/model.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAVE_KEYS "~."

/* A terminal when both of ours are, as with kubectl and incus; never against --no-tty. */
static bool wants_tty(const struct cli *cli)
{
	return !args_has(&cli->args, "no-tty") && (args_has(&cli->args, "tty") || (cli->in_tty && cli->out_tty));
}

static int fill_env(struct cli *cli, struct exec_spec *spec, bool tty, struct cc_error *err)
{
	struct cc_texts given = args_texts(&cli->args, "env", cli->arena), env = { .items = cc_new_array(cli->arena, given.n + 1, const char *) };
	const char *term = getenv("TERM");

	if (tty && term != NULL && cc_utf8_valid(term, strlen(term)) && strlen(term) < 256)
		env.items[env.n++] = cc_printf(cli->arena, "TERM=%s", term);
	for (size_t i = 0; i < given.n; i++) {
		if (strchr(given.items[i], '=') == NULL || given.items[i][0] == '=')
			return cc_fail(err, INVALID, "--env: '%.80s' is not NAME=VALUE", given.items[i]);
		if (strncmp(given.items[i], "TERM=", 5) == 0 && env.n > 0 && strncmp(env.items[0], "TERM=", 5) == 0)
			env.items[0] = given.items[i];
		else
			env.items[env.n++] = given.items[i];
	}
	if (env.n > 0)
		cc_set(spec, exec_spec, env, env);
	return 0;
}

static void fill_tty(struct exec_spec *spec)
{
	uint32_t size = tty_size(STDOUT_FILENO);

	cc_set(spec, exec_spec, tty, true);
	if (size != 0) {
		cc_set(spec, exec_spec, rows, size >> 16);
		cc_set(spec, exec_spec, cols, size & 0xffff);
	}
}

static int fill_spec(struct cli *cli, struct exec_spec *spec, bool tty, struct cc_error *err)
{
	spec->argv.n = cli->args.n_rest;
	spec->argv.items = cc_new_array(cli->arena, cli->args.n_rest, const char *);
	for (size_t i = 0; i < cli->args.n_rest; i++) {
		spec->argv.items[i] = cli->args.rest[i];
		if (!cc_utf8_valid(cli->args.rest[i], strlen(cli->args.rest[i])))
			return cc_fail(err, INVALID, "argument %zu of the program is not valid UTF-8 text", i);
	}
	if (tty)
		fill_tty(spec);
	return fill_env(cli, spec, tty, err);
}

int cmd_exec(struct cli *cli, struct cc_error *err)
{
	bool tty = wants_tty(cli);
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
	struct exec_options opt = {
		.stream = id, .forward_stdin = tty || !cli->in_tty || args_has(&cli->args, "stdin"), .tty = tty && cli->in_tty, .leave = LEAVE_KEYS
	};
	int status;

	if (fill_spec(cli, &spec, tty, err) < 0 || cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	cc_uuid_format(stream.id, id);
	status = exec_stream_run(client, &opt, cli->arena, err);
	if (status == EXEC_LEFT && opt.tty)
		cli_say(cli, "ccctl: left; the program is hung up");
	return status;
}
