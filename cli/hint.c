/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/hint.h"

#include "common/suggest.h"

#include <string.h>

static const char *nearest(struct cli *cli, const struct noun *noun, const char *name)
{
	const struct cc_field *items = noun_items(noun);
	const struct cc_field *f = cc_desc_find(items->desc, "name");
	void *list = cc_arena_alloc(cli->arena, noun->list->size);
	const struct cc_list *rows = cc_field_at(items, list);
	struct cc_error ignored = { 0 };
	struct cc_suggest s;

	cc_suggest_init(&s, name);
	if (f == NULL || client_list(cli->client, noun->path, noun->list, list, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < rows->n; i++)
		cc_suggest_offer(&s, *(const char *const *)cc_field_at(f, (const char *)rows->items + i * items->desc->size));
	return s.best;
}

static const struct noun *noun_of(const struct cc_error *err)
{
	for (size_t i = 0; err->noun != NULL && noun_all[i] != NULL; i++)
		if (strcmp(noun_all[i]->word, err->noun) == 0)
			return noun_all[i];
	return NULL;
}

void hint_improve(struct cli *cli, struct cc_error *err)
{
	const struct noun *noun = noun_of(err);
	const char *name, *near;

	if (err->code == CC_UNAVAILABLE && cli->nobody_here) {
		name = cc_arena_strdup(cli->arena, err->msg);
		cc_fail(err, UNAVAILABLE, "%s If your zone's controller is elsewhere, log in first: ccctl login", name);
	}

	if (noun == NULL || cli->client == NULL)
		return;
	name = cc_arena_strdup(cli->arena, err->name);
	near = nearest(cli, noun, name);
	if (near != NULL)
		cc_fail(err, NOT_FOUND, "no %s '%s'; did you mean '%s'? See ccctl %s", noun->word, name, near, noun->list_command);
	else
		cc_fail(err, NOT_FOUND, "no %s '%s'; see ccctl %s", noun->word, name, noun->list_command);
}
