/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariants: at most one talk and one listen are under way; a listen begins only when the last attempt succeeded and the controller knows
 * everything that runs here; orders of a lower revision than those taken in are passed over, for they were overtaken. */
#include "agent/sync.h"

#include "agent/orders.h"
#include "agent/refusal.h"
#include "common/boot_timer.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define TALK_MS        30000
#define TALK_SILENCE   8000 /* a controller that stands still is left for another one */
#define LISTEN_MORE_MS 10000
#define SOON           3 /* failures that the wait grows by while a standby answers: the zone is about to be served again */
#define LEAST_WAIT_MS  1000
#define DIALLING_MS    3
#define FULL_EVERY_MS  3600000 /* so that no misunderstanding lasts */
#define ORDERS_MAX     (8 * 1024 * 1024)

void sync_init(struct sync *s, struct cc_uuid node, int64_t revision)
{
	char id[CC_UUID_TEXT];

	s->revision = revision;
	s->full_due = s->facts_due = true;
	s->full_ms = -LEAST_WAIT_MS;
	s->renew_ms = CC_NEVER_MS;
	snprintf(s->path, sizeof(s->path), "/v1/nodes/%s/sync", cc_uuid_format(node, id));
	s->talk.sync = s;
	s->listen.sync = s;
}

static void break_off(struct sync_call *c)
{
	if (c->exchange != NULL)
		cc_http_cancel(c->exchange);
	c->exchange = NULL;
}

static void failed(struct sync *s, const struct cc_error *err, int64_t retry_after_ms)
{
	int64_t now = cc_boottime_ms();

	backoff_fail(&s->backoff, now, randombytes_random() | 1);
	if (s->backoff.next_ms < now + retry_after_ms)
		s->backoff.next_ms = now + (retry_after_ms < BACKOFF_MAX_MS ? retry_after_ms : BACKOFF_MAX_MS);
	s->reached = false;
	snprintf(s->trouble, sizeof(s->trouble), "%.199s", err->msg);
	/* What still hangs on a controller that was left would be answered from the past. */
	break_off(&s->talk);
	break_off(&s->listen);
	s->full_due = true; /* what was moved elsewhere meanwhile is found out by naming all that is here */
	if (!s->lost)
		cc_log(WARNING, CONTROLLER_LOST, kv_err(err));
	s->lost = true;
}

static void succeeded(struct sync *s)
{
	backoff_reset(&s->backoff);
	if (s->lost || !s->reached)
		cc_log(NOTICE, CONTROLLER_BACK, kv_i64("revision", s->revision));
	s->reached = true;
	s->lost = false;
	s->heard_ms = cc_now_ms();
	s->trouble[0] = '\0';
}

/* Whether these orders were overtaken by later ones. When a controller goes back (a restored database), all is asked for anew. */
static bool is_overtaken(struct sync *s, const struct sync_call *c, const struct node_orders *o)
{
	if (o->full || o->revision >= s->revision)
		return false;
	if (c->number > s->adopted)
		s->revision = 0;
	return true;
}

/* Returns whether they say anything that was not known. */
static bool take_orders(struct sync *s, const struct sync_call *c, const struct node_orders *o)
{
	bool news = s->revision != o->revision || o->drop.n > 0;
	struct orders_taken taken;

	if (o->want_full)
		s->full_due = true;
	if (is_overtaken(s, c, o))
		return true;
	taken = orders_take(s->insts, o);
	if (taken.taken > 0 || taken.dropped > 0 || taken.forgotten > 0)
		cc_log(INFO, ASSIGNMENT_TAKEN, kv_i64("revision", o->revision), kv_u64("taken", taken.taken), kv_u64("dropped", taken.dropped),
		        kv_u64("forgotten", taken.forgotten));
	if (s->revision != o->revision)
		s->adopted = s->calls;
	s->revision = o->revision;
	s->wait_ms = o->wait_ms;
	s->beat_ms = cc_has(o, node_orders, beat_ms) ? o->beat_ms : 0;
	return s->on_orders(s->user, o, c->sent_ms) || news || o->want_full;
}

/* A controller that answers a listen at once with nothing new must not be asked in a tight loop: neither a broken one, nor one that repeats a
 * stream until we have dialled. */
static void pace_listening(struct sync *s, const struct sync_call *c, const struct node_orders *o, bool news)
{
	int64_t pace_ms = o->streams.n > 0 ? DIALLING_MS : LEAST_WAIT_MS;
	int64_t now = cc_boottime_ms();

	s->listen_ms = c == &s->listen && !news && now - c->sent_ms < pace_ms ? now + pace_ms : 0;
}

static int read_orders(const struct cc_http_reply *reply, struct cc_arena *a, struct node_orders *ret, struct cc_error *err)
{
	if (cc_json_decode(&node_orders_desc, reply->body, reply->body_len, CC_JSON_LENIENT, ret, a, err) < 0)
		return -1;
	return orders_check(ret, err);
}

