/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoding: json_scan.c decides what is JSON, json-c makes a tree of it, then each described field is taken from the tree and checked. */
#include "common/json.h"

#include "common/clock.h"
#include "common/json_scan.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

CC_DEFINE_CLEANUP(struct json_tokener *, json_tokener_free)

static void json_put_cleanup(struct json_object **o)
{
	json_object_put(*o);
}
#define auto_json __attribute__((cleanup(json_put_cleanup))) struct json_object

struct decoder {
	struct cc_arena *arena;
	enum cc_json_mode mode;
	struct cc_error *err;
};

static int parse(const char *text, size_t len, struct json_object **ret, struct cc_error *err)
{
	/* The scan has bounded the depth already; json-c counts levels in its own way. */
	cc_auto(json_tokener_free) struct json_tokener *tok = json_tokener_new_ex(2 * CC_JSON_DEPTH);

	if (tok == NULL)
		cc_out_of_memory(sizeof(void *));
	if (len > INT32_MAX)
		return cc_fail(err, TOO_LARGE, "the JSON text is too large");
	if (!cc_utf8_valid(text, len))
		return cc_fail(err, INVALID, "the JSON text is not valid UTF-8");
	if (cc_json_scan(text, len, err) < 0)
		return -1;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*ret = json_tokener_parse_ex(tok, text, (int)len);
	/* A bare number is complete only when something follows it. */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		*ret = json_tokener_parse_ex(tok, "", 1);
	if (json_tokener_get_error(tok) != json_tokener_success)
		return cc_fail(err, INVALID, "not JSON at byte %zu: %s", json_tokener_get_parse_end(tok),
		        json_tokener_error_desc(json_tokener_get_error(tok)));
	return 0;
}

static const char *what_it_is(struct json_object *o)
{
	static const char *const names[] = {
		[json_type_null] = "null",
		[json_type_boolean] = "true or false",
		[json_type_double] = "a number with a fraction or an exponent",
		[json_type_int] = "a whole number",
		[json_type_object] = "an object",
		[json_type_array] = "a list",
		[json_type_string] = "a text",
	};

	return names[json_object_get_type(o)];
}

static int wrong_type(const struct decoder *d, const struct cc_field *f, struct json_object *o, const char *want)
{
	return cc_fail(d->err, INVALID, "%s: is %s, should be %s", f->name, what_it_is(o), want);
}

/* The scan made sure that int64_t holds every whole number. */
static int read_int(const struct decoder *d, const struct cc_field *f, struct json_object *o, int64_t *ret)
{
	if (!json_object_is_type(o, json_type_int))
		return wrong_type(d, f, o, "a whole number");
	if (cc_int_check(f, json_object_get_int64(o), d->err) < 0)
		return -1;
	*ret = json_object_get_int64(o);
	return 0;
}

static int read_text(const struct decoder *d, const struct cc_field *f, struct json_object *o, const char **ret)
{
	size_t len;

	if (!json_object_is_type(o, json_type_string))
		return wrong_type(d, f, o, "a text");
	len = (size_t)json_object_get_string_len(o);
	if (cc_text_check(f, json_object_get_string(o), len, d->err) < 0)
		return -1;
	*ret = cc_arena_memdup(d->arena, json_object_get_string(o), len);
	return 0;
}

/* Names of elements in messages: "features[3]", "labels.site". */
#define ITEM_NAME 160

static int inside_item(const struct decoder *d, size_t i)
{
	char index[24];

	snprintf(index, sizeof(index), "%zu", i);
	return cc_error_inside(d->err, index);
}

/* A text inside a list or map: any text of at most 1024 bytes. */
static int read_item(const struct decoder *d, const char *name, struct json_object *o, const char **ret)
{
	const struct cc_field item = { .name = name, .kind = CK_text };

	return read_text(d, &item, o, ret);
}

/* Keys of maps: 1 to 128 bytes. */
static int read_key(const struct decoder *d, const struct cc_field *f, const char *key, const char **ret)
{
	const struct cc_field item = { .name = f->name, .kind = CK_ref };

	if (cc_text_check(&item, key, strlen(key), d->err) < 0)
		return -1;
	*ret = cc_arena_strdup(d->arena, key);
	return 0;
}

static int check_count(const struct decoder *d, const struct cc_field *f, size_t n)
{
	int64_t max = cc_kind_info(f->kind)->max;

	if (n > (size_t)max)
		return cc_fail(d->err, INVALID, "%s: %zu elements are more than the %lld allowed", f->name, n, (long long)max);
	return 0;
}

