/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields name their unit at their end (_mib, _millis, bytes); that, and the kind, decide how a cell reads. */
#include "cli/column.h"

#include "cli/units.h"
#include "common/clock.h"
#include "common/model.h"
#include "common/rate.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define SHORT_HASH 12

static bool ends_with(const char *s, const char *tail)
{
	size_t ls = strlen(s), lt = strlen(tail);

	return ls >= lt && strcmp(s + ls - lt, tail) == 0;
}

static bool starts_with(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

/* granted_X of used_X and the other way round; NULL for other fields. */
static const struct cc_field *partner(const struct cc_desc *d, const struct cc_field *f, const char *mine, const char *other)
{
	char name[64];

	if (!starts_with(f->name, mine))
		return NULL;
	snprintf(name, sizeof(name), "%s%s", other, f->name + strlen(mine));
	return cc_desc_find(d, name);
}

/* Letters that are no words: "cpu" is "CPU" in a sentence too. */
static void fix_acronyms(char *title)
{
	static const char *const words[] = { "cpu", "CPU", "id", "ID", "pids", "PIDs", "rtt", "RTT" };

	for (char *p = title; *p != '\0'; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
		for (size_t i = 0; i < CC_ARRAY_LEN(words); i += 2)
			if (strcspn(p, " ") == strlen(words[i]) && strncasecmp(p, words[i], strlen(words[i])) == 0)
				memcpy(p, words[i + 1], strlen(words[i]));
}

/* "MEMORY" over a column; "Memory used" before a line. The id of something that has a name beside it says that it is one. */
static void set_title(const struct cc_desc *d, struct column *c, bool upper)
{
	static const char *const units[] = { "_name", "_mib", "_kbit", "_millis", "_permille", "_ms", "_us", "_s" };
	const char *name = c->total != NULL ? c->field->name + strlen("used_") : c->field->name;
	const char *tail = c->total != NULL && !upper ? " used" : "";
	char named[64];
	size_t len;

	snprintf(named, sizeof(named), "%s_name", name);
	if (cc_desc_find(d, named) != NULL)
		tail = " id";
	if (strcmp(name, "bytes") == 0)
		name = "size";
	len = strlen(name);
	for (size_t i = 0; i < CC_ARRAY_LEN(units); i++)
		if (ends_with(name, units[i])) {
			len -= strlen(units[i]);
			break;
		}
	snprintf(c->title, sizeof(c->title), "%.*s%s", (int)len, name, tail);
	for (char *p = c->title; *p != '\0'; p++)
		*p = *p == '_' ? ' ' : upper || p == c->title ? (char)toupper((unsigned char)*p) : *p;
	if (!upper)
		fix_acronyms(c->title);
}

/* Where a row says whether its disk limit holds; narrow tables do not. */
static const struct cc_field *find_note(const struct cc_desc *d, const char *name)
{
	const struct cc_field *flag = cc_desc_find(d, "disk_advisory");

	if (strcmp(name, "disk_mib") == 0 && flag != NULL)
		return flag;
	return strcmp(name, "used_disk_mib") == 0 && cc_desc_find(d, "granted_disk_mib") != NULL ? cc_desc_find(d, "features") : NULL;
}

static bool is_advisory(const struct cc_field *note, const void *row)
{
	const struct cc_texts *features;

	if (note == NULL || !cc_field_has(note, row))
		return false;
	if (note->kind == CK_flag)
		return true;
	features = cc_field_at(note, row);
	for (size_t i = 0; i < features->n; i++)
		if (strcmp(features->items[i], "disk-limit") == 0)
			return false;
	return features->n > 0;
}

/* `upper` for tables, `wide` where there is room for remarks. */
static void add_column(const struct cc_desc *d, const struct cc_field *f, bool upper, bool wide, struct column cols[COLUMN_MAX], size_t *n)
{
	const struct cc_field *used = partner(d, f, "granted_", "used_");
	struct column c = { .field = used != NULL ? used : f };

	c.total = used != NULL ? f : partner(d, f, "used_", "granted_");
	for (size_t i = 0; i < *n; i++)
		if (cols[i].field == c.field)
			return;
	CC_PRE(*n < COLUMN_MAX);
	set_title(d, &c, upper);
	c.note = wide ? find_note(d, c.field->name) : NULL;
	cols[(*n)++] = c;
}

size_t column_list(const struct cc_desc *d, bool wide, struct column cols[COLUMN_MAX])
{
	unsigned wanted = wide ? CC_COL | CC_WIDE : CC_COL;
	size_t n = 0;

	for (size_t i = 0; i < d->n_fields; i++)
		if (d->fields[i].flags & wanted)
			add_column(d, &d->fields[i], true, wide, cols, &n);
	return n;
}

/* Ids of other things stand beside their names, and revisions are for programs. */
static bool for_people(const struct cc_field *f)
{
	if (f->flags & CC_NOJSON)
		return false;
	/* It stands beside the limit that it is about. */
	if (strcmp(f->name, "disk_advisory") == 0)
		return false;
	return (f->flags & (CC_COL | CC_WIDE)) || (f->kind != CK_uuid && strcmp(f->name, "revision") != 0 && strcmp(f->name, "boot_sn") != 0);
}

size_t column_list_all(const struct cc_desc *d, bool wide, struct column cols[COLUMN_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_fields; i++)
		if (wide ? !(d->fields[i].flags & CC_NOJSON) : for_people(&d->fields[i]))
			add_column(d, &d->fields[i], false, true, cols, &n);
	return n;
}

static void add_int(const struct column *c, const void *row, struct cc_buf *out)
{
	int64_t v = *(const int64_t *)cc_field_at(c->field, row);
	int64_t total = c->total != NULL ? *(const int64_t *)cc_field_at(c->total, row) : 0;
	const char *name = c->field->name;
	char rate[CC_RATE_TEXT];

	if (ends_with(name, "_mib") && c->total != NULL)
		units_add_mib_of(out, v, total);
	else if (ends_with(name, "_mib"))
		units_add_mib(out, v);
	else if (ends_with(name, "_millis"))
		units_add_cpu(out, v);
	else if (ends_with(name, "_kbit"))
		cc_buf_adds(out, cc_rate_format(v, rate));
	else if (ends_with(name, "_us"))
		cc_buf_printf(out, v < 10000 ? "%.1f ms" : "%.0f ms", (double)v / 1000);
	else if (ends_with(name, "_ms"))
		cc_buf_printf(out, "%.1f s", (double)v / 1000);
	else if (ends_with(name, "_permille"))
		cc_buf_printf(out, "%" PRId64 "%%", (v + 5) / 10);
	else if (strcmp(name, "bytes") == 0 || ends_with(name, "_bytes"))
		units_add_bytes(out, v);
	else
		cc_buf_printf(out, "%" PRId64, v);
	if (c->total != NULL && !ends_with(name, "_mib")) {
		struct column rest = { .field = c->total };

		cc_buf_addc(out, '/');
		add_int(&rest, row, out);
	}
}

static void add_texts(const struct cc_texts *t, struct cc_buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		cc_buf_adds(out, i > 0 ? "," : "");
		output_add_safe(out, t->items[i]);
	}
}

static void add_map(const struct cc_map *m, struct cc_buf *out)
{
	for (size_t i = 0; i < m->n; i++) {
		cc_buf_adds(out, i > 0 ? "," : "");
		output_add_safe(out, m->items[i].key);
		cc_buf_addc(out, '=');
		output_add_safe(out, m->items[i].value);
	}
}

static void add_time(int64_t when_ms, const struct output *o, struct cc_buf *out)
{
	char text[CC_TIME_TEXT];

	if (when_ms == 0)
		return;
	if (o->format == OUT_WIDE)
		cc_buf_adds(out, cc_time_format(when_ms, text));
	else
		units_add_age(out, when_ms, o->now_ms);
}

static void add_text(const struct cc_field *f, const void *row, struct cc_buf *out)
{
	cc_auto_buf struct cc_buf raw = { 0 };

	cc_field_format(f, row, &raw);
	output_add_safe(out, cc_buf_str(&raw));
}

void column_format(const struct column *c, const void *row, const struct output *o, struct cc_buf *out)
{
	const void *at = cc_field_at(c->field, row);

	if (!cc_field_has(c->field, row))
		return;
	switch (cc_kind_info(c->field->kind)->base) {
	case CB_INT:
		add_int(c, row, out);
		cc_buf_adds(out, is_advisory(c->note, row) ? " (advisory)" : "");
		break;
	case CB_TIME:
		add_time(*(const int64_t *)at, o, out);
		break;
	case CB_BOOL:
		cc_buf_adds(out, *(const bool *)at ? "yes" : "no");
		break;
	case CB_TEXTS:
		add_texts(at, out);
		break;
	case CB_MAP:
		add_map(at, out);
		break;
	case CB_HEX:
		cc_buf_printf(out, "%.*s", o->format == OUT_WIDE ? 64 : SHORT_HASH, *(const char *const *)at ? *(const char *const *)at : "");
		break;
	default:
		add_text(c->field, row, out);
		break;
	}
}

static const struct {
	const char *slug;
	const char *color;
} colors[] = {
	{ "running", "\033[32m" },
	{ "ready", "\033[32m" },
	{ "failed", "\033[31m" },
	{ "unreachable", "\033[33m" },
	{ "silent", "\033[33m" },
};

const char *column_color(const struct column *c, const void *row)
{
	const char *slug;

	if (c->field->kind != CK_enum || strcmp(c->field->name, "state") != 0)
		return NULL;
	slug = cc_enum_slug(c->field->enums, (int)*(const unsigned *)cc_field_at(c->field, row));
	for (size_t i = 0; i < CC_ARRAY_LEN(colors); i++)
		if (strcmp(slug, colors[i].slug) == 0)
			return colors[i].color;
	return NULL;
}
