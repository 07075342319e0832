/* SPDX-License-Identifier: GPL-3.0-or-later */
/* start, stop, restart and delete, for one instance or many: all are asked first, then waited for, so that they work at the same time. One that fails does
 * not hinder the others; the exit status is that of the first failure. */
#include "cli/handlers.h"

#include "cli/confirm.h"
#include "cli/wait.h"
#include "common/model.h"

struct act {
	const char *verb; /* NULL: DELETE */
	enum wait_goal goal;
};

struct acted {
	bool asked;
	struct instance inst;
};

static int ask(struct cli *cli, const struct act *act, const char *name, struct acted *ret, struct cc_error *err)
{
	struct client_call call = { .method = act->verb != NULL ? "POST" : "DELETE", .reply_desc = &instance_desc, .reply = &ret->inst };
	struct client *client;

	ret->inst.name = name;
	call.path = client_path(cli->arena, noun_instance.path, name, act->verb != NULL ? act->verb : "");
	if (cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	ret->asked = true;
	return 0;
}

static void keep_first(int *status, int now)
{
	*status = *status != 0 ? *status : now;
}

/* What was reached goes to stdout if a format was asked for: one thing as itself, several as a list. */
static int show(struct cli *cli, const struct acted *acted, size_t n, struct cc_error *err)
{
	struct cc_list list = { 0, cc_new_array(cli->arena, n, struct instance) };

	for (size_t i = 0; i < n; i++)
		if (acted[i].asked)
			((struct instance *)list.items)[list.n++] = acted[i].inst;
	if (n == 1)
		return cli_show_row(cli, &instance_desc, list.items, err);
	return cli_show_rows(cli, &instance_desc, &list, err);
}

static int act_on_all(struct cli *cli, const struct act *act, struct cc_error *err)
{
	size_t n = cli->args.n_words;
	struct acted *acted = cc_new_array(cli->arena, n, struct acted);
	struct cc_error e = { 0 };
	struct wait w;
	int status = 0;

	wait_begin(&w, cli, act->goal);
	for (size_t i = 0; i < n; i++) {
		if (ask(cli, act, cli->args.words[i], &acted[i], n == 1 ? err : &e) == 0)
			continue;
		if (n == 1)
			return -1;
		keep_first(&status, cli_tell(cli, &e));
	}
	for (size_t i = 0; i < n; i++) {
		int result = acted[i].asked ? wait_for(&w, &acted[i].inst, &e) : 0;

		acted[i].asked &= result >= 0;
		keep_first(&status, result < 0 ? cli_tell(cli, &e) : result);
	}
	if (act->verb != NULL && args_has(&cli->args, "output") && (n > 1 || acted[0].asked) && show(cli, acted, n, err) < 0)
		return -1;
	return status;
}

int cmd_start(struct cli *cli, struct cc_error *err)
{
	return act_on_all(cli, &(struct act){ "/start", WAIT_RUNNING }, err);
}

int cmd_stop(struct cli *cli, struct cc_error *err)
{
	return act_on_all(cli, &(struct act){ "/stop", WAIT_STOPPED }, err);
}

int cmd_restart(struct cli *cli, struct cc_error *err)
{
	return act_on_all(cli, &(struct act){ "/restart", WAIT_RUNNING }, err);
}

int cmd_move(struct cli *cli, struct cc_error *err)
{
	struct instance_move body = { 0 };
	struct instance inst = { 0 };
	const struct client_call call = { "POST", client_path(cli->arena, noun_instance.path, cli->args.words[0], "/move"), &instance_move_desc,
		&body, &instance_desc, &inst };
	struct wait w;

	wait_begin(&w, cli, WAIT_MOVED);
	if (args_has(&cli->args, "to"))
		cc_set(&body, instance_move, node, args_text(&cli->args, "to", ""));
	return cli_call(cli, &call, err) < 0 ? -1 : wait_and_show(&w, &inst, err);
}

/* What would be deleted, in words: "hello (running on ada), db (stopped on bob)". @err NOT_FOUND before anything is asked */
static int describe_all(struct cli *cli, struct cc_buf *out, struct cc_error *err)
{
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	for (size_t i = 0; i < cli->args.n_words; i++) {
		struct instance inst = { 0 };

		if (client_get(client, client_path(cli->arena, noun_instance.path, cli->args.words[i], ""), &instance_desc, &inst, err) < 0)
			return -1;
		cc_buf_printf(out, "%s%s (%s", i > 0 ? ", " : "", inst.name, cc_enum_slug(&inst_state_enum, (int)inst.state));
		cc_buf_printf(
		        out, "%s%s)", cc_has(&inst, instance, node_name) ? " on " : "", cc_has(&inst, instance, node_name) ? inst.node_name : "");
	}
	return 0;
}

static int confirm(struct cli *cli, bool *ret_yes, struct cc_error *err)
{
	cc_auto_buf struct cc_buf what = { 0 };
	bool told = !args_has(&cli->args, "yes") && cli->in_tty && cli->err_tty;

	if (told && describe_all(cli, &what, err) < 0)
		return -1;
	return confirm_ask(cli, cc_printf(cli->arena, "Delete %s with %s", cc_buf_str(&what), cli->args.n_words > 1 ? "their disks" : "its disk"),
	        "delete", ret_yes, err);
}

int cmd_delete(struct cli *cli, struct cc_error *err)
{
	bool yes;

	if (confirm(cli, &yes, err) < 0)
		return -1;
	if (!yes) {
		cli_say(cli, "Nothing was deleted.");
		return 1;
	}
	return act_on_all(cli, &(struct act){ NULL, WAIT_DELETED }, err);
}
