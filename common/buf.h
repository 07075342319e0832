/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing byte string on the heap, always followed by a NUL that `len` does not count. Zero-initialise it: struct cc_buf b = { 0 }; */
#pragma once

#include "common/check.h"

#include <stdarg.h>
#include <stddef.h>

struct cc_buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

/* Releases the bytes; the struct is empty and usable again. */
void cc_buf_free(struct cc_buf *b);
/* Empties it and keeps the memory. */
void cc_buf_clear(struct cc_buf *b);
/* Makes room for `more` bytes and a NUL behind len and returns where they go; the caller then raises len and writes the NUL, if it is a text. */
char *cc_buf_reserve(struct cc_buf *b, size_t more);
/* What is added must not lie in the buffer itself. */
void cc_buf_add(struct cc_buf *b, const void *p, size_t len);
void cc_buf_adds(struct cc_buf *b, const char *s);
void cc_buf_addc(struct cc_buf *b, char c);
void cc_buf_printf(struct cc_buf *b, const char *fmt, ...) CC_PRINTF(2, 3);
void cc_buf_vprintf(struct cc_buf *b, const char *fmt, va_list ap) CC_PRINTF(2, 0);
/* As it may stand in a cell of a table in Markdown. */
void cc_buf_add_cell(struct cc_buf *b, const char *text);
/* Removes the first n bytes. */
void cc_buf_consume(struct cc_buf *b, size_t n);
/* The bytes as a C string, "" when empty. Valid until the next change. */
static inline const char *cc_buf_str(const struct cc_buf *b)
{
	return b->data != NULL ? b->data : "";
}

#define cc_auto_buf __attribute__((cleanup(cc_buf_free)))
