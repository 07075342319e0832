/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deep copies of described structs. One walk serves both: first it measures with no memory, then it copies into the block. */
#include "common/desc.h"

#include <string.h>

struct copier {
	struct cc_arena *arena; /* pieces come from here, or */
	char *block;            /* from here; NULL while only measuring */
	size_t used;
};

static void *take(struct copier *c, size_t size)
{
	size_t at = c->used;

	c->used += (size + 15) & ~(size_t)15;
	if (c->arena != NULL)
		return cc_arena_alloc(c->arena, size);
	return c->block != NULL ? c->block + at : NULL;
}

static const char *copy_text(struct copier *c, const char *s)
{
	size_t len;
	char *to;

	if (s == NULL)
		return NULL;
	len = strlen(s) + 1;
	to = take(c, len);
	return to != NULL ? memcpy(to, s, len) : s;
}

static void *copy_bytes(struct copier *c, const void *p, size_t size)
{
	void *to;

	if (size == 0)
		return NULL;
	to = take(c, size);
	return to != NULL ? memcpy(to, p, size) : NULL;
}

/* While only measuring, the pieces of a nested value are walked in the original; `to` is then NULL. */
static void copy_pieces(struct copier *c, const struct cc_desc *d, const void *from, void *to);

static void copy_map(struct copier *c, const struct cc_map *from, struct cc_map *to)
{
	struct cc_pair *items = copy_bytes(c, from->items, from->n * sizeof(*items));

	for (size_t i = 0; i < from->n; i++) {
		const char *key = copy_text(c, from->items[i].key);
		const char *value = copy_text(c, from->items[i].value);

		if (items != NULL)
			items[i] = (struct cc_pair){ key, value };
	}
	if (to != NULL)
		to->items = items;
}

static void copy_texts(struct copier *c, const struct cc_texts *from, struct cc_texts *to)
{
	const char **items = copy_bytes(c, from->items, from->n * sizeof(*items));

	for (size_t i = 0; i < from->n; i++) {
		const char *s = copy_text(c, from->items[i]);

		if (items != NULL)
			items[i] = s;
	}
	if (to != NULL)
		to->items = items;
}

static void copy_list(struct copier *c, const struct cc_desc *d, const struct cc_list *from, struct cc_list *to)
{
	char *items = copy_bytes(c, from->items, from->n * d->size);

	for (size_t i = 0; i < from->n; i++)
		copy_pieces(c, d, (const char *)from->items + i * d->size, items != NULL ? items + i * d->size : NULL);
	if (to != NULL)
		to->items = items;
}

static void copy_field(struct copier *c, const struct cc_field *f, const void *from, void *to)
{
	const void *src = (const char *)from + f->offset;
	void *dst = to != NULL ? (char *)to + f->offset : NULL;

	switch (cc_kind_info(f->kind)->base) {
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX: {
		const char *s = copy_text(c, *(const char *const *)src);

		if (dst != NULL)
			*(const char **)dst = s;
		break;
	}
	case CB_MAP:
		copy_map(c, src, dst);
		break;
	case CB_TEXTS:
		copy_texts(c, src, dst);
		break;
	case CB_UUIDS: {
		const struct cc_uuids *u = src;
		void *items = copy_bytes(c, u->items, u->n * sizeof(*u->items));

		if (dst != NULL)
			((struct cc_uuids *)dst)->items = items;
		break;
	}
	case CB_LIST:
		copy_list(c, f->desc, src, dst);
		break;
	default: /* has no pieces */
		break;
	}
}

static void copy_pieces(struct copier *c, const struct cc_desc *d, const void *from, void *to)
{
	for (size_t i = 0; i < d->n_fields; i++)
		copy_field(c, &d->fields[i], from, to);
}

void *cc_row_heap_copy(const struct cc_desc *d, const void *row)
{
	struct copier measure = { 0 };
	struct copier c = { 0 };
	void *copy;

	take(&measure, d->size);
	copy_pieces(&measure, d, row, NULL);
	c.block = cc_malloc(measure.used);
	copy = memcpy(take(&c, d->size), row, d->size);
	copy_pieces(&c, d, row, copy);
	CC_PRE(c.used == measure.used);
	return copy;
}

void *cc_row_arena_copy(const struct cc_desc *d, const void *row, struct cc_arena *a)
{
	struct copier c = { .arena = a };
	void *copy = memcpy(take(&c, d->size), row, d->size);

	copy_pieces(&c, d, row, copy);
	return copy;
}
