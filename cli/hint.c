/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/hint.h"

#include "common/suggest.h"

#include <string.h>

/* The name in "no NOUN 'NAME'..."; NULL when the message is another. */
static char *missing_name(struct cc_arena *a, const char *msg, const struct noun *noun)
{
	const char *head = cc_printf(a, "no %s '", noun->word);
	const char *name = msg + strlen(head);

	if (strncmp(msg, head, strlen(head)) != 0 || strchr(name, '\'') == NULL)
		return NULL;
	return cc_arena_memdup(a, name, strcspn(name, "'"));
}

static const char *nearest(struct cli *cli, const struct noun *noun, const char *name)
{
	const struct cc_field *items = noun_items(noun);
	const struct cc_field *f = cc_desc_find(items->desc, "name");
	void *list = cc_arena_alloc(cli->arena, noun->list->size);
	const struct cc_list *rows = cc_field_at(items, list);
	struct cc_error ignored = { 0 };
	struct cc_suggest s;

	cc_suggest_init(&s, name);
	if (client_get(cli->client, noun->path, noun->list, list, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < rows->n; i++)
		cc_suggest_offer(&s, *(const char *const *)cc_field_at(f, (const char *)rows->items + i * items->desc->size));
	return s.best;
}

void hint_improve(struct cli *cli, struct cc_error *err)
{
	if (err->code != CC_NOT_FOUND || cli->client == NULL)
		return;
	for (size_t i = 0; noun_all[i] != NULL; i++) {
		const struct noun *noun = noun_all[i];
		const char *name = missing_name(cli->arena, err->msg, noun);
		const char *near = name != NULL ? nearest(cli, noun, name) : NULL;

		if (near != NULL)
			cc_fail(err, NOT_FOUND, "no %s '%s'; did you mean '%s'? See ccctl %s", noun->word, name, near, noun->list_command);
		else if (name != NULL)
			cc_fail(err, NOT_FOUND, "no %s '%s'; see ccctl %s", noun->word, name, noun->list_command);
	}
}
