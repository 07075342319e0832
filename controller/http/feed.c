/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reply's body is made piece by piece in `out`, whenever libmicrohttpd has sent the last one; when there is nothing to say the connection is suspended
 * until the zone changes or a heartbeat is due. Whether the caller may still see what they see is asked anew with every heartbeat: tokens are revoked. */
#include "controller/http/feed.h"
#include "common/clock.h"
#include "common/json.h"
#include "controller/http/handlers.h"
#include "controller/http/head.h"
#include "controller/http/quota.h"

#include <stdlib.h>

#define BLOCK_BYTES  16384
#define PIECE_BYTES  8192 /* made at a time */
#define HEARTBEAT_MS 15000

struct feed {
	struct history *history;
	struct history_place place;
	unsigned topics; /* as bits */
	bool follow;
	bool ended;
	int64_t beat_at; /* the next heartbeat */
	struct cc_buf out;
	size_t sent; /* of it */
};

static struct request *request_of(struct call *c)
{
	return (struct request *)(void *)c;
}

/* ---- what is asked for ---- */

static int read_topics(const struct call *c, unsigned *ret, struct cc_error *err)
{
	static const struct cc_field topic = { .name = "topic", .kind = CK_enum, .enums = &event_topic_enum };
	const char *at = c->params[PARAM_topic];
	unsigned n;

	*ret = at == NULL ? ~0u : 0;
	while (at != NULL) {
		size_t len = strcspn(at, ",");

		if (cc_enum_parse(&topic, cc_arena_memdup(c->arena, at, len), &n, err) < 0)
			return -1;
		*ret |= 1u << n;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return 0;
}

/* "REVISION.SUB", or "REVISION" alone for all of it. */
static int parse_id(const char *text, int64_t *revision, uint32_t *sub, struct cc_error *err)
{
	size_t n = strspn(text, "0123456789"), m = text[n] == '.' ? strspn(text + n + 1, "0123456789") : 0;

	if (n == 0 || n > 18 || m > 9 || text[n + (m > 0 ? m + 1 : 0)] != '\0')
		return cc_fail(err, INVALID, "Last-Event-ID: '%.80s' is none of this API's", text);
	*revision = strtoll(text, NULL, 10);
	*sub = m > 0 ? (uint32_t)strtoul(text + n + 1, NULL, 10) : UINT32_MAX;
	return 0;
}

static void add_word(struct feed *f, const char *event, const char *reason, int64_t index)
{
	struct event_end e = { .reason = reason, .index = index };

	cc_buf_printf(&f->out, "event: %s\ndata: ", event);
	cc_json_encode(&event_end_desc, &e, &f->out);
	cc_buf_adds(&f->out, "\n\n");
}

static void add_reset(struct feed *f, const char *reason)
{
	int64_t revision;

	f->place = history_end(f->history, &revision);
	cc_buf_printf(&f->out, "id: %lld\n", (long long)revision);
	add_word(f, "reset", reason, revision);
}

/* Without an id: whoever comes back goes on after the last event they had. */
static void add_end(struct feed *f, const char *reason)
{
	int64_t revision;

	history_end(f->history, &revision);
	add_word(f, "end", reason, revision);
	f->ended = true;
}

static int choose_place(struct request *r, struct feed *f, struct cc_error *err)
{
	const char *last = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Last-Event-ID");
	const char *recent = r->call.params[PARAM_recent];
	int64_t revision;
	uint32_t sub;

	f->place = recent != NULL ? history_recent(f->history, (size_t)strtoull(recent, NULL, 10)) : history_end(f->history, &revision);
	if (last == NULL)
		return 0;
	if (parse_id(last, &revision, &sub, err) < 0)
		return -1;
	if (!history_after(f->history, revision, sub, &f->place))
		add_reset(f, "what happened since then is not remembered; list again");
	return 0;
}

static int enter(struct request *r, struct cc_error *err)
{
	struct http_server *s = r->server;

	if (!quota_enter(s->feeds, r->call.who.id))
		return cc_fail(err, BUSY, "you follow the zone's events too many times already; end one first");
	if (quota_enter(s->all_feeds, (struct cc_uuid){ { 0 } }))
		return 0;
	quota_leave(s->feeds, r->call.who.id);
	return cc_fail(err, BUSY, "too many follow the zone's events already; try again later");
}

int http_events(struct call *c, struct cc_error *err)
{
	struct request *r = request_of(c);
	struct feed *f = cc_new(c->arena, struct feed);

	f->history = engine_history(c->engine);
	f->follow = c->params[PARAM_follow] == NULL || strcmp(c->params[PARAM_follow], "true") == 0;
	f->beat_at = cc_boottime_ms() + HEARTBEAT_MS;
	if (read_topics(c, &f->topics, err) < 0 || choose_place(r, f, err) < 0 || enter(r, err) < 0) {
		cc_buf_free(&f->out);
		return -1;
	}
	/* Something at once: so that the client sees that it is connected. */
	cc_buf_adds(&f->out, ": CommunityCloud\n\n");
	r->feed = f;
	return 0;
}

/* ---- sending ---- */

static const char *state_of(const struct happening *h)
{
	static const struct cc_enum *const words[TOPIC_MAX] = { [TOPIC_INSTANCE] = &inst_state_enum,
		[TOPIC_NODE] = &node_state_enum,
		[TOPIC_SNAPSHOT] = &snapshot_state_enum,
		[TOPIC_VOLUME] = &volume_state_enum };

	return h->state >= 0 && words[h->topic] != NULL ? cc_enum_slug(words[h->topic], h->state) : NULL;
}

static void add_event(struct feed *f, const struct happening *h)
{
	struct event e = { .topic = h->topic, .action = h->action, .id = h->id, .name = h->name, .at = h->at_ms, .revision = h->revision };
	const char *state = state_of(h);

	if (state != NULL)
		cc_set(&e, event, state, state);
	cc_buf_printf(&f->out, "event: %s\nid: %lld.%u\ndata: ", cc_enum_slug(&event_topic_enum, (int)h->topic), (long long)h->revision, h->sub);
	cc_json_encode(&event_desc, &e, &f->out);
	cc_buf_adds(&f->out, "\n\n");
}

static bool may_see(const struct request *r, const struct feed *f, const struct happening *h)
{
	return (f->topics & 1u << h->topic) && (cc_uuid_is_nil(h->owner) || principal_may(&r->call.who, h->owner));
}

/* False when there is no more for now. */
static bool add_more(struct request *r, struct feed *f)
{
	struct happening h;

	while (!f->ended && f->out.len < PIECE_BYTES) {
		switch (history_next(f->history, &f->place, &h)) {
		case HISTORY_ONE:
			if (may_see(r, f, &h))
				add_event(f, &h);
			break;
		case HISTORY_NONE:
			return false;
		case HISTORY_TOO_LATE:
			add_end(f, "events came faster than they were read; list again, then go on from here");
			break;
		case HISTORY_ANEW:
			add_reset(f, "the zone was loaded again; list again");
			break;
		}
	}
	return true;
}

/* In an arena of its own: a feed may last for months. */
static bool is_still_allowed(struct request *r)
{
	struct cc_arena *own = r->call.arena;
	struct cc_error ignored = { 0 };
	struct principal now;
	bool allowed;

	r->call.arena = cc_arena_new(0);
	allowed = auth_principal(r, &now, &ignored) == 0 && now.who == r->call.who.who && cc_uuid_equal(now.id, r->call.who.id);
	cc_arena_free(r->call.arena);
	r->call.arena = own;
	return allowed;
}

static void beat(struct request *r, struct feed *f, int64_t now)
{
	struct cc_error standby = { 0 };

	if (now < f->beat_at)
		return;
	f->beat_at = now + HEARTBEAT_MS;
	if (head_check_standby(r, &standby) < 0)
		add_end(f, standby.msg);
	else if (is_still_allowed(r))
		cc_buf_adds(&f->out, ":\n\n");
	else
		add_end(f, "the token is not good any more");
}

/* False when the connection is suspended, or when nothing more will come. */
static bool refill(struct request *r, struct feed *f)
{
	struct hub *hub = r->server->hub;
	struct cc_uuid key = zone_table_key(TABLE_MAX);

	cc_buf_clear(&f->out);
	f->sent = 0;
	while (f->out.len == 0 && !f->ended) {
		uint64_t seq = hub_touch_seq(hub, key);

		beat(r, f, cc_boottime_ms());
		if (add_more(r, f) || f->out.len > 0)
			continue;
		if (!f->follow)
			f->ended = true;
		else if (hub_wait(&r->waiter, &key, seq, f->beat_at))
			return false;
		else if (r->waiter.wake != WAKE_TOUCHED)
			f->ended = true;
	}
	return f->out.len > 0;
}

static ssize_t read_more(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct request *r = arg;
	struct feed *f = r->feed;
	size_t n;

	(void)pos;
	if (r->waiter.wake == WAKE_HUNG_UP)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->waiter.wake == WAKE_STOPPING && !f->ended && f->sent == f->out.len)
		add_end(f, "the controller is stopping");
	if (f->sent == f->out.len && !refill(r, f))
		return f->ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
	n = f->out.len - f->sent < max ? f->out.len - f->sent : max;
	memcpy(buf, f->out.data + f->sent, n);
	f->sent += n;
	return (ssize_t)n;
}

enum MHD_Result feed_send(struct request *r)
{
	struct MHD_Response *resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_more, r, NULL);

	CC_PRE(resp != NULL);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return reply_queue(r, MHD_HTTP_OK, resp);
}

void feed_end(struct request *r)
{
	quota_leave(r->server->all_feeds, (struct cc_uuid){ { 0 } });
	quota_leave(r->server->feeds, r->call.who.id);
	cc_buf_free(&r->feed->out);
}
