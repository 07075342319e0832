/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an image comes to be among those of image_store.h. */
#pragma once

#include "agent/driver/node.h"

/* Verifies and unpacks the archive behind `fd`; at once when the image is there. Runs in a child of cc-agent-priv and blocks for as long as it takes.
 * The bytes that are hashed are the bytes that are unpacked: nothing is read twice. @err INVALID no archive, something in it is refused, or its hash differs;
 * TOO_LARGE over a limit; NO_CAPACITY disk is full; IO */
int image_unpack(const struct priv_node *node, const struct priv_image_unpack *req, int fd, struct cc_error *err);
