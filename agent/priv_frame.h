/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message of priv_msg.h as one datagram of a SOCK_SEQPACKET socket: header, body, tail, and descriptors by SCM_RIGHTS. Knows the form of a message,
 * not its meaning. Used by both halves of the agent and between cc-agent-priv and its children. */
#pragma once

#include "agent/priv_msg.h"

#include <stddef.h>

#define PRIV_FRAME_FDS 4
#define PRIV_BODY_MAX  512 /* no fixed struct is larger; checked when compiled */

struct priv_frame {
	struct priv_header head;
	const void *body;
	const void *tail;
	int fds[PRIV_FRAME_FDS];
	uint32_t fd_count;
};

/* Sends without blocking; the descriptors stay the caller's. Returns 1 when sent, 0 when the socket is full. @err UNAVAILABLE other end is gone, IO */
int priv_frame_send(int fd, const struct priv_frame *f, struct cc_error *err);

/* Receives one frame without blocking into `buf` (aligned to 8, `cap` bytes), where ret->body and ret->tail then point, both aligned to 8.
 * Returns 1, or 0 when there is none now. Received descriptors are the caller's. On a malformed frame descriptors are closed already and ret->head is
 * what was received of the header, else zero. @err UNAVAILABLE other end is gone; INVALID, TOO_LARGE malformed; IO */
int priv_frame_recv(int fd, char *buf, size_t cap, struct priv_frame *ret, struct cc_error *err);

void priv_frame_close_fds(struct priv_frame *f);

/* Both ends of a new pair, close-on-exec, non-blocking, with room for the largest frame. */
int priv_frame_socketpair(int ret_fds[2], struct cc_error *err);
