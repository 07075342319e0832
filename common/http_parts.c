/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/http_parts.h"

#include "common/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_RETRY_AFTER_S  86400
#define CONNECT_TIMEOUT_MS 10000

static void explain_connect(const struct cc_http_failed *t, struct cc_error *err)
{
	const char *text = t->sys_errno != 0 ? strerror(t->sys_errno) : "no connection";
	const char *target = t->is_socket ? "the controller's socket" : "the controller at";

	if (t->is_socket && t->sys_errno == EAGAIN)
		cc_fail(err, BUSY, "too many are waiting at the controller's socket %s; try again", t->where);
	else if (t->is_socket && (t->sys_errno == EACCES || t->sys_errno == EPERM))
		cc_fail(err, DENIED,
		        "not allowed to use the controller's socket %s; be root, or see that this user may enter its folder and write to it",
		        t->where);
	else
		cc_fail(err, UNAVAILABLE, "cannot reach %s %s: %c%s; is cc-controller running %s?", target, t->where, tolower((unsigned char)text[0]),
		        text + 1, t->is_socket ? "here" : "there");
	err->sys_errno = t->sys_errno;
}

void cc_http_explain(const struct cc_http_failed *t, struct cc_error *err)
{
	long long limit = (long long)t->limit;

	switch (t->failure) {
	case CC_HTTP_NO_NAME:
		cc_fail(err, UNAVAILABLE, "cannot find the controller at %s: the name is not known; check the address and this machine's DNS",
		        t->where);
		return;
	case CC_HTTP_NO_CONNECT:
		explain_connect(t, err);
		return;
	case CC_HTTP_NO_ANSWER:
		cc_fail(err, TIMEOUT, "the controller at %s did not answer within %lld ms; is it switched on, and is there a link to it?", t->where,
		        limit);
		return;
	case CC_HTTP_OTHER_KEY:
		cc_fail(err, UNAUTHENTICATED,
		        "the controller at %s has another key than the one pinned; if it was set up anew, join or log in with a new token, else "
		        "someone is in between",
		        t->where);
		return;
	case CC_HTTP_NO_TLS:
		cc_fail(err, UNAVAILABLE, "no TLS 1.3 with the controller at %s: %s", t->where, t->detail);
		return;
	case CC_HTTP_BROKEN:
		cc_fail(err, UNAVAILABLE, "the connection to the controller at %s broke off; whether the request was carried out is not known",
		        t->where);
		return;
	case CC_HTTP_LATE:
		cc_fail(err, TIMEOUT, "the controller at %s did not finish its reply within %lld ms", t->where, limit);
		return;
	case CC_HTTP_SILENT:
		cc_fail(err, TIMEOUT, "nothing was heard from the controller at %s for %lld ms", t->where, limit);
		return;
	case CC_HTTP_TOO_MUCH:
		cc_fail(err, TOO_LARGE, "the reply of the controller at %s is over %lld bytes", t->where, limit);
		return;
	case CC_HTTP_STOPPED:
		cc_fail(err, IO, "the exchange with the controller at %s was given up here", t->where);
		return;
	default:
		cc_fail(err, UNAVAILABLE, "talking to the controller at %s failed: %s", t->where, t->detail);
		return;
	}
}

bool cc_http_line_value(const char *line, size_t len, const char *name, const char **ret, size_t *ret_len)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		;
	while (len > n && strchr("\r\n \t", line[len - 1]) != NULL)
		len--;
	*ret = line + n;
	*ret_len = len - n;
	return true;
}

int cc_http_line_status(const char *line, size_t len)
{
	const char *p = line + sizeof("HTTP/1.1 ") - 1;
	int status = 0;

	if (len < sizeof("HTTP/1.1 ") - 1 + 3 || memcmp(line, "HTTP/", 5) != 0 || p[-1] != ' ')
		return 0;
	for (int i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		status = status * 10 + (p[i] - '0');
	}
	return p + 3 == line + len || strchr(" \r\n", p[3]) != NULL ? status : 0;
}

static const char *value_of(const char *line, size_t len, const char *name, struct cc_arena *arena)
{
	const char *value;
	size_t n;

	return cc_http_line_value(line, len, name, &value, &n) ? cc_arena_memdup(arena, value, n) : NULL;
}

/* Seconds only: the other form, a date, depends on two clocks. */
static int64_t retry_after(const char *text)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	if (end == text || *end != '\0' || seconds <= 0)
		return 0;
	return (seconds > MAX_RETRY_AFTER_S ? MAX_RETRY_AFTER_S : seconds) * 1000;
}

