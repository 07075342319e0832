/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step per kind of line or piece. Every line ends with CR LF and holds no other control character, so that what this file and the server take for a
 * line cannot differ. */
#include "common/http_wire.h"

#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS     18 /* no number of so many digits leaves an int64 */
#define CHUNK_SIZE_DIGITS 15
#define CHUNK_LINE_MAX    (CHUNK_SIZE_DIGITS + 2)

static void add_header(struct cc_buf *out, const char *name, const char *value)
{
	if (value != NULL)
		cc_buf_printf(out, "%s: %s\r\n", name, value);
}

static void add_body_headers(const struct cc_http_request *r, struct cc_buf *out)
{
	bool has_body = r->body_len > 0 || r->read_body != NULL;

	if (has_body)
		add_header(out, "Content-Type", r->content_type != NULL ? r->content_type : "application/json");
	if (r->read_body != NULL && r->read_body_bytes <= 0)
		cc_buf_adds(out, "Transfer-Encoding: chunked\r\n");
	else if (r->read_body != NULL)
		cc_buf_printf(out, "Content-Length: %lld\r\n", (long long)r->read_body_bytes);
	else if (has_body || (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0))
		cc_buf_printf(out, "Content-Length: %zu\r\n", r->body_len);
}

void cc_http_wire_request(const struct cc_http_options *o, const struct cc_http_request *r, struct cc_buf *out)
{
	cc_buf_printf(out, "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n", r->method, r->path);
	add_header(out, "User-Agent", o->user_agent);
	if (o->bearer != NULL)
		cc_buf_printf(out, "%s\r\n", o->bearer);
	add_body_headers(r, out);
	add_header(out, "Idempotency-Key", r->idempotency_key);
	add_header(out, "If-Match", r->if_match);
	for (const char *const *header = r->headers; header != NULL && *header != NULL; header++)
		cc_buf_printf(out, "%s\r\n", *header);
	cc_buf_adds(out, "\r\n");
	cc_buf_add(out, r->body, r->body_len);
}

static enum cc_http_wire_result wrong(struct cc_http_wire *w, const char *what)
{
	w->wrong = what;
	return CC_WIRE_WRONG;
}

/* The number of bytes of the line at `p` with its end, 0 when it is not all there; -1 when it is no line. */
static ssize_t line_length(const char *p, size_t len, size_t max)
{
	const char *end = memchr(p, '\n', len < max ? len : max);
	size_t n = end != NULL ? (size_t)(end - p) + 1 : 0;

	if (end == NULL)
		return len < max ? 0 : -1;
	if (n < 2 || end[-1] != '\r')
		return -1;
	for (size_t i = 0; i < n - 2; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') || p[i] == 0x7f)
			return -1;
	return (ssize_t)n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum cc_http_wire_result take_status(struct cc_http_wire *w, const char *line, size_t len)
{
	static const char version[] = "HTTP/1.1 ";

	if (len < sizeof(version) - 1 || memcmp(line, version, sizeof(version) - 1) != 0)
		return wrong(w, "its status line is none of HTTP/1.1");
	w->status = cc_http_line_status(line, len);
	if (w->status == 0)
		return wrong(w, "its status is no number");
	if (w->status < 100 || w->status == 101 || w->status > 599)
		return wrong(w, "its status is none that was asked for");
	w->has_length = w->is_chunked = w->is_last = false;
	w->step = CC_WIRE_HEADERS;
	return CC_WIRE_MORE;
}

static enum cc_http_wire_result take_length(struct cc_http_wire *w, const char *value, size_t len)
{
	if (w->has_length || len == 0 || len > LENGTH_DIGITS)
		return wrong(w, "its Content-Length makes no sense");
	w->left = 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(value[i]))
			return wrong(w, "its Content-Length makes no sense");
		w->left = w->left * 10 + (value[i] - '0');
	}
	w->has_length = true;
	return CC_WIRE_MORE;
}

/* RFC 9110 calls this a token. */
static bool is_name(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[n] > ' ' && strchr("()<>@,;:\\\"/[]?={}", line[n]) == NULL)
		n++;
	return n > 0 && n < len && line[n] == ':';
}

static enum cc_http_wire_result take_header(struct cc_http_wire *w, const char *line, size_t len)
{
	const char *value;
	size_t n;

	if (!is_name(line, len))
		return wrong(w, "a line of its head is no header");
	if (cc_http_line_value(line, len, "Content-Length", &value, &n))
		return take_length(w, value, n);
	if (cc_http_line_value(line, len, "Transfer-Encoding", &value, &n)) {
		if (w->is_chunked || n != 7 || strncasecmp(value, "chunked", 7) != 0)
			return wrong(w, "its Transfer-Encoding is not known here");
		w->is_chunked = true;
	} else if (cc_http_line_value(line, len, "Connection", &value, &n)) {
		w->is_last |= n == 5 && strncasecmp(value, "close", 5) == 0;
	}
	return CC_WIRE_MORE;
}

