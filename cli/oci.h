/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documents of an OCI image layout, as far as they matter here. Used by oci*.c only. */
#pragma once

#include "cli/tarball_parts.h"
#include "common/model.h"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(cli/e.def)
#define ENTITY oci_platform
#include "common/model/declare.inc"
#define ENTITY oci_descriptor
#include "common/model/declare.inc"
#define ENTITY oci_index
#include "common/model/declare.inc"
#define ENTITY oci_manifest
#include "common/model/declare.inc"
#define ENTITY oci_run
#include "common/model/declare.inc"
#define ENTITY oci_config
#include "common/model/declare.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

struct oci {
	const struct tarball_job *job;
	const struct oci_blobs *blobs; /* NULL: a directory */
	struct cc_arena *arena;
	char arch[32]; /* of the image that was chosen; "" when it does not say */
};

/* The blob that a descriptor names; the caller closes span->fd when that is not job->from. @err INVALID, IO */
int oci_open_blob(const struct oci *o, const struct oci_descriptor *d, struct tarball_span *ret, struct cc_error *err);
/* index.json, or a blob, as a struct. @err INVALID, IO */
int oci_read(const struct oci *o, const struct oci_descriptor *d, const struct cc_desc *desc, void *ret, struct cc_error *err);
/* The manifest of the image for the platform that is wanted. @err NOT_FOUND none is for it, INVALID */
int oci_choose(struct oci *o, struct oci_manifest *ret, struct cc_error *err);
/* An /sbin/init that runs what the image says, as a script for a shell in the arena; NULL: it says nothing. What it runs is noted in `facts`.
 * @err INVALID its configuration makes no sense; IO */
int oci_init(const struct oci *o, const struct oci_manifest *m, struct tarball_facts *facts, const char **ret, struct cc_error *err);
void oci_close_span(const struct oci *o, struct tarball_span *span);
