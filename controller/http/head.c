/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a request: everything about it that can be refused before its body is read. */
#include "controller/http/head.h"
#include "common/clock.h"
#include "common/json.h"
#include "controller/api/blobs.h"
#include "controller/http/ration.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define KEY_MAX 255

static const char *header(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

static bool plain(const char *s, size_t max)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)s[i]))
			return false;
	return n >= 1 && n <= max;
}

void head_name(struct request *r)
{
	const char *given = header(r, "X-Request-Id");
	char id[CC_UUID_TEXT];

	if (given != NULL && plain(given, REQUEST_ID_MAX))
		snprintf(r->id, sizeof(r->id), "%s", given);
	else
		snprintf(r->id, sizeof(r->id), "%s", cc_uuid_format(cc_uuid_new(cc_now_ms()), id));
}

static int find_route(struct request *r, const char *url, const char *method, struct cc_error *err)
{
	if (!cc_utf8_valid(url, strlen(url)))
		return cc_fail(err, INVALID, "the path is not UTF-8");
	r->route = router_find(method, url, r->call.arena, r->call.path, &r->allow);
	if (r->route != NULL)
		return 0;
	if (r->allow[0] != '\0')
		return cc_fail(err, METHOD, "'%s' is for %s", url, r->allow);
	return cc_fail(err, NOT_FOUND, "no such path; /v1/openapi.json lists them all");
}

struct query {
	struct request *r;
	struct cc_error *err;
	bool failed;
};

static int take_param(struct request *r, const char *key, const char *value, struct cc_error *err)
{
	for (size_t i = 0; i < PARAM_MAX; i++) {
		const struct param_info *p = router_param(i);
		struct cc_field f = { .name = p->name, .kind = p->kind, .doc = p->doc };
		struct {
			uint64_t has;
			int64_t number;
			const char *text;
		} scratch;

		if (!(r->route->flags & p->flag) || strcmp(p->name, key) != 0)
			continue;
		if (r->call.params[i] != NULL)
			return cc_fail(err, INVALID, "the query parameter '%s' was given twice", key);
		if (value == NULL)
			return cc_fail(err, INVALID, "the query parameter '%s' has no value", key);
		f.offset = offsetof(__typeof__(scratch), number);
		if (cc_field_parse(&f, value, &scratch, r->call.arena, err) < 0)
			return -1;
		r->call.params[i] = cc_arena_strdup(r->call.arena, value);
		return 0;
	}
	return cc_fail(err, INVALID, "no query parameter '%s' is known here", key);
}

static enum MHD_Result each_param(void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct query *q = arg;

	(void)kind;
	q->failed = take_param(q->r, key, value, q->err) < 0;
	return q->failed ? MHD_NO : MHD_YES;
}

static int read_query(struct request *r, struct cc_error *err)
{
	struct query q = { .r = r, .err = err };

	MHD_get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, each_param, &q);
	if (q.failed)
		return -1;
	for (size_t i = 0; i < PARAM_MAX; i++)
		if (router_param(i)->required && (r->route->flags & router_param(i)->flag) && r->call.params[i] == NULL)
			return cc_fail(err, INVALID, "the query parameter '%s' is missing", router_param(i)->name);
	return 0;
}

static int read_if_match(struct request *r, struct cc_error *err)
{
	const char *h = header(r, MHD_HTTP_HEADER_IF_MATCH);
	char *end;

	if (h == NULL && (r->route->flags & RF_MERGE))
		return cc_fail(err, UNCONDITIONAL, "send If-Match with the ETag of what you read, so that nobody's change is lost, or If-Match: *");
	if (h == NULL || !(r->route->flags & RF_MATCH) || strcmp(h, "*") == 0)
		return 0;
	r->call.if_revision = h[0] == '"' ? strtoll(h + 1, &end, 10) : 0;
	if (r->call.if_revision <= 0 || strcmp(end, "\"") != 0)
		return cc_fail(err, INVALID, "If-Match: '%s' is not an ETag of this API", h);
	return 0;
}

static int read_idempotency_key(struct request *r, struct cc_error *err)
{
	const char *h = header(r, "Idempotency-Key");

	if (h == NULL || !(r->route->flags & RF_IDEMPOTENT))
		return 0;
	if (!plain(h, KEY_MAX))
		return cc_fail(err, INVALID, "Idempotency-Key: 1 to %d printable characters without spaces are needed", KEY_MAX);
	r->call.idempotency_key = cc_arena_strdup(r->call.arena, h);
	return 0;
}

uint64_t head_body_bytes(struct request *r)
{
	const char *length = header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL)
		return UINT64_MAX;
	return length != NULL ? strtoull(length, NULL, 10) : 0;
}

