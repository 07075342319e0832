/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row per kind: how a text becomes a value and a value a text. Numbers share one range check, whose bounds are read by the same parser. */
#include "common/config_parts.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES 65536
#define MAX_ITEMS      4096

static int parse_int(const char *text, int64_t *ret, struct cc_error *err)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || strchr(" \t\n\v\f\r+", text[0]) != NULL)
		return cc_fail(err, INVALID, "'%.60s' is not a whole number", text);
	if (errno == ERANGE)
		return cc_fail(err, INVALID, "'%.60s' is too large a number", text);
	*ret = n;
	return 0;
}

static int parse_percent(const char *text, int64_t *ret, struct cc_error *err)
{
	char digits[16] = "";
	size_t len = strlen(text);
	struct cc_error ignored;

	if (len > 0 && text[len - 1] == '%')
		len--;
	if (len < sizeof(digits))
		memcpy(digits, text, len);
	if (parse_int(digits, ret, &ignored) < 0)
		return cc_fail(err, INVALID, "'%.60s' is not a percentage; write it as 25%%", text);
	return 0;
}

static char *format_int(struct cc_arena *arena, int64_t n)
{
	return cc_printf(arena, "%lld", (long long)n);
}

static char *format_percent(struct cc_arena *arena, int64_t n)
{
	return cc_printf(arena, "%lld%%", (long long)n);
}

/* What the kinds are: `number` kinds have a parser of their own, the rest are texts, lists and maps. */
static const struct {
	enum cc_cfg_shape shape;
	bool plain;
	int (*parse)(const char *, int64_t *, struct cc_error *);
	char *(*format)(struct cc_arena *, int64_t);
	const char *unit; /* of min and max */
} kinds[CFGK_MAX] = {
	[CFGK_INT] = { CC_CFG_SCALAR, true, parse_int, format_int, "" },
	[CFGK_BOOL] = { CC_CFG_SCALAR, true, NULL, NULL, "" },
	[CFGK_TEXT] = { CC_CFG_SCALAR, false, NULL, NULL, " bytes" },
	[CFGK_PATH] = { CC_CFG_SCALAR, false, NULL, NULL, "" },
	[CFGK_ADDR] = { CC_CFG_SCALAR, false, NULL, NULL, "" },
	[CFGK_TIME] = { CC_CFG_SCALAR, true, cc_duration_parse, cc_duration_format, "" },
	[CFGK_SIZE] = { CC_CFG_SCALAR, true, cc_size_parse, cc_size_format, "" },
	[CFGK_PERCENT] = { CC_CFG_SCALAR, true, parse_percent, format_percent, "" },
	[CFGK_ENUM] = { CC_CFG_SCALAR, false, NULL, NULL, "" },
	[CFGK_LIST] = { CC_CFG_LIST, false, NULL, NULL, " items" },
	[CFGK_MAP] = { CC_CFG_MAP, false, NULL, NULL, " pairs" },
};

bool cc_cfg_is_plain(enum cc_setting_kind kind)
{
	return kinds[kind].plain;
}

enum cc_cfg_shape cc_cfg_shape_of(enum cc_setting_kind kind)
{
	return kinds[kind].shape;
}

char *cc_cfg_format_number(struct cc_arena *arena, enum cc_setting_kind kind, int64_t n)
{
	return kinds[kind].format(arena, n);
}

static const char *min_of(const struct cc_setting *s)
{
	return s->min == NULL && s->kind == CFGK_PERCENT ? "0" : s->min;
}

static const char *max_of(const struct cc_setting *s)
{
	return s->max == NULL && s->kind == CFGK_PERCENT ? "100" : s->max;
}

/* "a|b|c" → "a, b, c" */
static const char *list_words(struct cc_arena *arena, const char *words)
{
	char *out = cc_arena_alloc(arena, 2 * strlen(words) + 1);

	for (char *p = out; *words != '\0'; words++) {
		*p++ = *words == '|' ? ',' : *words;
		if (*words == '|')
			*p++ = ' ';
	}
	return out;
}

const char *cc_cfg_range(struct cc_arena *arena, const struct cc_setting *s)
{
	const char *min = min_of(s), *max = max_of(s), *unit = kinds[s->kind].unit;

	if (s->kind == CFGK_ENUM)
		return list_words(arena, s->min);
	if (min != NULL && max != NULL)
		return cc_printf(arena, "%s to %s%s", min, max, unit);
	if (min != NULL)
		return cc_printf(arena, "%s%s or more", min, unit);
	return max != NULL ? cc_printf(arena, "at most %s%s", max, unit) : "";
}

/* A bound that its own parser does not read is a bug in the table. */
static int64_t bound(const struct cc_setting *s, const char *text, int64_t none)
{
	int (*parse)(const char *, int64_t *, struct cc_error *) = kinds[s->kind].parse;
	struct cc_error ignored;
	int64_t n;

	if (text == NULL)
		return none;
	CC_PRE((parse != NULL ? parse : parse_int)(text, &n, &ignored) == 0);
	return n;
}

static bool in_range(const struct cc_setting *s, int64_t n, int64_t max)
{
	return n >= bound(s, min_of(s), INT64_MIN) && n <= bound(s, max_of(s), max);
}

static int store_number(const struct cc_setting *s, const char *text, int64_t *to, struct cc_error *err)
{
	int64_t n = 0;

	if (kinds[s->kind].parse(text, &n, err) < 0)
		return -1;
	if (!in_range(s, n, INT64_MAX))
		return cc_fail(err, INVALID, "'%.60s' is out of range", text);
	*to = n;
	return 0;
}

