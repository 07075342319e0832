/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/log.h"
#include "common/model.h"
#include "docs/gen.h"

#include <ctype.h>
#include <inttypes.h>

void gen_errors(struct cc_buf *out)
{
	gen_head(out, "Errors", "common/error_codes.def",
	        "Every way to fail. A reply that fails carries an RFC 9457 problem document whose `code` is the word in the first column; `ccctl` ends with the\n"
	        "exit status. Where *again* says yes, the same request may succeed later.");
	cc_buf_adds(out, "| code | HTTP | exit status | again | meaning |\n| --- | --- | --- | --- | --- |\n");
	for (int c = 1; c < CC_CODE_MAX; c++) {
		const struct cc_code_info *i = cc_code_info((enum cc_code)c);

		cc_buf_printf(out, "| `%s` | %d | %d | %s | ", i->slug, i->http_status, i->exit_status, i->retry ? "yes" : "no");
		cc_buf_add_cell(out, i->meaning);
		cc_buf_adds(out, " |\n");
	}
}

void gen_events(struct cc_buf *out)
{
	gen_head(out, "Events", "common/events.def",
	        "Everything the log can say. A line has the event's name as `event=`, then pairs with the detail; behind a warning or an error stands what to do.");
	cc_buf_adds(out, "| event | level | meaning | what to do |\n| --- | --- | --- | --- |\n");
	for (int e = 0; e < CC_EV_MAX; e++) {
		const struct cc_event_info *i = cc_event_info((enum cc_event)e);

		cc_buf_adds(out, "| `");
		for (const char *p = i->name; *p != '\0'; p++)
			cc_buf_addc(out, (char)tolower((unsigned char)*p));
		cc_buf_printf(out, "` | %s | ", cc_log_level_name(i->level));
		cc_buf_add_cell(out, i->sentence);
		cc_buf_adds(out, " | ");
		cc_buf_add_cell(out, i->hint);
		cc_buf_adds(out, " |\n");
	}
}

/* ---- kinds and entities ---- */

static void limits(struct cc_buf *out, const struct cc_kind_info *k)
{
	switch (k->base) {
	case CB_INT:
		if (k->max < INT64_MAX)
			cc_buf_printf(out, "%" PRId64 " to %" PRId64, k->min, k->max);
		else if (k->min > INT64_MIN)
			cc_buf_printf(out, "%" PRId64 " or more", k->min);
		break;
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
	case CB_UUID:
		if (k->min == k->max)
			cc_buf_printf(out, "%" PRId64 " bytes", k->max);
		else
			cc_buf_printf(out, "%" PRId64 " to %" PRId64 " bytes", k->min, k->max);
		break;
	case CB_MAP:
	case CB_TEXTS:
	case CB_UUIDS:
	case CB_LIST:
		cc_buf_printf(out, "at most %" PRId64, k->max);
		break;
	default:
		break;
	}
}

void gen_kinds(struct cc_buf *out)
{
	gen_head(out, "Kinds of fields", "common/kinds.def",
	        "A field of a message or an entity is of one of these kinds, and the kind decides what is allowed. Texts inside lists and maps have at most 1024\n"
	        "bytes, keys of maps 1 to 128. An object has at most 256 members, and JSON is nested at most 16 levels deep.");
	cc_buf_adds(out, "| kind | meaning | limits | pattern | in PostgreSQL |\n| --- | --- | --- | --- | --- |\n");
	for (int k = 0; k < CK_MAX; k++) {
		const struct cc_kind_info *i = cc_kind_info((enum cc_kind)k);

		cc_buf_printf(out, "| %s | ", i->name);
		cc_buf_add_cell(out, i->meaning);
		cc_buf_adds(out, " | ");
		limits(out, i);
		cc_buf_printf(out, " | %s%s%s | %s |\n", i->pattern ? "`" : "", i->pattern ? i->pattern : "", i->pattern ? "`" : "", i->column);
	}
}

static void field_kind(struct cc_buf *out, const struct cc_field *f)
{
	if (f->kind == CK_enum) {
		for (int i = 0; i < f->enums->n; i++)
			cc_buf_printf(out, "%s`%s`", i > 0 ? ", " : "", f->enums->values[i]);
	} else if (f->desc != NULL) {
		cc_buf_printf(out, "%s[%s](#%s)", f->kind == CK_list ? "list of " : "", f->desc->name, f->desc->name);
	} else {
		cc_buf_printf(out, "[%s](kinds.md)", cc_kind_info(f->kind)->name);
	}
}

static void entity(struct cc_buf *out, const struct cc_desc *d)
{
	cc_buf_printf(out, "## %s\n\n| member | kind | may be absent | meaning |\n| --- | --- | --- | --- |\n", d->name);
	for (size_t i = 0; i < d->n_fields; i++) {
		const struct cc_field *f = &d->fields[i];

		if (f->flags & CC_NOJSON)
			continue;
		cc_buf_printf(out, "| `%s` | ", f->name);
		field_kind(out, f);
		cc_buf_printf(out, " | %s | ", f->flags & CC_OPT ? "yes" : "");
		cc_buf_add_cell(out, f->doc);
		cc_buf_adds(out, " |\n");
	}
	cc_buf_addc(out, '\n');
}

void gen_entities(struct cc_buf *out)
{
	gen_head(out, "Entities and messages", "common/model/",
	        "Every object that the API sends or takes, and what the database keeps. In a request an unknown member is refused by name; a reader of replies\n"
	        "should pass over what it does not know.");
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++)
		entity(out, *d);
}
