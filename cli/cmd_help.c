/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/completion.h"
#include "cli/handlers.h"
#include "cli/help.h"
#include "common/suggest.h"

#include <string.h>

static int unknown_topic(const struct args *args, struct cc_error *err)
{
	struct cc_suggest s;

	cc_suggest_init(&s, args->words[0]);
	for (const struct cmd *c = command_table; c->name != NULL; c++)
		cc_suggest_offer(&s, c->name);
	if (s.best != NULL)
		return cc_fail(err, INVALID, "no command '%.80s'; did you mean '%s'?", args->words[0], s.best);
	return cc_fail(err, INVALID, "no command '%.80s'; see ccctl help", args->words[0]);
}

int cmd_help(struct cli *cli, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };
	const struct args *args = &cli->args;
	const struct cmd *cmd;
	size_t used;

	if (args_has(args, "man")) {
		help_man(command_table, &out);
		return cli_write(cli, &out, err);
	}
	cmd = command_find(command_table, args->words, args->n_words, &used);
	if (args->n_words == 0)
		help_overview(command_table, &out);
	else if (cmd != NULL && used == args->n_words)
		help_command(cmd, &out);
	else if (args->n_words == 1 && command_is_group(command_table, args->words[0]))
		help_group(command_table, args->words[0], &out);
	else
		return unknown_topic(args, err);
	return cli_write(cli, &out, err);
}

int cmd_completion(struct cli *cli, struct cc_error *err)
{
	static const struct {
		const char *shell;
		void (*print)(const struct cmd *table, struct cc_buf *out);
	} shells[] = { { "bash", completion_bash }, { "zsh", completion_zsh }, { "fish", completion_fish } };
	cc_auto_buf struct cc_buf out = { 0 };

	for (size_t i = 0; i < CC_ARRAY_LEN(shells); i++)
		if (strcmp(cli->args.words[0], shells[i].shell) == 0) {
			shells[i].print(command_table, &out);
			return cli_write(cli, &out, err);
		}
	return cc_fail(err, INVALID, "there is no completion for '%.40s'; there is one for bash, zsh and fish", cli->args.words[0]);
}
