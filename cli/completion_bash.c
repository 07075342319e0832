/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for bash. The script finds the command among the words, skipping options and their values; names come from `ccctl ... -o name`. */
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

static void add_names(struct cc_buf *out, const struct noun *noun)
{
	cc_buf_printf(out, "$(ccctl %s -o name 2>/dev/null)", noun->list_command);
}

/* What may follow an option that takes a value. */
static void add_values(struct cc_buf *out, const struct opt *const *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct noun *noun = completion_noun_of(all[i]);

		if (all[i]->kind == OPT_FLAG)
			continue;
		cc_buf_adds(out, "\t");
		completion_pattern(out, all[i]);
		if (all[i]->kind == OPT_FILE)
			cc_buf_adds(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
		else {
			cc_buf_adds(out, ") COMPREPLY=($(compgen -W \"");
			if (all[i]->kind == OPT_WORD)
				completion_words(out, all[i]->value);
			if (noun != NULL)
				add_names(out, noun);
			cc_buf_adds(out, "\" -- \"$cur\")); return ;;\n");
		}
	}
}

static void add_command(struct cc_buf *out, const struct cmd *cmd)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);

	cc_buf_printf(out, "\t'%s' | '%s '*)\n\t\topts=\"", cmd->name, cmd->name);
	for (size_t i = 0; i < n; i++)
		for (const struct opt *o = groups[i]; o->name != NULL; o++)
			cc_buf_printf(out, "%s--%s", o == groups[0] ? "" : " ", o->name);
	cc_buf_adds(out, "\"\n");
	if (cmd->noun != NULL) {
		cc_buf_adds(out, "\t\tnames=\"");
		add_names(out, cmd->noun);
		cc_buf_adds(out, cmd->flags & CMD_COPIES ? "\"\n\t\tfiles=-f\n" : "\"\n");
	} else if (strstr(cmd->args, "FILE") != NULL) {
		cc_buf_adds(out, "\t\tfiles=-f\n");
	} else if (islower((unsigned char)cmd->args[0])) {
		cc_buf_adds(out, "\t\tnames=\"");
		completion_words(out, cmd->args);
		cc_buf_adds(out, "\"\n");
	}
	cc_buf_adds(out, "\t\t;;\n");
}

/* What may follow the first `len` bytes of c->name. */
static void add_next_words(struct cc_buf *out, const struct cmd *table, const struct cmd *c, size_t len)
{
	if (!completion_is_first(table, c, len))
		return;
	cc_buf_printf(out, "\t'%.*s') names=\"", (int)len, c->name);
	for (const struct cmd *n = c; completion_goes_on(n, c, len); n++) {
		size_t word_len = strcspn(n->name + len + 1, " ");

		if (completion_is_first(table, n, len + 1 + word_len))
			cc_buf_printf(out, "%s%.*s", n == c ? "" : " ", (int)word_len, n->name + len + 1);
	}
	cc_buf_adds(out, "\" ;;\n");
}

/* First words, and after a noun its verbs. */
static void add_starts(struct cc_buf *out, const struct cmd *table)
{
	cc_buf_adds(out, "\t'') names=\"");
	for (const struct cmd *c = table; c->name != NULL; c++) {
		size_t len = strcspn(c->name, " ");

		if (completion_is_first(table, c, len))
			cc_buf_printf(out, "%s%.*s", c == table ? "" : " ", (int)len, c->name);
	}
	cc_buf_adds(out, "\"; opts=\"--help --version\" ;;\n");
	for (const struct cmd *c = table; c->name != NULL; c++)
		for (const char *end = strchr(c->name, ' '); end != NULL; end = strchr(end + 1, ' '))
			add_next_words(out, table, c, (size_t)(end - c->name));
}

void completion_bash(const struct cmd *table, struct cc_buf *out)
{
	const struct opt *all[COMPLETION_OPTS_MAX];
	size_t n = completion_all_opts(table, all);

	cc_buf_adds(out, "# bash completion for ccctl. Printed by: ccctl completion bash\n_ccctl() {\n"
	                 "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= opts= names= files= i\n\tCOMPREPLY=()\n"
	                 "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i]} in\n\t\t--) return ;;\n\t\t");
	completion_takes_value(out, all, n);
	cc_buf_adds(out, ") ((i++)) ;;\n\t\t-*) ;;\n\t\t*) cmd=${cmd:+$cmd }${COMP_WORDS[i]} ;;\n\t\tesac\n\tdone\n\tcase $prev in\n");
	add_values(out, all, n);
	cc_buf_adds(out, "\tesac\n\tcase $cmd in\n");
	add_starts(out, table);
	for (const struct cmd *c = table; c->name != NULL; c++)
		add_command(out, c);
	cc_buf_adds(out, "\tesac\n\tcase $cur in\n\t-*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
	                 "\t*) COMPREPLY=($(compgen $files -W \"$names\" -- \"$cur\")) ;;\n\tesac\n}\ncomplete -F _ccctl ccctl\n");
}