static int read_map(const struct decoder *d, const struct cc_field *f, struct json_object *o, struct cc_map *ret)
{
	size_t i = 0;

	if (!json_object_is_type(o, json_type_object))
		return wrong_type(d, f, o, "an object of texts");
	if (check_count(d, f, (size_t)json_object_object_length(o)) < 0)
		return -1;
	ret->n = (size_t)json_object_object_length(o);
	ret->items = cc_new_array(d->arena, ret->n, struct cc_pair);
	json_object_object_foreach(o, key, value)
	{
		char name[ITEM_NAME];

		snprintf(name, sizeof(name), "%s.%.80s", f->name, key);
		if (read_key(d, f, key, &ret->items[i].key) < 0)
			return -1;
		if ((value != NULL || f->kind != CK_label_changes) && read_item(d, name, value, &ret->items[i].value) < 0)
			return cc_error_inside(d->err, key);
		i++;
	}
	return 0;
}

static int read_texts(const struct decoder *d, const struct cc_field *f, struct json_object *o, struct cc_texts *ret)
{
	if (!json_object_is_type(o, json_type_array))
		return wrong_type(d, f, o, "a list of texts");
	if (check_count(d, f, json_object_array_length(o)) < 0)
		return -1;
	ret->n = json_object_array_length(o);
	ret->items = cc_new_array(d->arena, ret->n, const char *);
	for (size_t i = 0; i < ret->n; i++) {
		char name[ITEM_NAME];

		snprintf(name, sizeof(name), "%s[%zu]", f->name, i);
		if (read_item(d, name, json_object_array_get_idx(o, i), &ret->items[i]) < 0)
			return inside_item(d, i);
	}
	return 0;
}

static int read_uuid(const struct decoder *d, const struct cc_field *f, struct json_object *o, struct cc_uuid *ret)
{
	if (!json_object_is_type(o, json_type_string))
		return wrong_type(d, f, o, "an id");
	if (cc_uuid_parse(json_object_get_string(o), ret, d->err) < 0)
		return cc_wrap(d->err, "%s", f->name);
	return 0;
}

static int read_uuids(const struct decoder *d, const struct cc_field *f, struct json_object *o, struct cc_uuids *ret)
{
	if (!json_object_is_type(o, json_type_array))
		return wrong_type(d, f, o, "a list of ids");
	if (check_count(d, f, json_object_array_length(o)) < 0)
		return -1;
	ret->n = json_object_array_length(o);
	ret->items = cc_new_array(d->arena, ret->n, struct cc_uuid);
	for (size_t i = 0; i < ret->n; i++) {
		char name[ITEM_NAME];
		const struct cc_field item = { .name = name, .kind = CK_uuid };

		snprintf(name, sizeof(name), "%s[%zu]", f->name, i);
		if (read_uuid(d, &item, json_object_array_get_idx(o, i), &ret->items[i]) < 0)
			return inside_item(d, i);
	}
	return 0;
}

static int read_enum(const struct decoder *d, const struct cc_field *f, struct json_object *o, unsigned *ret)
{
	if (!json_object_is_type(o, json_type_string))
		return wrong_type(d, f, o, "a word");
	return cc_enum_parse(f, json_object_get_string(o), ret, d->err);
}

static int read_object(const struct decoder *d, const struct cc_desc *desc, struct json_object *o, void *row);

/* A nested object; `name` is its place: "instances[2]". */
static int read_nested(const struct decoder *d, const char *name, const struct cc_desc *desc, struct json_object *o, void *row)
{
	const struct cc_field item = { .name = name };
	struct cc_error inner;

	if (!json_object_is_type(o, json_type_object))
		return wrong_type(d, &item, o, "an object");
	if (read_object(d, desc, o, row) == 0)
		return 0;
	inner = *d->err;
	cc_fail(d->err, INVALID, "%s.%s", name, inner.msg);
	memcpy(d->err->pointer, inner.pointer, sizeof(inner.pointer));
	return -1;
}

static int read_list(const struct decoder *d, const struct cc_field *f, struct json_object *o, struct cc_list *ret)
{
	char *items;

	if (f->flags & CC_ONE) {
		ret->n = 1;
		ret->items = cc_arena_alloc(d->arena, f->desc->size);
		return read_nested(d, f->name, f->desc, o, ret->items);
	}
	if (!json_object_is_type(o, json_type_array))
		return wrong_type(d, f, o, "a list");
	if (check_count(d, f, json_object_array_length(o)) < 0)
		return -1;
	ret->n = json_object_array_length(o);
	ret->items = items = cc_arena_array(d->arena, ret->n, f->desc->size);
	for (size_t i = 0; i < ret->n; i++) {
		char name[ITEM_NAME];

		snprintf(name, sizeof(name), "%s[%zu]", f->name, i);
		if (read_nested(d, name, f->desc, json_object_array_get_idx(o, i), items + i * f->desc->size) < 0)
			return inside_item(d, i);
	}
	return 0;
}

