/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image_fetch.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE    2
#define SILENCE_MS 60000

/* One fetch. The image is looked up by its hash each time, so that nothing dangles. */
struct fetch {
	struct image_fetcher *by;
	char sha256[PRIV_SHA256_TEXT];
	struct cc_error err; /* why we gave up; CC_OK when we did not */
};

static void settle(struct fetch *f, struct image_here *m, const struct cc_error *err)
{
	if (err != NULL) {
		image_failed(f->by->images, m, err, cc_boottime_ms());
		cc_log(WARNING, IMAGE_REFUSED, kv_text("sha256", m->sha256), kv_err(err));
	} else {
		cc_log(INFO, IMAGE_FETCHED, kv_text("sha256", m->sha256), kv_i64("bytes", m->got));
	}
	*f->by->changed = true;
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct fetch *f = context;
	struct image_here *m = image_find(f->by->images, f->sha256);

	if (m == NULL || m->state != IMAGE_FETCHING)
		return CC_HTTP_STOP;
	return image_add(m, bytes, len, &f->err) < 0 ? CC_HTTP_STOP : CC_HTTP_ON;
}

static const struct cc_error *outcome(struct fetch *f, struct image_here *m, const struct cc_http_reply *reply, const struct cc_error *err)
{
	if (f->err.code != CC_OK)
		return &f->err;
	if (err != NULL)
		return err;
	if (reply->status != 200)
		cc_fail(&f->err, UNAVAILABLE, "the controller answered with status %d", reply->status);
	else
		(void)image_end(f->by->images, m, &f->err);
	return f->err.code != CC_OK ? &f->err : NULL;
}

static void fetch_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct fetch *f = context;
	struct image_here *m = image_find(f->by->images, f->sha256);

	if (m != NULL && m->state == IMAGE_FETCHING)
		settle(f, m, outcome(f, m, reply, err));
	free(f);
}

void image_fetch(void *fetcher, struct image_here *m, int64_t bytes)
{
	struct image_fetcher *by = fetcher;
	struct fetch *f;
	char path[128];

	if (by->images->fetching >= AT_ONCE)
		return;
	f = cc_calloc(1, sizeof(*f));
	f->by = by;
	memcpy(f->sha256, m->sha256, sizeof(f->sha256));
	snprintf(path, sizeof(path), "/v1/blobs/%s", m->sha256);
	if (image_begin(by->images, m, by->dir, bytes, &f->err) == 0 && cc_http_start(by->http,
	                                                                        &(struct cc_http_request){
	                                                                                .method = "GET",
	                                                                                .path = path,
	                                                                                .silence_ms = SILENCE_MS,
	                                                                                .reply_max = SIZE_MAX,
	                                                                                .on_body = take_bytes,
	                                                                                .on_done = fetch_done,
	                                                                                .context = f,
	                                                                        },
	                                                                        NULL, &f->err) == 0)
		return;
	settle(f, m, &f->err);
	free(f);
}
