/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/json.h"

#include "common/clock.h"

#include <inttypes.h>
#include <string.h>

static void write_escaped(struct cc_buf *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		cc_buf_printf(out, "\\%c", c);
	else if (c < 0x20)
		cc_buf_printf(out, "\\u%04x", c);
	else
		cc_buf_adds(out, "\xef\xbf\xbd");
}

void cc_json_string(struct cc_buf *out, const char *s)
{
	const char *end = s + strlen(s);
	const char *run = s;

	cc_buf_addc(out, '"');
	while (s < end) {
		size_t n = cc_utf8_sequence(s, (size_t)(end - s));

		if (n > 0 && (unsigned char)*s >= 0x20 && *s != '"' && *s != '\\') {
			s += n;
			continue;
		}
		cc_buf_add(out, run, (size_t)(s - run));
		write_escaped(out, (unsigned char)*s);
		run = ++s;
	}
	cc_buf_add(out, run, (size_t)(s - run));
	cc_buf_addc(out, '"');
}

static void write_map(const struct cc_map *m, struct cc_buf *out)
{
	cc_buf_addc(out, '{');
	for (size_t i = 0; i < m->n; i++) {
		if (i > 0)
			cc_buf_addc(out, ',');
		cc_json_string(out, m->items[i].key);
		cc_buf_addc(out, ':');
		if (m->items[i].value != NULL)
			cc_json_string(out, m->items[i].value);
		else
			cc_buf_adds(out, "null");
	}
	cc_buf_addc(out, '}');
}

static void write_texts(const struct cc_texts *t, struct cc_buf *out)
{
	cc_buf_addc(out, '[');
	for (size_t i = 0; i < t->n; i++) {
		if (i > 0)
			cc_buf_addc(out, ',');
		cc_json_string(out, t->items[i]);
	}
	cc_buf_addc(out, ']');
}

static void write_uuids(const struct cc_uuids *u, struct cc_buf *out)
{
	char text[CC_UUID_TEXT];

	cc_buf_addc(out, '[');
	for (size_t i = 0; i < u->n; i++)
		cc_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", cc_uuid_format(u->items[i], text));
	cc_buf_addc(out, ']');
}

static void write_list(const struct cc_desc *d, const struct cc_list *l, struct cc_buf *out)
{
	cc_buf_addc(out, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			cc_buf_addc(out, ',');
		cc_json_encode(d, (const char *)l->items + i * d->size, out);
	}
	cc_buf_addc(out, ']');
}

void cc_json_encode_field(const struct cc_field *f, const void *row, struct cc_buf *out)
{
	const void *at = cc_field_at(f, row);
	char text[CC_UUID_TEXT > CC_TIME_TEXT ? CC_UUID_TEXT : CC_TIME_TEXT];

	switch (cc_kind_info(f->kind)->base) {
	case CB_BOOL:
		cc_buf_adds(out, *(const bool *)at ? "true" : "false");
		break;
	case CB_INT:
		if ((f->flags & CC_NULL) && *(const int64_t *)at < 0)
			cc_buf_adds(out, "null");
		else
			cc_buf_printf(out, "%" PRId64, *(const int64_t *)at);
		break;
	case CB_TIME:
		cc_buf_printf(out, "\"%s\"", cc_time_format(*(const int64_t *)at, text));
		break;
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		cc_json_string(out, *(const char *const *)at != NULL ? *(const char *const *)at : "");
		break;
	case CB_UUID:
		cc_buf_printf(out, "\"%s\"", cc_uuid_format(*(const struct cc_uuid *)at, text));
		break;
	case CB_ENUM:
		cc_json_string(out, cc_enum_slug(f->enums, (int)*(const unsigned *)at));
		break;
	case CB_MAP:
		write_map(at, out);
		break;
	case CB_TEXTS:
		write_texts(at, out);
		break;
	case CB_UUIDS:
		write_uuids(at, out);
		break;
	case CB_LIST:
		write_list(f->desc, at, out);
		break;
	}
}

void cc_json_encode(const struct cc_desc *d, const void *row, struct cc_buf *out)
{
	bool first = true;

	cc_buf_addc(out, '{');
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];

		if ((f->flags & CC_NOJSON) || !cc_field_has(f, row))
			continue;
		cc_buf_printf(out, "%s\"%s\":", first ? "" : ",", f->name);
		cc_json_encode_field(f, row, out);
		first = false;
	}
	cc_buf_addc(out, '}');
}

static void newline(struct cc_buf *out, int depth)
{
	cc_buf_addc(out, '\n');
	for (int i = 0; i < depth; i++)
		cc_buf_adds(out, "  ");
}

void cc_json_pretty(struct cc_buf *out, const char *compact)
{
	bool quoted = false;
	int depth = 0;

	for (const char *p = compact; *p != '\0'; p++) {
		bool opens = !quoted && (*p == '{' || *p == '[');

		if (!quoted && (*p == '}' || *p == ']'))
			newline(out, --depth);
		cc_buf_addc(out, *p);
		if (*p == '\\')
			cc_buf_addc(out, *++p);
		else if (*p == '"')
			quoted = !quoted;
		else if (opens && p[1] == *p + 2)
			cc_buf_addc(out, *++p);
		else if (opens)
			newline(out, ++depth);
		else if (!quoted && *p == ',')
			newline(out, depth);
		else if (!quoted && *p == ':')
			cc_buf_addc(out, ' ');
	}
	cc_buf_addc(out, '\n');
}
