/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <string.h>

#define WIDTH      96
#define OPT_COLUMN 30

static const char *const exit_statuses[] = {
	"success",
	"failure: an instance could not be started, an answer was no, or something is broken",
	"wrong usage, or a value that is not acceptable",
	"there is no such thing",
	"denied, or not known to the controller",
	"conflict: it exists already, its state forbids this, or no node has room",
	"the controller, its database or the node cannot be reached, or is too busy",
	"the time was over",
};

const char *help_exit_status(int status)
{
	return status >= 0 && (size_t)status < CC_ARRAY_LEN(exit_statuses) ? exit_statuses[status] : NULL;
}

static void spaces(struct cc_buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cc_buf_addc(out, ' ');
}

/* `text` broken at WIDTH, continued at `indent`; `at` is where the first line begins. A line feed ends a paragraph. */
static void wrap(struct cc_buf *out, const char *text, size_t indent, size_t at)
{
	size_t col = at;
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " \n");

		if (!first && col + 1 + len > WIDTH) {
			cc_buf_addc(out, '\n');
			spaces(out, col = indent);
			first = true;
		}
		cc_buf_adds(out, first ? "" : " ");
		cc_buf_add(out, text, len);
		col += len + !first;
		first = text[len] == '\n';
		if (first) {
			cc_buf_adds(out, "\n\n");
			spaces(out, col = indent);
		}
		text += len + (text[len] != '\0');
	}
	cc_buf_addc(out, '\n');
}

void help_opt(const struct opt *o, struct cc_buf *out)
{
	if (o->letter != 0)
		cc_buf_printf(out, "-%c, ", o->letter);
	cc_buf_printf(out, "--%s", o->name);
	if (o->kind != OPT_FLAG)
		cc_buf_printf(out, " %s", o->value);
}

void help_usage(const struct cmd *cmd, struct cc_buf *out)
{
	const char *rest = strstr(cmd->args, " -- ");
	size_t len = rest != NULL ? (size_t)(rest - cmd->args) : strlen(cmd->args);

	cc_buf_printf(out, "ccctl %s%s%.*s [OPTIONS]%s", cmd->name, len > 0 ? " " : "", (int)len, cmd->args, rest != NULL ? rest : "");
}

static void add_opts(const struct opt *opts, struct cc_buf *out)
{
	for (const struct opt *o = opts; o->name != NULL; o++) {
		size_t begin = out->len;
		size_t len;

		spaces(out, o->letter != 0 ? 2 : 6);
		help_opt(o, out);
		len = out->len - begin;
		if (len + 2 > OPT_COLUMN) {
			cc_buf_addc(out, '\n');
			len = 0;
		}
		spaces(out, OPT_COLUMN - len);
		wrap(out, o->help, OPT_COLUMN, OPT_COLUMN);
	}
}

static void add_examples(const char *examples, struct cc_buf *out)
{
	cc_buf_adds(out, "\nExamples:\n");
	for (const char *p = examples; *p != '\0'; p += strcspn(p, "\n") + 1)
		cc_buf_printf(out, "  %.*s\n", (int)strcspn(p, "\n"), p);
}

void help_command(const struct cmd *cmd, struct cc_buf *out)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);

	cc_buf_adds(out, "Usage: ");
	help_usage(cmd, out);
	cc_buf_printf(out, "\n\n%s.\n", cmd->summary);
	if (cmd->text != NULL) {
		cc_buf_addc(out, '\n');
		wrap(out, cmd->text, 0, 0);
	}
	for (size_t i = 0; i < n; i++)
		if (groups[i] != command_connection_opts && groups[i] != command_common_opts) {
			cc_buf_adds(out, i == 0 ? "\nOptions:\n" : "");
			add_opts(groups[i], out);
		}
	if (!(cmd->flags & CMD_LOCAL))
		cc_buf_adds(out, "\nOptions of every command say which controller: see ccctl help\n");
	if (cmd->examples != NULL)
		add_examples(cmd->examples, out);
}

static void add_line(const struct cmd *c, struct cc_buf *out)
{
	size_t begin = out->len;
	size_t len;

	cc_buf_printf(out, "  %s%s%s", c->name, c->args[0] != '\0' ? " " : "", c->args);
	len = out->len - begin;
	spaces(out, len + 2 > OPT_COLUMN ? 2 : OPT_COLUMN - len);
	cc_buf_printf(out, "%s\n", c->summary);
}

/* Whether the two rows belong under different headings: other nouns, or a noun and a plain verb. */
static bool another_group(const struct cmd *a, const struct cmd *b)
{
	const char *sa = strchr(a->name, ' '), *sb = strchr(b->name, ' ');

	if (sa == NULL || sb == NULL)
		return sa != sb;
	return sa - a->name != sb - b->name || strncmp(a->name, b->name, (size_t)(sa - a->name)) != 0;
}

void help_overview(const struct cmd *table, struct cc_buf *out)
{
	cc_buf_adds(out, "ccctl runs containers on the machines of a community network.\n\nUsage: ccctl COMMAND [WORDS] [OPTIONS]\n\n");
	for (const struct cmd *c = table; c->name != NULL; c++) {
		if (c != table && another_group(c - 1, c))
			cc_buf_addc(out, '\n');
		add_line(c, out);
	}
	cc_buf_adds(out, "\nOptions:\n");
	add_opts(command_output_opts, out);
	add_opts(command_connection_opts, out);
	add_opts(command_common_opts, out);
	cc_buf_adds(out, "\nOn the supernode, root needs no set-up. First steps: ccctl status\nHelp for a command: ccctl help COMMAND\n");
}

void help_group(const struct cmd *table, const char *word, struct cc_buf *out)
{
	size_t len = strlen(word);

	cc_buf_printf(out, "Usage: ccctl %s VERB [WORDS] [OPTIONS]\n\n", word);
	for (const struct cmd *c = table; c->name != NULL; c++)
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			add_line(c, out);
	cc_buf_printf(out, "\nHelp for one of them: ccctl help %s VERB\n", word);
}
