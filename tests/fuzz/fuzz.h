/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fuzz target is one file with this function: it reads the bytes as an outsider's, and uses CC_PRE where more than "no crash" must hold. */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the first line off as a text; NULL when there is none. The bytes that remain follow. */
static inline const char *fuzz_line(const uint8_t **data, size_t *size, struct cc_arena *a)
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t len = end != NULL ? (size_t)(end - *data) : 0;
	const char *line = end != NULL ? cc_arena_memdup(a, *data, len) : NULL;

	*data += line != NULL ? len + 1 : 0;
	*size -= line != NULL ? len + 1 : 0;
	return line;
}
