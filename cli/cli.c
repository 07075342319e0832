/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include "cli/cli_confine.h"
#include "cli/context.h"
#include "cli/handlers.h"
#include "cli/help.h"
#include "cli/hint.h"
#include "common/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

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

void cli_target_of(struct cli *cli, const struct cc_token *token, struct client_target *ret)
{
	*ret = (struct client_target){ .n_addresses = token->n_addresses, .pin = token->pin };
	ret->addresses = (void *)cc_arena_memdup(cli->arena, token->addresses, token->n_addresses * sizeof(*token->addresses));
	ret->token = cc_secret_format(&token->secret, cc_arena_alloc(cli->arena, CC_SECRET_TEXT));
}

/* A login token as it was printed, or its bare secret; NULL when none was given. *ret_whole tells whether it carries an address. */
static int given_token(struct cli *cli, struct cc_token *ret, bool *ret_whole, const char **ret_secret, struct cc_error *err)
{
	const char *text = setting(&cli->args, "token");

	*ret_secret = text;
	*ret_whole = text != NULL && strncmp(text, "cct", 3) == 0 && strchr(text, '_') != NULL;
	if (!*ret_whole)
		return 0;
	if (cc_token_decode(text, cli->arena, ret, err) < 0)
		return cc_wrap(err, "--token");
	*ret_secret = cc_secret_format(&ret->secret, cc_arena_alloc(cli->arena, CC_SECRET_TEXT));
	return 0;
}

/* "host:port,host:port" */
static const char *const *split_addresses(const char *text, struct cc_arena *a, size_t *ret_n)
{
	const char **items = cc_new_array(a, strlen(text) + 1, const char *);

	*ret_n = 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		items[(*ret_n)++] = cc_printf(a, "%.*s", (int)len, text);
		if (text[len] == '\0')
			return items;
		text += len + 1;
	}
}

/* A controller named by --controller or its variable; a login token brings the pin. */
static int target_named(struct cli *cli, const char *controller, struct client_target *ret, struct cc_error *err)
{
	const char *pin = setting(&cli->args, "pin");
	struct cc_token token;
	bool whole;

	*ret = (struct client_target){ 0 };
	ret->addresses = split_addresses(controller, cli->arena, &ret->n_addresses);
	if (given_token(cli, &token, &whole, &ret->token, err) < 0)
		return -1;
	if (pin == NULL && !whole)
		return cc_fail(err, INVALID, "a controller on the network needs --pin (or CCCTL_PIN): the SHA-256 of its key; its admin knows it");
	if (ret->token == NULL)
		return cc_fail(err, INVALID, "a controller on the network needs your token: --token or CCCTL_TOKEN; see ccctl login");
	if (pin == NULL)
		ret->pin = token.pin;
	else if (cc_pin_parse(pin, &ret->pin, err) < 0)
		return cc_wrap(err, "--pin");
	return 0;
}

/* A context that was named, or the current one. */
static int target_of_context(struct cli *cli, const char *name, struct client_target *ret, struct cc_error *err)
{
	struct cc_token token;

	if (name == NULL && context_current(cli->arena, &name, err) < 0)
		return -1;
	*ret = (struct client_target){ .socket = CLI_DEFAULT_SOCKET };
	if (strcmp(name, CONTEXT_LOCAL) == 0) {
		cli->nobody_here = access(CLI_DEFAULT_SOCKET, F_OK) != 0;
		return 0;
	}
	if (context_load(cli->arena, name, &token, err) < 0)
		return -1;
	cli_target_of(cli, &token, ret);
	return 0;
}

/* What no option says: variables, the token's own address, then the current context. */
static int target_around(struct cli *cli, struct client_target *ret, struct cc_error *err)
{
	const char *controller = setting(&cli->args, "controller"), *socket = setting(&cli->args, "socket"), *secret;
	struct cc_token token;
	bool whole;

	if (controller != NULL)
		return target_named(cli, controller, ret, err);
	if (socket != NULL) {
		*ret = (struct client_target){ .socket = socket };
		return 0;
	}
	if (given_token(cli, &token, &whole, &secret, err) < 0)
		return -1;
	if (!whole)
		return target_of_context(cli, setting(&cli->args, "context"), ret, err);
	cli_target_of(cli, &token, ret);
	return 0;
}

/* An option beats a variable: --socket is taken even when CCCTL_CONTROLLER is set. */
static int find_target(struct cli *cli, struct client_target *ret, struct cc_error *err)
{
	const struct args *args = &cli->args;

	if (args_has(args, "socket") + args_has(args, "controller") + args_has(args, "context") > 1)
		return cc_fail(err, INVALID, "--socket, --controller and --context exclude each other");
	if (args_has(args, "controller"))
		return target_named(cli, args_text(args, "controller", NULL), ret, err);
	if (args_has(args, "context"))
		return target_of_context(cli, args_text(args, "context", NULL), ret, err);
	if (!args_has(args, "socket"))
		return target_around(cli, ret, err);
	*ret = (struct client_target){ .socket = args_text(args, "socket", NULL) };
	return 0;
}

int cli_begin(struct cli *cli, struct cc_error *err)
{
	return find_target(cli, &cli->target, err) < 0 ? -1 : cli_confine(&cli->args, &cli->target, NULL, err);
}

int cli_client(struct cli *cli, struct client **ret, struct cc_error *err)
{
	if (cli->client == NULL && client_new(&cli->target, cli->arena, &cli->client, err) < 0)
		return -1;
	*ret = cli->client;
	return 0;
}

int cli_call(struct cli *cli, const struct client_call *call, struct cc_error *err)
{
	struct client *client;

	return cli_client(cli, &client, err) < 0 ? -1 : client_call(client, call, err);
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
	struct winsize size;

	cli->in_tty = isatty(STDIN_FILENO) == 1;
	cli->out_tty = isatty(STDOUT_FILENO) == 1;
	cli->err_tty = isatty(STDERR_FILENO) == 1;
	cli->output.color = cli->out_tty && (no_color == NULL || no_color[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
	cli->output.now_ms = cc_now_ms();
	if (cli->out_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		cli->output.columns = size.ws_col;
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
	if (!(cli->args.cmd->flags & (CMD_LOCAL | CMD_OWN_START)) && cli_begin(cli, &err) < 0)
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
