/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the config_*.c files share: a setting's value before and after its kind is applied. Not for others. */
#pragma once

#include "common/config.h"

enum cc_cfg_shape { CC_CFG_SCALAR, CC_CFG_LIST, CC_CFG_MAP };

/* A value as written, of whatever kind. A scalar is one item without a key. */
struct cc_cfg_raw {
	enum cc_cfg_shape shape;
	bool absent; /* "key:" with nothing or null behind it */
	struct cc_pair *items;
	size_t n;
};

/* One key of the file. */
struct cc_cfg_entry {
	const char *key;
	unsigned long line;
	struct cc_cfg_raw raw;
};

struct cc_cfg_entries {
	struct cc_cfg_entry *v;
	size_t n;
};

/* config_yaml.c: what the file says, unjudged except for its form. Lives in the arena. @err INVALID NOT_FOUND TOO_LARGE IO */
int cc_cfg_read_file(struct cc_arena *arena, const char *path, struct cc_cfg_entries *ret, struct cc_error *err);
/* The same from memory; `name` stands for the file in messages. @err INVALID */
int cc_cfg_read_yaml(struct cc_arena *arena, const char *name, const char *text, size_t len, struct cc_cfg_entries *ret, struct cc_error *err);

/* config_value.c: checks `raw` against the row and stores it in the struct `values`. Messages say what is wrong, not where. @err INVALID */
int cc_cfg_store(struct cc_arena *arena, const struct cc_setting *s, const struct cc_cfg_raw *raw, void *values, struct cc_error *err);
/* "1 to 64", "a, b, c", ...; "" when anything goes. */
const char *cc_cfg_range(struct cc_arena *arena, const struct cc_setting *s);
/* Is the value written without quotes in YAML? */
bool cc_cfg_is_plain(enum cc_setting_kind kind);
enum cc_cfg_shape cc_cfg_shape_of(enum cc_setting_kind kind);
/* For the kinds whose C type is int64_t. */
char *cc_cfg_format_number(struct cc_arena *arena, enum cc_setting_kind kind, int64_t n);

/* config_raw.c: the way back: storing the result again gives the same value. */
struct cc_cfg_raw cc_cfg_fetch(struct cc_arena *arena, const struct cc_setting *s, const void *values);
/* Text of a default, a variable or a flag: "a,b" is a list and "k=v,k=v" a map where the kind wants one. */
struct cc_cfg_raw cc_cfg_split(struct cc_arena *arena, const struct cc_setting *s, const char *text);
bool cc_cfg_equal(const struct cc_cfg_raw *a, const struct cc_cfg_raw *b);

/* config.c, for config_text.c */
const struct cc_settings *cc_cfg_settings(const struct cc_config *config);
const char *cc_cfg_origin(const struct cc_config *config, size_t i);
