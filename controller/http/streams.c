/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locks: the registry's (which streams there are, who is attached, lifetime) before a stream's own (its pipes). A pipe's reader and writer pointers are valid
 * while that end is attached, and ends attach and detach under the stream's lock.
 *
 * A stream stays in the registry until it is closed (broken, or the node has said all and the client has read it) and no end is attached. */
#include "controller/http/streams.h"
#include "common/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

struct pipe {
	char *ring; /* buffer_bytes, made when the first byte comes */
	size_t at;
	size_t len;
	bool eof;     /* the writer has ended well */
	bool broken;  /* reader and writer end with an error */
	bool discard; /* nobody reads any more, and that is fine */
	bool reader_waits;
	bool writer_waits;
};

struct splice {
	struct streams *all;
	struct splice *next;
	struct stream_order *order; /* one block, free() */
	struct principal opener;
	struct cc_uuid node;
	int64_t attach_by; /* 0: both sides have come */
	bool came[STREAM_END_MAX];

	pthread_mutex_t lock;
	struct waiter *ends[STREAM_END_MAX];
	struct pipe pipes[2]; /* towards the node, towards the client */
};

struct streams {
	struct streams_options opt;
	pthread_mutex_t lock;
	struct splice *first;
	size_t n;
	bool stopping;
};

static const struct {
	int pipe;
	enum stream_end other; /* end of the same pipe */
	bool writes;
	bool node;
} ends[STREAM_END_MAX] = {
	[STREAM_CLIENT_IN] = { 0, STREAM_NODE_IN, true, false },
	[STREAM_NODE_IN] = { 0, STREAM_CLIENT_IN, false, true },
	[STREAM_NODE_OUT] = { 1, STREAM_CLIENT_OUT, true, true },
	[STREAM_CLIENT_OUT] = { 1, STREAM_NODE_OUT, false, false },
};

static const struct {
	enum stream_end writer, reader;
} pipe_ends[2] = { { STREAM_CLIENT_IN, STREAM_NODE_IN }, { STREAM_NODE_OUT, STREAM_CLIENT_OUT } };

struct streams *streams_new(const struct streams_options *opt)
{
	struct streams *s = cc_calloc(1, sizeof(*s));

