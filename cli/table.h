/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables for people. Only output.c uses it. */
#pragma once

#include "cli/output.h"

/* A header and one line per row, columns padded to their widest cell; an empty cell is "-". */
void table_rows(const struct output *o, const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out);
/* One line per field: its title and its value. */
void table_row(const struct output *o, const struct cc_desc *d, const void *row, struct cc_buf *out);
