/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/stream_io.h"
#include "controller/http/handlers.h"

#define BLOCK_BYTES 65536
/* Bytes of a chunk that makes one full TLS record, with its head and its end: otherwise each chunk ends with a small record. */
#define CHUNK_BYTES (16384 - 8)

static enum stream_end end_of(const struct request *r)
{
	switch (r->route->flags & RF_STREAM) {
	case RF_CLIENT_IN:
		return STREAM_CLIENT_IN;
	case RF_CLIENT_OUT:
		return STREAM_CLIENT_OUT;
	case RF_NODE_IN:
		return STREAM_NODE_IN;
	default:
		return STREAM_NODE_OUT;
	}
}

int stream_attach(struct request *r, struct cc_error *err)
{
	struct cc_error bad;
	struct cc_uuid id;

	if (cc_uuid_parse(r->call.path[0], &id, &bad) < 0)
		return cc_fail(err, NOT_FOUND, "no such stream; it has ended, or somebody else opened it");
	return streams_attach(r->server->streams, id, end_of(r), &r->call.who, &r->waiter, &r->stream, err);
}

void stream_detach(struct request *r, bool ok)
{
	streams_detach(r->stream, end_of(r), ok);
	r->stream = NULL;
}

enum MHD_Result stream_feed(struct request *r, const char *data, size_t *size)
{
	ssize_t n;

	if (r->waiter.wake == WAKE_HUNG_UP || r->waiter.wake == WAKE_STOPPING)
		return MHD_NO;
	n = splice_write(r->stream, end_of(r), data, *size);
	if (n < 0)
		return MHD_NO;
	*size -= (size_t)n;
	return MHD_YES;
}

static ssize_t read_more(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct request *r = arg;
	ssize_t n;

	(void)pos;
	if (r->waiter.wake == WAKE_HUNG_UP || r->waiter.wake == WAKE_STOPPING)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = splice_read(r->stream, end_of(r), buf, max < CHUNK_BYTES ? max : CHUNK_BYTES);
	if (n == STREAM_FINISHED)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return n == STREAM_BROKEN ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

enum MHD_Result stream_body_complete(struct request *r)
{
	struct MHD_Response *resp;

	if (r->route->flags & RF_STREAM_POST) {
		splice_close(r->stream, end_of(r));
		return reply_send(r);
	}
	resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_more, r, NULL);
	CC_PRE(resp != NULL);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
	return reply_queue(r, MHD_HTTP_OK, resp);
}

int http_stream_none(struct call *c, struct cc_error *err)
{
	(void)c;
	return cc_fail(err, INTERNAL, "a stream's end was taken for a call");
}
