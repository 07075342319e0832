/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of a program: one table of rows CFG(KIND, name, default, min, max, flags, help) gives the struct, the parser, the example file and the manual.
 * A value comes from the row's default, then the file, then the environment (CC_<NAME>), then `--set name=value`; the later wins and all go through
 * one parser. The file is a flat YAML mapping: scalars, lists of scalars, mappings of scalars; no anchors, tags or second documents.
 *
 *   kind     C type                 written as                    min, max
 *   INT      int64_t                42                            range
 *   BOOL     bool                   true false yes no on off      -
 *   TEXT     const char *           any text                      length in bytes
 *   PATH     const char *           an absolute path, or ""       -
 *   ADDR     struct cc_addr         host:port, [::]:port, or ""   -
 *   TIME     int64_t, milliseconds  250ms 30s 5m 12h 7d           range
 *   SIZE     int64_t, bytes         100B 64KiB 512MiB 10GiB 2TiB  range
 *   PERCENT  int64_t                25% or 25                     range (0 to 100 when NULL)
 *   ENUM     const char *           one of the words              min: the words, "a|b|c"
 *   LIST     struct cc_texts        [a, b]; outside the file a,b  number of items
 *   MAP      struct cc_map          {a: b}; outside the file a=b  number of pairs
 *
 * common/config_table.h makes the struct and the table, common/config_args.h the command line. */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/desc.h"
#include "common/error.h"
#include "common/size.h"

#include <stdbool.h>
#include <stdint.h>

#define CFG_RELOAD (1u << 0) /* SIGHUP may change it; others need a restart */
#define CFG_SECRET (1u << 1) /* never shown, neither in output nor in errors */

/* host and port of "host:port"; both are empty when the setting is "". The host of "[::1]:80" is "::1". */
struct cc_addr {
	const char *host;
	uint16_t port;
};

#define CFGT_INT     int64_t
#define CFGT_BOOL    bool
#define CFGT_TEXT    const char *
#define CFGT_PATH    const char *
#define CFGT_ADDR    struct cc_addr
#define CFGT_TIME    int64_t
#define CFGT_SIZE    int64_t
#define CFGT_PERCENT int64_t
#define CFGT_ENUM    const char *
#define CFGT_LIST    struct cc_texts
#define CFGT_MAP     struct cc_map

enum cc_setting_kind {
	CFGK_INT,
	CFGK_BOOL,
	CFGK_TEXT,
	CFGK_PATH,
	CFGK_ADDR,
	CFGK_TIME,
	CFGK_SIZE,
	CFGK_PERCENT,
	CFGK_ENUM,
	CFGK_LIST,
	CFGK_MAP,
	CFGK_MAX
};

struct cc_setting {
	const char *name;
	enum cc_setting_kind kind;
	size_t offset; /* of the value in the program's struct */
	const char *fallback;
	const char *min;
	const char *max;
	unsigned flags; /* CFG_* */
	const char *help;
};

struct cc_settings {
	const struct cc_setting *rows;
	size_t n;
	size_t size; /* of the program's struct */
};

struct cc_config_sources {
	const char *path;        /* NULL: no file */
	bool path_optional;      /* a missing file is as good as an empty one */
	const char *const *sets; /* "name=value", the later wins */
	size_t n_sets;
};

/* What one program runs with. Owns every value in it; immutable once loaded. */
struct cc_config;

/* Reads all sources. *ret is set only on success and released with cc_config_free. Messages name the file, line, key and allowed range.
 * @err INVALID a source is wrong, NOT_FOUND no such file, TOO_LARGE over 1 MiB, IO */
int cc_config_load(const struct cc_settings *settings, const struct cc_config_sources *from, struct cc_config **ret, struct cc_error *err);
void cc_config_free(struct cc_config *config);
CC_DEFINE_CLEANUP(struct cc_config *, cc_config_free)

/* The program's struct; lives as long as `config`. config_table.h wraps this with the right type. */
const void *cc_config_values(const struct cc_config *config);

/* Loads again for SIGHUP. Settings without CFG_RELOAD keep the value they have in `old`; those among them whose sources now say something else are
 * appended to `needs_restart`, names separated by spaces (NULL: not wanted). `old` is not touched and may be freed afterwards. Errors as for load. */
int cc_config_reload(const struct cc_config *old, const struct cc_config_sources *from, struct cc_config **ret, struct cc_buf *needs_restart,
        struct cc_error *err);

/* Settings whose values differ, as names separated by spaces. Both must come from the same table. */
void cc_config_diff(const struct cc_config *a, const struct cc_config *b, struct cc_buf *out);

/* The settings as YAML with the source of each as a comment; secrets are left out. Loading the output gives the same values. */
void cc_config_show(const struct cc_config *config, struct cc_buf *out);

/* A file for people to edit: every setting with its help, range and default, commented out. */
void cc_config_example(const struct cc_settings *settings, struct cc_buf *out);

/* A table in Markdown, for docs/gen. */
void cc_config_markdown(const struct cc_settings *settings, struct cc_buf *out);

/* Reads "host:port" or "[ipv6]:port"; an empty host is refused. The host is copied into the arena. @err INVALID */
int cc_addr_parse(struct cc_arena *arena, const char *text, struct cc_addr *ret, struct cc_error *err);
/* The text form, with brackets around an IPv6 host; "" for an empty address. */
char *cc_addr_format(struct cc_arena *arena, struct cc_addr addr);
