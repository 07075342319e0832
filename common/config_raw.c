/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as written: split from a text, taken back from a struct, compared. */
#include "common/config_parts.h"

#include <string.h>

static struct cc_cfg_raw scalar(struct cc_arena *arena, const char *text)
{
	struct cc_pair *item = cc_new(arena, struct cc_pair);

	item->value = text;
	return (struct cc_cfg_raw){ .shape = CC_CFG_SCALAR, .items = item, .n = 1 };
}

static struct cc_cfg_raw fetch_list(struct cc_arena *arena, const struct cc_texts *list)
{
	struct cc_cfg_raw raw = { .shape = CC_CFG_LIST, .n = list->n };

	raw.items = cc_new_array(arena, list->n, struct cc_pair);
	for (size_t i = 0; i < list->n; i++)
		raw.items[i].value = list->items[i];
	return raw;
}

static struct cc_cfg_raw fetch_map(struct cc_arena *arena, const struct cc_map *map)
{
	struct cc_cfg_raw raw = { .shape = CC_CFG_MAP, .n = map->n };

	raw.items = cc_new_array(arena, map->n, struct cc_pair);
	for (size_t i = 0; i < map->n; i++)
		raw.items[i] = map->items[i];
	return raw;
}

struct cc_cfg_raw cc_cfg_fetch(struct cc_arena *arena, const struct cc_setting *s, const void *values)
{
	const void *at = (const char *)values + s->offset;

	switch (s->kind) {
	case CFGK_BOOL:
		return scalar(arena, *(const bool *)at ? "true" : "false");
	case CFGK_TEXT:
	case CFGK_PATH:
	case CFGK_ENUM:
		return scalar(arena, *(const char *const *)at);
	case CFGK_ADDR:
		return scalar(arena, cc_addr_format(arena, *(const struct cc_addr *)at));
	case CFGK_LIST:
		return fetch_list(arena, at);
	case CFGK_MAP:
		return fetch_map(arena, at);
	default:
		return scalar(arena, cc_cfg_format_number(arena, s->kind, *(const int64_t *)at));
	}
}

static struct cc_pair split_pair(struct cc_arena *arena, const char *text, size_t len)
{
	char *copy = cc_arena_memdup(arena, text, len);
	char *equals = strchr(copy, '=');

	if (equals == NULL)
		return (struct cc_pair){ NULL, copy };
	*equals = '\0';
	return (struct cc_pair){ copy, equals + 1 };
}

struct cc_cfg_raw cc_cfg_split(struct cc_arena *arena, const struct cc_setting *s, const char *text)
{
	struct cc_cfg_raw raw = { .shape = cc_cfg_shape_of(s->kind) };
	size_t commas = 0;

	if (raw.shape == CC_CFG_SCALAR)
		return scalar(arena, cc_arena_strdup(arena, text));
	for (const char *p = text; *p != '\0'; p++)
		commas += *p == ',';
	raw.items = cc_new_array(arena, commas + 1, struct cc_pair);
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		raw.items[raw.n++] =
		        raw.shape == CC_CFG_MAP ? split_pair(arena, text, len) : (struct cc_pair){ NULL, cc_arena_memdup(arena, text, len) };
		text += len + (text[len] == ',');
	}
	return raw;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool cc_cfg_equal(const struct cc_cfg_raw *a, const struct cc_cfg_raw *b)
{
	if (a->shape != b->shape || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_text(a->items[i].key, b->items[i].key) || !same_text(a->items[i].value, b->items[i].value))
			return false;
	return true;
}
