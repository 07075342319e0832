/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory of one call or job: taken piece by piece, released together. Rows, decoded JSON and replies live here; nothing in it is freed singly.
 * One arena belongs to one thread at a time. In builds with AddressSanitizer each piece is a block of its own, so overruns are seen. */
#pragma once

#include "common/check.h"
#include "common/cleanup.h"

#include <stdarg.h>
#include <stddef.h>

struct cc_arena;

/* A new arena; it grows in blocks of about `block_bytes` (0: 4 KiB). Never NULL. */
struct cc_arena *cc_arena_new(size_t block_bytes);
/* Releases everything taken from it; NULL is allowed. */
void cc_arena_free(struct cc_arena *a);
/* Forgets everything taken but keeps the first block for use again. */
void cc_arena_reset(struct cc_arena *a);
/* Bytes taken so far, for limits. */
size_t cc_arena_used(const struct cc_arena *a);

/* Zeroed memory, aligned for any type. */
void *cc_arena_alloc(struct cc_arena *a, size_t size);
/* n zeroed elements; ends the program when n * size overflows. */
void *cc_arena_array(struct cc_arena *a, size_t n, size_t size);
char *cc_arena_strdup(struct cc_arena *a, const char *s);
/* A copy of `len` bytes with a NUL behind it. */
char *cc_arena_memdup(struct cc_arena *a, const void *p, size_t len);

#define cc_new(arena, type)          ((type *)cc_arena_alloc((arena), sizeof(type)))
#define cc_new_array(arena, n, type) ((type *)cc_arena_array((arena), (n), sizeof(type)))

/* A formatted string in the arena. */
char *cc_printf(struct cc_arena *a, const char *fmt, ...) CC_PRINTF(2, 3);
char *cc_vprintf(struct cc_arena *a, const char *fmt, va_list ap) CC_PRINTF(2, 0);

CC_DEFINE_CLEANUP(struct cc_arena *, cc_arena_free)
