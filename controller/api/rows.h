/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as callers see them: copied out of the published zone, with the names of what they refer to. Between engine_read_begin and engine_read_end. */
#pragma once

#include "controller/api/call.h"

/* Copies one row, in the call's arena. */
typedef void *rows_copy(const struct call *c, const struct zone *z, const void *row);
rows_copy rows_instance, rows_image, rows_node, rows_token, rows_member, rows_snapshot, rows_volume;

/* Whether the caller may see it. */
typedef bool rows_filter(const struct call *c, const void *row);
/* A row by name or id that the caller may see; NULL with an error that does not tell an unknown one from another's.
 * @err NOT_FOUND */
const void *rows_find(const struct call *c, const struct zone *z, enum table t, const char *ref, rows_filter *may, struct cc_error *err);
