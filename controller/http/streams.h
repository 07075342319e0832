/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams: two pipes between a member's client and a node, each filled by the body of one request and emptied by the reply of another. The four requests are
 * the stream's ends. A full pipe suspends its writer, an empty one its reader; each wakes the other, so nothing is polled.
 *
 * The end of a writer's body is the end of its reader's reply. When an end dies before that, the stream is broken: the other ends finish with an error. What
 * the node has said completely is still delivered. Memory is bounded: so many streams, and one buffer per direction. Any thread. */
#pragma once

#include "controller/http/splice.h"

struct streams;

struct streams_options {
	size_t max;
	size_t opener_max; /* of one opener; root on the controller's own machine may have all */
	size_t buffer_bytes;
	int64_t attach_ms; /* client and node must both have come by then */
};

struct streams *streams_new(const struct streams_options *opt);
/* No end may be attached. */
void streams_free(struct streams *s);

/* Copies `order` and sets its id. @err BUSY there are too many, or the opener has */
int streams_open(struct streams *s, const struct principal *opener, struct cc_uuid node, struct stream_order *order, struct cc_error *err);
/* Copies of the orders of streams that this node has not come to yet. */
size_t streams_orders(struct streams *s, struct cc_uuid node, struct cc_arena *a, struct stream_order **ret);
size_t streams_count(struct streams *s);
/* Breaks streams that nobody came to; returns when to look again, INT64_MAX for never. */
int64_t streams_expire(struct streams *s, int64_t now);
/* Breaks all. */
void streams_stop(struct streams *s);

/* Makes a request one of the ends, once each. @err NOT_FOUND no such stream for this caller, CONFLICT taken, GONE */
int streams_attach(struct streams *s, struct cc_uuid id, enum stream_end end, const struct principal *who, struct waiter *w, struct splice **ret,
        struct cc_error *err);
/* The request is over. `ok`: it ended as it should. Releases the stream when it was the last. */
void streams_detach(struct splice *st, enum stream_end end, bool ok);
