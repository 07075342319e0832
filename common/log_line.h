/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds one logfmt line of bounded length. Used by log.c only. */
#pragma once

#include "common/log.h"

struct cc_log_line {
	char text[CC_LOG_LINE_MAX];
	size_t len;
	bool cut; /* a pair did not fit */
};

/* Appends as it is; what does not fit is left out. */
void cc_log_line_raw(struct cc_log_line *line, const char *text);
/* Appends ` key=value`, escaped and quoted where needed, or nothing at all when it does not fit. */
void cc_log_line_text(struct cc_log_line *line, const char *key, const char *value);
void cc_log_line_kv(struct cc_log_line *line, const struct cc_kv *kv);
/* Appends ` cut=true` when something was left out, and the line end. There is always room for both. */
void cc_log_line_end(struct cc_log_line *line);
