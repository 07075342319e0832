/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "controller/http/edge.h"

#define RETRY_AFTER_S 1

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
	if (cc_code_info(r->error.code)->http_status == 401)
		cc_log(INFO, AUTH_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->error));
	else if (r->error.code == CC_UNAVAILABLE || r->error.code == CC_STANDBY) /* said once by who noticed it; each request would repeat it */
		cc_log(DEBUG, REQUEST_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->error));
	else if (cc_code_info(r->error.code)->http_status >= 500)
		cc_log(ERROR, REQUEST_FAILED, kv_text("route", r->route != NULL ? r->route->path : ""), kv_err(&r->error));
	cc_log_set_request(NULL);
}

/* Errors of ours are told by their kind alone; the log has the rest under the request id. */
enum MHD_Result reply_problem(struct request *r)
{
	const struct cc_code_info *info = cc_code_info(r->error.code);
	int status = info->http_status;
	struct problem p = { .type = "about:blank",
		.title = title_of(status),
		.status = status,
		.detail = status >= 500 && r->error.code != CC_STANDBY ? info->meaning : r->error.msg,
		.code = info->slug,
		.request_id = r->id,
		.has = CC_BIT(problem_f_request_id) };
	const struct placement *decision = r->call.command.placement;
	struct cc_buf b = { 0 };
	struct MHD_Response *resp;

	if (r->error.noun != NULL) {
		cc_set(&p, problem, noun, r->error.noun);
		cc_set(&p, problem, name, r->error.name);
	}
	log_failure(r);
	audit_refused(r);
	if (decision != NULL && r->error.code == CC_NO_CAPACITY) {
		p.has |= CC_BIT(problem_f_fell);
		p.fell.items = decision->fell.items;
		p.fell.n = decision->fell.n;
	}
	cc_json_encode(&problem_desc, &p, &b);
	resp = of_buf(&b, "application/problem+json");
	if (info->retry && (status == MHD_HTTP_TOO_MANY_REQUESTS || status == MHD_HTTP_SERVICE_UNAVAILABLE))
		add_retry_after(r, resp);
	if (status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (r->error.code == CC_METHOD && r->allow != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ALLOW, r->allow);
	return reply_queue(r, status, resp);
}

/* The revision of an entity that has one, for ETag. */
static void add_etag(const struct request *r, struct MHD_Response *resp)
{
	const struct cc_field *f = cc_desc_find(r->route->reply, "revision");
	char text[32];

	if (f == NULL || f->kind != CK_count)
		return;
	snprintf(text, sizeof(text), "\"%lld\"", (long long)*(const int64_t *)cc_field_at(f, r->call.reply));
	MHD_add_response_header(resp, MHD_HTTP_HEADER_ETAG, text);
}

static struct MHD_Response *entity(struct request *r)
{
	struct MHD_Response *resp;
	struct cc_buf b = { 0 };

	cc_json_encode(r->route->reply, r->call.reply, &b);
	resp = of_buf(&b, "application/json");
	add_etag(r, resp);
	if (r->call.location != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_LOCATION, r->call.location);
	return resp;
}

static struct MHD_Response *text(struct request *r)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
	        strlen(r->call.text), (void *)r->call.text, r->call.text_lasts ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);

	CC_PRE(resp != NULL);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, r->call.text_type);
	return resp;
}

static struct MHD_Response *file(struct request *r)
{
	struct MHD_Response *resp = MHD_create_response_from_fd64(r->call.file_bytes, r->call.file);

	CC_PRE(resp != NULL);
	r->call.file = -1; /* closed with the response */
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
	return resp;
}

enum MHD_Result reply_send(struct request *r)
{
	int status = router_status(r->route);
	struct cc_buf none = { 0 };

	if (r->call.reply != NULL)
		return reply_queue(r, status, entity(r));
	if (r->call.text != NULL)
		return reply_queue(r, status, text(r));
	if (r->call.file >= 0)
		return reply_queue(r, status, file(r));
	return reply_queue(r, MHD_HTTP_NO_CONTENT, of_buf(&none, NULL));
}
