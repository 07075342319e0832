/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include "cli/cli_confine.h"
#include "cli/handlers.h"
#include "cli/help.h"
#include "cli/hint.h"
#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/communitycloud/controller.sock"

/* The option, else its environment variable, else NULL. */
static const char *setting(const struct args *args, const char *name)
{
	const struct args_given *g = args_find(args, name);

	if (g != NULL)
		return g->text;
	for (const struct opt *o = command_connection_opts; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0 && getenv(o->env) != NULL && getenv(o->env)[0] != '\0')
			return getenv(o->env);
	return NULL;
}

/* An option beats a variable: --socket is taken even when CCCTL_CONTROLLER is set. */
static const char *controller_of(const struct args *args)
{
	return args_has(args, "socket") ? NULL : setting(args, "controller");
}

static int find_target(const struct args *args, struct client_target *ret, struct cc_error *err)
{
	const char *controller = controller_of(args);
	const char *socket = setting(args, "socket");

	if (args_has(args, "socket") && args_has(args, "controller"))
		return cc_fail(err, INVALID, "--socket and --controller exclude each other");
	*ret = (struct client_target){ socket != NULL ? socket : DEFAULT_SOCKET, controller, setting(args, "pin"), setting(args, "token") };
	if (controller != NULL && ret->pin == NULL)
		return cc_fail(err, INVALID, "a controller on the network needs --pin (or CCCTL_PIN): the SHA-256 of its key; its admin knows it");
	if (controller != NULL && ret->token == NULL)
		return cc_fail(err, INVALID, "a controller on the network needs your token: --token or CCCTL_TOKEN; see ccctl member add");
	return 0;
}

int cli_client(struct cli *cli, struct client **ret, struct cc_error *err)
{
	struct client_target target;

	if (cli->client == NULL && (find_target(&cli->args, &target, err) < 0 || client_new(&target, cli->arena, &cli->client, err) < 0))
		return -1;
	*ret = cli->client;
	return 0;
}

int cli_write(struct cli *cli, const struct cc_buf *data, struct cc_error *err)
{
	(void)cli;
	for (size_t done = 0; done < data->len;) {
		ssize_t n = write(STDOUT_FILENO, data->data + done, data->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cc_fail_errno(err, "writing the output");
		done += (size_t)n;
	}
	return 0;
}

void cli_say(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	(void)cli;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int cli_tell(struct cli *cli, const struct cc_error *err)
{
	struct cc_error e = *err;
	cc_auto_buf struct cc_buf safe = { 0 };

	hint_improve(cli, &e);
	output_add_safe(&safe, e.msg);
	cli_say(cli, "ccctl: %s", cc_buf_str(&safe));
	return cc_code_info(e.code)->exit_status;
}

const char *cli_time(struct cli *cli, int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", gmtime_r(&s, &tm));
	return cc_arena_strdup(cli->arena, text);
}

int cli_show_rows(struct cli *cli, const struct cc_desc *d, const struct cc_list *rows, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };

	output_rows(&cli->output, d, rows, &out);
	return cli_write(cli, &out, err);
}

int cli_show_row(struct cli *cli, const struct cc_desc *d, const void *row, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };

	output_row(&cli->output, d, row, &out);
	return cli_write(cli, &out, err);
}

static void look_around(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	cli->in_tty = isatty(STDIN_FILENO) == 1;
	cli->out_tty = isatty(STDOUT_FILENO) == 1;
	cli->err_tty = isatty(STDERR_FILENO) == 1;
	cli->output.color = cli->out_tty && (no_color == NULL || no_color[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
	cli->output.now_ms = cc_now_ms();
}

static int print(struct cli *cli, const struct cc_buf *out)
{
	struct cc_error err = { 0 };

	return cli_write(cli, out, &err) < 0 ? cli_tell(cli, &err) : 0;
}

/* What the command line asks for without a handler: --version, --help, nothing at all. */
static int answer_about_itself(struct cli *cli)
{
	cc_auto_buf struct cc_buf out = { 0 };

	if (cli->args.version)
		cc_buf_printf(&out, "ccctl %s\n", CC_VERSION);
	else if (cli->args.cmd != NULL)
		help_command(cli->args.cmd, &out);
	else
		help_overview(command_table, &out);
	return print(cli, &out);
}

static int run_command(struct cli *cli)
{
	struct cc_error err = { 0 };
	int status;

	if (cli->args.cmd->flags & CMD_OUTPUT)
		cli->output.format = output_format_find(args_text(&cli->args, "output", "table"));
	if (!(cli->args.cmd->flags & CMD_LOCAL) && cli_confine(&cli->args, controller_of(&cli->args), &err) < 0)
		return cli_tell(cli, &err);
	status = cli->args.cmd->run(cli, &err);
	return status < 0 ? cli_tell(cli, &err) : status;
}

int cli_run(int argc, char **argv)
{
	cc_auto(cc_arena_free) struct cc_arena *arena = cc_arena_new(0);
	struct cli cli = { .arena = arena };
	struct cc_error err = { 0 };
	int status;

	look_around(&cli);
	if (args_parse(command_table, argc, argv, arena, &cli.args, &err) < 0)
		return cli_tell(&cli, &err);
	if (cli.args.help || cli.args.version || cli.args.cmd == NULL)
		return answer_about_itself(&cli);
	status = run_command(&cli);
	client_free(cli.client);
	return status;
}
