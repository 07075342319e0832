/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/completion.h"

#include <string.h>

const struct noun *completion_noun_of(const struct opt *o)
{
	for (size_t i = 0; noun_all[i] != NULL; i++)
		/* A list shows tokens by their ids; an option takes the secret itself. */
		if (o->kind == OPT_TEXT && noun_all[i] != &noun_token && strcasecmp(o->value, noun_all[i]->word) == 0)
			return noun_all[i];
	return NULL;
}

static bool seen_before(const struct opt *const *opts, size_t n, const struct opt *o)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(opts[i]->name, o->name) == 0)
			return true;
	return false;
}

size_t completion_all_opts(const struct cmd *table, const struct opt *all[COMPLETION_OPTS_MAX])
{
	size_t n = 0;

	for (const struct cmd *c = table; c->name != NULL; c++) {
		const struct opt *groups[COMMAND_OPT_GROUPS];
		size_t n_groups = command_opt_groups(c, groups);

		for (size_t i = 0; i < n_groups; i++)
			for (const struct opt *o = groups[i]; o->name != NULL; o++)
				if (!seen_before(all, n, o)) {
					CC_PRE(n < COMPLETION_OPTS_MAX);
					all[n++] = o;
				}
	}
	return n;
}

void completion_pattern(struct cc_buf *out, const struct opt *o)
{
	cc_buf_printf(out, "--%s", o->name);
	if (o->letter != 0)
		cc_buf_printf(out, "|-%c", o->letter);
}

void completion_takes_value(struct cc_buf *out, const struct opt *const *all, size_t n)
{
	const char *sep = "";

	for (size_t i = 0; i < n; i++) {
		if (all[i]->kind == OPT_FLAG)
			continue;
		cc_buf_adds(out, sep);
		completion_pattern(out, all[i]);
		sep = "|";
	}
}

void completion_words(struct cc_buf *out, const char *words)
{
	for (const char *p = words; *p != '\0'; p++)
		cc_buf_addc(out, *p == '|' ? ' ' : *p);
}

void completion_quote(struct cc_buf *out, const char *text, bool fish)
{
	cc_buf_addc(out, '\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			cc_buf_adds(out, fish ? "\\'" : "'\\''");
		else if (*text == '\\' && fish)
			cc_buf_adds(out, "\\\\");
		else
			cc_buf_addc(out, *text);
	cc_buf_addc(out, '\'');
}

bool completion_is_first(const struct cmd *table, const struct cmd *c, size_t len)
{
	const char *before = c == table ? NULL : c[-1].name;

	return before == NULL || strncmp(before, c->name, len) != 0 || (before[len] != ' ' && before[len] != '\0');
}

bool completion_goes_on(const struct cmd *row, const struct cmd *c, size_t len)
{
	return row->name != NULL && strncmp(row->name, c->name, len) == 0 && row->name[len] == ' ';
}
