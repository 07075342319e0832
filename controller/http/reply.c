/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "common/hash_table.h"
#include "common/json.h"
#include "common/log.h"
#include "controller/http/feed.h"

#include <ctype.h>

#define RETRY_AFTER_S 1
#define LINK_MAX      1024
#define REPLY_SMALL   (32 * 1024)

static const char *title_of(int status)
{
	const char *text = MHD_get_reason_phrase_for((unsigned)status);

	return text != NULL ? text : "Error";
}

enum MHD_Result reply_queue(struct request *r, int status, struct MHD_Response *resp)
{
	enum MHD_Result queued;

	MHD_add_response_header(resp, "X-Request-Id", r->id);
	if (r->conn->excess)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION, "close");
	if (r->call.command.replayed)
		MHD_add_response_header(resp, "Idempotency-Replayed", "true");
	r->status = status;
	r->phase = REQUEST_REPLIED;
	queued = MHD_queue_response(r->mhd, (unsigned)status, resp);
	MHD_destroy_response(resp);
	return queued;
}

/* Takes the bytes of `b`. */
static struct MHD_Response *of_buf(struct cc_buf *b, const char *type)
{
	struct MHD_Response *resp =
	        MHD_create_response_from_buffer(b->len, b->data, b->data != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

	CC_PRE(resp != NULL);
	*b = (struct cc_buf){ 0 };
	if (type != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return resp;
}

static void add_retry_after(struct request *r, struct MHD_Response *resp)
{
	char text[24];

	snprintf(text, sizeof(text), "%d", r->retry_after_s > 0 ? r->retry_after_s : RETRY_AFTER_S);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_RETRY_AFTER, text);
}

static void log_failure(const struct request *r)
{
	cc_log_set_request(r->id);
	if (cc_code_info(r->call.command.error.code)->http_status == 401)
		cc_log(INFO, AUTH_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->call.command.error));
	else if (r->call.command.error.code == CC_UNAVAILABLE ||
	         r->call.command.error.code == CC_STANDBY) /* said once by who noticed it; each request would repeat it */
		cc_log(DEBUG, REQUEST_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->call.command.error));
	else if (cc_code_info(r->call.command.error.code)->http_status >= 500)
		cc_log(ERROR, REQUEST_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->call.command.error));
	cc_log_set_request(NULL);
}

/* Errors of ours are told by their kind alone; the log has the rest under the request id. */
enum MHD_Result reply_problem(struct request *r)
{
	const struct cc_code_info *info = cc_code_info(r->call.command.error.code);
	int status = info->http_status;
	struct problem p = { .type = "about:blank",
		.title = title_of(status),
		.status = status,
		.detail = status >= 500 && r->call.command.error.code != CC_STANDBY ? info->meaning : r->call.command.error.msg,
		.code = info->slug,
		.request_id = r->id,
		.has = CC_BIT(problem_f_request_id) };
	struct problem_error wrong = { .pointer = r->call.command.error.pointer, .detail = r->call.command.error.msg };
	const struct placement *decision = r->call.command.placement;
	struct cc_buf b = { 0 };
	struct MHD_Response *resp;

