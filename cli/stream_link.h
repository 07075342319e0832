/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's end of a stream: the two requests, and frames (common/frame.h) in both directions. Who has it drives it with cc_http_poll. */
#pragma once

#include "cli/client.h"
#include "common/frame.h"

#define STREAM_AHEAD_MAX  (128 * 1024) /* input that waits before no more should be sent */
#define STREAM_BEHIND_MAX (256 * 1024) /* output that may wait before is_behind should say so */
#define STREAM_RUNNING    (-1)

struct stream_link {
	struct client *client;
	/* Output of the program, CC_FRAME_STDOUT or CC_FRAME_STDERR. */
	void (*on_output)(void *user, enum cc_frame_type which, const void *p, size_t len);
	/* Whether so much output waits that no more should come; stream_link_go_on when it does no longer. */
	bool (*is_behind)(void *user);
	void *user;

	struct cc_http_exchange *in, *out; /* NULL once ended */
	struct cc_buf to_send;
	struct cc_buf received; /* an incomplete frame */
	bool paused;
	bool heard; /* anything from the node */
	int status; /* the exit status; STREAM_RUNNING until it is known */
	int64_t sent_ms;
	struct cc_error err; /* the stream's end, when it is no exit status */
};

/* Opens the stream that `call` asks for, whose reply is struct stream: fills call->reply and begins both requests. The members above have been set.
 * @err as client_call */
int stream_link_open(struct stream_link *l, struct client_call *call, struct cc_arena *a, struct cc_error *err);
/* The same for one that is open already. */
int stream_link_start(struct stream_link *l, const char *stream, struct cc_arena *a, struct cc_error *err);
void stream_link_send(struct stream_link *l, enum cc_frame_type type, const void *p, size_t len);
/* Exit status or error are known. */
bool stream_link_is_over(const struct stream_link *l);
/* After each poll: a sign of life when it is time, and reading on when there is room again. */
void stream_link_tend(struct stream_link *l);
/* Ends what is under way and releases all. */
void stream_link_close(struct stream_link *l);
