/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1.1 as bytes: how a request begins, and what a reply says. Opens nothing and waits for nothing. The reader is strict: it knows one server, and what that
 * would never send ends the exchange. Used by http_*.c of this folder only. */
#pragma once

#include "common/http_parts.h"

#define CC_HTTP_LINE_MAX 16384 /* bytes of one line */
#define CC_HTTP_HEAD_MAX 65536 /* of all lines of a reply that are not its body */

/* Adds the request line, the headers, and the body unless it comes piece by piece. */
void cc_http_wire_request(const struct cc_http_options *options, const struct cc_http_request *request, struct cc_buf *out);

enum cc_http_wire_step {
	CC_WIRE_STATUS,
	CC_WIRE_HEADERS,
	CC_WIRE_BODY,
	CC_WIRE_CHUNK_SIZE,
	CC_WIRE_CHUNK,
	CC_WIRE_CHUNK_END,
	CC_WIRE_TRAILERS,
	CC_WIRE_END,
};

/* A reply being read. Begins zeroed but for no_body. */
struct cc_http_wire {
	enum cc_http_wire_step step;
	bool no_body; /* the request was a HEAD */
	int status;
	bool has_length;
	bool is_chunked;
	bool is_last;      /* the server closes the connection afterwards */
	int64_t left;      /* bytes of the body or chunk to come */
	size_t head_bytes; /* read so far */
	const char *wrong; /* what is malformed */
};

enum cc_http_wire_result {
	CC_WIRE_MORE,    /* more bytes are needed than there are */
	CC_WIRE_PAUSED,  /* a callback paused */
	CC_WIRE_STOPPED, /* a callback, or a limit, ended it */
	CC_WIRE_DONE,    /* the reply is complete */
	CC_WIRE_WRONG,   /* it is malformed; w->wrong says how */
};

/* Reads on and calls the callbacks of x. *ret_used bytes were taken; the others have to be given again, with more behind them or after the pause. A line
 * is never longer than CC_HTTP_LINE_MAX, so with that many bytes something is taken. */
enum cc_http_wire_result cc_http_wire_take(struct cc_http_wire *w, struct cc_http_exchange *x, const char *bytes, size_t len, size_t *ret_used);