	if (r->call.command.error.noun != NULL) {
		cc_set(&p, problem, noun, r->call.command.error.noun);
		cc_set(&p, problem, name, r->call.command.error.name);
	}
	if (r->call.command.error.pointer[0] != '\0') {
		p.has |= CC_BIT(problem_f_errors);
		p.errors.items = &wrong;
		p.errors.n = 1;
	}
	log_failure(r);
	audit_refused(r);
	if (decision != NULL && r->call.command.error.code == CC_NO_CAPACITY) {
		p.has |= CC_BIT(problem_f_fell);
		p.fell.items = decision->fell.items;
		p.fell.n = decision->fell.n;
		p.has |= CC_BIT(problem_f_decision);
		p.decision.items = (struct placement *)decision;
		p.decision.n = 1;
	}
	cc_json_encode(&problem_desc, &p, &b);
	resp = of_buf(&b, "application/problem+json");
	if (info->retry && (status == MHD_HTTP_TOO_MANY_REQUESTS || status == MHD_HTTP_SERVICE_UNAVAILABLE))
		add_retry_after(r, resp);
	if (status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (r->call.command.error.code == CC_METHOD && r->allow != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ALLOW, r->allow);
	return reply_queue(r, status, resp);
}

/* The revision of an entity that has one; of what else there is to read, a hash. */
static void set_etag(struct request *r, const char *body, size_t len)
{
	const struct cc_field *f = r->call.reply != NULL ? cc_desc_find(r->route->reply, "revision") : NULL;

	if (r->call.etag != NULL)
		return;
	if (f != NULL && f->kind == CK_count)
		r->call.etag = cc_printf(r->call.arena, "\"%lld\"", (long long)*(const int64_t *)cc_field_at(f, r->call.reply));
	else if (strcmp(r->route->method, "GET") == 0)
		r->call.etag = cc_printf(r->call.arena, "\"%016llx\"", (unsigned long long)cc_hash_bytes(body, len));
}

/* Whether the client has this already (RFC 9110, 13.1.2): a comma-separated list of tags, or *. */
static bool is_known(struct request *r)
{
	const char *at = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
	const char *tag = r->call.etag;

	if (at == NULL || tag == NULL || r->call.always_sent || strcmp(r->route->method, "GET") != 0)
		return false;
	tag += strncmp(tag, "W/", 2) == 0 ? 2 : 0;
	while (*at != '\0') {
		size_t n;

		at += strspn(at, " ,\t");
		at += strncmp(at, "W/", 2) == 0 ? 2 : 0;
		n = strcspn(at, ", \t");
		if ((n == 1 && *at == '*') || (n == strlen(tag) && strncmp(at, tag, n) == 0))
			return true;
		at += n;
	}
	return false;
}

static bool is_plain(char ch)
{
	return isalnum((unsigned char)ch) || strchr("-._~", ch) != NULL;
}

static void add_escaped(struct cc_buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (is_plain(*text))
			cc_buf_addc(out, *text);
		else
			cc_buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* The route's path with what stood for its {…}. */
static void add_path(const struct request *r, struct cc_buf *out)
{
	const char *at = r->route->path, *brace;

	cc_buf_addc(out, '<');
	for (size_t i = 0; (brace = strchr(at, '{')) != NULL; i++) {
		cc_buf_add(out, at, (size_t)(brace - at));
		add_escaped(out, r->call.path[i]);
		at = strchr(brace, '}') + 1;
	}
	cc_buf_adds(out, at);
}

/* The page after this one: the same question with another cursor. A blocking read is asked for anew. A header that would not fit into a connection's memory
 * is left out; the body says `next` as well. */
static void add_link(const struct request *r, struct MHD_Response *resp)
{
	cc_auto_buf struct cc_buf link = { 0 };

	add_path(r, &link);
	cc_buf_printf(&link, "?cursor=%s", r->call.next_page);
	for (size_t i = 0; i < PARAM_MAX; i++) {
		if (r->call.params[i] == NULL || i == PARAM_cursor || i == PARAM_index || i == PARAM_wait)
			continue;
		cc_buf_printf(&link, "&%s=", router_param(i)->name);
		add_escaped(&link, r->call.params[i]);
	}
	cc_buf_adds(&link, ">; rel=\"next\"");
	if (link.len <= LINK_MAX)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_LINK, cc_buf_str(&link));
}

static void add_read_headers(const struct request *r, struct MHD_Response *resp)
{
	char text[32];

	if (r->call.etag != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ETAG, r->call.etag);
	if (r->call.index > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)r->call.index);
		MHD_add_response_header(resp, "X-Index", text);
	}
	if (r->call.next_page != NULL)
		add_link(r, resp);
}

/* What a reply takes until its reader has it: its text and the rows it was made of. Small ones always pass, so that a zone whose readers are slow can still
 * be asked what is wrong. */
static bool fits(struct request *r, size_t len)
{
	size_t bytes = len + cc_arena_used(r->call.arena), now;

	if (len <= REPLY_SMALL)
		return true;
	now = atomic_fetch_add(&r->server->reply_bytes, bytes) + bytes;
	r->reply_bytes = bytes;
	return now <= r->server->opt.reply_bytes_max;
}

static enum MHD_Result entity(struct request *r, int status)
{
	struct MHD_Response *resp;
	struct cc_buf b = { 0 };

	cc_json_encode(r->route->reply, r->call.reply, &b);
	if (status < 300 && strcmp(r->route->method, "GET") == 0 && !fits(r, b.len)) {
		cc_buf_free(&b);
		cc_fail(&r->call.command.error, UNAVAILABLE, "too many large replies are being sent");
		return reply_problem(r);
	}
	set_etag(r, b.data, b.len);
	if (is_known(r)) {
		cc_buf_free(&b);
		status = MHD_HTTP_NOT_MODIFIED;
	}
	resp = of_buf(&b, status != MHD_HTTP_NOT_MODIFIED ? "application/json" : NULL);
	add_read_headers(r, resp);
	if (r->call.location != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_LOCATION, r->call.location);
	return reply_queue(r, status, resp);
}

static enum MHD_Result text(struct request *r, int status)
{
	size_t len = strlen(r->call.text);
	struct MHD_Response *resp;

	set_etag(r, r->call.text, len);
	if (is_known(r)) {
		status = MHD_HTTP_NOT_MODIFIED;
		len = 0;
	}
	resp = MHD_create_response_from_buffer(len, (void *)r->call.text, r->call.text_lasts ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
	CC_PRE(resp != NULL);
	if (status != MHD_HTTP_NOT_MODIFIED)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, r->call.text_type);
	add_read_headers(r, resp);
	return reply_queue(r, status, resp);
}

static struct MHD_Response *file(struct request *r)
{
	struct MHD_Response *resp = MHD_create_response_from_fd_at_offset64(r->call.file_bytes - r->call.file_from, r->call.file, r->call.file_from);

	CC_PRE(resp != NULL);
	r->call.file = -1; /* closed with the response */
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
	return resp;
}

enum MHD_Result reply_send(struct request *r)
{
	int status = router_status(r->route);
	struct cc_buf none = { 0 };

	if (r->feed != NULL)
		return feed_send(r);
	if (r->call.reply != NULL)
		return entity(r, status);
	if (r->call.text != NULL)
		return text(r, status);
	if (r->call.file >= 0)
		return reply_queue(r, status, file(r));
	return reply_queue(r, MHD_HTTP_NO_CONTENT, of_buf(&none, NULL));
}
