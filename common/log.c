/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/log.h"

#include "common/clock.h"
#include "common/log_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cc_event_info events[] = {
#define EV(name, level, sentence, hint) { #name, CC_LOG_##level, sentence, hint },
#include "common/events.def"
#undef EV
};

static const char *const level_names[] = {
	[CC_LOG_ERROR] = "error", [CC_LOG_WARNING] = "warning", [CC_LOG_NOTICE] = "notice", [CC_LOG_INFO] = "info", [CC_LOG_DEBUG] = "debug"
};

enum output { OUTPUT_UNKNOWN, OUTPUT_TERMINAL, OUTPUT_JOURNAL, OUTPUT_FILE };

static atomic_int max_level = CC_LOG_INFO;
static atomic_int output_kind = OUTPUT_UNKNOWN;
static cc_log_sink *log_sink;
static void *log_sink_context;
static _Thread_local char request[64];

enum cc_log_level cc_log_level(void)
{
	return (enum cc_log_level)atomic_load_explicit(&max_level, memory_order_relaxed);
}

void cc_log_set_level(enum cc_log_level level)
{
	atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

int cc_log_level_parse(const char *word, enum cc_log_level *ret, struct cc_error *err)
{
	for (int level = CC_LOG_ERROR; level <= CC_LOG_DEBUG; level++)
		if (strcmp(word, level_names[level]) == 0) {
			*ret = (enum cc_log_level)level;
			return 0;
		}
	return cc_fail(err, INVALID, "'%.40s' is not a level of the log; allowed: " CC_LOG_LEVELS, word);
}

const char *cc_log_level_name(enum cc_log_level level)
{
	CC_PRE(level >= CC_LOG_ERROR && level <= CC_LOG_DEBUG);
	return level_names[level];
}

void cc_log_set_request(const char *request_id)
{
	snprintf(request, sizeof(request), "%s", request_id != NULL ? request_id : "");
}

void cc_log_set_sink(cc_log_sink *sink, void *context)
{
	log_sink = sink;
	log_sink_context = context;
}

const struct cc_event_info *cc_event_info(enum cc_event event)
{
	CC_PRE((unsigned)event < CC_EV_MAX);
	return &events[event];
}

/* The variable is inherited by children whose stderr goes elsewhere, so it counts only when it names this very stream. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

static enum output output(void)
{
	int kind = atomic_load_explicit(&output_kind, memory_order_relaxed);

	if (kind == OUTPUT_UNKNOWN) {
		kind = is_journal() ? OUTPUT_JOURNAL : isatty(STDERR_FILENO) ? OUTPUT_TERMINAL : OUTPUT_FILE;
		atomic_store_explicit(&output_kind, kind, memory_order_relaxed);
	}
	return (enum output)kind;
}

static void add_head(struct cc_log_line *line, enum cc_log_level level)
{
	enum output to = output();
	char text[CC_TIME_TEXT];

	if (to != OUTPUT_TERMINAL) {
		snprintf(text, sizeof(text), "<%d>", (int)level);
		cc_log_line_raw(line, text);
	}
	if (to != OUTPUT_JOURNAL) {
		cc_log_line_raw(line, "time=");
		cc_log_line_raw(line, cc_time_format(cc_now_ms(), text));
		cc_log_line_raw(line, " level=");
		cc_log_line_raw(line, level_names[level]);
		cc_log_line_raw(line, " ");
	}
}

static void add_event(struct cc_log_line *line, enum cc_event event)
{
	char name[64];
	size_t n = 0;

	for (const char *p = events[event].name; *p != '\0' && n < sizeof(name) - 1; p++)
		name[n++] = (char)tolower((unsigned char)*p);
	name[n] = '\0';
	cc_log_line_raw(line, "event=");
	cc_log_line_raw(line, name);
}

static void add_body(struct cc_log_line *line, enum cc_log_level level, enum cc_event event, const struct cc_kv *pairs)
{
	add_event(line, event);
	if (request[0] != '\0')
		cc_log_line_text(line, "request", request);
	for (const struct cc_kv *kv = pairs + 1; kv->kind != CC_KV_END; kv++)
		cc_log_line_kv(line, kv);
	if (level <= CC_LOG_WARNING && events[event].hint[0] != '\0')
		cc_log_line_text(line, "hint", events[event].hint);
	cc_log_line_end(line);
}

void cc_log_write(enum cc_log_level level, enum cc_event event, const struct cc_kv *pairs)
{
	struct cc_log_line line;
	int saved = errno;

	CC_PRE((unsigned)event < CC_EV_MAX && level >= CC_LOG_ERROR && level <= CC_LOG_DEBUG);
	line.len = 0;
	line.cut = false;
	if (log_sink == NULL)
		add_head(&line, level);
	add_body(&line, level, event, pairs);
	if (log_sink != NULL) {
		line.text[line.len - 1] = '\0';
		log_sink(log_sink_context, level, line.text);
	} else if (write(STDERR_FILENO, line.text, line.len) < 0) {
		/* There is no one left to tell. */
	}
	errno = saved;
}
