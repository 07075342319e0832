/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers: each source overwrites what the one before stored, and notes where the value came from. A wrong value is refused even when a later
 * source would overwrite it. */
#include "common/config_parts.h"
#include "common/suggest.h"

#include <stdlib.h>
#include <string.h>

struct cc_config {
	struct cc_arena *arena;
	const struct cc_settings *settings;
	void *values;
	const char **origins; /* per setting */
};

static struct cc_config *config_new(const struct cc_settings *settings)
{
	struct cc_config *config = cc_calloc(1, sizeof(*config));

	config->arena = cc_arena_new(0);
	config->settings = settings;
	config->values = cc_arena_alloc(config->arena, settings->size);
	config->origins = cc_new_array(config->arena, settings->n, const char *);
	return config;
}

void cc_config_free(struct cc_config *config)
{
	if (config == NULL)
		return;
	cc_arena_free(config->arena);
	free(config);
}

const void *cc_config_values(const struct cc_config *config)
{
	return config->values;
}

const struct cc_settings *cc_cfg_settings(const struct cc_config *config)
{
	return config->settings;
}

const char *cc_cfg_origin(const struct cc_config *config, size_t i)
{
	return config->origins[i];
}

static int set_value(struct cc_config *config, size_t i, const struct cc_cfg_raw *raw, const char *origin, struct cc_error *err)
{
	const struct cc_setting *s = &config->settings->rows[i];

	if (cc_cfg_store(config->arena, s, raw, config->values, err) < 0)
		return cc_wrap(err, "%s: %s", origin, s->name);
	config->origins[i] = origin;
	return 0;
}

static int set_text(struct cc_config *config, size_t i, const char *text, const char *origin, struct cc_error *err)
{
	struct cc_cfg_raw raw = cc_cfg_split(config->arena, &config->settings->rows[i], text);

	return set_value(config, i, &raw, origin, err);
}

static int apply_defaults(struct cc_config *config, struct cc_error *err)
{
	for (size_t i = 0; i < config->settings->n; i++)
		if (set_text(config, i, config->settings->rows[i].fallback, "default", err) < 0)
			return -1;
	return 0;
}

/* The index of the setting, or -1. */
static ssize_t find_setting(const struct cc_settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n; i++)
		if (strcmp(settings->rows[i].name, name) == 0)
			return (ssize_t)i;
	return -1;
}

static int fail_unknown(const struct cc_settings *settings, const char *origin, const char *name, struct cc_error *err)
{
	struct cc_suggest s;

	cc_suggest_init(&s, name);
	for (size_t i = 0; i < settings->n; i++)
		cc_suggest_offer(&s, settings->rows[i].name);
	if (s.best != NULL)
		return cc_fail(err, INVALID, "%s: there is no setting '%.60s'; did you mean '%s'?", origin, name, s.best);
	return cc_fail(err, INVALID, "%s: there is no setting '%.60s'; --example-config lists them all", origin, name);
}

static int apply_file(struct cc_config *config, const struct cc_config_sources *from, struct cc_error *err)
{
	unsigned long *seen = cc_new_array(config->arena, config->settings->n, unsigned long);
	struct cc_cfg_entries all = { 0 };
	struct cc_error why = { 0 };

	if (from->path == NULL)
		return 0;
	if (cc_cfg_read_file(config->arena, from->path, &all, &why) < 0) {
		if (why.code == CC_NOT_FOUND && from->path_optional)
			return 0;
		*err = why;
		return -1;
	}
	for (size_t k = 0; k < all.n; k++) {
		const char *origin = cc_printf(config->arena, "%s:%lu", from->path, all.v[k].line);
		ssize_t i = find_setting(config->settings, all.v[k].key);

		if (i < 0)
			return fail_unknown(config->settings, origin, all.v[k].key, err);
		if (seen[i] != 0)
			return cc_fail(err, INVALID, "%s: %s was set before, on line %lu", origin, all.v[k].key, seen[i]);
		seen[i] = all.v[k].line;
		if (set_value(config, (size_t)i, &all.v[k].raw, origin, err) < 0)
			return -1;
	}
	return 0;
}