void cc_http_reply_line(struct cc_http_reply *reply, struct cc_arena *arena, const char *line, size_t len)
{
	const char *value;

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		*reply = (struct cc_http_reply){ .status = cc_http_line_status(line, len), .body = "" };
	else if ((value = value_of(line, len, "Content-Type", arena)) != NULL)
		reply->content_type = value;
	else if ((value = value_of(line, len, "ETag", arena)) != NULL)
		reply->etag = value;
	else if ((value = value_of(line, len, "Retry-After", arena)) != NULL)
		reply->retry_after_ms = retry_after(value);
}

static int check_value(const char *what, const char *value, struct cc_error *err)
{
	for (const char *p = value; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return cc_fail(err, INVALID, "%s holds a control character", what);
	return 0;
}

int cc_http_check_request(const struct cc_http_request *request, struct cc_error *err)
{
	const char *const *header = request->headers;

	CC_PRE(request->method != NULL && request->on_done != NULL);
	if (request->path == NULL || request->path[0] != '/' || strchr(request->path, ' ') != NULL || strchr(request->path, '#') != NULL)
		return cc_fail(err, INVALID, "'%.200s' is not the path of a request", request->path != NULL ? request->path : "");
	if ((strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) && (request->body_len > 0 || request->read_body != NULL))
		return cc_fail(err, INVALID, "%s has no body", request->method);
	if (check_value("the path", request->path, err) < 0 || check_value("Content-Type", request->content_type, err) < 0 ||
	        check_value("Idempotency-Key", request->idempotency_key, err) < 0 || check_value("If-Match", request->if_match, err) < 0)
		return -1;
	for (; header != NULL && *header != NULL; header++)
		if (check_value("a header", *header, err) < 0)
			return -1;
	return 0;
}

bool cc_http_may_be_repeated(const struct cc_http_request *r)
{
	static const char *const safe[] = { "GET", "HEAD", "PUT", "DELETE" };

	if (r->read_body != NULL || r->on_body != NULL)
		return false;
	for (size_t i = 0; i < CC_ARRAY_LEN(safe); i++)
		if (strcmp(r->method, safe[i]) == 0)
			return true;
	return r->idempotency_key != NULL;
}

const char *cc_http_copy_text(struct cc_arena *arena, const char *text)
{
	return text != NULL ? cc_arena_strdup(arena, text) : NULL;
}

int cc_http_copy_options(struct cc_arena *arena, const struct cc_http_options *o, struct cc_http_options *ret, struct cc_error *err)
{
	const char **addresses = cc_new_array(arena, o->n_addresses, const char *);
	struct cc_addr ignored;

	if ((o->n_addresses == 0) == (o->unix_path == NULL))
		return cc_fail(err, INVALID, "a client needs either the addresses of a controller or the path of its socket");
	for (size_t i = 0; i < o->n_addresses; i++) {
		if (cc_addr_parse(arena, o->addresses[i], &ignored, err) < 0)
			return -1;
		addresses[i] = cc_arena_strdup(arena, o->addresses[i]);
	}
	*ret = *o;
	ret->addresses = addresses;
	ret->unix_path = cc_http_copy_text(arena, o->unix_path);
	ret->identity_path = cc_http_copy_text(arena, o->identity_path);
	ret->bearer = o->bearer != NULL ? cc_printf(arena, "Authorization: Bearer %s", o->bearer) : NULL;
	ret->user_agent = cc_http_copy_text(arena, o->user_agent);
	if (ret->connect_timeout_ms == 0)
		ret->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (check_value("the bearer token", o->bearer, err) < 0 || check_value("the user agent", o->user_agent, err) < 0)
		return -1;
	return 0;
}

static const char *const *copy_headers(struct cc_arena *arena, const char *const *headers)
{
	const char **copies;
	size_t n = 0;

	if (headers == NULL)
		return NULL;
	while (headers[n] != NULL)
		n++;
	copies = cc_new_array(arena, n + 1, const char *);
	for (size_t i = 0; i < n; i++)
		copies[i] = cc_arena_strdup(arena, headers[i]);
	return copies;
}

struct cc_http_request cc_http_copy_request(struct cc_arena *arena, const struct cc_http_request *request)
{
	struct cc_http_request r = *request;

	r.method = cc_http_copy_text(arena, r.method);
	r.path = cc_http_copy_text(arena, r.path);
	r.content_type = cc_http_copy_text(arena, r.content_type);
	r.idempotency_key = cc_http_copy_text(arena, r.idempotency_key);
	r.if_match = cc_http_copy_text(arena, r.if_match);
	r.headers = copy_headers(arena, r.headers);
	r.body = cc_arena_memdup(arena, r.body, r.body_len);
	if (r.reply_max == 0)
		r.reply_max = 1024 * 1024;
	return r;
}
