/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for zsh, found by the same walk over the words as bash's; what is offered has its help beside it. */
#include "cli/completion.h"

#include <ctype.h>
#include <string.h>

static void add_names(struct cc_buf *out, const struct noun *noun)
{
	cc_buf_printf(out, "names=(${(f)\"$(ccctl %s -o name 2>/dev/null)\"})", noun->list_command);
}

/* "'word:help'" */
static void add_described(struct cc_buf *out, const char *word, size_t len, const char *help)
{
	cc_auto_buf struct cc_buf text = { 0 };

	cc_buf_printf(&text, "%.*s:%s", (int)len, word, help);
	cc_buf_addc(out, ' ');
	completion_quote(out, text.data, false);
}

static void add_values(struct cc_buf *out, const struct opt *const *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct opt *o = all[i];

		if (o->kind == OPT_FLAG)
			continue;
		cc_buf_addc(out, '\t');
		completion_pattern(out, o);
		cc_buf_adds(out, ") ");
		if (o->kind == OPT_FILE) {
			cc_buf_adds(out, "_files; ");
		} else if (o->kind == OPT_WORD) {
			cc_buf_adds(out, "compadd ");
			completion_words(out, o->value);
			cc_buf_adds(out, "; ");
		} else if (completion_noun_of(o) != NULL) {
			add_names(out, completion_noun_of(o));
			cc_buf_adds(out, "; compadd -a names; ");
		}
		cc_buf_adds(out, "return ;;\n");
	}
}

static void add_opts(struct cc_buf *out, const struct cmd *cmd)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];
	size_t n = command_opt_groups(cmd, groups);

	cc_buf_adds(out, "\t\topts=(");
	for (size_t i = 0; i < n; i++)
		for (const struct opt *o = groups[i]; o->name != NULL; o++) {
			cc_auto_buf struct cc_buf name = { 0 };

			cc_buf_printf(&name, "--%s", o->name);
			add_described(out, name.data, name.len, o->help);
		}
	cc_buf_adds(out, " )\n");
}

static void add_command(struct cc_buf *out, const struct cmd *cmd)
{
	cc_buf_printf(out, "\t'%s'|'%s '*)\n", cmd->name, cmd->name);
	add_opts(out, cmd);
	if (cmd->noun != NULL) {
		cc_buf_adds(out, "\t\t");
		add_names(out, cmd->noun);
		cc_buf_addc(out, '\n');
	}
	if (strstr(cmd->args, "FILE") != NULL || (cmd->flags & CMD_COPIES))
		cc_buf_adds(out, "\t\tfiles=1\n");
	if (islower((unsigned char)cmd->args[0])) {
		cc_buf_adds(out, "\t\tnames=(");
		completion_words(out, cmd->args);
		cc_buf_adds(out, ")\n");
	}
	cc_buf_adds(out, "\t\t;;\n");
}

/* The word that follows the first `at` bytes of the row's name. */
static void add_next(struct cc_buf *out, const struct cmd *c, size_t at)
{
	size_t len = strcspn(c->name + at, " ");

	add_described(out, c->name + at, len, c->name[at + len] == '\0' ? c->summary : "and a verb");
}

static void add_group(struct cc_buf *out, const struct cmd *table, const struct cmd *c, size_t len)
{
	if (!completion_is_first(table, c, len))
		return;
	cc_buf_printf(out, "\t'%.*s') verbs=(", (int)len, c->name);
	for (const struct cmd *n = c; completion_goes_on(n, c, len); n++)
		if (completion_is_first(table, n, len + 1 + strcspn(n->name + len + 1, " ")))
			add_next(out, n, len + 1);
	cc_buf_adds(out, " ) ;;\n");
}

static void add_starts(struct cc_buf *out, const struct cmd *table)
{
	cc_buf_adds(out, "\t'') verbs=(");
	for (const struct cmd *c = table; c->name != NULL; c++)
		if (completion_is_first(table, c, strcspn(c->name, " ")))
			add_next(out, c, 0);
	cc_buf_adds(out, " ); opts=('--help:Show help' '--version:Show the version') ;;\n");
	for (const struct cmd *c = table; c->name != NULL; c++)
		for (const char *end = strchr(c->name, ' '); end != NULL; end = strchr(end + 1, ' '))
			add_group(out, table, c, (size_t)(end - c->name));
}

void completion_zsh(const struct cmd *table, struct cc_buf *out)
{
	const struct opt *all[COMPLETION_OPTS_MAX];
	size_t n = completion_all_opts(table, all);

	cc_buf_adds(out, "#compdef ccctl\n# zsh completion for ccctl. Printed by: ccctl completion zsh\n_ccctl() {\n"
	                 "\tlocal cmd= files= i\n\tlocal -a opts names verbs\n\tfor ((i = 2; i < CURRENT; i++)); do\n\t\tcase ${words[i]} in\n"
	                 "\t\t--) _normal; return ;;\n\t\t");
	completion_takes_value(out, all, n);
	cc_buf_adds(out, ") ((i++)) ;;\n\t\t-*) ;;\n\t\t*) cmd=${cmd:+$cmd }${words[i]} ;;\n\t\tesac\n\tdone\n\tcase ${words[CURRENT-1]} in\n");
	add_values(out, all, n);
	cc_buf_adds(out, "\tesac\n\tcase $cmd in\n");
	add_starts(out, table);
	for (const struct cmd *c = table; c->name != NULL; c++)
		add_command(out, c);
	cc_buf_adds(out, "\tesac\n\tif [[ ${words[CURRENT]} == -* ]]; then\n\t\t_describe option opts\n\t\treturn\n\tfi\n"
	                 "\t((${#verbs})) && _describe command verbs\n\t((${#names})) && compadd -a names\n\t[[ -n $files ]] && _files\n}\n"
	                 "if [[ ${funcstack[1]} == _ccctl ]]; then\n\t_ccctl \"$@\"\nelse\n\tcompdef _ccctl ccctl\nfi\n");
}
