/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside store: one column of many rows as a PostgreSQL array in binary form, in which nothing needs quoting. */
#pragma once

#include "common/buf.h"
#include "common/desc.h"

/* Begins an array of n elements in the empty `out`; store_array_add is then called n times. */
void store_array_begin(struct cc_buf *out, const struct cc_field *f, size_t n);
/* The row's value of the field; null when it is absent. */
void store_array_add(struct cc_buf *out, const struct cc_field *f, const void *row);
/* One id, for arrays of a uuid field. */
void store_array_add_id(struct cc_buf *out, struct cc_uuid id);
