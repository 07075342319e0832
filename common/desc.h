/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptions of structs: each entity and each wire message is one list of fields (common/model/NAME.def), and from it come the struct, its JSON (json.h),
 * its database row, its OpenAPI schema and its columns in ccctl. This file knows fields and kinds; model.h knows the entities. */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/id.h"
#include "common/utf8.h"

#include <stddef.h>
#include <stdint.h>

/* A map keeps the order in which it was given; keys are unique. */
struct cc_pair {
	const char *key;
	const char *value;
};
struct cc_map {
	size_t n;
	struct cc_pair *items;
};
struct cc_texts {
	size_t n;
	const char **items;
};
struct cc_uuids {
	size_t n;
	struct cc_uuid *items;
};
/* What a list of structs looks like to code that does not know the element's type. */
struct cc_list {
	size_t n;
	void *items;
};

enum cc_base { CB_BOOL, CB_INT, CB_TEXT, CB_LABEL, CB_HEX, CB_UUID, CB_TIME, CB_MAP, CB_TEXTS, CB_UUIDS, CB_ENUM, CB_LIST };

enum cc_kind {
#define K(kind, ctype, base, min, max, column, pattern, meaning) CK_##kind,
#include "common/kinds.def"
#undef K
	CK_enum,
	CK_list, /* a struct cc_list of nested structs */
	CK_MAX
};

#define K(kind, ctype, base, min, max, column, pattern, meaning) typedef ctype cc_ct_##kind;
#include "common/kinds.def"
#undef K

struct cc_kind_info {
	const char *name;
	enum cc_base base;
	int64_t min;
	int64_t max;
	const char *column; /* type in PostgreSQL */
	const char *pattern;
	const char *meaning;
};
const struct cc_kind_info *cc_kind_info(enum cc_kind kind);

/* What else there is to say about a field. */
enum cc_field_flag {
	CC_OPT = 1 << 0,    /* may be absent; its bit in `has` tells */
	CC_COL = 1 << 1,    /* a column of ccctl's table */
	CC_WIDE = 1 << 2,   /* a column of `-o wide` only */
	CC_KEY = 1 << 3,    /* the row's primary key */
	CC_NODB = 1 << 4,   /* not stored: computed when the row is shown */
	CC_NOJSON = 1 << 5, /* never leaves the controller */
	CC_ONE = 1 << 6,    /* of a list: in JSON one object and no array. For documents of others, which are only read */
	CC_NULL = 1 << 7    /* of a merge patch, a number that cannot be negative: null takes it away, and is -1 here */
};

struct cc_enum {
	const char *name;
	const char *const *values; /* slugs, indexed by the enum's number */
	int n;
};

struct cc_desc;
struct cc_field {
	const char *name;
	enum cc_kind kind;
	unsigned flags;
	size_t offset;
	size_t index;                /* its bit in `has` */
	const struct cc_enum *enums; /* of CK_enum */
	const struct cc_desc *desc;  /* of CK_list */
	const char *doc;
};

/* Every described struct begins with `uint64_t has`. */
struct cc_desc {
	const char *name;
	size_t size;
	const struct cc_field *fields;
	size_t n_fields;
};

#define CC_BIT(index) ((uint64_t)1 << (index))

static inline const void *cc_field_at(const struct cc_field *f, const void *row)
{
	return (const char *)row + f->offset;
}
/* A required field is always there; an optional one when its bit is set. */
static inline bool cc_field_has(const struct cc_field *f, const void *row)
{
	return !(f->flags & CC_OPT) || (*(const uint64_t *)row & CC_BIT(f->index));
}

/* NULL when there is none of that name. */
const struct cc_field *cc_desc_find(const struct cc_desc *d, const char *name);

/* The enum's number, or -1. */
int cc_enum_find(const struct cc_enum *e, const char *slug);
/* The number of a word of the field's enum. @err INVALID, with the words there are */
int cc_enum_parse(const struct cc_field *f, const char *slug, unsigned *ret, struct cc_error *err);
/* The slug, or "?" for a number out of range. */
const char *cc_enum_slug(const struct cc_enum *e, int value);

/* Checks one value's text against its kind's limits: length, charset, UTF-8. The message starts with the field's name. @err INVALID */
int cc_text_check(const struct cc_field *f, const char *s, size_t len, struct cc_error *err);
int cc_int_check(const struct cc_field *f, int64_t v, struct cc_error *err);

/* Appends a field's value as plain text, for tables and for PostgreSQL's text format; lists and maps as JSON. Absent: nothing. */
void cc_field_format(const struct cc_field *f, const void *row, struct cc_buf *out);
/* The inverse: sets the field and its `has` bit from text that came from the database or the command line. @err INVALID */
int cc_field_parse(const struct cc_field *f, const char *text, void *row, struct cc_arena *a, struct cc_error *err);

/* A deep copy in one heap block, to be released with free(). Its strings and lists lie in the same block. */
void *cc_row_heap_copy(const struct cc_desc *d, const void *row);
/* A deep copy whose pieces are in the arena. */
void *cc_row_arena_copy(const struct cc_desc *d, const void *row, struct cc_arena *a);
/* The value of `key`, or NULL. */
const char *cc_map_get(const struct cc_map *m, const char *key);
