/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/client.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/model.h"

#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS        60000
#define UPLOAD_SILENCE_MS 300000 /* the controller hashes and syncs a large image before it answers */
#define AGAIN_FOR_MS      3000
#define TAKEOVER_MS       15000 /* the same where there is another controller, which needs some seconds to take over */
#define CONNECT_MS        3000  /* to one of several controllers, before the next one is tried */
#define PATCH_TRIES       5
#define REPLY_MAX         (256 << 20)
#define ASK_FIRST_BYTES   (8 << 20) /* of a smaller upload it is not asked what came of an earlier try */

struct client {
	struct cc_arena *arena; /* the run's */
	struct cc_http *http;
	const struct placement *refused;
};

int client_new(const struct client_target *target, struct cc_arena *a, struct client **ret, struct cc_error *err)
{
	struct client *c = cc_new(a, struct client);
	struct cc_http_options o = { .user_agent = "ccctl/" CC_VERSION };

	if (target->n_addresses == 0) {
		o.unix_path = target->socket;
	} else {
		o.addresses = target->addresses;
		o.n_addresses = target->n_addresses;
		o.connect_timeout_ms = o.n_addresses > 1 ? CONNECT_MS : 0;
		o.bearer = target->token;
		o.pin = target->pin;
	}
	c->arena = a;
	if (cc_http_new(&o, &c->http, err) < 0)
		return target->n_addresses > 0 && err->code == CC_INVALID ? cc_wrap(err, "--controller") : -1;
	*ret = c;
	return 0;
}

void client_free(struct client *c)
{
	if (c != NULL)
		cc_http_free(c->http);
}

void client_use_arena(struct client *c, struct cc_arena *a)
{
	c->arena = a;
}

struct cc_http *client_http(struct client *c)
{
	return c->http;
}

/* What a reply says that is neither JSON nor a problem document: a proxy or another program answered. */
static int not_ours(const struct cc_http_reply *reply, struct cc_error *err)
{
	return cc_fail(err, INTERNAL, "the answer (HTTP %d) is not from a CommunityCloud controller, or it is broken", reply->status);
}

const struct placement *client_refused(const struct client *c)
{
	return c->refused;
}

static int read_problem(struct client *c, const struct cc_http_reply *reply, struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	struct problem p = { 0 };

	if (cc_json_decode(&problem_desc, reply->body, reply->body_len, CC_JSON_LENIENT, &p, c->arena, &ignored) < 0)
		return not_ours(reply, err);
	if (reply->status >= 500 && cc_has(&p, problem, request_id))
		p.detail = cc_printf(c->arena, "%s (request %s in the controller's log)", p.detail, p.request_id);
	cc_error_set(err, cc_code_from_slug(p.code), 0, CC_HERE, "%s", p.detail);
	c->refused = cc_has(&p, problem, decision) && p.decision.n > 0 ? p.decision.items : NULL;
	if (cc_has(&p, problem, noun) && cc_has(&p, problem, name)) {
		err->noun = p.noun;
		snprintf(err->name, sizeof(err->name), "%s", p.name);
	}
	return -1;
}

int client_read_reply(struct client *c, const struct cc_http_reply *reply, const struct cc_desc *d, void *ret, struct cc_error *err)
{
	struct cc_error ignored = { 0 };

	if (reply->status / 100 != 2)
		return read_problem(c, reply, err);
	if (d == NULL || reply->body_len == 0)
		return 0;
	if (cc_json_decode(d, reply->body, reply->body_len, CC_JSON_LENIENT, ret, c->arena, &ignored) < 0)
		return not_ours(reply, err);
	return 0;
}

/* A second try makes sense when the reply was lost on the way or the controller says that it is busy; not when nobody is there: that is told at once. */
static bool is_worth_repeating(int result, const struct cc_http_reply *reply, const struct cc_error *e)
{
	if (result < 0)
		return e->code == CC_UNAVAILABLE && e->sys_errno == 0;
	return reply->status == 429 || reply->status == 503;
}