bool head_has_body(struct request *r)
{
	return head_body_bytes(r) > 0;
}

static int check_type(struct request *r, const char *wanted, struct cc_error *err)
{
	const char *type = header(r, MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t n = strlen(wanted);

	if (type == NULL)
		return cc_fail(err, MEDIA_TYPE, "the body has no Content-Type; send %s", wanted);
	if (strncasecmp(type, wanted, n) != 0 || (type[n] != '\0' && type[n] != ';' && type[n] != ' '))
		return cc_fail(err, MEDIA_TYPE, "the body is of type '%.80s'; send %s", type, wanted);
	return 0;
}

static int check_body(struct request *r, struct cc_error *err)
{
	uint64_t bytes = head_body_bytes(r);

	if (r->route->body == &router_none_desc)
		return head_has_body(r) ? cc_fail(err, INVALID, "this request takes no body") : 0;
	if (r->route->body == &router_bytes_desc) {
		if ((r->route->flags & RF_UPLOAD) && bytes != UINT64_MAX && bytes > (uint64_t)r->server->opt.image_max_bytes)
			return cc_fail(err, TOO_LARGE, "the image has %llu bytes; this zone allows %lld", (unsigned long long)bytes,
			        (long long)r->server->opt.image_max_bytes);
		return head_has_body(r) ? check_type(r, "application/octet-stream", err) : 0;
	}
	if (!head_has_body(r))
		return cc_fail(err, INVALID, "a JSON object is needed as the body");
	if (bytes != UINT64_MAX && bytes > router_body_max(r->route))
		return cc_fail(
		        err, TOO_LARGE, "the body has %llu bytes; at most %zu are taken here", (unsigned long long)bytes, router_body_max(r->route));
	return check_type(r, r->route->flags & RF_MERGE ? "application/merge-patch+json" : "application/json", err);
}

/* Callers are counted each by themselves; who shows nothing that is known, by address: a village may share one, so this counts only strangers. Root on the
 * controller's own machine is held to nothing. */
static int ration_requests(struct request *r, struct cc_error *err)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct principal *who = &r->call.who;

	if (who->who == WHO_ADMIN && cc_uuid_is_nil(who->id))
		return 0;
	if (who->who == WHO_ANONYMOUS)
		r->retry_after_s = ration_take(r->server->strangers, info != NULL ? info->client_addr : NULL, cc_boottime_ms());
	else
		r->retry_after_s = ration_take_id(r->server->callers, who->id, cc_boottime_ms());
	return r->retry_after_s > 0 ? cc_fail(err, BUSY, "too many requests; try again later") : 0;
}

static int refuse_crowd(struct request *r, struct cc_error *err)
{
	if (!r->conn->crowd)
		return 0;
	return cc_fail(
	        err, BUSY, "your address has too many connections that show neither a token nor a key of this zone; close some, or try again later");
}

static int ration_joins(struct request *r, struct cc_error *err)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (!(r->route->flags & RF_JOIN))
		return 0;
	r->retry_after_s = ration_take(r->server->joins, info != NULL ? info->client_addr : NULL, cc_boottime_ms());
	return r->retry_after_s > 0 ? cc_fail(err, BUSY, "too many attempts to join; try again later") : 0;
}

int head_check_standby(struct request *r, struct cc_error *err)
{
	bool about_itself = (r->route->flags & RF_STANDBY) && (r->route->perm == PERM_PUBLIC || r->conn->local || auth_is_controller(r));
	char why[512];

	if (about_itself || !engine_is_standby(r->server->engine, why, sizeof(why)))
		return 0;
	return cc_fail(err, STANDBY, "%s", why);
}

int head_read(struct request *r, const char *url, const char *method, struct cc_error *err)
{
	struct cc_error busy = { 0 };
	bool known;

	if (find_route(r, url, method, err) < 0 || head_check_standby(r, err) < 0)
		return -1;
	known = auth_principal(r, &r->call.who, err) == 0;
	if (known && r->call.who.who != WHO_ANONYMOUS)
		hub_known(r->conn);
	if (refuse_crowd(r, &busy) < 0 || ration_requests(r, &busy) < 0) {
		*err = busy;
		return -1;
	}
	if (!known && r->route->perm != PERM_PUBLIC)
		return -1;
	*err = (struct cc_error){ 0 };
	if (auth_permit(r, err) < 0 || ration_joins(r, err) < 0 || read_query(r, err) < 0 || read_if_match(r, err) < 0 ||
	        read_idempotency_key(r, err) < 0)
		return -1;
	return check_body(r, err);
}
