/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in to zones, and choosing among them. */
#include "cli/handlers.h"

#include "cli/cli_confine.h"
#include "cli/context.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/model.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TOKEN_MAX 8192

/* ---- login ---- */

/* From the terminal, without showing it; or all of stdin. */
static int read_token(struct cli *cli, const char **ret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct termios old, quiet;
	ssize_t n;

	if (!cli->in_tty) {
		if (cc_read_all(STDIN_FILENO, TOKEN_MAX, &text) < 0)
			return cc_fail_errno(err, "reading the token");
		*ret = cc_arena_strdup(cli->arena, cc_buf_str(&text));
		return 0;
	}
	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return cc_fail_errno(err, "reading the token");
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON); /* a line of a terminal ends at 4096 characters */
	fprintf(stderr, "Token (it is not shown): ");
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	do {
		n = read(STDIN_FILENO, cc_buf_reserve(&text, 512), 512);
		text.len += n > 0 ? (size_t)n : 0;
	} while (text.len <= TOKEN_MAX && ((n < 0 && errno == EINTR) || (n > 0 && text.data[text.len - 1] != '\n' && text.data[text.len - 1] != 4)));
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	cc_buf_addc(&text, '\0');
	*ret = cc_arena_strdup(cli->arena, text.data);
	return 0;
}

static int take_token(struct cli *cli, const char **ret, struct cc_error *err)
{
	const char *word = cli->args.n_words > 0 ? cli->args.words[0] : NULL;

	if (word != NULL && strcmp(word, "-") != 0) {
		*ret = word;
		return 0;
	}
	if (word == NULL && !cli->in_tty)
		return cc_fail(err, INVALID, "there is no terminal to ask for the token; give it on stdin: ccctl login - <FILE");
	return read_token(cli, ret, err);
}

static int check_token(const struct cc_token *t, struct cc_error *err)
{
	char when[CC_TIME_TEXT];

	if (t->kind == CC_TOKEN_NODE)
		return cc_fail(err, INVALID,
		        "this token lets a machine join as a node: run 'cc-agent join' there; to log in, ask for one of ccctl token create");
	if (t->kind != CC_TOKEN_LOGIN)
		return cc_fail(err, INVALID, "this token is for %s, not for logging in", cc_token_kind_name(t->kind));
	if (t->expires_ms != 0 && t->expires_ms <= cc_now_ms())
		return cc_fail(
		        err, TOKEN_EXPIRED, "this token expired at %s; ask for another (ccctl token create)", cc_time_format(t->expires_ms, when));
	return 0;
}

/* Whether the controller takes it; better known now than with the next command. */
static int try_token(struct cli *cli, const struct cc_token *t, struct cc_error *err)
{
	struct zone_status z = { 0 };
	const char *folder;

	if (context_folder(cli->arena, &folder, err) < 0)
		return -1;
	cli_target_of(cli, t, &cli->target);
	if (cli_confine(&cli->args, &cli->target, folder, err) < 0 || client_new(&cli->target, cli->arena, &cli->client, err) < 0)
		return -1;
	return client_get(cli->client, "/v1/status", &zone_status_desc, &z, err);
}

