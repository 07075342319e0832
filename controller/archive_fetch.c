/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/archive_fetch.h"

#include "common/hash.h"

#include <stdio.h>
#include <string.h>

enum { SILENCE_MS = 30000, POLL_MS = 250 };

CC_DEFINE_CLEANUP(struct upload *, blobs_upload_free)

struct fetching {
	const struct archive_fetch *f;
	struct upload *upload;
	int64_t from; /* what came before */
	bool over;
	int status;
	struct cc_error err;
};

static enum cc_http_flow take_bytes(void *context, const void *bytes, size_t len)
{
	struct fetching *g = context;

	if (atomic_load(g->f->stopping) || blobs_upload_write(g->upload, bytes, len, &g->err) < 0)
		return CC_HTTP_STOP;
	g->f->progress(g->f->arg, blobs_upload_bytes(g->upload));
	return CC_HTTP_ON;
}

static void ended(void *context, const struct cc_http_reply *reply, const struct cc_error *err)
{
	struct fetching *g = context;

	g->over = true;
	g->status = reply != NULL ? reply->status : 0;
	if (err != NULL && g->err.code == CC_OK)
		g->err = *err;
}

static int ask(struct fetching *g, const struct cc_http_options *from, struct cc_error *err)
{
	cc_auto(cc_http_free) struct cc_http *http = NULL;
	char path[128];
	int len = snprintf(path, sizeof(path), "/v1/blobs/%s", g->f->sha256);

	if (g->from > 0)
		snprintf(path + len, sizeof(path) - (size_t)len, "?offset=%lld", (long long)g->from);
	if (cc_http_new(from, &http, err) < 0)
		return -1;
	if (cc_http_start(http,
	            &(struct cc_http_request){ .method = "GET",
	                    .path = path,
	                    .silence_ms = SILENCE_MS,
	                    .reply_max = SIZE_MAX,
	                    .on_body = take_bytes,
	                    .on_done = ended,
	                    .context = g },
	            NULL, err) < 0)
		return -1;
	while (!g->over && !atomic_load(g->f->stopping))
		cc_http_poll(http, NULL, 0, POLL_MS);
	if (!g->over)
		return cc_fail(err, UNAVAILABLE, "this program ends");
	if (g->err.code != CC_OK)
		*err = g->err;
	return g->err.code != CC_OK ? -1 : 0;
}

/* What another status than 200 means. */
static int check_status(struct fetching *g, struct cc_error *err)
{
	switch (g->status) {
	case 200:
		return 0;
	case 400:
		/* It has less of it than we have, or is of an older release: from the start the next time. */
		blobs_upload_finish(g->upload);
		return cc_fail(err, UNAVAILABLE, "%s cannot go on where it broke off; it is copied anew", g->f->name);
	case 401:
	case 403:
		return cc_fail(err, UNAVAILABLE, "%s gives no archives to other controllers: its program is older; upgrade it", g->f->name);
	case 404:
		return cc_fail(err, NOT_FOUND, "%s does not have it", g->f->name);
	default:
		return cc_fail(err, UNAVAILABLE, "%s answers with status %d", g->f->name, g->status);
	}
}

/* All came. What came in one go was hashed on its way. */
static int keep(struct fetching *g, struct cc_error *err)
{
	if (blobs_upload_bytes(g->upload) < g->f->bytes)
		return cc_fail(
		        err, UNAVAILABLE, "%s sent %lld of %lld bytes", g->f->name, (long long)blobs_upload_bytes(g->upload), (long long)g->f->bytes);
	blobs_upload_finish(g->upload);
	if (g->from == 0 && strcmp(blobs_upload_sha256(g->upload), g->f->sha256) != 0)
		return cc_fail(err, INVALID, "what %s sent is damaged: its SHA-256 is %.12s…", g->f->name, blobs_upload_sha256(g->upload));
	return blobs_upload_keep(g->upload, err);
}

int archive_fetch(const struct archive_fetch *f, const struct cc_http_options *from, struct cc_error *err)
{
	const struct cc_uuid nobody = { { 0 } };
	cc_auto(blobs_upload_free) struct upload *upload = NULL;
	struct fetching g = { .f = f };
	struct cc_error ignored = { 0 };

	if (blobs_part_bytes(f->blobs, nobody, f->sha256, &g.from, &ignored) < 0 || g.from > f->bytes)
		g.from = 0;
	if (blobs_room(f->blobs) < f->bytes - g.from)
		return cc_fail(err, NO_CAPACITY, "the disk of state_dir has no room for its %lld MiB", (long long)(f->bytes >> 20));
	if (blobs_receive(
	            f->blobs, &(struct blobs_body){ .max_bytes = f->bytes, .member = nobody, .sha256 = f->sha256, .from = g.from }, &upload, err) < 0)
		return -1;
	g.upload = upload;
	f->progress(f->arg, g.from);
	if (g.from < f->bytes && (ask(&g, from, err) < 0 || check_status(&g, err) < 0))
		return -1;
	return keep(&g, err);
}
