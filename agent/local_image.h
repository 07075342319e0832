/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The images that this node has, fetches or failed to get, by their hash. Pure memory but for the archive under way, the file STATE/images/SHA256.part: what
 * came of it stays for the next try, also after a crash, and goes when nobody wants it any more. Who talks to the controller and to the privileged half is
 * image_fetch.c. */
#pragma once

#include "agent/backoff.h"
#include "agent/priv_msg.h"
#include "agent/reconcile.h"
#include "common/hash.h"

#define IMAGE_REASON 200

struct local_image {
	char sha256[PRIV_SHA256_TEXT];
	enum image_state state;
	struct backoff backoff;
	char reason[IMAGE_REASON];
	int64_t unused_since_ms; /* boot time; 0: in use */
	bool no_room;            /* the last try failed because the disk was full, and nothing was done about it yet */
	/* The archive. */
	const char *dir; /* where it lies; NULL: it was not begun */
	int fd;          /* -1 unless it is being fetched or is here */
	int64_t bytes;   /* announced */
	int64_t got;
	struct cc_sha256_state hash;
	bool whole;   /* it was checked, and its hash is used up */
	bool resumed; /* not all of it was hashed here: who unpacks it does that, and a wrong one is fetched anew */
};

struct local_images {
	struct local_image **items;
	size_t n;
	size_t cap;
};

/* What came of archives stays on the disk. */
void local_image_table_done(struct local_images *t);
struct local_image *local_image_find(const struct local_images *t, const char *sha256);
struct local_image *local_image_get(struct local_images *t, const char *sha256);
/* With its archive. */
void local_image_remove(struct local_images *t, struct local_image *m);
/* IMAGE_ABSENT for what is not known; what waits for its next try becomes absent again when the time has come. */
enum image_state local_image_state_of(struct local_images *t, const char *sha256, int64_t now_ms);
/* The privileged half's list: these are ready. */
void local_image_saw_all(struct local_images *t, const struct priv_image *list, size_t n);

/* Opens the file for an archive of `bytes` bytes and claims its room; m->got is what came before. @err NO_CAPACITY the disk has no room, IO */
int local_image_begin(struct local_image *m, const char *dir, int64_t bytes, struct cc_error *err);
/* @err NO_CAPACITY, IO, INVALID more than announced */
int local_image_add(struct local_image *m, const void *p, size_t len, struct cc_error *err);
/* All came: the archive is checked. @err INVALID it is not what its hash says, UNAVAILABLE it is too short */
int local_image_end(struct local_image *m, struct cc_error *err);

/* Fetching or unpacking failed: for good (INVALID, TOO_LARGE), and the archive is thrown away; or to be tried again later. What is wrong with an archive that
 * came in several tries is not for good: it may have been put together wrong. */
void local_image_failed(struct local_image *m, const struct cc_error *why, int64_t now_ms);
/* Unpacked: the archive is thrown away. */
void local_image_ready(struct local_image *m);
/* The archive is thrown away, and the next try begins at its start. */
void local_image_start_anew(struct local_image *m);

/* Archives that nobody has asked for since `before_s` (s since 1970) are removed. For the start. */
void local_image_sweep(const char *dir, int64_t before_s);