/* White space that a paste brings along is not written. */
static const char *squeeze(struct cc_arena *a, const char *text)
{
	char *out = cc_arena_strdup(a, text), *to = out;

	for (const char *p = out; *p != '\0'; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			*to++ = *p;
	*to = '\0';
	return out;
}

int cmd_login(struct cli *cli, struct cc_error *err)
{
	const char *text, *name;
	struct cc_token token;

	if (take_token(cli, &text, err) < 0 || cc_token_decode(text, cli->arena, &token, err) < 0 || check_token(&token, err) < 0)
		return -1;
	name = args_text(&cli->args, "name", token.zone);
	if (context_check_name(name, err) < 0 || try_token(cli, &token, err) < 0)
		return -1;
	if (context_save(cli->arena, name, squeeze(cli->arena, text), err) < 0 || context_choose(cli->arena, name, err) < 0)
		return -1;
	cli_say(cli, "Logged in to zone %s; ccctl now speaks to %s (context %s).", token.zone, token.addresses[0], name);
	return 0;
}

int cmd_logout(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.n_words > 0 ? cli->args.words[0] : NULL;

	if (name == NULL && context_current(cli->arena, &name, err) < 0)
		return -1;
	if (strcmp(name, CONTEXT_LOCAL) == 0)
		return cc_fail(err, INVALID, "you are not logged in to any zone; see ccctl context list");
	if (context_remove(cli->arena, name, err) < 0)
		return -1;
	cli_say(cli,
	        "Logged out of %s. The token itself is still good elsewhere; to end it, find it with 'ccctl token list' and run 'ccctl token revoke ID'.",
	        name);
	return 0;
}

/* ---- contexts ---- */

static void fill_local(struct cc_arena *a, struct context *c)
{
	const char **socket = cc_new_array(a, 1, const char *);

	socket[0] = CLI_DEFAULT_SOCKET;
	*c = (struct context){ .name = CONTEXT_LOCAL, .zone = "", .addresses = { 1, socket } };
}

/* A file that cannot be read is shown by its name alone: the others are still of use. */
static int fill(struct cc_arena *a, const char *name, struct context *c, struct cc_error *err)
{
	char pin[CC_PIN_HEX];
	struct cc_token t;

	*c = (struct context){ .name = name, .zone = "" };
	if (context_load(a, name, &t, err) < 0)
		return -1;
	c->zone = t.zone;
	c->addresses = (struct cc_texts){ t.n_addresses, (void *)cc_arena_memdup(a, t.addresses, t.n_addresses * sizeof(*t.addresses)) };
	cc_set(c, context, pin, cc_arena_strdup(a, cc_pin_format(t.pin, pin)));
	if (t.expires_ms != 0)
		cc_set(c, context, expires, t.expires_ms);
	return 0;
}

int cmd_context_list(struct cli *cli, struct cc_error *err)
{
	const char *current, **names = NULL;
	struct cc_error broken = { 0 };
	struct context *all;
	struct cc_list rows;
	size_t n;

	if (context_current(cli->arena, &current, err) < 0 || context_names(cli->arena, &names, &n, err) < 0)
		return -1;
	all = cc_new_array(cli->arena, n + 1, struct context);
	fill_local(cli->arena, &all[0]);
	for (size_t i = 0; i < n; i++)
		if (fill(cli->arena, names[i], &all[i + 1], &broken) < 0)
			cli_tell(cli, &broken);
	for (size_t i = 0; i <= n; i++)
		all[i].current = strcmp(all[i].name, current) == 0;
	rows = (struct cc_list){ n + 1, all };
	return cli_show_rows(cli, &context_desc, &rows, err);
}

int cmd_context_show(struct cli *cli, struct cc_error *err)
{
	const char *current, *name;
	struct context c;

	if (context_current(cli->arena, &current, err) < 0)
		return -1;
	name = cli->args.n_words > 0 ? cli->args.words[0] : current;
	if (strcmp(name, CONTEXT_LOCAL) == 0)
		fill_local(cli->arena, &c);
	else if (fill(cli->arena, name, &c, err) < 0)
		return -1;
	c.current = strcmp(name, current) == 0;
	return cli_show_row(cli, &context_desc, &c, err);
}

int cmd_context_use(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.words[0];
	struct cc_token t;

	if (strcmp(name, CONTEXT_LOCAL) != 0 && context_load(cli->arena, name, &t, err) < 0)
		return -1;
	if (context_choose(cli->arena, name, err) < 0)
		return -1;
	if (strcmp(name, CONTEXT_LOCAL) == 0)
		cli_say(cli, "ccctl now speaks to this machine's own controller.");
	else
		cli_say(cli, "ccctl now speaks to zone %s at %s.", t.zone, t.addresses[0]);
	return 0;
}

int cmd_context_remove(struct cli *cli, struct cc_error *err)
{
	for (size_t i = 0; i < cli->args.n_words; i++)
		if (context_remove(cli->arena, cli->args.words[i], err) < 0)
			return -1;
	return 0;
}
