/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Amounts as people write and read them. Inside and in JSON they are whole numbers with the unit in the name; here they become words and back. */
#pragma once

#include "common/buf.h"
#include "common/error.h"

#include <stdint.h>

/* "256MiB", "2GiB", "1.5G", "512" (MiB): whole MiB. The letter alone is as good as the unit; MB and GB are refused, since they are something else.
 * @err INVALID */
int units_parse_mib(const char *text, int64_t *ret_mib, struct cc_error *err);
/* "0.5", "2", "500m": thousandths of a core. @err INVALID */
int units_parse_cpu(const char *text, int64_t *ret_millis, struct cc_error *err);
/* A plain number that is not negative. @err INVALID */
int units_parse_count(const char *text, int64_t *ret, struct cc_error *err);

/* "128 MiB", "2 GiB", "12.3 GiB". */
void units_add_mib(struct cc_buf *out, int64_t mib);
/* "384/2048 MiB", "1.5/15.6 GiB": one unit for both. */
void units_add_mib_of(struct cc_buf *out, int64_t used, int64_t total);
/* "512 B", "1.1 MiB". */
void units_add_bytes(struct cc_buf *out, int64_t bytes);
/* "0.5", "4": cores. */
void units_add_cpu(struct cc_buf *out, int64_t millis);
/* "just now", "3 min ago", "in 23 h", "12 days ago". */
void units_add_age(struct cc_buf *out, int64_t when_ms, int64_t now_ms);
/* "0.21 s", "12 s", "3 min 5 s". */
void units_add_span(struct cc_buf *out, int64_t ms);
