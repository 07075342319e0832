/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives of images lie on the disk of the controller that took them in. This thread copies those that are missing here from the zone's other controllers:
 * into a standby whatever the zone has, so that it is ready; into the active one what it did not get as a standby. One at a time, and again and again
 * until it is there. What is missing and why, anybody may ask. */
#pragma once

#include "common/pin.h"
#include "controller/api/setup.h"
#include "controller/engine/engine.h"

struct archives;
struct blobs;

struct archives_options {
	struct cc_uuid self; /* which of the zone's controllers this is */
	struct cc_pin pin;   /* the zone's */
	const char *identity_path;
	const uint16_t *ports; /* that this program may dial */
	size_t n_ports;
};

/* Texts and ports are copied. Nothing is copied before archives_start. */
struct archives *archives_new(const struct archives_options *opt);
void archives_start(struct archives *a, struct engine *engine, struct blobs *blobs);
/* Gives up what is under way, which can be gone on with, and ends the thread. Not started: nothing. */
void archives_stop(struct archives *a);
/* After archives_stop. NULL is allowed. */
void archives_free(struct archives *a);

/* The zone's images, for a standby, which has no zone. Signature of struct writer_hooks' `images`. */
void archives_images(void *archives, const struct image *list, size_t n);
/* What is missing and what is done about it, in the arena. Signature of struct api_setup's `archives_read`. Any thread. */
size_t archives_read(void *archives, struct cc_arena *a, struct archive_copy **ret);
