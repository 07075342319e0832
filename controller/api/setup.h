/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What handlers know of the program that carries them: constants, and the few services of the layer above, handed down as functions. */
#pragma once

#include "common/model.h"
#include "controller/engine/command.h"

struct blobs;

/* Archives of images that are not on this controller and what is done about it, in the arena; returns how many. */
typedef size_t api_archives_read(void *arg, struct cc_arena *a, struct archive_copy **ret);

/* A page of the audit log: as store_audit_query, which this layer does not know. */
struct api_audit_query {
	struct cc_uuid before;
	const char *member, *resource; /* "": any */
	int64_t since_ms, until_ms;
	size_t most;
};
/* May wait. */
typedef int api_audit_read(void *arg, const struct api_audit_query *q, struct cc_arena *a, struct audit_list *ret, struct cc_error *err);

struct api_setup {
	const char *pin;    /* of the controller */
	const char *fences; /* around this program, in words */
	const char *const *addresses;
	size_t n_addresses;
	int64_t wait_max_ms;
	int64_t sync_wait_ms;      /* of a busy node; an idle one gets a sign of life that often */
	int64_t sync_wait_idle_ms; /* at least as long */
	int64_t node_lease_ms;
	struct blobs *blobs;
	uint8_t secret_key[32]; /* from which secrets are derived when a request may be repeated (secrets.h) */

	api_audit_read *audit_read;
	void *audit_arg;

	api_archives_read *archives_read; /* NULL: nobody looks for them */
	void *archives_arg;

	void *edge;
	/* A number that grows with every touch of `id`. */
	uint64_t (*touch_seq)(void *edge, struct cc_uuid id);
	/* Runs fn(arg) later on the thread for slow files. */
	void (*defer)(void *edge, void (*fn)(void *), void *arg);
	/* Opens a stream from `opener` to a node; `order` is copied and its id set. @err BUSY */
	int (*stream_open)(void *edge, const struct principal *opener, struct cc_uuid node, struct stream_order *order, struct cc_error *err);
	/* Streams that this node has not taken up yet, in the arena; returns how many. */
	size_t (*stream_orders)(void *edge, struct cc_uuid node, struct cc_arena *a, struct stream_order **ret);
};
