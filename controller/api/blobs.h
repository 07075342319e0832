/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images' archives on the controller's disk, named by their SHA-256: DIR/sha256/<hash>. A body under way is DIR/tmp/<id>, or DIR/tmp/part-<member>-<hash> when it can
 * be gone on with; what a crash leaves there is removed when the folder is opened, those parts when they are a day old. Several images may share an archive; it goes when the last of them has gone. Any thread. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"
#include "controller/engine/engine.h"

#include <stdint.h>

struct blobs;
struct upload;

/* Makes the folders when they are missing. @err IO */
int blobs_open(const char *dir, struct blobs **ret, struct cc_error *err);
void blobs_free(struct blobs *b);
CC_DEFINE_CLEANUP(struct blobs *, blobs_free)

/* A descriptor of an archive and its size. @err NOT_FOUND, IO */
int blobs_read(struct blobs *b, const char *sha256, int *ret_fd, uint64_t *ret_bytes, struct cc_error *err);

/* Whether the archive is there. */
bool blobs_has(struct blobs *b, const char *sha256);

/* What the disk has left for archives. */
int64_t blobs_room(struct blobs *b);

/* A body that is to come. */
struct blobs_body {
	int64_t max_bytes;     /* of all of it */
	struct cc_uuid member; /* whose it is */
	const char *sha256;    /* what all of it will have; NULL: not told, and then what comes cannot be gone on with */
	int64_t from;          /* so many bytes came before */
};
/* Begins to receive it, or goes on. What breaks off stays for a day, if its hash was told, and a few of them at most.
 * @err BUSY too many at once, or the same is still being received; INVALID not so much came before; IO */
int blobs_receive(struct blobs *b, const struct blobs_body *body, struct upload **ret, struct cc_error *err);
/* How much came of a body that broke off. @err NOT_FOUND nothing */
int blobs_part_bytes(struct blobs *b, struct cc_uuid member, const char *sha256, int64_t *ret, struct cc_error *err);
/* Releases it, with its file unless that was kept or the body broke off. Slow. */
void blobs_upload_free(struct upload *u);

/* @err TOO_LARGE, IO */
int blobs_upload_write(struct upload *u, const void *p, size_t len, struct cc_error *err);
/* The whole body has come: its hash is known from now on; of one that came in parts it is what was told, and checked when it is kept. */
void blobs_upload_finish(struct upload *u);
const char *blobs_upload_sha256(const struct upload *u);
int64_t blobs_upload_bytes(const struct upload *u);
/* Puts the file in its place, durably; slow. It is held there until the upload is freed, whatever else is dropped meanwhile.
 * @err INVALID the hash is another one than was told; IO */
int blobs_upload_keep(struct upload *u, struct cc_error *err);

/* Removes an archive that no image of the published zone names and no upload holds. It stays while the zone is unavailable: an image may be committed then
 * without being published. Slow. */
void blobs_drop_unused(struct blobs *b, struct engine *e, const char *sha256);
/* The same for every archive there is: for those that nobody came to drop. Slow. */
void blobs_sweep(struct blobs *b, struct engine *e);
/* The same by a standby, which has no zone: removes those that `is_known` does not know. Nothing happens when it is no standby any more. Slow. */
void blobs_sweep_standby(struct blobs *b, struct engine *e, bool (*is_known)(void *arg, const char *sha256), void *arg);
