/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams: programs that somebody runs inside an instance of this node (exec). For each the agent dials the controller twice, GET for what comes and POST for
 * what goes, and the privileged half runs the program on three pipes. A stream ends with the program's exit status, or when either side is gone; then the
 * program is hung up on, and killed if that does not end it. */
#pragma once

#include "agent/priv_client.h"
#include "common/http_client.h"
#include "common/model.h"

#include <poll.h>

#define STREAMS_MAX     64
#define STREAMS_POLLFDS (STREAMS_MAX * 3)

struct exec_stream;
struct streams {
	struct cc_http *http;
	struct priv_client *priv;
	struct exec_stream *items[STREAMS_MAX];
	size_t n;
	/* Orders repeat a stream until the controller saw us dial; what was carried lately is not carried again. */
	struct cc_uuid recent[128];
	size_t recent_n;
	size_t recent_at;
};

/* Carries the stream; false when that was done already or too many are carried. What is wrong with it is told to the client through the stream itself. */
bool stream_take(struct streams *t, const struct stream_order *o, int64_t now_ms);
/* Descriptors to wait for; `to` has room for STREAMS_POLLFDS. */
size_t stream_pollfds(const struct streams *t, struct pollfd *to);
/* Moves bytes, keeps silence away, ends what has ended. To be called after each wait. */
void stream_step(struct streams *t, int64_t now_ms);
int64_t stream_next_ms(const struct streams *t);
/* Breaks all off. */
void stream_done(struct streams *t);
