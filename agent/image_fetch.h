/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives of images from the controller into files of this node: GET /v1/blobs/{sha256}, a few at a time, each verified while it comes. Instances that wait
 * for the same image wait for the same fetch. */
#pragma once

#include "agent/image.h"
#include "common/http_client.h"

struct image_fetcher {
	struct cc_http *http;
	struct images *images;
	const char *dir;
	bool *changed; /* set when an image's state changed */
};

/* Begins, unless as many as allowed are under way already; what fails is noted in `m`. Signature of struct act's `fetch`. */
void image_fetch(void *fetcher, struct image_here *m, int64_t bytes);
