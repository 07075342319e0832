/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output to a descriptor that may be slow, without ever waiting for it and without changing it: other programs share the terminal or pipe, so it must stay
 * blocking. What could not be written yet is kept. */
#pragma once

#include "common/buf.h"
#include "common/error.h"

struct sink {
	int fd;
	struct cc_buf buf;
	size_t at; /* what of it is written */
};

void sink_add(struct sink *s, const void *p, size_t len);
/* Writes what goes without waiting. @err IO with sys_errno */
int sink_flush(struct sink *s, struct cc_error *err);
/* Bytes that wait. */
size_t sink_waiting(const struct sink *s);
