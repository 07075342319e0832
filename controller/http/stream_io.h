/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four requests that are a stream's ends, as libmicrohttpd sees them. */
#pragma once

#include "controller/http/edge.h"
#include "controller/http/streams.h"

/* After the head: makes the request the end that its route names. @err NOT_FOUND, CONFLICT, GONE */
int stream_attach(struct request *r, struct cc_error *err);
/* A piece of the body; *size becomes what was not taken. */
enum MHD_Result stream_feed(struct request *r, const char *data, size_t *size);
/* The body is complete, or there is none: replies. */
enum MHD_Result stream_body_complete(struct request *r);
void stream_detach(struct request *r, bool ok);
