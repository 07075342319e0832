/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that includes yaml.h. It walks libyaml's events, so nothing is built but a flat list of keys: anchors, aliases, tags and nesting are
 * refused at the event that brings them, and work is bounded by the size of the file. */
#include "common/config_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <yaml.h>

#define MAX_FILE_BYTES (1024 * 1024)

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *name;
	struct cc_arena *arena;
	struct cc_error *err;
};

static unsigned long line_of(yaml_mark_t mark)
{
	return (unsigned long)mark.line + 1;
}

#define fail_here(r, ...) fail_at((r), line_of((r)->event.start_mark), cc_printf((r)->arena, __VA_ARGS__))

static int fail_at(struct reader *r, unsigned long line, const char *what)
{
	return cc_fail(r->err, INVALID, "%s:%lu: %s", r->name, line, what);
}

static int fail_syntax(struct reader *r)
{
	const char *problem = r->parser.problem != NULL ? r->parser.problem : "not YAML";
	yaml_mark_t mark = r->parser.problem_mark;

	if (r->parser.error == YAML_READER_ERROR)
		return cc_fail(r->err, INVALID, "%s: not UTF-8 text at byte %zu: %s", r->name, r->parser.problem_offset, problem);
	if (mark.line < r->parser.context_mark.line)
		mark = r->parser.context_mark;
	return cc_fail(r->err, INVALID, "%s:%lu: %s", r->name, line_of(mark), problem);
}

static int refuse_references(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_ALIAS_EVENT)
		return fail_here(r, "aliases (*name) are not understood here");
	if (e->type == YAML_SCALAR_EVENT)
		anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
	else if (e->type == YAML_SEQUENCE_START_EVENT)
		anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
	else if (e->type == YAML_MAPPING_START_EVENT)
		anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
	if (anchor != NULL)
		return fail_here(r, "anchors (&name) are not understood here");
	if (tag != NULL)
		return fail_here(r, "tags (!type) are not understood here");
	return 0;
}

static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail_syntax(r);
	return refuse_references(r);
}

static int take_scalar(struct reader *r, const char *what, const char **ret)
{
	const yaml_event_t *e = &r->event;

	if (e->type != YAML_SCALAR_EVENT)
		return fail_here(r, "%s must be a plain value, not a list or a mapping", what);
	if (memchr(e->data.scalar.value, '\0', e->data.scalar.length) != NULL)
		return fail_here(r, "%s contains a NUL character", what);
	*ret = cc_arena_memdup(r->arena, e->data.scalar.value, e->data.scalar.length);
	return 0;
}

static bool is_null(const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Doubles when full; what it leaves behind dies with the arena. */
static struct cc_pair *add_item(struct reader *r, struct cc_cfg_raw *raw)
{
	if ((raw->n & (raw->n - 1)) == 0) {
		struct cc_pair *bigger = cc_new_array(r->arena, raw->n ? 2 * raw->n : 1, struct cc_pair);

		if (raw->n > 0)
			memcpy(bigger, raw->items, raw->n * sizeof(*bigger));
		raw->items = bigger;
	}
	return &raw->items[raw->n++];
}

static int read_list(struct reader *r, const char *key, struct cc_cfg_raw *ret)
{
	for (;;) {
		if (next(r) < 0)
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (take_scalar(r, cc_printf(r->arena, "each item of %s", key), &add_item(r, ret)->value) < 0)
			return -1;
	}
}

static int read_map(struct reader *r, const char *key, struct cc_cfg_raw *ret)
{
	for (;;) {
		struct cc_pair pair;

		if (next(r) < 0)
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (take_scalar(r, cc_printf(r->arena, "each key of %s", key), &pair.key) < 0 || next(r) < 0 ||
		        take_scalar(r, cc_printf(r->arena, "%s of %s", pair.key, key), &pair.value) < 0)
			return -1;
		*add_item(r, ret) = pair;
	}
}

static int read_value(struct reader *r, const char *key, struct cc_cfg_raw *ret)
{
	switch (r->event.type) {
	case YAML_SEQUENCE_START_EVENT:
		ret->shape = CC_CFG_LIST;
		return read_list(r, key, ret);
	case YAML_MAPPING_START_EVENT:
		ret->shape = CC_CFG_MAP;
		return read_map(r, key, ret);
	default:
		ret->shape = CC_CFG_SCALAR;
		ret->absent = r->event.type == YAML_SCALAR_EVENT && is_null(&r->event);
		return take_scalar(r, key, &add_item(r, ret)->value);
	}
}

static struct cc_cfg_entry *add_entry(struct reader *r, struct cc_cfg_entries *all)
{
	if ((all->n & (all->n - 1)) == 0) {
		struct cc_cfg_entry *bigger = cc_new_array(r->arena, all->n ? 2 * all->n : 1, struct cc_cfg_entry);

		if (all->n > 0)
			memcpy(bigger, all->v, all->n * sizeof(*bigger));
		all->v = bigger;
	}
	return &all->v[all->n++];
}

static int read_entries(struct reader *r, struct cc_cfg_entries *all)
{
	for (;;) {
		struct cc_cfg_entry entry = { 0 };

		if (next(r) < 0)
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		entry.line = line_of(r->event.start_mark);
		if (take_scalar(r, "a key", &entry.key) < 0 || next(r) < 0 || read_value(r, entry.key, &entry.raw) < 0)
			return -1;
		*add_entry(r, all) = entry;
	}
}

static int read_stream(struct reader *r, struct cc_cfg_entries *all)
{
	if (next(r) < 0 || next(r) < 0)
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(r) < 0)
		return -1;
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		if (read_entries(r, all) < 0)
			return -1;
	} else if (r->event.type != YAML_SCALAR_EVENT || !is_null(&r->event)) {
		return fail_here(r, "expected lines of the form 'name: value'");
	}
	if (next(r) < 0 || next(r) < 0)
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail_here(r, "a second document (---) is not understood here");
	return 0;
}

int cc_cfg_read_yaml(struct cc_arena *arena, const char *name, const char *text, size_t len, struct cc_cfg_entries *ret, struct cc_error *err)
{
	struct reader r = { .name = name, .arena = arena, .err = err };
	struct cc_cfg_entries all = { 0 };
	int rc;

	if (!yaml_parser_initialize(&r.parser))
		cc_out_of_memory(sizeof(r.parser));
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	rc = read_stream(&r, &all);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (rc == 0)
		*ret = all;
	return rc;
}

int cc_cfg_read_file(struct cc_arena *arena, const char *path, struct cc_cfg_entries *ret, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cc_auto_buf struct cc_buf text = { 0 };
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, NOT_FOUND, "%s: no such file", path);
	if (fd < 0)
		return cc_fail_errno(err, "opening %s", path);
	do {
		n = read(fd, cc_buf_reserve(&text, 16384), 16384);
		if (n < 0 && errno != EINTR)
			return cc_fail_errno(err, "reading %s", path);
		text.len += n > 0 ? (size_t)n : 0;
		if (text.len > MAX_FILE_BYTES)
			return cc_fail(err, TOO_LARGE, "%s: over 1 MiB, this cannot be a configuration file", path);
	} while (n != 0);
	return cc_cfg_read_yaml(arena, path, text.data, text.len, ret, err);
}
