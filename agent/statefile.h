/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small files that must survive a power cut: written beside, synced, exchanged, the folder synced; a first line carries the kind of file and the SHA-256 of
 * the rest. A reader gets what was written or nothing. */
#pragma once

#include "common/buf.h"
#include "common/error.h"

#define STATEFILE_MAX (8 * 1024 * 1024) /* larger ones are damaged */

/* Replaces `dir`/`name`. Without `durable` the disk is not waited for: for what a reboot makes worthless anyway. The old file stays when this fails.
 * @err IO */
int statefile_write(const char *dir, const char *name, const struct cc_buf *body, bool durable, struct cc_error *err);

/* Fills `ret` with the body. A damaged file is renamed to `name`.damaged first, so that it is there to look at and not met again.
 * @err NOT_FOUND no such file, INVALID damaged, IO */
int statefile_read(const char *dir, const char *name, struct cc_buf *ret, struct cc_error *err);

/* Makes the folder and its parents, for this user alone. @err IO */
int statefile_make_dir(const char *dir, struct cc_error *err);
