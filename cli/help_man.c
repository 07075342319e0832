/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ccctl(1). Every part that can differ from the program is printed from what the program uses: the command table, error_codes.def. */
#include "cli/help.h"

#include <string.h>

/* Text for roff: backslashes, dashes that must stay dashes, and dots or quotes at the start of a line. */
static void roff(struct cc_buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool line_start = out->len == 0 || out->data[out->len - 1] == '\n';

		if (line_start && (s[i] == '.' || s[i] == '\''))
			cc_buf_adds(out, "\\&");
		if (s[i] == '\\')
			cc_buf_adds(out, "\\e");
		else if (s[i] == '-')
			cc_buf_adds(out, "\\-");
		else
			cc_buf_addc(out, s[i]);
	}
}

static void roffs(struct cc_buf *out, const char *s)
{
	roff(out, s, strlen(s));
}

/* A paragraph per line of `text`, a source line per sentence. */
static void paragraphs(struct cc_buf *out, const char *text)
{
	while (*text != '\0') {
		const char *stop = strstr(text, ". ");
		size_t line = strcspn(text, "\n");
		size_t len = stop != NULL && (size_t)(stop - text) < line ? (size_t)(stop - text) + 1 : line;

		roff(out, text, len);
		cc_buf_addc(out, '\n');
		text += len;
		if (*text == '\n')
			cc_buf_adds(out, ".PP\n");
		text += *text != '\0';
	}
}

static void add_opts(struct cc_buf *out, const struct opt *opts)
{
	cc_auto_buf struct cc_buf text = { 0 };

	for (const struct opt *o = opts; o->name != NULL; o++) {
		cc_buf_clear(&text);
		help_opt(o, &text);
		cc_buf_adds(out, ".TP\n.B ");
		roffs(out, text.data);
		cc_buf_addc(out, '\n');
		paragraphs(out, o->help);
		if (o->env != NULL)
			cc_buf_printf(out, "Environment: %s.\n", o->env);
	}
}

static void add_command(struct cc_buf *out, const struct cmd *cmd)
{
	cc_auto_buf struct cc_buf usage = { 0 };

	help_usage(cmd, &usage);
	cc_buf_adds(out, ".SS ");
	roffs(out, usage.data);
	cc_buf_addc(out, '\n');
	roffs(out, cmd->summary);
	cc_buf_adds(out, ".\n");
	if (cmd->text != NULL)
		paragraphs(out, cmd->text);
	if (cmd->opts != NULL)
		add_opts(out, cmd->opts);
	if (cmd->flags & CMD_WAIT)
		add_opts(out, command_wait_opts);
	if (cmd->examples == NULL)
		return;
	cc_buf_adds(out, ".PP\n.nf\n.RS\n");
	roffs(out, cmd->examples);
	cc_buf_adds(out, ".RE\n.fi\n");
}

static void add_exit_statuses(struct cc_buf *out)
{
	cc_buf_adds(out, ".SH EXIT STATUS\n");
	for (int i = 0; help_exit_status(i) != NULL; i++) {
		cc_buf_printf(out, ".TP\n.B %d\n", i);
		roffs(out, help_exit_status(i));
		cc_buf_adds(out, ".\n");
	}
	cc_buf_adds(out, ".PP\n\\&'ccctl exec' ends with the exit status of the program that it ran.\n");
}

static void add_environment(struct cc_buf *out)
{
	cc_buf_adds(out, ".SH ENVIRONMENT\n");
	for (const struct opt *o = command_connection_opts; o->name != NULL; o++)
		cc_buf_printf(out, ".TP\n.B %s\nThe same as \\-\\-%s, which goes before it.\n", o->env, o->name);
	cc_buf_adds(out, ".TP\n.B NO_COLOR\nWhen set and not empty, nothing is coloured. Off a terminal nothing is, either.\n");
}

void help_man(const struct cmd *table, struct cc_buf *out)
{
	cc_buf_adds(out,
	        ".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n.\\\" Printed by: ccctl help --man\n.TH CCCTL 1 \"\" CommunityCloud \"CommunityCloud Manual\"\n"
	        ".SH NAME\nccctl \\- run containers on the machines of a community network\n"
	        ".SH SYNOPSIS\n.B ccctl\n.I COMMAND\n[\\fIWORDS\\fR] [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
	        "ccctl speaks to the controller of a zone.\nOn the supernode it uses a unix socket, and root needs no set-up.\n"
	        "From elsewhere 'ccctl login' is needed once, with a token that says where the controller is.\n.PP\n"
	        "Data goes to stdout, talk and progress to stderr.\nOptions may stand before or after the words; what follows \\-\\- is words.\n"
	        ".SH COMMANDS\n");
	for (const struct cmd *c = table; c->name != NULL; c++)
		add_command(out, c);
	cc_buf_adds(out, ".SH OPTIONS\n");
	add_opts(out, command_output_opts);
	add_opts(out, command_connection_opts);
	add_opts(out, command_common_opts);
	add_exit_statuses(out);
	add_environment(out);
	cc_buf_adds(out,
	        ".SH FILES\n.TP\n.B /run/communitycloud/controller.sock\nThe controller's unix socket.\n"
	        ".TP\n.B $XDG_CONFIG_HOME/communitycloud/contexts, ~/.config/communitycloud/contexts\nOne file per context with its token, for its owner alone.\n");
}
