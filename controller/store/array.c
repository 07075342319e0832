/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form (array_recv, and the recv function of each type): dimensions, a flag for nulls, the element's type; per dimension its size and lower bound; then
 * each element's length in bytes, -1 for null, and its bytes. All numbers big-endian. */
#include "controller/store/array.h"

#include "common/json.h"
#include "controller/store/plan.h"

#include <endian.h>
#include <string.h>

enum { JSONB_VERSION = 1 };

static void add_u32(struct cc_buf *out, uint32_t v)
{
	uint32_t be = htobe32(v);

	cc_buf_add(out, &be, sizeof(be));
}

void store_array_begin(struct cc_buf *out, const struct cc_field *f, size_t n)
{
	CC_PRE(n > 0 && n <= INT32_MAX);
	add_u32(out, 1);
	add_u32(out, 1);
	add_u32(out, store_type(cc_kind_info(f->kind)->column));
	add_u32(out, (uint32_t)n);
	add_u32(out, 1);
}

static void add_bytes(struct cc_buf *out, const void *p, size_t len)
{
	CC_PRE(len <= INT32_MAX);
	add_u32(out, (uint32_t)len);
	cc_buf_add(out, p, len);
}

static void add_text(struct cc_buf *out, const char *s)
{
	add_bytes(out, s, strlen(s));
}

static void add_int(struct cc_buf *out, int64_t v)
{
	uint64_t be = htobe64((uint64_t)v);

	add_bytes(out, &be, sizeof(be));
}

static void add_json(struct cc_buf *out, const struct cc_field *f, const void *row)
{
	size_t at = out->len;
	uint32_t len;

	add_u32(out, 0);
	cc_buf_addc(out, JSONB_VERSION);
	cc_json_encode_field(f, row, out);
	len = htobe32((uint32_t)(out->len - at - sizeof(len)));
	memcpy(out->data + at, &len, sizeof(len));
}

void store_array_add_id(struct cc_buf *out, struct cc_uuid id)
{
	add_bytes(out, id.b, sizeof(id.b));
}

void store_array_add(struct cc_buf *out, const struct cc_field *f, const void *row)
{
	const void *at = cc_field_at(f, row);

	if (!cc_field_has(f, row)) {
		add_u32(out, UINT32_MAX);
		return;
	}
	switch (cc_kind_info(f->kind)->base) {
	case CB_BOOL:
		add_bytes(out, *(const bool *)at ? "\1" : "\0", 1);
		break;
	case CB_INT:
	case CB_TIME:
		add_int(out, *(const int64_t *)at);
		break;
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		add_text(out, *(const char *const *)at != NULL ? *(const char *const *)at : "");
		break;
	case CB_UUID:
		store_array_add_id(out, *(const struct cc_uuid *)at);
		break;
	case CB_ENUM:
		add_text(out, cc_enum_slug(f->enums, (int)*(const unsigned *)at));
		break;
	case CB_MAP:
	case CB_TEXTS:
	case CB_UUIDS:
	case CB_LIST:
		add_json(out, f, row);
		break;
	}
}