/* Of several controllers one may be about to take over from those that cannot be reached. */
static bool is_for_another(const struct client *c, int result)
{
	return result < 0 && cc_http_n_addresses(c->http) > 1;
}

int client_call(struct client *c, const struct client_call *call, struct cc_error *err)
{
	const char *headers[] = { NULL, NULL };
	char key[CC_UUID_TEXT];
	cc_auto_buf struct cc_buf body = { 0 };
	struct cc_http_reply reply = { 0 };
	struct cc_error e = { 0 };
	struct cc_http_request r = { .method = call->method, .path = call->path, .reply_max = REPLY_MAX };
	int result;

	r.deadline_ms = call->timeout_ms != 0 ? call->timeout_ms : TIMEOUT_MS;
	if (call->body_desc != NULL) {
		cc_json_encode(call->body_desc, call->body, &body);
		r.body = body.data;
		r.body_len = body.len;
	}
	if (call->if_revision > 0) {
		r.content_type = "application/merge-patch+json";
		headers[0] = cc_printf(c->arena, "If-Match: \"%lld\"", (long long)call->if_revision);
		r.headers = headers;
	}
	if (strcmp(call->method, "POST") == 0 && !call->once)
		r.idempotency_key = cc_uuid_format(cc_uuid_new(cc_now_ms()), key);
	result = cc_http_call(c->http, &r, c->arena, &reply, &e);
	if (!call->once && (is_worth_repeating(result, &reply, &e) || is_for_another(c, result))) {
		r.retry_for_ms = cc_http_n_addresses(c->http) > 1 ? TAKEOVER_MS : AGAIN_FOR_MS;
		result = cc_http_call(c->http, &r, c->arena, &reply, &e);
	}
	if (result < 0) {
		*err = e;
		return -1;
	}
	return client_read_reply(c, &reply, call->reply_desc, call->reply, err);
}

int client_get(struct client *c, const char *path, const struct cc_desc *d, void *ret, struct cc_error *err)
{
	return client_call(c, &(struct client_call){ .method = "GET", .path = path, .reply_desc = d, .reply = ret }, err);
}

static void append(struct cc_arena *a, const struct cc_desc *row, struct cc_list *to, const struct cc_list *more)
{
	char *all = cc_arena_array(a, to->n + more->n + 1, row->size);

	memcpy(all, to->items != NULL ? to->items : all, to->n * row->size);
	memcpy(all + to->n * row->size, more->items != NULL ? more->items : all, more->n * row->size);
	to->items = all;
	to->n += more->n;
}

int client_patch(struct client *c, const struct client_call *call, struct cc_error *err)
{
	const struct cc_field *revision = cc_desc_find(call->reply_desc, "revision");
	struct client_call patch = *call;

	patch.method = "PATCH";
	for (int i = 1;; i++) {
		struct cc_error e = { 0 };

		if (client_get(c, call->path, call->reply_desc, call->reply, err) < 0)
			return -1;
		if (call->fill != NULL && call->fill(call->arg, call->reply, (void *)call->body, err) < 0)
			return -1;
		patch.if_revision = *(const int64_t *)cc_field_at(revision, call->reply);
		if (client_call(c, &patch, &e) == 0)
			return 0;
		if (e.code != CC_PRECONDITION || i == PATCH_TRIES) {
			*err = e;
			return -1;
		}
	}
}

int client_list(struct client *c, const char *path, const struct cc_desc *d, void *ret, struct cc_error *err)
{
	const struct cc_field *items = cc_desc_find(d, "items"), *next = cc_desc_find(d, "next");
	struct cc_list all = { 0 };
	const char *cursor = "";

	for (;;) {
		const char *page =
		        cursor[0] == '\0' ? path : cc_printf(c->arena, "%s%ccursor=%s", path, strchr(path, '?') != NULL ? '&' : '?', cursor);
		const char *before = cursor;

		memset(ret, 0, d->size);
		if (client_get(c, page, d, ret, err) < 0)
			return -1;
		append(c->arena, items->desc, &all, cc_field_at(items, ret));
		if (!cc_field_has(next, ret))
			break;
		cursor = client_escape(c->arena, *(const char *const *)cc_field_at(next, ret));
		if (strcmp(cursor, before) == 0)
			return cc_fail(err, INTERNAL, "the controller answers with the same page again and again");
	}
	*(struct cc_list *)cc_field_at(items, ret) = all;
	return 0;
}

