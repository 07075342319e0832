/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives of images from the controller into files of this node: GET /v1/blobs/{sha256}, a few at a time, each verified while it comes, and gone on with where it broke off. Instances that wait
 * for the same image wait for the same fetch. */
#pragma once

#include "agent/local_image.h"
#include "common/http_client.h"

#define IMAGE_FETCHES 2 /* at once */

struct image_fetcher;
struct image_fetch {
	struct image_fetcher *by;
	struct cc_http_exchange *exchange; /* NULL: not under way */
	char sha256[PRIV_SHA256_TEXT];
	int64_t offset;      /* of what came before */
	struct cc_error err; /* why we gave up; CC_OK when we did not */
};

struct image_fetcher {
	struct cc_http *http;
	struct local_images *images;
	const char *dir;
	bool *changed; /* set when an image's state changed */
	struct image_fetch fetches[IMAGE_FETCHES];
};

/* Begins, unless as many as allowed are under way already; what fails is noted in `m`. Signature of struct act's `fetch`. */
void image_fetch_begin(void *fetcher, struct local_image *m, int64_t bytes);
/* Breaks off what is under way for `m`, if anything; its record and its archive stay the caller's. Signature of struct act's `cancel`. */
void image_fetch_cancel(void *fetcher, const struct local_image *m);
