/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One program's three pipes on one side and frames (common/frame.h) on the other: bytes that came from the client become stdin, what the program writes
 * becomes frames for the client. Both directions are bounded: a full buffer stops the reading that feeds it. Knows neither HTTP nor who runs the program. */
#pragma once

#include "common/buf.h"
#include "common/error.h"
#include "common/frame.h"

#include <poll.h>
#include <stdbool.h>

#define PIPES_BUFFER (256 * 1024) /* bytes held in either direction before reading pauses */

struct pipes {
	int stdin_fd;       /* our ends; -1: closed */
	int out_fd[2];      /* stdout, stderr */
	struct cc_buf in;   /* frames from the client, not looked at yet */
	struct cc_buf feed; /* bytes for stdin */
	struct cc_buf out;  /* frames for the client */
	bool stdin_ends;    /* close stdin when `feed` is empty */
	bool last;          /* the last frame was added */
};

/* Makes the pipes; the program's ends go to ret_fds (stdin, stdout, stderr) and are the caller's. @err IO */
int pipes_open(struct pipes *p, int ret_fds[3], struct cc_error *err);
void pipes_close(struct pipes *p);

/* What the client asked for, given by pipes_feed: CC_FRAME_SIGNAL with its number, or CC_FRAME_WINDOW with rows << 16 | columns. */
typedef void pipes_asked_fn(void *user, enum cc_frame_type what, uint32_t value);

/* Takes bytes that the client sent. @err INVALID no frames */
int pipes_feed(struct pipes *p, const void *bytes, size_t len, pipes_asked_fn *on_asked, void *user, struct cc_error *err);
/* The client's bytes have to wait: stdin is full. */
bool pipes_feed_full(const struct pipes *p);

/* No more bytes will come: stdin is closed when it has all. */
void pipes_end_stdin(struct pipes *p);

/* Descriptors to wait for, at most 3; returns how many were written. */
int pipes_pollfds(const struct pipes *p, struct pollfd *to);
/* Reads and writes what can be now. */
void pipes_step(struct pipes *p);

/* The program ended: takes what is still in its pipes, then adds the last frame. What others of its kind, left behind, write later is not waited for. */
void pipes_exit(struct pipes *p, uint32_t status);
/* The program could not be run, or was lost: the same, but the last frame says why. Of the two, one is called once. */
void pipes_error(struct pipes *p, enum cc_code code, const char *text, size_t len);
void pipes_ping(struct pipes *p);