	s->opt = *opt;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void stream_free(struct splice *st)
{
	for (int i = 0; i < 2; i++)
		free(st->pipes[i].ring);
	pthread_mutex_destroy(&st->lock);
	free(st->order);
	free(st);
}

void streams_free(struct streams *s)
{
	struct splice *next;

	if (s == NULL)
		return;
	for (struct splice *st = s->first; st != NULL; st = next) {
		next = st->next;
		stream_free(st);
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

int streams_open(struct streams *s, const struct principal *opener, struct cc_uuid node, struct stream_order *order, struct cc_error *err)
{
	struct splice *st;

	order->id = random_id();
	pthread_mutex_lock(&s->lock);
	if (s->n >= s->opt.max || s->stopping) {
		pthread_mutex_unlock(&s->lock);
		return cc_fail(err, BUSY, "there are %zu streams open already; try again later", s->opt.max);
	}
	st = cc_calloc(1, sizeof(*st));
	st->all = s;
	st->order = cc_row_clone(&stream_order_desc, order);
	st->opener = *opener;
	st->node = node;
	st->attach_by = cc_boottime_ms() + s->opt.attach_ms;
	pthread_mutex_init(&st->lock, NULL);
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
			(*ret)[n++] = *(struct stream_order *)cc_row_copy(&stream_order_desc, st->order, a);
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

/* ---- under a stream's lock ---- */

static void wake(struct splice *st, enum stream_end end, bool *waits)
{
	if (!*waits)
		return;
	*waits = false;
	hub_wake(st->ends[end], WAKE_TOUCHED);
}

static void break_pipe(struct splice *st, int i)
{
	struct pipe *p = &st->pipes[i];
	struct waiter *writer = st->ends[pipe_ends[i].writer];
	bool writer_waited = p->writer_waits;

	if (p->eof || p->broken)
		return;
	p->broken = true;
	wake(st, pipe_ends[i].reader, &p->reader_waits);
	wake(st, pipe_ends[i].writer, &p->writer_waits);
	/* A writer that is not suspended waits for its client's bytes. */
	if (writer != NULL && !writer_waited)
		hub_cut(writer->conn);
}

static void break_all(struct splice *st)
{
	break_pipe(st, 0);
	break_pipe(st, 1);
}

static bool is_closed(const struct splice *st)
{
	const struct pipe *out = &st->pipes[1];

	return out->broken || (out->eof && out->len == 0 && st->ends[STREAM_CLIENT_OUT] == NULL && st->came[STREAM_CLIENT_OUT]);
}

static bool is_free(const struct splice *st)
{
	for (int i = 0; i < STREAM_END_MAX; i++)
		if (st->ends[i] != NULL)
			return false;
	return is_closed(st);
}

/* An end died, or left early. Once the node has said all, what still goes towards it is of no use and is thrown away. */
static void end_lost(struct splice *st, enum stream_end end)
{
	struct pipe *in = &st->pipes[0];

	if (!st->pipes[1].eof || end == STREAM_CLIENT_OUT) {
		break_all(st);
		st->pipes[1].broken = true;
		return;
	}
	if (end == STREAM_NODE_IN) {
		in->discard = true;
		in->len = 0;
		wake(st, STREAM_CLIENT_IN, &in->writer_waits);
	} else if (end == STREAM_CLIENT_IN) {
		break_pipe(st, 0);
	}
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
	if (ends[end].node)
		return who->who == WHO_NODE && cc_uuid_equal(who->id, st->node);
	return who->who == st->opener.who && cc_uuid_equal(who->id, st->opener.id);
}

static int attach(struct splice *st, enum stream_end end, struct waiter *w, struct cc_error *err)
{
	int r = 0;

	pthread_mutex_lock(&st->lock);
	if (st->came[end])
		r = cc_fail(err, CONFLICT, "this end of the stream is taken");
	else if (st->pipes[ends[end].pipe].broken)
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

/* All is said and read: who still waits for the rest is let go. */
static void let_go(struct splice *st)
{
	struct pipe *in = &st->pipes[0];

	if (!is_closed(st))
		return;
	if (st->ends[STREAM_CLIENT_IN] == NULL) {
		break_pipe(st, 0);
		return;
	}
	in->discard = true;
	wake(st, STREAM_CLIENT_IN, &in->writer_waits);
}

void streams_detach(struct splice *st, enum stream_end end, bool ok)
{
	struct streams *s = st->all;
	struct pipe *p = &st->pipes[ends[end].pipe];
	bool done;

	pthread_mutex_lock(&s->lock);
	pthread_mutex_lock(&st->lock);
	st->ends[end] = NULL;
	*(ends[end].writes ? &p->writer_waits : &p->reader_waits) = false;
	if (!ok || !p->eof || (!ends[end].writes && p->len > 0))
		end_lost(st, end);
	let_go(st);
	done = is_free(st);
	pthread_mutex_unlock(&st->lock);
	if (done)
		unlink_stream(s, st);
	pthread_mutex_unlock(&s->lock);
	if (done)
		stream_free(st);
}

int64_t streams_expire(struct streams *s, int64_t now)
{
	int64_t next_due = INT64_MAX;
	struct splice *next;

	pthread_mutex_lock(&s->lock);
	for (struct splice *st = s->first; st != NULL; st = next) {
		bool done = false;

		next = st->next;
		if (st->attach_by == 0)
			continue;
		if (st->attach_by > now) {
			next_due = st->attach_by < next_due ? st->attach_by : next_due;
			continue;
		}
		st->attach_by = 0;
		pthread_mutex_lock(&st->lock);
		break_all(st);
		st->pipes[1].broken = true;
		done = is_free(st);
		pthread_mutex_unlock(&st->lock);
		if (done) {
			unlink_stream(s, st);
			stream_free(st);
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
		break_all(st);
		pthread_mutex_unlock(&st->lock);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- bytes ---- */

static size_t put(struct pipe *p, size_t cap, const char *from, size_t len)
{
	size_t n = len < cap - p->len ? len : cap - p->len;
	size_t end = (p->at + p->len) % cap, first = n < cap - end ? n : cap - end;

	if (n == 0)
		return 0;
	if (p->ring == NULL)
		p->ring = cc_malloc(cap);
	memcpy(p->ring + end, from, first);
	memcpy(p->ring, from + first, n - first);
	p->len += n;
	return n;
}

static size_t get(struct pipe *p, size_t cap, char *to, size_t max)
{
	size_t n = max < p->len ? max : p->len;
	size_t first = n < cap - p->at ? n : cap - p->at;

	memcpy(to, p->ring + p->at, first);
	memcpy(to + first, p->ring, n - first);
	p->at = (p->at + n) % cap;
	p->len -= n;
	return n;
}

ssize_t streams_write(struct splice *st, enum stream_end end, const void *bytes, size_t len)
{
	struct pipe *p = &st->pipes[ends[end].pipe];
	ssize_t n;

	pthread_mutex_lock(&st->lock);
	if (p->broken) {
		n = STREAM_BROKEN;
	} else if (p->discard) {
		n = (ssize_t)len;
	} else {
		n = (ssize_t)put(p, st->all->opt.buffer_bytes, bytes, len);
		if (n > 0)
			wake(st, ends[end].other, &p->reader_waits);
		if ((size_t)n < len) {
			p->writer_waits = hub_wait(st->ends[end], NULL, 0, 0);
			n = p->writer_waits ? n : STREAM_BROKEN;
		}
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}

void streams_close(struct splice *st, enum stream_end end)
{
	struct pipe *p = &st->pipes[ends[end].pipe];

	pthread_mutex_lock(&st->lock);
	if (!p->broken)
		p->eof = true;
	wake(st, ends[end].other, &p->reader_waits);
	pthread_mutex_unlock(&st->lock);
}

ssize_t streams_read(struct splice *st, enum stream_end end, void *to, size_t max)
{
	struct pipe *p = &st->pipes[ends[end].pipe];
	size_t cap = st->all->opt.buffer_bytes;
	ssize_t n = 0;

	pthread_mutex_lock(&st->lock);
	if (p->broken) {
		n = STREAM_BROKEN;
	} else if (p->len > 0) {
		n = (ssize_t)get(p, cap, to, max);
		if (p->len <= cap / 2)
			wake(st, ends[end].other, &p->writer_waits);
	} else if (p->eof) {
		n = STREAM_FINISHED;
	} else {
		p->reader_waits = hub_wait(st->ends[end], NULL, 0, 0);
		n = p->reader_waits ? 0 : STREAM_BROKEN;
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}
