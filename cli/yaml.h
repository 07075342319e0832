/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML for described structs. Only output.c uses it. Words that YAML would read as something else are quoted. */
#pragma once

#include "common/desc.h"

void yaml_rows(const struct cc_desc *d, const struct cc_list *rows, struct cc_buf *out);
void yaml_row(const struct cc_desc *d, const void *row, struct cc_buf *out);
