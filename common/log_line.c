/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values are walked by character: printable UTF-8 passes, everything else becomes an escape, so that no value can end its line, forge a pair, move the
 * cursor or turn the reading direction of a terminal. */
#include "common/log_line.h"

#include "common/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAIL      " cut=true\n"
#define ROOM      (CC_LOG_LINE_MAX - sizeof(TAIL))
#define CUT_VALUE "..."

static bool append(struct cc_log_line *line, const char *text, size_t len)
{
	if (line->len + len > ROOM)
		return false;
	memcpy(line->text + line->len, text, len);
	line->len += len;
	return true;
}

void cc_log_line_raw(struct cc_log_line *line, const char *text)
{
	if (!append(line, text, strlen(text)))
		line->cut = true;
}

/* The code point of a valid sequence. */
static uint32_t code_point(const unsigned char *p, size_t len)
{
	uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* C0 and C1 controls, line and paragraph separators, and what turns the direction of text. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool needs_quotes(const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '"' || *p == '=' || *p == '\\')
			return true;
	return value[0] == '\0';
}

/* Writes the character at p as it may appear between quotes, and steps over it. Returns the bytes written, at most 16. */
static size_t escape(const unsigned char **p, char out[17])
{
	static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
	const char *known = strchr(plain, **p);
	size_t len = cc_utf8_sequence((const char *)*p, strnlen((const char *)*p, 4)), written = 0;

	if (known != NULL) {
		out[0] = '\\';
		out[1] = letters[known - plain];
		*p += 1;
		return 2;
	}
	if (len > 0 && !is_unsafe(code_point(*p, len))) {
		memcpy(out, *p, len);
		*p += len;
		return len;
	}
	for (size_t i = 0; i < (len ? len : 1); i++, (*p)++)
		written += (size_t)snprintf(out + written, 5, "\\x%02x", **p);
	return written;
}

static bool append_quoted(struct cc_log_line *line, const char *value)
{
	size_t limit = line->len + CC_LOG_VALUE_MAX;
	const unsigned char *p = (const unsigned char *)value;
	char out[17];

	if (!append(line, "\"", 1))
		return false;
	while (*p != '\0') {
		size_t n = escape(&p, out);

		if (line->len + n > limit) {
			if (!append(line, CUT_VALUE, strlen(CUT_VALUE)))
				return false;
			break;
		}
		if (!append(line, out, n))
			return false;
	}
	return append(line, "\"", 1);
}

static bool append_value(struct cc_log_line *line, const char *value)
{
	size_t len = strnlen(value, CC_LOG_VALUE_MAX + 1);

	if (len > CC_LOG_VALUE_MAX || needs_quotes(value))
		return append_quoted(line, value);
	return append(line, value, len);
}

void cc_log_line_text(struct cc_log_line *line, const char *key, const char *value)
{
	size_t before = line->len;

	if ((before == 0 || append(line, " ", 1)) && append(line, key, strlen(key)) && append(line, "=", 1) &&
	        append_value(line, value != NULL ? value : ""))
		return;
	line->len = before;
	line->cut = true;
}

static void add_error(struct cc_log_line *line, const struct cc_error *err)
{
	cc_log_line_text(line, "error", cc_code_info(err->code)->slug);
	cc_log_line_text(line, "message", err->msg);
	if (err->where != NULL)
		cc_log_line_text(line, "at", err->where);
}

void cc_log_line_kv(struct cc_log_line *line, const struct cc_kv *kv)
{
	char text[64];

	switch (kv->kind) {
	case CC_KV_TEXT:
		cc_log_line_text(line, kv->key, kv->v.text);
		return;
	case CC_KV_ERR:
		add_error(line, kv->v.err);
		return;
	case CC_KV_UUID:
		cc_log_line_text(line, kv->key, cc_uuid_format(kv->v.uuid, text));
		return;
	case CC_KV_U64:
		snprintf(text, sizeof(text), "%" PRIu64, kv->v.u64);
		break;
	default:
		snprintf(text, sizeof(text), "%" PRId64 "%s", kv->v.i64, kv->kind == CC_KV_MS ? "ms" : "");
		break;
	}
	cc_log_line_text(line, kv->key, text);
}

void cc_log_line_end(struct cc_log_line *line)
{
	const char *tail = line->cut ? TAIL : "\n";

	memcpy(line->text + line->len, tail, strlen(tail) + 1);
	line->len += strlen(tail);
}