/* A source under way; its own error says more than that the sending stopped. */
struct upload {
	const struct client_source *source;
	int64_t sent; /* of this try */
	struct cc_error err;
};

static ssize_t read_source(void *context, char *to, size_t room)
{
	struct upload *u = context;
	ssize_t n = u->source->read(u->source->arg, to, room, &u->err);

	if (n > 0)
		u->sent += n;
	return n < 0 ? CC_HTTP_READ_STOP : n;
}

/* One try. *ret_again: the connection broke, or the controller asks for patience. */
static int send_from(struct client *c, struct upload *u, int64_t from, const struct cc_desc *d, void *ret, bool *ret_again, struct cc_error *err)
{
	const struct client_source *source = u->source;
	struct cc_http_reply reply = { 0 };
	char key[CC_UUID_TEXT];
	struct cc_http_request r = { .method = "POST", .path = source->path, .content_type = "application/octet-stream" };

	if (from > 0)
		r.path = cc_printf(c->arena, "%s&offset=%lld", source->path, (long long)from);
	r.read_body = read_source;
	r.read_body_bytes = source->bytes - from;
	r.context = u;
	r.silence_ms = UPLOAD_SILENCE_MS;
	r.idempotency_key = cc_uuid_format(cc_uuid_new(cc_now_ms()), key);
	u->sent = 0;
	source->seek(source->arg, from);
	if (cc_http_call(c->http, &r, c->arena, &reply, err) < 0) {
		*ret_again = u->err.code == CC_OK && (err->code == CC_UNAVAILABLE || err->code == CC_TIMEOUT);
		if (u->err.code != CC_OK)
			*err = u->err;
		return -1;
	}
	*ret_again = reply.status == 429 || reply.status == 503;
	return client_read_reply(c, &reply, d, ret, err);
}

/* How much of it the controller has; as before when it cannot be asked. */
static int64_t ask_how_much(struct client *c, const struct client_source *source, int64_t before)
{
	struct upload_state state = { 0 };
	struct cc_error e = { 0 };

	if (client_get(c, client_path(c->arena, "/v1/uploads", source->sha256, ""), &upload_state_desc, &state, &e) == 0)
		return state.bytes < source->bytes ? state.bytes : 0;
	return e.code == CC_NOT_FOUND ? 0 : before;
}

int client_upload(struct client *c, const struct client_source *source, const struct cc_desc *d, void *ret, struct cc_error *err)
{
	static const unsigned pauses_s[] = { 1, 2, 4, 8, 15 };
	struct upload u = { .source = source };
	/* What an earlier run sent. */
	int64_t from = source->bytes >= ASK_FIRST_BYTES ? ask_how_much(c, source, 0) : 0, most = from;
	size_t idle = 0;      /* tries in which nothing new arrived */
	bool reached = false; /* else nobody is there, and that is told at once */

	for (;;) {
		struct cc_error e = { 0 };
		bool again;

		if (send_from(c, &u, from, d, ret, &again, &e) == 0)
			return 0;
		reached = reached || u.sent > 0;
		if (!again || idle == CC_ARRAY_LEN(pauses_s) || !reached) {
			*err = e;
			return -1;
		}
		sleep(pauses_s[idle++]);
		from = ask_how_much(c, source, from);
		if (from > most) {
			most = from;
			idle = 0;
		}
	}
}

const char *client_escape(struct cc_arena *a, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	char *out = cc_arena_alloc(a, strlen(text) * 3 + 1);
	char *p = out;

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			*p++ = *text;
		else
			p += snprintf(p, 4, "%%%02X", (unsigned char)*text);
	}
	*p = '\0';
	return out;
}

const char *client_path(struct cc_arena *a, const char *collection, const char *ref, const char *tail)
{
	return cc_printf(a, "%s/%s%s", collection, client_escape(a, ref), tail);
}
