/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/splice.h"

#include <stdlib.h>

const struct splice_end splice_ends[STREAM_END_MAX] = {
	[STREAM_CLIENT_IN] = { 0, STREAM_NODE_IN, true, false },
	[STREAM_NODE_IN] = { 0, STREAM_CLIENT_IN, false, true },
	[STREAM_NODE_OUT] = { 1, STREAM_CLIENT_OUT, true, true },
	[STREAM_CLIENT_OUT] = { 1, STREAM_NODE_OUT, false, false },
};

static const struct {
	enum stream_end writer, reader;
} pipe_ends[2] = { { STREAM_CLIENT_IN, STREAM_NODE_IN }, { STREAM_NODE_OUT, STREAM_CLIENT_OUT } };

struct splice *splice_new(const struct stream_order *order, size_t buffer_bytes)
{
	struct splice *st = cc_calloc(1, sizeof(*st));

	st->order = cc_row_heap_copy(&stream_order_desc, order);
	st->buffer_bytes = buffer_bytes;
	pthread_mutex_init(&st->lock, NULL);
	return st;
}

void splice_free(struct splice *st)
{
	for (int i = 0; i < 2; i++)
		free(st->pipes[i].ring);
	pthread_mutex_destroy(&st->lock);
	free(st->order);
	free(st);
}

void splice_wake(struct splice *st, enum stream_end end, bool *waits)
{
	if (!*waits)
		return;
	*waits = false;
	hub_wake(st->ends[end], WAKE_TOUCHED);
}

static void break_pipe(struct splice *st, int i)
{
	struct splice_pipe *p = &st->pipes[i];
	struct waiter *writer = st->ends[pipe_ends[i].writer];
	bool writer_waited = p->writer_waits;

	if (p->eof || p->broken)
		return;
	p->broken = true;
	splice_wake(st, pipe_ends[i].reader, &p->reader_waits);
	splice_wake(st, pipe_ends[i].writer, &p->writer_waits);
	/* A writer that is not suspended waits for its client's bytes. */
	if (writer != NULL && !writer_waited)
		hub_cut(writer->conn);
}

void splice_break(struct splice *st)
{
	break_pipe(st, 0);
	break_pipe(st, 1);
}

bool splice_is_closed(const struct splice *st)
{
	const struct splice_pipe *out = &st->pipes[1];

	return out->broken || (out->eof && out->len == 0 && st->ends[STREAM_CLIENT_OUT] == NULL && st->came[STREAM_CLIENT_OUT]);
}

bool splice_is_free(const struct splice *st, int64_t now)
{
	bool all_came = true;

	for (int i = 0; i < STREAM_END_MAX; i++) {
		all_came = all_came && st->came[i];
		if (st->ends[i] != NULL)
			return false;
	}
	return st->pipes[1].broken || (splice_is_closed(st) && (all_came || now >= st->linger_until));
}

/* An end died, or left early. Once the node has said all, what still goes towards it is of no use and is thrown away. */
void splice_end_lost(struct splice *st, enum stream_end end)
{
	struct splice_pipe *in = &st->pipes[0];

	if (!st->pipes[1].eof || end == STREAM_CLIENT_OUT) {
		splice_break(st);
		st->pipes[1].broken = true;
		return;
	}
	if (end == STREAM_NODE_IN) {
		in->discard = true;
		in->len = 0;
		splice_wake(st, STREAM_CLIENT_IN, &in->writer_waits);
	} else if (end == STREAM_CLIENT_IN) {
		break_pipe(st, 0);
	}
}

static size_t put(struct splice_pipe *p, size_t cap, const char *from, size_t len)
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

static size_t get(struct splice_pipe *p, size_t cap, char *to, size_t max)
{
	size_t n = max < p->len ? max : p->len;
	size_t first = n < cap - p->at ? n : cap - p->at;

	memcpy(to, p->ring + p->at, first);
	memcpy(to + first, p->ring, n - first);
	p->at = (p->at + n) % cap;
	p->len -= n;
	return n;
}

ssize_t splice_write(struct splice *st, enum stream_end end, const void *bytes, size_t len)
{
	struct splice_pipe *p = &st->pipes[splice_ends[end].pipe];
	ssize_t n;

	pthread_mutex_lock(&st->lock);
	if (p->broken) {
		n = STREAM_BROKEN;
	} else if (p->discard || p->eof) {
		n = (ssize_t)len;
	} else {
		n = (ssize_t)put(p, st->buffer_bytes, bytes, len);
		if (n > 0)
			splice_wake(st, splice_ends[end].other, &p->reader_waits);
		if ((size_t)n < len) {
			p->writer_waits = hub_wait(st->ends[end], NULL, 0, 0);
			n = p->writer_waits ? n : STREAM_BROKEN;
		}
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}

void splice_close(struct splice *st, enum stream_end end)
{
	struct splice_pipe *p = &st->pipes[splice_ends[end].pipe];

	pthread_mutex_lock(&st->lock);
	if (!p->broken)
		p->eof = true;
	splice_wake(st, splice_ends[end].other, &p->reader_waits);
	pthread_mutex_unlock(&st->lock);
}

ssize_t splice_read(struct splice *st, enum stream_end end, void *to, size_t max)
{
	struct splice_pipe *p = &st->pipes[splice_ends[end].pipe];
	size_t cap = st->buffer_bytes;
	ssize_t n = 0;

	pthread_mutex_lock(&st->lock);
	if (p->broken) {
		n = STREAM_BROKEN;
	} else if (p->len > 0) {
		n = (ssize_t)get(p, cap, to, max);
		if (p->len <= cap / 2)
			splice_wake(st, splice_ends[end].other, &p->writer_waits);
	} else if (p->eof) {
		n = STREAM_FINISHED;
	} else {
		p->reader_waits = hub_wait(st->ends[end], NULL, 0, 0);
		n = p->reader_waits ? 0 : STREAM_BROKEN;
	}
	pthread_mutex_unlock(&st->lock);
	return n;
}