static int store_bool(const char *text, bool *to, struct cc_error *err)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < CC_ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*to = i % 2 == 1;
			return 0;
		}
	return cc_fail(err, INVALID, "'%.60s' is neither true nor false", text);
}

static int store_text(struct cc_arena *arena, const struct cc_setting *s, const char *text, const char **to, struct cc_error *err)
{
	if (!in_range(s, (int64_t)strlen(text), MAX_TEXT_BYTES))
		return cc_fail(err, INVALID, "'%.60s' has %zu bytes", text, strlen(text));
	*to = cc_arena_strdup(arena, text);
	return 0;
}

static int store_path(struct cc_arena *arena, const char *text, const char **to, struct cc_error *err)
{
	if (text[0] != '\0' && text[0] != '/')
		return cc_fail(err, INVALID, "'%.200s' is not an absolute path; it must start with '/'", text);
	if (strlen(text) >= 4096)
		return cc_fail(err, INVALID, "'%.60s...' is too long for a path", text);
	*to = cc_arena_strdup(arena, text);
	return 0;
}

static int store_addr(struct cc_arena *arena, const char *text, struct cc_addr *to, struct cc_error *err)
{
	if (text[0] != '\0')
		return cc_addr_parse(arena, text, to, err);
	*to = (struct cc_addr){ .host = "" };
	return 0;
}

static int store_enum(struct cc_arena *arena, const struct cc_setting *s, const char *text, const char **to, struct cc_error *err)
{
	size_t len = strlen(text);

	for (const char *word = s->min; word != NULL; word = strchr(word, '|')) {
		word += *word == '|';
		if (len == strcspn(word, "|") && memcmp(word, text, len) == 0) {
			*to = cc_arena_strdup(arena, text);
			return 0;
		}
	}
	return cc_fail(err, INVALID, "'%.60s' is not known", text);
}

static int store_list(struct cc_arena *arena, const struct cc_setting *s, const struct cc_cfg_raw *raw, struct cc_texts *to, struct cc_error *err)
{
	const char **items = cc_new_array(arena, raw->n, const char *);

	if (!in_range(s, (int64_t)raw->n, MAX_ITEMS))
		return cc_fail(err, INVALID, "%zu items are too few or too many", raw->n);
	for (size_t i = 0; i < raw->n; i++) {
		if (raw->items[i].value[0] == '\0')
			return cc_fail(err, INVALID, "item %zu is empty", i + 1);
		items[i] = cc_arena_strdup(arena, raw->items[i].value);
	}
	*to = (struct cc_texts){ raw->n, items };
	return 0;
}

static int store_map(struct cc_arena *arena, const struct cc_setting *s, const struct cc_cfg_raw *raw, struct cc_map *to, struct cc_error *err)
{
	struct cc_pair *pairs = cc_new_array(arena, raw->n, struct cc_pair);

	if (!in_range(s, (int64_t)raw->n, MAX_ITEMS))
		return cc_fail(err, INVALID, "%zu pairs are too few or too many", raw->n);
	for (size_t i = 0; i < raw->n; i++) {
		if (raw->items[i].key == NULL || raw->items[i].key[0] == '\0')
			return cc_fail(err, INVALID, "'%.60s' is not a pair; write it as key=value", raw->items[i].value);
		for (size_t j = 0; j < i; j++)
			if (strcmp(pairs[j].key, raw->items[i].key) == 0)
				return cc_fail(err, INVALID, "key '%.60s' stands there twice", pairs[j].key);
		pairs[i] = (struct cc_pair){ cc_arena_strdup(arena, raw->items[i].key), cc_arena_strdup(arena, raw->items[i].value) };
	}
	*to = (struct cc_map){ raw->n, pairs };
	return 0;
}

static int store_as_kind(struct cc_arena *arena, const struct cc_setting *s, const struct cc_cfg_raw *raw, void *to, struct cc_error *err)
{
	static const char *const shapes[] = { "a single value", "a list: [a, b]", "a mapping: {a: b}" };

	if (raw->absent)
		return cc_fail(err, INVALID, "has no value; remove the line to use the default");
	if (raw->shape != kinds[s->kind].shape)
		return cc_fail(err, INVALID, "must be %s", shapes[kinds[s->kind].shape]);
	switch (s->kind) {
	case CFGK_BOOL:
		return store_bool(raw->items[0].value, to, err);
	case CFGK_TEXT:
		return store_text(arena, s, raw->items[0].value, to, err);
	case CFGK_PATH:
		return store_path(arena, raw->items[0].value, to, err);
	case CFGK_ADDR:
		return store_addr(arena, raw->items[0].value, to, err);
	case CFGK_ENUM:
		return store_enum(arena, s, raw->items[0].value, to, err);
	case CFGK_LIST:
		return store_list(arena, s, raw, to, err);
	case CFGK_MAP:
		return store_map(arena, s, raw, to, err);
	default:
		return store_number(s, raw->items[0].value, to, err);
	}
}

int cc_cfg_store(struct cc_arena *arena, const struct cc_setting *s, const struct cc_cfg_raw *raw, void *values, struct cc_error *err)
{
	const char *range;
	struct cc_error why = { 0 };

	if (store_as_kind(arena, s, raw, (char *)values + s->offset, &why) == 0)
		return 0;
	range = cc_cfg_range(arena, s);
	if (s->flags & CFG_SECRET)
		return cc_fail(err, INVALID, "the value (not shown) is not acceptable%s%s", range[0] ? "; allowed: " : "", range);
	return cc_fail(err, INVALID, "%.300s%s%.150s", why.msg, range[0] ? "; allowed: " : "", range);
}
