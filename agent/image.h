/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The images that this node has, fetches or failed to get, by their hash. Pure memory but for the archive under way: a file without a name in
 * STATE/images (O_TMPFILE), so that nothing of it is left after a crash. Who talks to the controller and to the privileged half is image_fetch.c. */
#pragma once

#include "agent/backoff.h"
#include "agent/priv_msg.h"
#include "agent/reconcile.h"
#include "common/hash.h"

#define IMAGE_REASON 200

struct image_here {
	char sha256[PRIV_SHA256_TEXT];
	enum image_state state;
	struct backoff backoff;
	char reason[IMAGE_REASON];
	int64_t unused_since_ms; /* boot time; 0: in use */
	/* The archive. */
	int fd;        /* -1 unless it is being fetched or is here */
	int64_t bytes; /* announced */
	int64_t got;
	struct cc_sha256_state hash;
};

struct images {
	struct image_here **items;
	size_t n;
	size_t cap;
};

void image_table_done(struct images *t);
struct image_here *image_find(const struct images *t, const char *sha256);
struct image_here *image_get(struct images *t, const char *sha256);
void image_remove(struct images *t, struct image_here *m);
/* IMAGE_ABSENT for what is not known; what waits for its next try becomes absent again when the time has come. */
enum image_state image_state_of(struct images *t, const char *sha256, int64_t now_ms);
/* The privileged half's list: these are ready. */
void image_saw_all(struct images *t, const struct priv_image *list, size_t n);

/* Opens the file for an archive of `bytes` bytes and claims its room. @err IO, also when the disk has no room */
int image_begin(struct image_here *m, const char *dir, int64_t bytes, struct cc_error *err);
/* @err IO, INVALID more than announced */
int image_add(struct image_here *m, const void *p, size_t len, struct cc_error *err);
/* All came: the archive is checked. @err INVALID it is not what its hash says, UNAVAILABLE it is too short */
int image_end(struct image_here *m, struct cc_error *err);

/* Fetching or unpacking failed: for good (INVALID, TOO_LARGE) or to be tried again later. The archive is thrown away. */
void image_failed(struct image_here *m, const struct cc_error *why, int64_t now_ms);
/* Unpacked: the archive is thrown away. */
void image_ready(struct image_here *m);
