/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: an event of common/events.def plus typed pairs, never prose.
 *
 *     cc_log(NOTICE, INSTANCE_PLACED, kv_uuid("instance", id), kv_uuid("node", node), kv_i64("score", score));
 *
 * gives `event=instance_placed request=... instance=... node=... score=7` on stderr as one line in one write(2). In front stand
 * time and level, or for journald the priority as `<5>`; behind a warning or worse stands the operator's hint. Values are escaped: control characters
 * never appear raw. Secrets have no kv function. Any thread; no locks, so a forked child may log too. */
#pragma once

#include "common/buf.h"
#include "common/error.h"
#include "common/id.h"

#include <stdbool.h>
#include <stdint.h>

enum { CC_LOG_LINE_MAX = 4096, CC_LOG_VALUE_MAX = 1024 }; /* bytes written; what is longer is cut and says so */

/* The numbers are syslog's. */
enum cc_log_level { CC_LOG_ERROR = 3, CC_LOG_WARNING = 4, CC_LOG_NOTICE = 5, CC_LOG_INFO = 6, CC_LOG_DEBUG = 7 };

#define CC_LOG_LEVELS "error|warning|notice|info|debug" /* for a CFG(ENUM, log_level, ...) row */

enum cc_event {
#define EV(name, level, sentence, hint) CC_EV_##name,
#include "common/events.def"
#undef EV
	CC_EV_MAX
};

struct cc_event_info {
	const char *name;
	enum cc_log_level level; /* the usual one */
	const char *sentence;
	const char *hint; /* what the operator does, "" for nothing */
};

enum cc_kv_kind { CC_KV_END, CC_KV_TEXT, CC_KV_I64, CC_KV_U64, CC_KV_UUID, CC_KV_MS, CC_KV_ERR };

struct cc_kv {
	const char *key; /* a literal of letters, digits and '_' */
	enum cc_kv_kind kind;
	union {
		const char *text;
		int64_t i64;
		uint64_t u64;
		struct cc_uuid uuid;
		const struct cc_error *err;
	} v;
};

#define kv_text(k, x) ((struct cc_kv){ .key = (k), .kind = CC_KV_TEXT, .v.text = (x) }) /* NULL is written as "" */
#define kv_i64(k, x)  ((struct cc_kv){ .key = (k), .kind = CC_KV_I64, .v.i64 = (x) })
#define kv_u64(k, x)  ((struct cc_kv){ .key = (k), .kind = CC_KV_U64, .v.u64 = (x) })
#define kv_uuid(k, x) ((struct cc_kv){ .key = (k), .kind = CC_KV_UUID, .v.uuid = (x) })
#define kv_ms(k, x)   ((struct cc_kv){ .key = (k), .kind = CC_KV_MS, .v.i64 = (x) }) /* a duration: took=1500ms */
/* A `struct cc_error *`: error=<slug> message="..." at=<file:line> */
#define kv_err(x) ((struct cc_kv){ .key = "error", .kind = CC_KV_ERR, .v.err = (x) })

#define cc_log(level, event, ...)                                                                                                              \
	(CC_LOG_##level <= cc_log_level() ? cc_log_write(CC_LOG_##level, CC_EV_##event, (const struct cc_kv[]){ { 0 }, ##__VA_ARGS__, { 0 } }) \
	                                  : (void)0)

/* `pairs`: an unused first element, then the pairs, then one of kind CC_KV_END. Keeps errno. Use cc_log. */
void cc_log_write(enum cc_log_level level, enum cc_event event, const struct cc_kv *pairs);

/* Lines above this level are not written. INFO until set. */
enum cc_log_level cc_log_level(void);
void cc_log_set_level(enum cc_log_level level);
/* Reads a word of CC_LOG_LEVELS. @err INVALID */
int cc_log_level_parse(const char *word, enum cc_log_level *ret, struct cc_error *err);

/* The request that this thread works for: added to its lines until set again. Copied, cut at 63 bytes; NULL or "" for none. */
void cc_log_set_request(const char *request_id);

/* For tests: lines go to `sink` instead of stderr, from "event=" on, without the line end. NULL: stderr again. Set it before threads start. */
typedef void cc_log_sink(void *context, enum cc_log_level level, const char *line);
void cc_log_set_sink(cc_log_sink *sink, void *context);

const struct cc_event_info *cc_event_info(enum cc_event event);
/* "error" to "debug". */
const char *cc_log_level_name(enum cc_log_level level);
