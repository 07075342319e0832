/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <stdint.h>
#include <string.h>

size_t command_opt_groups(const struct cmd *cmd, const struct opt *groups[COMMAND_OPT_GROUPS])
{
	unsigned flags = cmd != NULL ? cmd->flags : CMD_OUTPUT;
	size_t n = 0;

	if (cmd != NULL && cmd->opts != NULL)
		groups[n++] = cmd->opts;
	if (flags & CMD_WAIT)
		groups[n++] = command_wait_opts;
	if (flags & CMD_OUTPUT)
		groups[n++] = command_output_opts;
	if (!(flags & CMD_LOCAL))
		groups[n++] = command_connection_opts;
	groups[n++] = command_common_opts;
	return n;
}

/* How many of the words make up `name`: 0 when they do not. */
static size_t name_matches(const char *name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(name, " ");

		if (strlen(words[i]) != len || strncmp(name, words[i], len) != 0)
			return 0;
		if (name[len] == '\0')
			return i + 1;
		name += len + 1;
	}
	return 0;
}

const struct cmd *command_find(const struct cmd *table, const char *const *words, size_t n, size_t *ret_used)
{
	for (const struct cmd *c = table; c->name != NULL; c++) {
		size_t used = name_matches(c->name, words, n);

		if (used > 0) {
			*ret_used = used;
			return c;
		}
	}
	return NULL;
}

bool command_is_group(const struct cmd *table, const char *word)
{
	size_t len = strlen(word);

	for (const struct cmd *c = table; c->name != NULL; c++)
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			return true;
	return false;
}

void command_arity(const struct cmd *cmd, size_t *ret_min, size_t *ret_max, bool *ret_rest)
{
	const char *p = cmd->args;

	*ret_min = *ret_max = 0;
	*ret_rest = false;
	while (*p != '\0') {
		size_t len = strcspn(p, " ");

		if (len == 2 && strncmp(p, "--", 2) == 0) {
			*ret_rest = true;
			return;
		}
		*ret_min += *p != '[';
		*ret_max = len > 3 && memmem(p, len, "...", 3) != NULL ? SIZE_MAX : *ret_max + (*ret_max != SIZE_MAX);
		p += len + (p[len] == ' ');
	}
}
