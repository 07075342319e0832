/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image_fetch.h"

#include "agent/refusal.h"
#include "common/clock.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define SILENCE_MS 60000

static void settle(struct image_fetch *f, struct local_image *m, const struct cc_error *err)
{
	if (err != NULL) {
		local_image_failed(m, err, cc_boottime_ms());
		cc_log(WARNING, IMAGE_REFUSED, kv_text("sha256", m->sha256), kv_err(err));
	} else {
		cc_log(INFO, IMAGE_FETCHED, kv_text("sha256", m->sha256), kv_i64("bytes", m->got));
	}
	*f->by->changed = true;
}

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct image_fetch *f = context;
	struct local_image *m = local_image_find(f->by->images, f->sha256);

	if (m == NULL || m->state != IMAGE_FETCHING)
		return CC_HTTP_STOP;
	return local_image_add(m, bytes, len, &f->err) < 0 ? CC_HTTP_STOP : CC_HTTP_ON;
}

/* Whatever it was, it is tried again later. */
static void refused(const struct cc_http_reply *reply, struct cc_error *err)
{
	struct cc_error why = { 0 };

	(void)refusal_error(reply, &why);
	cc_fail(err, UNAVAILABLE, "%s", why.msg);
}

static const struct cc_error *outcome(struct image_fetch *f, struct local_image *m, const struct cc_http_reply *reply, const struct cc_error *err)
{
	if (f->err.code != CC_OK)
		return &f->err;
	if (err != NULL)
		return err;
	if (reply->status == 400 && f->offset > 0) {
		/* It cannot go on from there: it is of an older release, or its archive is another one. */
		local_image_start_anew(m);
		cc_fail(&f->err, UNAVAILABLE, "the archive is fetched anew");
	} else if (reply->status != 200) {
		refused(reply, &f->err);
	} else {
		(void)local_image_end(m, &f->err);
	}
	return f->err.code != CC_OK ? &f->err : NULL;
}

static void fetch_done(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct image_fetch *f = context;
	struct local_image *m = local_image_find(f->by->images, f->sha256);

	f->exchange = NULL;
	*f->by->changed = true; /* another one may begin */
	if (m != NULL && m->state == IMAGE_FETCHING)
		settle(f, m, outcome(f, m, reply, err));
}

static struct image_fetch *find_free(struct image_fetcher *by)
{
	for (size_t k = 0; k < IMAGE_FETCHES; k++)
		if (by->fetches[k].exchange == NULL)
			return &by->fetches[k];
	return NULL;
}

static int request_archive(struct image_fetch *f)
{
	char path[128];
	int len = snprintf(path, sizeof(path), "/v1/blobs/%s", f->sha256);

	if (f->offset > 0)
		snprintf(path + len, sizeof(path) - (size_t)len, "?offset=%lld", (long long)f->offset);
	return cc_http_start(f->by->http,
	        &(struct cc_http_request){
	                .method = "GET",
	                .path = path,
	                .silence_ms = SILENCE_MS,
	                .reply_max = SIZE_MAX,
	                .on_body = take_bytes,
	                .on_done = fetch_done,
	                .context = f,
	        },
	        &f->exchange, &f->err);
}

void image_fetch_begin(void *fetcher, struct local_image *m, int64_t bytes)
{
	struct image_fetcher *by = fetcher;
	struct image_fetch *f = find_free(by);

	if (f == NULL)
		return;
	*f = (struct image_fetch){ .by = by };
	memcpy(f->sha256, m->sha256, sizeof(f->sha256));
	if (local_image_begin(m, by->dir, bytes, &f->err) < 0) {
		settle(f, m, &f->err);
		return;
	}
	f->offset = m->got;
	if (m->got == bytes && bytes > 0)
		settle(f, m, local_image_end(m, &f->err) < 0 ? &f->err : NULL); /* all of it came before */
	else if (request_archive(f) < 0)
		settle(f, m, &f->err);
}

void image_fetch_cancel(void *fetcher, const struct local_image *m)
{
	struct image_fetcher *by = fetcher;

	for (size_t k = 0; k < IMAGE_FETCHES; k++) {
		struct image_fetch *f = &by->fetches[k];

		if (f->exchange == NULL || strcmp(f->sha256, m->sha256) != 0)
			continue;
		cc_http_cancel(f->exchange);
		f->exchange = NULL;
	}
}
