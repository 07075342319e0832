/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to a unix socket, and the exchange that is on it. Nothing here waits. Used by http_unix.c only. */
#pragma once

#include "common/http_wire.h"

#include <stddef.h>

#define CC_HTTP_PIECE 65536 /* bytes of a body that are read or written at once */

struct cc_http_conn {
	struct cc_http_conn *next;
	struct cc_http_exchange *x; /* NULL: idle */
	const char *path;           /* of the socket */
	int fd;
	short revents;
	bool is_used_again;
	bool has_answered;   /* something came */
	bool takes_no_more;  /* sending is over before its end */
	bool source_ended;   /* read_body */
	int64_t source_left; /* bytes it has yet to give; -1: not known */
	int64_t sent;
	struct cc_buf out;
	size_t out_at;
	struct cc_http_wire wire;
	size_t at, len; /* of `in`, what waits to be read */
	char in[CC_HTTP_PIECE];
};

/* Not connected yet. `path` outlives it. */
struct cc_http_conn *cc_http_conn_new(const char *path);
/* Closes it. Its exchange is left alone. */
void cc_http_conn_free(struct cc_http_conn *c);

/* An idle one can be used: neither closed by the server nor with bytes that nobody asked for. */
bool cc_http_conn_is_quiet(const struct cc_http_conn *c);
/* Puts x on it, connects it unless it is, and sends what can be sent now. */
void cc_http_conn_begin(struct cc_http_conn *c, struct cc_http_exchange *x, const struct cc_http_options *options);
/* What it waits for, as poll(2) says it; 0 while everything that could happen is paused. */
short cc_http_conn_wanted(const struct cc_http_conn *c);
/* Sends and receives what is possible now. */
void cc_http_conn_move(struct cc_http_conn *c);
/* Calls the callbacks that had paused once more. */
void cc_http_conn_resume(struct cc_http_conn *c);
/* The exchange is complete and the next one can follow. */
bool cc_http_conn_can_stay(const struct cc_http_conn *c);
