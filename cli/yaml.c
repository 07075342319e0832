/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/yaml.h"

#include "common/json.h"

#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"

static void add_row(const struct cc_desc *d, const void *row, int depth, bool in_list, struct cc_buf *out);

static bool is_reserved(const char *s)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n" };

	for (size_t i = 0; i < CC_ARRAY_LEN(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return false;
}

/* Plain when it is letters from start to end and cannot be a number, a date or a word of YAML; a JSON string otherwise. */
static void add_text(struct cc_buf *out, const char *s)
{
	bool letter = (s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z');

	if (letter && s[strspn(s, PLAIN)] == '\0' && !is_reserved(s))
		cc_buf_adds(out, s);
	else
		cc_json_string(out, s);
}

static void indent(struct cc_buf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		cc_buf_adds(out, "  ");
}

static void add_list(const struct cc_field *f, const struct cc_list *l, int depth, struct cc_buf *out)
{
	cc_buf_adds(out, l->n == 0 ? " []\n" : "\n");
	for (size_t i = 0; i < l->n; i++)
		add_row(f->desc, (const char *)l->items + i * f->desc->size, depth, true, out);
}

static void add_map(const struct cc_map *m, int depth, struct cc_buf *out)
{
	cc_buf_adds(out, m->n == 0 ? " {}\n" : "\n");
	for (size_t i = 0; i < m->n; i++) {
		indent(out, depth);
		add_text(out, m->items[i].key);
		cc_buf_adds(out, ": ");
		add_text(out, m->items[i].value);
		cc_buf_addc(out, '\n');
	}
}

/* The value with what stands between it and the colon, and the line's end. */
static void add_value(const struct cc_field *f, const void *row, int depth, struct cc_buf *out)
{
	const void *at = cc_field_at(f, row);
	cc_auto_buf struct cc_buf text = { 0 };

	switch (cc_kind_info(f->kind)->base) {
	case CB_LIST:
		add_list(f, at, depth, out);
		return;
	case CB_MAP:
		add_map(at, depth + 1, out);
		return;
	case CB_TEXT:
	case CB_LABEL:
	case CB_ENUM:
		cc_field_format(f, row, &text);
		cc_buf_addc(out, ' ');
		add_text(out, cc_buf_str(&text));
		break;
	default: /* JSON's scalars and lists of texts are YAML */
		cc_buf_addc(out, ' ');
		cc_json_encode_field(f, row, out);
	}
	cc_buf_addc(out, '\n');
}

static void add_row(const struct cc_desc *d, const void *row, int depth, bool in_list, struct cc_buf *out)
{
	bool first = true;

	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];

		if ((f->flags & CC_NOJSON) || !cc_field_has(f, row))
			continue;
		indent(out, depth);
		if (in_list)
			cc_buf_adds(out, first ? "- " : "  ");
		cc_buf_printf(out, "%s:", f->name);
		add_value(f, row, depth + in_list, out);
		first = false;
	}
}

void yaml_row(const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	add_row(d, row, 0, false, out);
}

void yaml_rows(const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out)
{
	if (rows->n == 0)
		cc_buf_adds(out, "[]\n");
	for (size_t i = 0; i < rows->n; i++)
		add_row(d, (const char *)rows->items + i * d->size, 0, true, out);
}
