/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/selector.h"

#include <string.h>

struct parser {
	const char *text;
	const char *at;
	struct cc_arena *arena;
	struct cc_error *err;
};

static int wrong(const struct parser *p, const char *wanted)
{
	return cc_fail(p->err, INVALID, "selector: at character %zu of '%.80s' %s is needed; selectors look like a=b,c!=d,e in (x,y),f,!g",
	        (size_t)(p->at - p->text) + 1, p->text, wanted);
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

/* A key or value: everything up to what has a meaning. */
static const char *word(struct parser *p)
{
	const char *begin;
	size_t n;

	skip_blanks(p);
	begin = p->at;
	n = strcspn(begin, " \t,=!()");
	p->at += n;
	skip_blanks(p);
	return n > 0 ? cc_arena_memdup(p->arena, begin, n) : NULL;
}

static bool take(struct parser *p, const char *sign)
{
	size_t n = strlen(sign);

	if (strncmp(p->at, sign, n) != 0)
		return false;
	p->at += n;
	return true;
}

/* A word operator ends where a word ends. */
static bool take_word(struct parser *p, const char *sign)
{
	size_t n = strlen(sign);

	if (strncmp(p->at, sign, n) != 0 || strchr(" \t(", p->at[n]) == NULL || p->at[n] == '\0')
		return false;
	p->at += n;
	return true;
}

static int read_set(struct parser *p, struct cc_requirement *r)
{
	skip_blanks(p);
	if (!take(p, "("))
		return wrong(p, "'('");
	r->values.items = cc_new_array(p->arena, CC_SELECTOR_MAX, const char *);
	do {
		const char *value = word(p);

		if (value == NULL)
			return wrong(p, "a value");
		if (r->values.n == CC_SELECTOR_MAX)
			return wrong(p, "the end of the list, which has its most values,");
		r->values.items[r->values.n++] = value;
	} while (take(p, ","));
	return take(p, ")") ? 0 : wrong(p, "')'");
}

/* One value; it may be empty. */
static void read_value(struct parser *p, struct cc_requirement *r)
{
	const char *value = word(p);

	r->values.items = cc_new_array(p->arena, 1, const char *);
	r->values.items[r->values.n++] = value != NULL ? value : "";
}

static int read_requirement(struct parser *p, struct cc_requirement *r)
{
	skip_blanks(p);
	r->negated = take(p, "!");
	r->key = word(p);
	if (r->key == NULL)
		return wrong(p, "a label's name");
	if (r->negated)
		return 0;
	if (take_word(p, "in"))
		return read_set(p, r);
	if (take_word(p, "notin")) {
		r->negated = true;
		return read_set(p, r);
	}
	if (take(p, "!=")) {
		r->negated = true;
		read_value(p, r);
	} else if (take(p, "==") || take(p, "=")) {
		read_value(p, r);
	}
	return 0;
}

int cc_selector_parse(const char *text, struct cc_arena *a, struct cc_selector *ret, struct cc_error *err)
{
	struct parser p = { .text = text, .at = text, .arena = a, .err = err };
	struct cc_selector s = { .items = cc_new_array(a, CC_SELECTOR_MAX, struct cc_requirement) };

	skip_blanks(&p);
	while (*p.at != '\0' || s.n > 0) {
		if (s.n == CC_SELECTOR_MAX)
			return wrong(&p, "the end, for there are 32 requirements,");
		if (read_requirement(&p, &s.items[s.n++]) < 0)
			return -1;
		skip_blanks(&p);
		if (*p.at == '\0')
			break;
		if (!take(&p, ","))
			return wrong(&p, "','");
	}
	*ret = s;
	return 0;
}

static bool holds(const struct cc_requirement *r, const char *value)
{
	if (value == NULL)
		return false;
	for (size_t i = 0; i < r->values.n; i++)
		if (strcmp(r->values.items[i], value) == 0)
			return true;
	return r->values.n == 0;
}

bool cc_selector_matches(const struct cc_selector *s, const struct cc_map *labels)
{
	for (size_t i = 0; i < s->n; i++)
		if (holds(&s->items[i], cc_map_get(labels, s->items[i].key)) == s->items[i].negated)
			return false;
	return true;
}
