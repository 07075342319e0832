/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One archive of an image, from another controller of the zone into this one's folder. The zone's key shows who we are, and that it is one of us. */
#pragma once

#include "common/http_client.h"
#include "controller/api/blobs.h"

#include <stdatomic.h>

struct archive_fetch {
	struct blobs *blobs;
	const char *sha256;
	int64_t bytes;
	const char *name;            /* of the controller that is asked, for messages */
	const atomic_bool *stopping; /* gives it up within a moment */
	void (*progress)(void *arg, int64_t got);
	void *arg;
};

/* Goes on where an earlier one broke off, also when that was in another run of the program. Waits as long as something moves.
 * @err NOT_FOUND it does not have the archive; INVALID what came is not what the hash says, and was thrown away; NO_CAPACITY no room on the disk; BUSY; IO;
 * UNAVAILABLE, TIMEOUT, UNAUTHENTICATED as cc_http_start */
int archive_fetch(const struct archive_fetch *f, const struct cc_http_options *from, struct cc_error *err);
