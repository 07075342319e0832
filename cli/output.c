/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output.h"

#include "cli/table.h"
#include "cli/yaml.h"
#include "common/json.h"
#include "common/model.h"

#include <string.h>

enum output_format output_format_find(const char *word)
{
	static const char *const words[OUT_MAX] = { "table", "wide", "json", "yaml", "csv", "name" };
	int i = 0;

	while (i < OUT_MAX && strcmp(words[i], word) != 0)
		i++;
	return (enum output_format)i;
}

/* The control character at p as bytes, 0 when it is none. */
static size_t control_length(const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (c == 0xc2 && ((unsigned char)p[1] & 0xe0) == 0x80) /* U+0080 to U+009F */
		return 2;
	return c < 0x20 || c == 0x7f ? 1 : 0;
}

/* Adds the character at p, or '?' for a control character, and steps over it. */
static const char *add_safe_char(struct cc_buf *out, const char *p)
{
	size_t control = control_length(p);

	cc_buf_addc(out, control > 0 ? '?' : *p);
	return p + (control > 0 ? control : 1);
}

void output_add_safe(struct cc_buf *out, const char *text)
{
	while (*text != '\0')
		text = add_safe_char(out, text);
}

static void json_rows(const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out)
{
	cc_auto_buf struct cc_buf compact = { 0 };

	cc_buf_addc(&compact, '[');
	for (size_t i = 0; i < rows->n; i++) {
		if (i > 0)
			cc_buf_addc(&compact, ',');
		cc_json_encode(d, (const char *)rows->items + i * d->size, &compact);
	}
	cc_buf_addc(&compact, ']');
	cc_json_pretty(out, compact.data);
}

static void json_row(const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	cc_auto_buf struct cc_buf compact = { 0 };

	cc_json_encode(d, row, &compact);
	cc_json_pretty(out, compact.data);
}

/* RFC 4180. Control characters but for line feeds are shown as in tables. */
static void csv_cell(struct cc_buf *out, const char *text)
{
	if (strpbrk(text, ",\"\n") == NULL) {
		output_add_safe(out, text);
		return;
	}
	cc_buf_addc(out, '"');
	while (*text != '\0') {
		if (*text == '"')
			cc_buf_addc(out, '"');
		if (*text == '\n')
			cc_buf_addc(out, *text++);
		else
			text = add_safe_char(out, text);
	}
	cc_buf_addc(out, '"');
}

static void csv_value(struct cc_buf *out, const struct cc_field *f, const void *row)
{
	cc_auto_buf struct cc_buf text = { 0 };

	if (!cc_field_has(f, row))
		return;
	if (f->kind != CK_time) {
		cc_field_format(f, row, &text);
		csv_cell(out, cc_buf_str(&text));
		return;
	}
	cc_json_encode_field(f, row, &text);
	cc_buf_add(out, text.data + 1, text.len - 2);
}

static void csv_line(const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	bool first = true;

	for (size_t i = 0; i < d->n_fields; i++) {
		if (d->fields[i].flags & CC_NOJSON)
			continue;
		if (!first)
			cc_buf_addc(out, ',');
		if (row == NULL)
			cc_buf_adds(out, d->fields[i].name);
		else
			csv_value(out, &d->fields[i], row);
		first = false;
	}
	cc_buf_addc(out, '\n');
}

/* What a thing goes by: its name, else the node's name it is for, else its id. */
static void name_line(const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	static const char *const names[] = { "name", "node_name", "zone", "id" };
	const struct cc_field *f = NULL;

	for (size_t i = 0; f == NULL && i < CC_ARRAY_LEN(names); i++)
		f = cc_desc_find(d, names[i]);
	CC_PRE(f != NULL);
	cc_field_format(f, row, out);
	cc_buf_addc(out, '\n');
}

void output_rows(const struct output *o, const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out)
{
	if (o->format == OUT_JSON)
		json_rows(d, rows, out);
	else if (o->format == OUT_YAML)
		yaml_rows(d, rows, out);
	else if (o->format == OUT_TABLE || o->format == OUT_WIDE)
		table_rows(o, d, rows, out);
	if (o->format == OUT_CSV)
		csv_line(d, NULL, out);
	for (size_t i = 0; i < rows->n; i++) {
		const void *row = (const char *)rows->items + i * d->size;

		if (o->format == OUT_CSV)
			csv_line(d, row, out);
		else if (o->format == OUT_NAME)
			name_line(d, row, out);
	}
}

void output_row(const struct output *o, const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	struct cc_list one = { 1, (void *)row };

	if (o->format == OUT_JSON)
		json_row(d, row, out);
	else if (o->format == OUT_YAML)
		yaml_row(d, row, out);
	else if (o->format == OUT_TABLE || o->format == OUT_WIDE)
		table_row(o, d, row, out);
	else
		output_rows(o, d, &one, out);
}
