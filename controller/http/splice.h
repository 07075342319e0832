/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stream: its two pipes and its four ends. Which streams there are is the business of streams.h, and only streams.c looks into the struct.
 *
 * An end's pointer is valid while it is attached, and ends attach and detach under the stream's lock. */
#pragma once

#include "common/model.h"
#include "controller/engine/command.h"
#include "controller/http/hub.h"

#include <pthread.h>

enum stream_end {
	STREAM_CLIENT_IN,  /* writes towards the node */
	STREAM_CLIENT_OUT, /* reads from the node */
	STREAM_NODE_IN,    /* reads from the client */
	STREAM_NODE_OUT,   /* writes towards the client */
	STREAM_END_MAX
};

struct splice_pipe {
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
	size_t buffer_bytes;
	struct splice *next;
	struct stream_order *order; /* one block, free() */
	struct principal opener;
	struct cc_uuid node;
	int64_t attach_by;    /* 0: both sides have come */
	int64_t linger_until; /* of a closed one; 0: it is open */
	bool came[STREAM_END_MAX];

	pthread_mutex_t lock;
	struct waiter *ends[STREAM_END_MAX];
	struct splice_pipe pipes[2]; /* towards the node, towards the client */
};

struct splice_end {
	int pipe;
	enum stream_end other; /* end of the same pipe */
	bool writes;
	bool node;
};
extern const struct splice_end splice_ends[STREAM_END_MAX];

/* `order` is cloned. */
struct splice *splice_new(const struct stream_order *order, size_t buffer_bytes);
void splice_free(struct splice *st);

/* Under the stream's lock: */
void splice_wake(struct splice *st, enum stream_end end, bool *waits);
/* All ends finish with an error; what the node has said completely is still delivered. */
void splice_break(struct splice *st);
/* An end died, or left early. */
void splice_end_lost(struct splice *st, enum stream_end end);
/* Broken, or the node has said all and the client has read it. */
bool splice_is_closed(const struct splice *st);
/* Closed, with no end attached and none to be waited for. */
bool splice_is_free(const struct splice *st, int64_t now);

/* These take the lock themselves. Returned instead of a number of bytes: */
enum { STREAM_FINISHED = -1, STREAM_BROKEN = -2 };

/* Takes up to len bytes; when it takes fewer, the writer was suspended and shall offer the rest again. STREAM_BROKEN: nobody will read them. */
ssize_t splice_write(struct splice *st, enum stream_end end, const void *p, size_t len);
/* The writer's body is complete. */
void splice_close(struct splice *st, enum stream_end end);
/* Gives up to max bytes; 0: the reader was suspended and shall ask again. */
ssize_t splice_read(struct splice *st, enum stream_end end, void *p, size_t max);