static void answered(struct sync *s, struct sync_call *c, const struct cc_http_reply *reply)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_orders o;
	struct cc_error err = { 0 };

	if (c == &s->talk)
		report_confirmed(s->insts, c->change);
	if (c == &s->talk && s->probes != NULL)
		probes_confirmed(s->probes);
	s->full_due &= !c->full;
	s->facts_due &= !c->facts;
	if (read_orders(reply, a, &o, &err) < 0) {
		cc_log(ERROR, ORDERS_REFUSED, kv_err(&err));
		failed(s, &err, 0);
		return;
	}
	succeeded(s);
	pace_listening(s, c, &o, take_orders(s, c, &o));
}

/* Of the connection's own errors this is the one that never mends itself; the same code in a controller's answer means something else. */
static void note_wrong_key(struct sync *s, const struct cc_error *err)
{
	if (err->code != CC_UNAUTHENTICATED || s->lost)
		return;
	cc_log(ERROR, CONTROLLER_KEY_CHANGED, kv_err(err));
	s->lost = true;
}

static void call_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct sync_call *c = context;
	struct cc_error refused = { 0 };

	c->exchange = NULL;
	if (err != NULL) {
		note_wrong_key(c->sync, err);
		failed(c->sync, err, 0);
	} else if (reply->status == 200) {
		answered(c->sync, c, reply);
	} else {
		(void)refusal_error(reply, &refused);
		if (refused.code == CC_STANDBY && c->sync->backoff.failures > SOON)
			c->sync->backoff.failures = SOON;
		failed(c->sync, &refused, reply->retry_after_ms);
	}
}

static void send(struct sync *s, struct sync_call *c, const struct cc_buf *body, int64_t deadline_ms, int64_t silence_ms, int64_t now_ms)
{
	struct cc_error err = { 0 };

	c->number = ++s->calls;
	c->sent_ms = now_ms;
	if (cc_http_start(s->http,
	            &(struct cc_http_request){
	                    .method = "POST",
	                    .path = s->path,
	                    .body = cc_buf_str(body),
	                    .body_len = body->len,
	                    .deadline_ms = deadline_ms,
	                    .silence_ms = silence_ms,
	                    .reply_max = ORDERS_MAX,
	                    .on_done = call_done,
	                    .context = c,
	            },
	            &c->exchange, &err) < 0)
		failed(s, &err, 0);
}

static void talk(struct sync *s, int64_t now_ms)
{
	cc_auto_buf struct cc_buf body = { 0 };
	bool full = s->full_due || now_ms >= s->full_ms + FULL_EVERY_MS;
	struct report_want want = { .full = full,
		.revision = s->revision,
		.names_version = s->names_version,
		.probes = s->probes,
		.now_ms = now_ms,
		.facts = s->facts_due || full ? s->facts : NULL };

	s->talk.full = want.full;
	if (want.full)
		s->full_ms = now_ms;
	s->talk.facts = want.facts != NULL;
	s->talk.change = report_build(s->insts, &want, &body);
	send(s, &s->talk, &body, TALK_MS, TALK_SILENCE, now_ms);
}

static void listen(struct sync *s, int64_t now_ms)
{
	cc_auto_buf struct cc_buf body = { 0 };
	struct report_want want = {
		.revision = s->revision, .names_version = s->names_version, .probes = s->probes, .now_ms = now_ms, .wait_ms = s->wait_ms
	};

	report_build_empty(&want, &body);
	s->listen.full = s->listen.facts = false;
	send(s, &s->listen, &body, s->wait_ms + LISTEN_MORE_MS, s->beat_ms > 0 ? s->beat_ms + LISTEN_MORE_MS : 0, now_ms);
}

/* A lease that does not get longer by asking is not asked for in a tight loop. */
static int64_t renew_ms(const struct sync *s)
{
	int64_t least = s->talk.sent_ms + LEAST_WAIT_MS;

	return s->renew_ms > least ? s->renew_ms : least;
}

static int64_t talk_ms(const struct sync *s)
{
	if (!s->insts->ct_known || s->hold_talk)
		return CC_NEVER_MS; /* nothing true can be said yet */
	if (s->full_due && s->backoff.next_ms < s->full_ms + LEAST_WAIT_MS)
		return s->full_ms + LEAST_WAIT_MS;
	if (!s->reached || s->full_due || s->facts_due)
		return s->backoff.next_ms;
	if (s->probes != NULL && probes_have_news(s->probes))
		return s->talk.sent_ms + LEAST_WAIT_MS;
	return cc_earlier_ms(cc_earlier_ms(report_due_ms(s->insts), renew_ms(s)), s->full_ms + FULL_EVERY_MS);
}

static bool may_listen(const struct sync *s)
{
	return s->reached && !s->full_due;
}

void sync_step(struct sync *s, int64_t now_ms)
{
	if (s->talk.exchange == NULL && now_ms >= talk_ms(s))
		talk(s, now_ms);
	if (s->listen.exchange == NULL && may_listen(s) && now_ms >= s->listen_ms)
		listen(s, now_ms);
}

int64_t sync_next_ms(const struct sync *s)
{
	int64_t next = CC_NEVER_MS;

	if (s->talk.exchange == NULL)
		next = talk_ms(s);
	if (s->listen.exchange == NULL && may_listen(s) && s->listen_ms < next)
		next = s->listen_ms;
	return next;
}

void sync_stop(struct sync *s)
{
	break_off(&s->talk);
	break_off(&s->listen);
}

void sync_facts_changed(struct sync *s)
{
	s->facts_due = true;
	s->talk.facts = false;
}
