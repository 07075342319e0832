/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes of blocking descriptors. */
#pragma once

#include "common/buf.h"

/* Writes all of it. 0, or -1 with errno. */
int cc_write_all(int fd, const void *p, size_t len);
/* Appends what is left to read, but at most one byte over `max`, so that the caller sees that there was more; grows the buffer once at most.
 * 0, or -1 with errno. */
int cc_read_all(int fd, size_t max, struct cc_buf *ret);