static int apply_environment(struct cc_config *config, struct cc_error *err)
{
	for (size_t i = 0; i < config->settings->n; i++) {
		char *variable = cc_printf(config->arena, "CC_%s", config->settings->rows[i].name);
		const char *text;

		for (char *p = variable; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		text = getenv(variable);
		if (text != NULL && set_text(config, i, text, cc_printf(config->arena, "environment %s", variable), err) < 0)
			return -1;
	}
	return 0;
}

static int apply_flag(struct cc_config *config, const char *set, struct cc_error *err)
{
	const char *equals = strchr(set, '=');
	const char *name;
	ssize_t i;

	if (equals == NULL)
		return cc_fail(err, INVALID, "--set '%.60s': write it as --set name=value", set);
	name = cc_arena_memdup(config->arena, set, (size_t)(equals - set));
	i = find_setting(config->settings, name);
	if (i < 0)
		return fail_unknown(config->settings, "--set", name, err);
	return set_text(config, (size_t)i, equals + 1, "--set", err);
}

static int apply_all(struct cc_config *config, const struct cc_config_sources *from, struct cc_error *err)
{
	if (apply_defaults(config, err) < 0 || apply_file(config, from, err) < 0 || apply_environment(config, err) < 0)
		return -1;
	for (size_t k = 0; k < from->n_sets; k++)
		if (apply_flag(config, from->sets[k], err) < 0)
			return -1;
	return 0;
}

int cc_config_load(const struct cc_settings *settings, const struct cc_config_sources *from, struct cc_config **ret, struct cc_error *err)
{
	cc_auto(cc_config_free) struct cc_config *config = config_new(settings);

	if (apply_all(config, from, err) < 0)
		return -1;
	*ret = cc_take(config);
	return 0;
}

static bool differs(const struct cc_config *a, const struct cc_config *b, const struct cc_setting *s, struct cc_arena *scratch)
{
	struct cc_cfg_raw in_a = cc_cfg_fetch(scratch, s, a->values), in_b = cc_cfg_fetch(scratch, s, b->values);

	return !cc_cfg_equal(&in_a, &in_b);
}

static void add_name(struct cc_buf *names, const char *name)
{
	if (names->len > 0)
		cc_buf_addc(names, ' ');
	cc_buf_adds(names, name);
}

void cc_config_diff(const struct cc_config *a, const struct cc_config *b, struct cc_buf *out)
{
	cc_auto(cc_arena_free) struct cc_arena *scratch = cc_arena_new(0);

	CC_PRE(a->settings == b->settings);
	for (size_t i = 0; i < a->settings->n; i++)
		if (differs(a, b, &a->settings->rows[i], scratch))
			add_name(out, a->settings->rows[i].name);
}

/* Cannot fail: what was stored once is stored again. */
static void keep(const struct cc_config *old, struct cc_config *config, size_t i)
{
	struct cc_cfg_raw raw = cc_cfg_fetch(config->arena, &old->settings->rows[i], old->values);
	struct cc_error why = { 0 };

	CC_PRE(set_value(config, i, &raw, cc_arena_strdup(config->arena, old->origins[i]), &why) == 0);
}

int cc_config_reload(
        const struct cc_config *old, const struct cc_config_sources *from, struct cc_config **ret, struct cc_buf *needs_restart, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *scratch = cc_arena_new(0);
	struct cc_config *config = NULL;

	if (cc_config_load(old->settings, from, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < old->settings->n; i++) {
		const struct cc_setting *s = &old->settings->rows[i];

		if ((s->flags & CFG_RELOAD) || !differs(old, config, s, scratch))
			continue;
		if (needs_restart != NULL)
			add_name(needs_restart, s->name);
		keep(old, config, i);
	}
	*ret = config;
	return 0;
}