static int read_time(const struct decoder *d, const struct cc_field *f, struct json_object *o, int64_t *ret)
{
	if (!json_object_is_type(o, json_type_string))
		return wrong_type(d, f, o, "a time");
	if (cc_time_parse(json_object_get_string(o), ret, d->err) < 0)
		return cc_wrap(d->err, "%s", f->name);
	return 0;
}

static int read_value(const struct decoder *d, const struct cc_field *f, struct json_object *o, void *row)
{
	void *at = (char *)row + f->offset;

	switch (cc_kind_info(f->kind)->base) {
	case CB_BOOL:
		if (!json_object_is_type(o, json_type_boolean))
			return wrong_type(d, f, o, "true or false");
		*(bool *)at = json_object_get_boolean(o);
		return 0;
	case CB_INT:
		return read_int(d, f, o, at);
	case CB_TIME:
		return read_time(d, f, o, at);
	case CB_TEXT:
	case CB_LABEL:
	case CB_HEX:
		return read_text(d, f, o, at);
	case CB_UUID:
		return read_uuid(d, f, o, at);
	case CB_ENUM:
		return read_enum(d, f, o, at);
	case CB_MAP:
		return read_map(d, f, o, at);
	case CB_TEXTS:
		return read_texts(d, f, o, at);
	case CB_UUIDS:
		return read_uuids(d, f, o, at);
	case CB_LIST:
		return read_list(d, f, o, at);
	}
	return -1;
}

static int refuse_unknown(const struct decoder *d, const struct cc_desc *desc, struct json_object *o)
{
	json_object_object_foreach(o, key, value)
	{
		const struct cc_field *f = cc_desc_find(desc, key);

		(void)value;
		if (f == NULL || (f->flags & CC_NOJSON)) {
			cc_fail(d->err, INVALID, "%.80s: no such member; see /v1/openapi.json", key);
			return cc_error_inside(d->err, key);
		}
	}
	return 0;
}

/* What an optional member may be without being there: null, or a word that only a newer program knows. */
static bool passed_over(const struct decoder *d, const struct cc_field *f, struct json_object *o)
{
	if (!(f->flags & CC_OPT))
		return false;
	if (o == NULL)
		return true;
	return d->mode == CC_JSON_LENIENT && f->kind == CK_enum && json_object_is_type(o, json_type_string) &&
	       cc_enum_find(f->enums, json_object_get_string(o)) < 0;
}

static int read_member(const struct decoder *d, const struct cc_field *f, struct json_object *o, void *row)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, f->name, &value)) {
		if (f->flags & CC_OPT)
			return 0;
		return cc_fail(d->err, INVALID, "%s: is missing", f->name);
	}
	if (value == NULL && (f->flags & CC_NULL)) {
		*(int64_t *)((char *)row + f->offset) = -1;
		*(uint64_t *)row |= CC_BIT(f->index);
		return 0;
	}
	if (d->mode == CC_JSON_PATCH && value == NULL)
		return cc_fail(d->err, INVALID, "%s: null would take it away, and it cannot be without", f->name);
	if (passed_over(d, f, value))
		return 0;
	if (read_value(d, f, value, row) < 0)
		return -1;
	*(uint64_t *)row |= CC_BIT(f->index);
	return 0;
}

static int read_object(const struct decoder *d, const struct cc_desc *desc, struct json_object *o, void *row)
{
	if (!json_object_is_type(o, json_type_object))
		return cc_fail(d->err, INVALID, "should be an object, is %s", what_it_is(o));
	if (d->mode != CC_JSON_LENIENT && refuse_unknown(d, desc, o) < 0)
		return -1;
	for (size_t i = 0; i < desc->n_fields; i++)
		if (!(desc->fields[i].flags & CC_NOJSON) && read_member(d, &desc->fields[i], o, row) < 0)
			return cc_error_inside(d->err, desc->fields[i].name);
	return 0;
}

int cc_json_decode(
        const struct cc_desc *desc, const char *text, size_t len, enum cc_json_mode mode, void *ret, struct cc_arena *a, struct cc_error *err)
{
	struct decoder d = { .arena = a, .mode = mode, .err = err };
	auto_json *o = NULL;

	if (parse(text, len, &o, err) < 0)
		return -1;
	memset(ret, 0, desc->size);
	return read_object(&d, desc, o, ret);
}

int cc_json_decode_field(const struct cc_field *f, const char *text, size_t len, void *row, struct cc_arena *a, struct cc_error *err)
{
	struct decoder d = { .arena = a, .mode = CC_JSON_LENIENT, .err = err };
	auto_json *o = NULL;

	if (parse(text, len, &o, err) < 0)
		return -1;
	return read_value(&d, f, o, row);
}
