/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recursive descent that keeps nothing but the way to where it stands: the names of the members of each object around it, which is also what a second
 * member of the same name is found by. */
#include "common/json_scan.h"

#include "common/buf.h"
#include "common/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct level {
	bool object;
	size_t n;                      /* members or elements begun */
	size_t names[CC_JSON_MEMBERS]; /* offsets of the members' names */
};

struct scan {
	const char *start;
	const char *at;
	const char *end;
	struct cc_buf names; /* of all levels, each with its NUL */
	size_t depth;
	struct level levels[CC_JSON_DEPTH];
	struct cc_error *err;
};

static int bad(const struct scan *s, const char *what)
{
	if (s->at >= s->end)
		return cc_fail(s->err, INVALID, "the JSON text ends too early");
	return cc_fail(s->err, INVALID, "not JSON at byte %zu: %s", (size_t)(s->at - s->start), what);
}

static void point_inside(const struct scan *s, const struct level *l)
{
	char index[24];

	snprintf(index, sizeof(index), "%zu", l->n - 1);
	cc_error_inside(s->err, l->object ? s->names.data + l->names[l->n - 1] : index);
}

/* "instances[2].epoch: what" */
static int bad_member(const struct scan *s, const char *what)
{
	cc_auto_buf struct cc_buf path = { 0 };

	for (size_t i = 0; i < s->depth; i++) {
		const struct level *l = &s->levels[i];

		if (l->object)
			cc_buf_printf(&path, "%s%.80s", i > 0 ? "." : "", s->names.data + l->names[l->n - 1]);
		else
			cc_buf_printf(&path, "[%zu]", l->n - 1);
	}
	cc_fail(s->err, INVALID, "%s%s%s", cc_buf_str(&path), path.len > 0 ? ": " : "", what);
	for (size_t i = s->depth; i-- > 0;)
		point_inside(s, &s->levels[i]);
	return -1;
}

static bool take(struct scan *s, char c)
{
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* ---- texts ---- */

static int hex4(struct scan *s, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, s->at++) {
		static const char digits[] = "0123456789abcdef";
		const char *d = s->at < s->end ? strchr(digits, *s->at | 0x20) : NULL;

		if (d == NULL || *d == '\0' || (*s->at < '0'))
			return bad(s, "\\u wants four hex digits");
		v = v << 4 | (uint32_t)(d - digits);
	}
	*ret = v;
	return 0;
}

static void add_utf8(struct cc_buf *out, uint32_t c)
{
	int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint32_t first[] = { 0, 0xc0, 0xe0, 0xf0 };

	cc_buf_addc(out, (char)(first[more] | c >> 6 * more));
	while (more-- > 0)
		cc_buf_addc(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

/* Behind "\u". */
static int unicode(struct scan *s, struct cc_buf *out)
{
	uint32_t c, low;

	if (hex4(s, &c) < 0)
		return -1;
	if (c == 0)
		return bad(s, "a text cannot hold \\u0000");
	if (c >= 0xdc00 && c <= 0xdfff)
		return bad(s, "half of a pair of \\u escapes");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!take(s, '\\') || !take(s, 'u'))
			return bad(s, "half of a pair of \\u escapes");
		if (hex4(s, &low) < 0)
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return bad(s, "half of a pair of \\u escapes");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	add_utf8(out, c);
	return 0;
}

/* Behind a backslash. */
static int escape(struct scan *s, struct cc_buf *out)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *l = s->at < s->end ? strchr(letters, *s->at) : NULL;

	if (take(s, 'u'))
		return unicode(s, out);
	if (l == NULL || *l == '\0')
		return bad(s, "no such escape");
	cc_buf_addc(out, meant[l - letters]);
	s->at++;
	return 0;
}

/* Up to the next byte that means something. */
static void plain_text(struct scan *s, struct cc_buf *out)
{
	const char *from = s->at;

	while (s->at < s->end && (unsigned char)*s->at >= 0x20 && *s->at != '"' && *s->at != '\\')
		s->at++;
	cc_buf_add(out, from, (size_t)(s->at - from));
}

/* Behind the opening quote; appends the text and a NUL. */
static int text_rest(struct scan *s, struct cc_buf *out)
{
	for (plain_text(s, out); !take(s, '"'); plain_text(s, out)) {
		if (s->at >= s->end)
			return bad(s, "");
		if ((unsigned char)*s->at < 0x20)
			return bad(s, "control characters are written as \\u00XX");
		if (take(s, '\\') && escape(s, out) < 0)
			return -1;
	}
	cc_buf_addc(out, '\0');
	return 0;
}