/* The empty line after the headers: what comes next? */
static enum cc_http_wire_result take_head_end(struct cc_http_wire *w)
{
	if (w->is_chunked && w->has_length)
		return wrong(w, "it has a Content-Length and chunks");
	if (w->status < 200)
		w->step = CC_WIRE_STATUS;
	else if (w->no_body || w->status == 204 || w->status == 304)
		w->step = CC_WIRE_END;
	else if (w->is_chunked)
		w->step = CC_WIRE_CHUNK_SIZE;
	else if (w->has_length)
		w->step = w->left > 0 ? CC_WIRE_BODY : CC_WIRE_END;
	else
		return wrong(w, "it does not say how long it is");
	return CC_WIRE_MORE;
}

static enum cc_http_wire_result take_head_line(struct cc_http_wire *w, struct cc_http_exchange *x, const char *line, size_t len)
{
	bool is_end = len == 2 && w->step != CC_WIRE_STATUS;
	enum cc_http_wire_result result;

	w->head_bytes += len;
	if (w->head_bytes > CC_HTTP_HEAD_MAX)
		return wrong(w, "its head is too long");
	if (w->step == CC_WIRE_STATUS)
		result = take_status(w, line, len);
	else if (w->step == CC_WIRE_HEADERS)
		result = is_end ? take_head_end(w) : take_header(w, line, len);
	else if (is_end)
		result = (w->step = CC_WIRE_END, CC_WIRE_MORE);
	else
		result = is_name(line, len) ? CC_WIRE_MORE : wrong(w, "a line behind its chunks is no header");
	if (result == CC_WIRE_MORE && !cc_http_exchange_header(x, line, len))
		return CC_WIRE_STOPPED;
	return result;
}

static enum cc_http_wire_result take_chunk_size(struct cc_http_wire *w, const char *line, size_t len)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	if (len < 3)
		return wrong(w, "a chunk has no size");
	w->left = 0;
	for (size_t i = 0; i < len - 2; i++) {
		const char *digit = strchr(digits, line[i]);

		if (digit == NULL)
			return wrong(w, "the size of a chunk is no number");
		w->left = w->left * 16 + (digit - digits) % 16;
	}
	w->step = w->left > 0 ? CC_WIRE_CHUNK : CC_WIRE_TRAILERS;
	return CC_WIRE_MORE;
}

static enum cc_http_wire_result take_line(struct cc_http_wire *w, struct cc_http_exchange *x, const char *p, size_t len, size_t *ret_used)
{
	bool is_size = w->step == CC_WIRE_CHUNK_SIZE;
	ssize_t n = line_length(p, len, is_size ? CHUNK_LINE_MAX : CC_HTTP_LINE_MAX);

	if (n < 0)
		return wrong(w, is_size ? "the size of a chunk is no number" : "a line of its head is too long or no text");
	*ret_used = (size_t)n;
	if (n == 0)
		return CC_WIRE_MORE;
	return is_size ? take_chunk_size(w, p, (size_t)n) : take_head_line(w, x, p, (size_t)n);
}

static enum cc_http_wire_result take_body(struct cc_http_wire *w, struct cc_http_exchange *x, const char *p, size_t len, size_t *ret_used)
{
	size_t n = w->left < (int64_t)len ? (size_t)w->left : len;
	enum cc_http_flow flow = cc_http_exchange_body(x, p, n);

	if (flow != CC_HTTP_ON)
		return flow == CC_HTTP_PAUSE ? CC_WIRE_PAUSED : CC_WIRE_STOPPED;
	*ret_used = n;
	w->left -= (int64_t)n;
	if (w->left == 0)
		w->step = w->step == CC_WIRE_CHUNK ? CC_WIRE_CHUNK_END : CC_WIRE_END;
	return CC_WIRE_MORE;
}

static enum cc_http_wire_result take_chunk_end(struct cc_http_wire *w, const char *p, size_t len, size_t *ret_used)
{
	if (memcmp(p, "\r\n", len < 2 ? len : 2) != 0)
		return wrong(w, "a chunk is longer than its size");
	if (len < 2)
		return CC_WIRE_MORE;
	*ret_used = 2;
	w->step = CC_WIRE_CHUNK_SIZE;
	return CC_WIRE_MORE;
}

static enum cc_http_wire_result take_step(struct cc_http_wire *w, struct cc_http_exchange *x, const char *p, size_t len, size_t *ret_used)
{
	switch (w->step) {
	case CC_WIRE_BODY:
	case CC_WIRE_CHUNK:
		return take_body(w, x, p, len, ret_used);
	case CC_WIRE_CHUNK_END:
		return take_chunk_end(w, p, len, ret_used);
	default:
		return take_line(w, x, p, len, ret_used);
	}
}

enum cc_http_wire_result cc_http_wire_take(struct cc_http_wire *w, struct cc_http_exchange *x, const char *p, size_t len, size_t *ret_used)
{
	enum cc_http_wire_result result = CC_WIRE_MORE;

	*ret_used = 0;
	while (w->step != CC_WIRE_END && *ret_used < len && result == CC_WIRE_MORE) {
		size_t used = 0;

		result = take_step(w, x, p + *ret_used, len - *ret_used, &used);
		*ret_used += used;
		if (used == 0)
			return result;
	}
	return result == CC_WIRE_MORE && w->step == CC_WIRE_END ? CC_WIRE_DONE : result;
}
