/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/openapi_schema.h"
#include "common/json.h"
#include "common/model.h"

static void range(struct cc_buf *out, const struct cc_kind_info *k)
{
	if (k->min != INT64_MIN)
		cc_buf_printf(out, ",\"minimum\":%lld", (long long)k->min);
	if (k->max != INT64_MAX)
		cc_buf_printf(out, ",\"maximum\":%lld", (long long)k->max);
}

static void string(struct cc_buf *out, const struct cc_kind_info *k)
{
	cc_buf_printf(out, "\"type\":\"string\",\"minLength\":%lld,\"maxLength\":%lld", (long long)k->min, (long long)k->max);
	if (k->pattern != NULL) {
		cc_buf_adds(out, ",\"pattern\":");
		cc_json_string(out, k->pattern);
	}
}

static void describe(struct cc_buf *out, const char *doc)
{
	if (doc == NULL)
		return;
	cc_buf_adds(out, ",\"description\":");
	cc_json_string(out, doc);
}

static void kind_members(struct cc_buf *out, const struct cc_kind_info *k)
{
	switch (k->base) {
	case CB_BOOL:
		cc_buf_adds(out, "\"type\":\"boolean\"");
		break;
	case CB_INT:
		cc_buf_adds(out, "\"type\":\"integer\",\"format\":\"int64\"");
		range(out, k);
		break;
	case CB_UUID:
		cc_buf_adds(out, "\"type\":\"string\",\"format\":\"uuid\"");
		break;
	case CB_TIME:
		cc_buf_adds(out, "\"type\":\"string\",\"format\":\"date-time\"");
		break;
	case CB_MAP:
		cc_buf_printf(out, "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"%s},\"maxProperties\":%lld",
		        k == cc_kind_info(CK_label_changes) ? ",\"nullable\":true" : "", (long long)k->max);
		break;
	case CB_TEXTS:
		cc_buf_printf(out, "\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":%lld", (long long)k->max);
		break;
	case CB_UUIDS:
		cc_buf_printf(out, "\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"uuid\"},\"maxItems\":%lld", (long long)k->max);
		break;
	default:
		string(out, k);
		break;
	}
}

void openapi_schema_kind(struct cc_buf *out, enum cc_kind kind, const char *doc)
{
	cc_buf_addc(out, '{');
	kind_members(out, cc_kind_info(kind));
	describe(out, doc);
	cc_buf_addc(out, '}');
}

static void enumeration(struct cc_buf *out, const struct cc_field *f)
{
	cc_buf_adds(out, "{\"type\":\"string\",\"enum\":[");
	for (int i = 0; i < f->enums->n; i++) {
		if (i > 0)
			cc_buf_addc(out, ',');
		cc_json_string(out, f->enums->values[i]);
	}
	cc_buf_addc(out, ']');
	describe(out, f->doc);
	cc_buf_addc(out, '}');
}

static void field(struct cc_buf *out, const struct cc_field *f)
{
	cc_json_string(out, f->name);
	cc_buf_addc(out, ':');
	if (f->kind == CK_enum) {
		enumeration(out, f);
	} else if (f->kind == CK_list) {
		cc_buf_printf(out, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}", f->desc->name);
		describe(out, f->doc);
		cc_buf_addc(out, '}');
	} else {
		cc_buf_addc(out, '{');
		kind_members(out, cc_kind_info(f->kind));
		cc_buf_adds(out, f->flags & CC_NULL ? ",\"nullable\":true" : "");
		describe(out, f->doc);
		cc_buf_addc(out, '}');
	}
}

static bool is_required(const struct cc_field *f)
{
	return !(f->flags & (CC_OPT | CC_NOJSON));
}

static void required(struct cc_buf *out, const struct cc_desc *d)
{
	const char *sep = ",\"required\":[";
	bool any = false;

	for (size_t i = 0; i < d->n_fields; i++) {
		if (!is_required(&d->fields[i]))
			continue;
		cc_buf_adds(out, sep);
		cc_json_string(out, d->fields[i].name);
		sep = ",";
		any = true;
	}
	if (any)
		cc_buf_addc(out, ']');
}

static void entity(struct cc_buf *out, const struct cc_desc *d)
{
	const char *sep = "";

	cc_json_string(out, d->name);
	cc_buf_adds(out, ":{\"type\":\"object\",\"additionalProperties\":false");
	required(out, d);
	cc_buf_adds(out, ",\"properties\":{");
	for (size_t i = 0; i < d->n_fields; i++) {
		if (d->fields[i].flags & CC_NOJSON)
			continue;
		cc_buf_adds(out, sep);
		field(out, &d->fields[i]);
		sep = ",";
	}
	cc_buf_adds(out, "}}");
}

void openapi_schema_all(struct cc_buf *out)
{
	for (size_t i = 0; cc_model_descs[i] != NULL; i++) {
		if (i > 0)
			cc_buf_addc(out, ',');
		entity(out, cc_model_descs[i]);
	}
}