static int text(struct scan *s)
{
	size_t before = s->names.len;
	int r = text_rest(s, &s->names);

	s->names.len = before;
	return r;
}

/* ---- numbers and words ---- */

static int digits(struct scan *s)
{
	const char *first = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > first ? 0 : bad(s, "a digit is missing");
}

/* Counted below zero, where there is one more. */
static bool fits(const char *p, const char *end)
{
	bool minus = *p == '-';
	int64_t v = 0;

	for (p += minus; p < end; p++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *p - '0', &v))
			return false;
	return minus || v != INT64_MIN;
}

static int number(struct scan *s)
{
	const char *first = s->at;
	bool whole = true;

	take(s, '-');
	if (!take(s, '0') && digits(s) < 0)
		return -1;
	if (take(s, '.')) {
		whole = false;
		if (digits(s) < 0)
			return -1;
	}
	if (take(s, 'e') || take(s, 'E')) {
		whole = false;
		if (!take(s, '-'))
			take(s, '+');
		if (digits(s) < 0)
			return -1;
	}
	return !whole || fits(first, s->at) ? 0 : bad_member(s, "the number is out of range");
}

static int word(struct scan *s, const char *w)
{
	for (; *w != '\0'; w++)
		if (!take(s, *w))
			return bad(s, "no such word");
	return 0;
}

/* ---- objects and lists ---- */

static int value(struct scan *s);

/* Most names differ in their first byte already, and every pair of an object is compared. */
static bool is_same(const char *a, const char *b)
{
	return a[0] == b[0] && strcmp(a, b) == 0;
}

static int member(struct scan *s)
{
	struct level *l = &s->levels[s->depth - 1];
	size_t name = s->names.len;

	skip_space(s);
	if (!take(s, '"'))
		return bad(s, "a member's name is missing");
	if (l->n == CC_JSON_MEMBERS)
		return bad(s, "the object has too many members");
	if (text_rest(s, &s->names) < 0)
		return -1;
	l->names[l->n++] = name;
	for (size_t i = 0; i + 1 < l->n; i++)
		if (is_same(s->names.data + l->names[i], s->names.data + name))
			return bad_member(s, "is given twice");
	skip_space(s);
	if (!take(s, ':'))
		return bad(s, "':' is missing");
	return value(s);
}

static int element(struct scan *s)
{
	s->levels[s->depth - 1].n++;
	return value(s);
}

/* Behind the opening bracket. */
static int container(struct scan *s, bool object)
{
	const char close = object ? '}' : ']';
	size_t names = s->names.len;

	if (s->depth == CC_JSON_DEPTH)
		return cc_fail(s->err, INVALID, "the JSON text is nested deeper than %d levels", CC_JSON_DEPTH);
	s->levels[s->depth].object = object;
	s->levels[s->depth++].n = 0;
	skip_space(s);
	if (!take(s, close)) {
		do {
			if ((object ? member(s) : element(s)) < 0)
				return -1;
			skip_space(s);
		} while (take(s, ','));
		if (!take(s, close))
			return bad(s, object ? "',' or '}' is missing" : "',' or ']' is missing");
	}
	s->depth--;
	s->names.len = names;
	return 0;
}

static int value(struct scan *s)
{
	skip_space(s);
	if (take(s, '{'))
		return container(s, true);
	if (take(s, '['))
		return container(s, false);
	if (take(s, '"'))
		return text(s);
	if (s->at < s->end && (*s->at == '-' || (*s->at >= '0' && *s->at <= '9')))
		return number(s);
	if (s->at < s->end && *s->at == 't')
		return word(s, "true");
	if (s->at < s->end && *s->at == 'f')
		return word(s, "false");
	if (s->at < s->end && *s->at == 'n')
		return word(s, "null");
	return bad(s, "a value is missing");
}

int cc_json_scan(const char *json, size_t len, struct cc_error *err)
{
	struct scan *s = cc_malloc(sizeof(*s)); /* levels are set when they are begun */
	int r;

	s->start = s->at = json;
	s->end = json + len;
	s->names = (struct cc_buf){ 0 };
	s->depth = 0;
	s->err = err;
	r = value(s);
	skip_space(s);
	if (r == 0 && s->at < s->end)
		r = bad(s, "something follows the value");
	cc_buf_free(&s->names);
	free(s);
	return r;
}
