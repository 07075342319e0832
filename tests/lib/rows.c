/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/rows.h"

#include "common/clock.h"

#include <string.h>

/* Each begins where UTF-8 grows by a byte, or is special somewhere: JSON, SQL arrays, terminals. */
static const char *const characters[] = { "a", "Z", "0", " ", "\"", "\\", "/", "{", "}", "\n", "\t", "\x01", "\x1f", "\x7f", "\xc2\x80", "\xc3\xbc",
	"\xdf\xbf", "\xe0\xa0\x80", "\xe2\x82\xac", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
	"\xf0\x9f\x9a\x80", "\xf4\x8f\xbf\xbf", "'", "%", "$1", "\\u0041", "NULL" };

static size_t random_length(struct test_random *r, int64_t min, int64_t max)
{
	switch (test_random_below(r, 8)) {
	case 0:
		return (size_t)min;
	case 1:
		return (size_t)max;
	default:
		return (size_t)min + test_random_below(r, (uint32_t)((max - min < 40 ? max - min : 40) + 1));
	}
}

static const char *random_text(struct test_random *r, struct cc_arena *a, int64_t min, int64_t max)
{
	size_t len = random_length(r, min, max);
	char *text = cc_arena_alloc(a, len + 1);
	size_t n = 0;

	while (n < len) {
		const char *c = characters[test_random_below(r, CC_ARRAY_LEN(characters))];
		size_t size = strlen(c);

		if (size > len - n) {
			c = "x";
			size = 1;
		}
		memcpy(text + n, c, size);
		n += size;
	}
	return text;
}

static const char *random_from(struct test_random *r, struct cc_arena *a, const char *set, size_t len)
{
	char *text = cc_arena_alloc(a, len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = set[test_random_below(r, (uint32_t)strlen(set))];
	return text;
}

static const char *random_label(struct test_random *r, struct cc_arena *a)
{
	char *text = (char *)random_from(r, a, "abcxyz0189-", 1 + test_random_below(r, 63));

	text[0] = 'n';
	text[strlen(text) - 1] = '7';
	return text;
}

static int64_t random_int(struct test_random *r, int64_t min, int64_t max)
{
	uint64_t span = (uint64_t)max - (uint64_t)min;

	switch (test_random_below(r, 6)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return min + (int64_t)(span > 0);
	default:
		return (int64_t)((uint64_t)min + (span == UINT64_MAX ? test_random_next(r) : test_random_next(r) % (span + 1)));
	}
}

static struct cc_uuid random_uuid(struct test_random *r)
{
	uint64_t halves[2] = { test_random_next(r), test_random_next(r) };
	struct cc_uuid id;

	memcpy(id.b, halves, sizeof(id.b));
	return id;
}

static struct cc_map random_map(struct test_random *r, struct cc_arena *a)
{
	struct cc_map m = { .n = test_random_below(r, 5) };

	m.items = cc_new_array(a, m.n, struct cc_pair);
	for (size_t i = 0; i < m.n; i++)
		m.items[i] = (struct cc_pair){ cc_printf(a, "%zu%s", i, random_text(r, a, 0, 100)), random_text(r, a, 0, 1024) };
	return m;
}

static struct cc_texts random_texts(struct test_random *r, struct cc_arena *a)
{
	struct cc_texts t = { .n = test_random_below(r, 5) };

	t.items = cc_new_array(a, t.n, const char *);
	for (size_t i = 0; i < t.n; i++)
		t.items[i] = random_text(r, a, 0, 1024);
	return t;
}

static struct cc_uuids random_uuids(struct test_random *r, struct cc_arena *a)
{
	struct cc_uuids u = { .n = test_random_below(r, 5) };

	u.items = cc_new_array(a, u.n, struct cc_uuid);
	for (size_t i = 0; i < u.n; i++)
		u.items[i] = random_uuid(r);
	return u;
}

static void fill(const struct cc_desc *d, void *row, struct test_random *r, struct cc_arena *a);

static struct cc_list random_list(const struct cc_desc *d, struct test_random *r, struct cc_arena *a)
{
	struct cc_list l = { .n = test_random_below(r, 4) };

	l.items = cc_arena_array(a, l.n, d->size);
	for (size_t i = 0; i < l.n; i++)
		fill(d, (char *)l.items + i * d->size, r, a);
	return l;
}

static void fill_field(const struct cc_field *f, void *at, struct test_random *r, struct cc_arena *a)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);

	switch (k->base) {
	case CB_BOOL:
		*(bool *)at = test_random_below(r, 2);
		break;
	case CB_INT:
		*(int64_t *)at = random_int(r, k->min, k->max);
		break;
	case CB_TIME:
		*(int64_t *)at = random_int(r, CC_TIME_MIN_MS, CC_TIME_MAX_MS);
		break;
	case CB_TEXT:
		*(const char **)at = random_text(r, a, k->min, k->max);
		break;
	case CB_LABEL:
		*(const char **)at = random_label(r, a);
		break;
	case CB_HEX:
		*(const char **)at = random_from(r, a, "0123456789abcdef", (size_t)k->max);
		break;
	case CB_UUID:
		*(struct cc_uuid *)at = random_uuid(r);
		break;
	case CB_ENUM:
		*(unsigned *)at = test_random_below(r, (uint32_t)f->enums->n);
		break;
	case CB_MAP:
		*(struct cc_map *)at = random_map(r, a);
		break;
	case CB_TEXTS:
		*(struct cc_texts *)at = random_texts(r, a);
		break;
	case CB_UUIDS:
		*(struct cc_uuids *)at = random_uuids(r, a);
		break;
	case CB_LIST:
		*(struct cc_list *)at = random_list(f->desc, r, a);
		break;
	}
}

