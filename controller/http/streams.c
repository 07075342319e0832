/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locks: the registry's (which streams there are, who is attached, lifetime) before a stream's own (its pipes). A pipe's reader and writer pointers are valid
 * while that end is attached, and ends attach and detach under the stream's lock.
 *
 * A stream stays in the registry until it is closed (broken, or the node has said all and the client has read it) and no end is attached. One that ended well
 * waits a moment for ends that have not come yet: the program may be faster than a request. */
#include "controller/http/streams.h"
#include "common/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define LINGER_MS 5000

struct streams {
	struct streams_options opt;
	pthread_mutex_t lock;
	struct splice *first;
	size_t n;
	bool stopping;
};

struct streams *streams_new(const struct streams_options *opt)
{
	struct streams *s = cc_calloc(1, sizeof(*s));

	s->opt = *opt;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void streams_free(struct streams *s)
{
	struct splice *next;

	if (s == NULL)
		return;
	for (struct splice *st = s->first; st != NULL; st = next) {
		next = st->next;
		splice_free(st);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Nobody can guess it: unlike other ids it is random throughout. */
static struct cc_uuid random_id(void)
{
	struct cc_uuid id;

	randombytes_buf(id.b, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x40);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

/* Under the registry's lock. */
static bool has_most(const struct streams *s, const struct principal *opener)
{
	size_t n = 0;

	if (opener->who == WHO_ADMIN && cc_uuid_is_nil(opener->id))
		return false;
	for (const struct splice *st = s->first; st != NULL; st = st->next)
		n += st->opener.who == opener->who && cc_uuid_equal(st->opener.id, opener->id);
	return n >= s->opt.opener_max;
}

int streams_open(struct streams *s, const struct principal *opener, struct cc_uuid node, struct stream_order *order, struct cc_error *err)
{
	struct splice *st;

	order->id = random_id();
	pthread_mutex_lock(&s->lock);
	if (s->n >= s->opt.max || s->stopping) {
		pthread_mutex_unlock(&s->lock);
		return cc_fail(err, BUSY, "there are %zu streams open already; try again later", s->opt.max);
	}
	if (has_most(s, opener)) {
		pthread_mutex_unlock(&s->lock);
		return cc_fail(err, BUSY, "you have %zu streams open already; end one first", s->opt.opener_max);
	}
	st = splice_new(order, s->opt.buffer_bytes);
	st->all = s;
	st->opener = *opener;
	st->node = node;
	st->attach_by = cc_boottime_ms() + s->opt.attach_ms;
	st->next = s->first;
	s->first = st;
	s->n++;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

size_t streams_orders(struct streams *s, struct cc_uuid node, struct cc_arena *a, struct stream_order **ret)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (struct splice *st = s->first; st != NULL; st = st->next)
		n += cc_uuid_equal(st->node, node);
	*ret = cc_new_array(a, n + 1, struct stream_order);
	n = 0;
	for (struct splice *st = s->first; st != NULL; st = st->next)
		if (cc_uuid_equal(st->node, node) && st->attach_by != 0 && !st->came[STREAM_NODE_IN] && !st->came[STREAM_NODE_OUT])
			(*ret)[n++] = *(struct stream_order *)cc_row_arena_copy(&stream_order_desc, st->order, a);
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t streams_count(struct streams *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* ---- attaching ---- */

/* Under the registry's lock. */
static struct splice *find(struct streams *s, struct cc_uuid id)
{
	for (struct splice *st = s->first; st != NULL; st = st->next)
		if (cc_uuid_equal(st->order->id, id))
			return st;
	return NULL;
}

static bool is_callers(const struct splice *st, enum stream_end end, const struct principal *who)
{
	if (splice_ends[end].node)
		return who->who == WHO_NODE && cc_uuid_equal(who->id, st->node);
	return who->who == st->opener.who && cc_uuid_equal(who->id, st->opener.id);
}

static int attach(struct splice *st, enum stream_end end, struct waiter *w, struct cc_error *err)
{
	int r = 0;

	pthread_mutex_lock(&st->lock);
	if (st->came[end])
		r = cc_fail(err, CONFLICT, "this end of the stream is taken");
	else if (st->pipes[splice_ends[end].pipe].broken)
		r = cc_fail(err, GONE, "the other side of the stream has ended");
	if (r == 0) {
		st->came[end] = true;
		st->ends[end] = w;
	}
	pthread_mutex_unlock(&st->lock);
	if (st->came[STREAM_CLIENT_OUT] && (st->came[STREAM_NODE_IN] || st->came[STREAM_NODE_OUT]))
		st->attach_by = 0;
	return r;
}

int streams_attach(struct streams *s, struct cc_uuid id, enum stream_end end, const struct principal *who, struct waiter *w, struct splice **ret,
        struct cc_error *err)
{
	struct splice *st;
	int r;

	pthread_mutex_lock(&s->lock);
	st = find(s, id);
	if (st == NULL || !is_callers(st, end, who))
		r = cc_fail(err, NOT_FOUND, "no such stream; it has ended, or somebody else opened it");
	else
		r = attach(st, end, w, err);
	pthread_mutex_unlock(&s->lock);
	if (r == 0)
		*ret = st;
	return r;
}

/* Under the registry's lock. */
static void unlink_stream(struct streams *s, struct splice *st)
{
	struct splice **at = &s->first;

	while (*at != st)
		at = &(*at)->next;
	*at = st->next;
	s->n--;
}

/* All is said and read: what a client says after that is of no use, and a node that still listens has heard all. */
static void let_go(struct splice *st, struct hub *hub, int64_t now)
{
	struct splice_pipe *in = &st->pipes[0];

	if (!splice_is_closed(st) || st->linger_until != 0)
		return;
	st->linger_until = now + LINGER_MS;
	hub_kick(hub);
	if (st->came[STREAM_CLIENT_IN])
		return;
	in->eof = true;
	splice_wake(st, STREAM_NODE_IN, &in->reader_waits);
}

void streams_detach(struct splice *st, enum stream_end end, bool ok)
{
	struct streams *s = st->all;
	struct splice_pipe *p = &st->pipes[splice_ends[end].pipe];
	struct hub *hub = st->ends[end]->conn->hub;
	int64_t now = cc_boottime_ms();
	bool done;

	pthread_mutex_lock(&s->lock);
	pthread_mutex_lock(&st->lock);
	st->ends[end] = NULL;
	*(splice_ends[end].writes ? &p->writer_waits : &p->reader_waits) = false;
	if (!ok || !p->eof || (!splice_ends[end].writes && p->len > 0))
		splice_end_lost(st, end);
	let_go(st, hub, now);
	done = splice_is_free(st, now);
	pthread_mutex_unlock(&st->lock);
	if (done)
		unlink_stream(s, st);
	pthread_mutex_unlock(&s->lock);
	if (done)
		splice_free(st);
}

/* Under the registry's lock. Returns when to look again, INT64_MAX for never; 0: it is over and nobody is attached. */
static int64_t expire(struct splice *st, int64_t now)
{
	int64_t due;
	bool done;

	pthread_mutex_lock(&st->lock);
	due = st->linger_until != 0 ? st->linger_until : st->attach_by != 0 ? st->attach_by : INT64_MAX;
	if (due <= now && st->linger_until == 0) {
		st->attach_by = 0;
		splice_break(st);
		st->pipes[1].broken = true;
	}
	done = splice_is_free(st, now);
	pthread_mutex_unlock(&st->lock);
	if (done)
		return 0;
	return due > now ? due : INT64_MAX;
}

int64_t streams_expire(struct streams *s, int64_t now)
{
	int64_t next_due = INT64_MAX, due;
	struct splice *next;

	pthread_mutex_lock(&s->lock);
	for (struct splice *st = s->first; st != NULL; st = next) {
		next = st->next;
		due = expire(st, now);
		if (due == 0) {
			unlink_stream(s, st);
			splice_free(st);
		} else if (due < next_due) {
			next_due = due;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return next_due;
}

void streams_stop(struct streams *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (struct splice *st = s->first; st != NULL; st = st->next) {
		pthread_mutex_lock(&st->lock);
		splice_break(st);
		pthread_mutex_unlock(&st->lock);
	}
	pthread_mutex_unlock(&s->lock);
}
