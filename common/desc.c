/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/desc.h"

#include "common/clock.h"
#include "common/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct cc_kind_info kind_infos[CK_MAX] = {
#define K(kind, ctype, base, min, max, column, pattern, meaning) [CK_##kind] = { #kind, CB_##base, min, max, column, pattern, meaning },
#include "common/kinds.def"
#undef K
	[CK_enum] = { "enum", CB_ENUM, 0, 0, "text", NULL, "one of a list of words" },
	[CK_list] = { "list", CB_LIST, 0, 65536, "jsonb", NULL, "a list of objects" },
};

const struct cc_kind_info *cc_kind_info(enum cc_kind kind)
{
	CC_PRE((unsigned)kind < CK_MAX);
	return &kind_infos[kind];
}

const struct cc_field *cc_desc_find(const struct cc_desc *d, const char *name)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (strcmp(d->fields[i].name, name) == 0)
			return &d->fields[i];
	return NULL;
}

int cc_enum_find(const struct cc_enum *e, const char *slug)
{
	for (int i = 0; i < e->n; i++)
		if (strcmp(e->values[i], slug) == 0)
			return i;
	return -1;
}

int cc_enum_parse(const struct cc_field *f, const char *slug, unsigned *ret, struct cc_error *err)
{
	int v = cc_enum_find(f->enums, slug);
	cc_auto_buf struct cc_buf words = { 0 };

	if (v >= 0) {
		*ret = (unsigned)v;
		return 0;
	}
	for (int i = 0; i < f->enums->n; i++)
		cc_buf_printf(&words, "%s%s", i > 0 ? ", " : "", f->enums->values[i]);
	return cc_fail(err, INVALID, "%s: '%.80s' is none of: %s", f->name, slug, cc_buf_str(&words));
}

const char *cc_enum_slug(const struct cc_enum *e, int value)
{
	return value >= 0 && value < e->n ? e->values[value] : "?";
}

static bool is_label(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool alnum = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');

		if (!alnum && (s[i] != '-' || i == 0 || i == len - 1))
			return false;
	}
	return true;
}

static bool is_lower_hex(const char *s, size_t len)
{
	return strspn(s, "0123456789abcdef") >= len;
}

int cc_text_check(const struct cc_field *f, const char *s, size_t len, struct cc_error *err)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);

	if (!cc_utf8_valid(s, len))
		return cc_fail(err, INVALID, "%s: not valid UTF-8 text", f->name);
	if (k->base == CB_HEX && (len != (size_t)k->max || !is_lower_hex(s, len)))
		return cc_fail(err, INVALID, "%s: '%.80s' is not %s", f->name, s, k->meaning);
	if (len < (size_t)k->min)
		return cc_fail(err, INVALID, "%s: must not be empty", f->name);
	if (len > (size_t)k->max)
		return cc_fail(err, INVALID, "%s: %zu bytes are more than the %" PRId64 " allowed", f->name, len, k->max);
	if (k->base == CB_LABEL && !is_label(s, len))
		return cc_fail(err, INVALID, "%s: '%.80s' is not a DNS label; use a-z, 0-9 and '-' inside, at most 63", f->name, s);
	return 0;
}

int cc_int_check(const struct cc_field *f, int64_t v, struct cc_error *err)
{
	const struct cc_kind_info *k = cc_kind_info(f->kind);

	if (v < k->min)
		return cc_fail(err, INVALID, "%s: %" PRId64 " is below %" PRId64, f->name, v, k->min);
	if (v > k->max)
		return cc_fail(err, INVALID, "%s: %" PRId64 " is above %" PRId64, f->name, v, k->max);
	return 0;
}

void cc_field_format(const struct cc_field *f, const void *row, struct cc_buf *out)
{
	const void *at = cc_field_at(f, row);
	char text[CC_UUID_TEXT];

	if (!cc_field_has(f, row))
		return;
	switch (cc_kind_info(f->kind)->base) {
	case CB_TIME:
		cc_buf_printf(out, "%" PRId64, *(const int64_t *)at);
		break;
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		cc_buf_adds(out, *(const char *const *)at ? *(const char *const *)at : "");
		break;
	case CB_UUID:
		cc_buf_adds(out, cc_uuid_format(*(const struct cc_uuid *)at, text));
		break;
	case CB_ENUM:
		cc_buf_adds(out, cc_enum_slug(f->enums, (int)*(const unsigned *)at));
		break;
	default:
		cc_json_encode_field(f, row, out);
		break;
	}
}

/* Digits with a minus sign before them or none: strtoll alone would take blanks and a plus. */
static int parse_number(const struct cc_field *f, const char *text, int64_t *ret, struct cc_error *err)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (*end != '\0' || errno != 0 || strspn(text + (text[0] == '-'), "0123456789") == 0)
		return cc_fail(err, INVALID, "%s: '%.80s' is not a whole number", f->name, text);
	return 0;
}

static int parse_int(const struct cc_field *f, const char *text, int64_t *ret, struct cc_error *err)
{
	int64_t v;

	if (parse_number(f, text, &v, err) < 0 || cc_int_check(f, v, err) < 0)
		return -1;
	*ret = v;
	return 0;
}

/* Milliseconds, as the database has them, or RFC 3339. */
static int parse_time(const struct cc_field *f, const char *text, int64_t *ret, struct cc_error *err)
{
	int64_t ms;

	if (text[0] == '-' || strchr(text, '-') == NULL) {
		if (parse_number(f, text, &ms, err) < 0)
			return -1;
	} else if (cc_time_parse(text, &ms, err) < 0) {
		return cc_wrap(err, "%s", f->name);
	}
	*ret = ms;
	return 0;
}

static int parse_bool(const struct cc_field *f, const char *text, bool *ret, struct cc_error *err)
{
	if (strcmp(text, "t") != 0 && strcmp(text, "f") != 0 && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return cc_fail(err, INVALID, "%s: '%.80s' is neither true nor false", f->name, text);
	*ret = text[0] == 't';
	return 0;
}

static int parse_value(const struct cc_field *f, const char *text, void *row, struct cc_arena *a, struct cc_error *err)
{
	void *at = (char *)row + f->offset;

	switch (cc_kind_info(f->kind)->base) {
	case CB_BOOL:
		return parse_bool(f, text, at, err);
	case CB_INT:
		return parse_int(f, text, at, err);
	case CB_TIME:
		return parse_time(f, text, at, err);
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		if (cc_text_check(f, text, strlen(text), err) < 0)
			return -1;
		*(const char **)at = cc_arena_strdup(a, text);
		return 0;
	case CB_UUID:
		if (cc_uuid_parse(text, at, err) < 0)
			return cc_wrap(err, "%s", f->name);
		return 0;
	case CB_ENUM:
		return cc_enum_parse(f, text, at, err);
	default:
		return cc_json_decode_field(f, text, strlen(text), row, a, err);
	}
}

int cc_field_parse(const struct cc_field *f, const char *text, void *row, struct cc_arena *a, struct cc_error *err)
{
	if (parse_value(f, text, row, a, err) < 0)
		return -1;
	*(uint64_t *)row |= CC_BIT(f->index);
	return 0;
}

const char *cc_map_get(const struct cc_map *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->items[i].key, key) == 0)
			return m->items[i].value;
	return NULL;
}