static void fill(const struct cc_desc *d, void *row, struct test_random *r, struct cc_arena *a)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];

		if ((f->flags & CC_OPT) && test_random_below(r, 3) == 0)
			continue;
		fill_field(f, (char *)row + f->offset, r, a);
		*(uint64_t *)row |= CC_BIT(f->index);
	}
}

void *rows_random(const struct cc_desc *d, struct test_random *r, struct cc_arena *a)
{
	void *row = cc_arena_alloc(a, d->size);

	fill(d, row, r, a);
	return row;
}

/* ---- comparing ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_map(const struct cc_map *a, const struct cc_map *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (!same_text(a->items[i].key, b->items[i].key) || !same_text(a->items[i].value, b->items[i].value))
			return false;
	return a->n == b->n;
}

static bool same_texts(const struct cc_texts *a, const struct cc_texts *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (!same_text(a->items[i], b->items[i]))
			return false;
	return a->n == b->n;
}

static bool same_list(const struct cc_desc *d, const struct cc_list *a, const struct cc_list *b, unsigned but)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (rows_difference(d, (const char *)a->items + i * d->size, (const char *)b->items + i * d->size, but) != NULL)
			return false;
	return a->n == b->n;
}

static bool same_uuids(const struct cc_uuids *a, const struct cc_uuids *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->items, b->items, a->n * sizeof(*a->items)) == 0);
}

static bool same_value(const struct cc_field *f, const void *a, const void *b, unsigned but)
{
	switch (cc_kind_info(f->kind)->base) {
	case CB_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case CB_INT:
	case CB_TIME:
		return *(const int64_t *)a == *(const int64_t *)b;
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		return same_text(*(const char *const *)a, *(const char *const *)b);
	case CB_UUID:
		return memcmp(a, b, sizeof(struct cc_uuid)) == 0;
	case CB_ENUM:
		return *(const unsigned *)a == *(const unsigned *)b;
	case CB_MAP:
		return same_map(a, b);
	case CB_TEXTS:
		return same_texts(a, b);
	case CB_UUIDS:
		return same_uuids(a, b);
	case CB_LIST:
		return same_list(f->desc, a, b, but);
	}
	return false;
}

const char *rows_difference(const struct cc_desc *d, const void *a, const void *b, unsigned but)
{
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];

		if (f->flags & but)
			continue;
		if (cc_field_has(f, a) != cc_field_has(f, b))
			return f->name;
		if (cc_field_has(f, a) && !same_value(f, cc_field_at(f, a), cc_field_at(f, b), but))
			return f->name;
	}
	return NULL;
}
