/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for fish: one line for each thing that can follow, with the command before the cursor as its condition. */
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

static void add_walk(struct cc_buf *out, const struct opt *const *all, size_t n)
{
	cc_buf_adds(out, "# The command before the cursor: its words without options and their values.\nfunction __ccctl_command\n"
	                 "\tset -l words (commandline -opc)\n\tset -l cmd\n\tset -l i 2\n\twhile test $i -le (count $words)\n\t\tswitch $words[$i]\n"
	                 "\t\t\tcase --\n\t\t\t\techo --\n\t\t\t\treturn\n\t\t\tcase");
	for (size_t i = 0; i < n; i++) {
		if (all[i]->kind == OPT_FLAG)
			continue;
		cc_buf_printf(out, " --%s", all[i]->name);
		if (all[i]->letter != 0)
			cc_buf_printf(out, " -%c", all[i]->letter);
	}
	cc_buf_adds(out, "\n\t\t\t\tset i (math $i + 1)\n\t\t\tcase '-*'\n\t\t\tcase '*'\n\t\t\t\tset cmd $cmd $words[$i]\n\t\tend\n"
	                 "\t\tset i (math $i + 1)\n\tend\n\tstring join ' ' -- $cmd\nend\n"
	                 "function __ccctl_in\n\tstring match -qr \"^$argv[1]( |\\$)\" -- (__ccctl_command)\nend\n");
}

static void add_line(struct cc_buf *out, const char *condition, const char *offered, const char *help)
{
	cc_buf_printf(out, "complete -c ccctl -n ");
	completion_quote(out, condition, true);
	cc_buf_adds(out, " -a ");
	completion_quote(out, offered, true);
	if (help != NULL) {
		cc_buf_adds(out, " -d ");
		completion_quote(out, help, true);
	}
	cc_buf_addc(out, '\n');
}

/* Each word of the row's name that no earlier row has at that place. */
static void add_words(struct cc_buf *out, const struct cmd *table, const struct cmd *c)
{
	for (size_t at = 0;;) {
		size_t len = strcspn(c->name + at, " ");
		bool ends = c->name[at + len] == '\0';
		char word[64], condition[128];

		snprintf(word, sizeof(word), "%.*s", (int)len, c->name + at);
		snprintf(condition, sizeof(condition), "test \"$(__ccctl_command)\" = \"%.*s\"", (int)(at > 0 ? at - 1 : 0), c->name);
		if (completion_is_first(table, c, at + len))
			add_line(out, condition, word, ends ? c->summary : "and a verb");
		if (ends)
			return;
		at += len + 1;
	}
}

static void add_opt(struct cc_buf *out, const char *condition, const struct opt *o)
{
	const struct noun *noun = completion_noun_of(o);

	cc_buf_adds(out, "complete -c ccctl -n ");
	completion_quote(out, condition, true);
	cc_buf_printf(out, " -l %s", o->name);
	if (o->letter != 0)
		cc_buf_printf(out, " -s %c", o->letter);
	if (o->kind == OPT_FILE)
		cc_buf_adds(out, " -r -F");
	else if (o->kind != OPT_FLAG)
		cc_buf_adds(out, " -x");
	if (o->kind == OPT_WORD) {
		cc_buf_adds(out, " -a '");
		completion_words(out, o->value);
		cc_buf_addc(out, '\'');
	} else if (noun != NULL) {
		cc_buf_printf(out, " -a '(ccctl %s -o name 2>/dev/null)'", noun->list_command);
	}
	cc_buf_adds(out, " -d ");
	completion_quote(out, o->help, true);
	cc_buf_addc(out, '\n');
}

static void add_command(struct cc_buf *out, const struct cmd *cmd)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);
	cc_auto_buf struct cc_buf condition = { 0 }, words = { 0 };

	cc_buf_printf(&condition, "__ccctl_in '%s'", cmd->name);
	for (size_t i = 0; i < n; i++)
		for (const struct opt *o = groups[i]; o->name != NULL; o++)
			add_opt(out, condition.data, o);
	if (cmd->noun != NULL)
		cc_buf_printf(&words, "(ccctl %s -o name 2>/dev/null)", cmd->noun->list_command);
	else if (islower((unsigned char)cmd->args[0]))
		completion_words(&words, cmd->args);
	if (words.len > 0)
		add_line(out, condition.data, words.data, NULL);
	if (strstr(cmd->args, "FILE") == NULL && !(cmd->flags & CMD_COPIES))
		return;
	cc_buf_adds(out, "complete -c ccctl -n ");
	completion_quote(out, condition.data, true);
	cc_buf_adds(out, " -F\n");
}

void completion_fish(const struct cmd *table, struct cc_buf *out)
{
	const struct opt *all[COMPLETION_OPTS_MAX];
	size_t n = completion_all_opts(table, all);

	cc_buf_adds(out, "# fish completion for ccctl. Printed by: ccctl completion fish\n");
	add_walk(out, all, n);
	cc_buf_adds(out, "complete -c ccctl -f\n");
	for (const struct cmd *c = table; c->name != NULL; c++)
		add_words(out, table, c);
	for (const struct cmd *c = table; c->name != NULL; c++)
		add_command(out, c);
}
