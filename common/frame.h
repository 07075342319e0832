/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames of a stream (exec, later console, logs, cp): one byte of type, four bytes of length (big endian), then the payload. They travel in the bodies of two
 * ordinary HTTP requests on either side, and the controller passes them on unread. The end of a body is the end of the stream in that direction. A side that
 * has nothing to say sends PING every CC_FRAME_PING_MS; a side that hears nothing for three times as long gives the stream up. */
#pragma once

#include "common/buf.h"
#include "common/error.h"

#include <stdint.h>

#define CC_FRAME_HEADER  5
#define CC_FRAME_MAX     65536 /* bytes of payload */
#define CC_FRAME_PING_MS 15000

enum cc_frame_type {
	CC_FRAME_STDIN = 0,  /* bytes for the program */
	CC_FRAME_STDOUT = 1, /* bytes from it */
	CC_FRAME_STDERR = 2,
	CC_FRAME_EXIT = 3,  /* the last one from the node: 4 bytes, the exit status as a shell shows it, big endian */
	CC_FRAME_ERROR = 4, /* the last one from the node when the program could not be run: "slug: message" */
	CC_FRAME_PING = 5,
	CC_FRAME_STDIN_END = 6, /* no more stdin; the stream goes on */
	CC_FRAME_SIGNAL = 7,    /* one byte, the signal's number */
	CC_FRAME_WINDOW = 8,    /* 4 bytes: the terminal's rows and columns, two each, big endian */
	CC_FRAME_MAX_TYPE,
	CC_FRAME_LATER = 31 /* those in between are newer programs': readers pass them over */
};

/* Appends one frame. len is at most CC_FRAME_MAX. */
void cc_frame_add(struct cc_buf *out, enum cc_frame_type type, const void *payload, size_t len);
void cc_frame_add_u32(struct cc_buf *out, enum cc_frame_type type, uint32_t value);

/* Looks at the first frame of `in`: 1 when it is complete (payload points into `in`; consume CC_FRAME_HEADER + len afterwards), 0 when more bytes are
 * needed, -1 when this is no frame. @err INVALID */
int cc_frame_next(const struct cc_buf *in, enum cc_frame_type *ret_type, const unsigned char **ret_payload, size_t *ret_len, struct cc_error *err);
uint32_t cc_frame_u32(const unsigned char payload[4]);
