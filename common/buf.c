/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cc_buf_free(struct cc_buf *b)
{
	free(b->data);
	*b = (struct cc_buf){ 0 };
}

void cc_buf_clear(struct cc_buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *cc_buf_reserve(struct cc_buf *b, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(b->len, more, &need) || need > SIZE_MAX / 4)
		cc_out_of_memory(more);
	if (need + 1 > b->cap) {
		b->cap = need + 1 > 2 * b->cap ? need + 1 : 2 * b->cap;
		if (b->cap < 64)
			b->cap = 64;
		b->data = cc_realloc(b->data, b->cap);
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void cc_buf_add(struct cc_buf *b, const void *p, size_t len)
{
	char *to = cc_buf_reserve(b, len);

	if (len > 0)
		memcpy(to, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void cc_buf_adds(struct cc_buf *b, const char *s)
{
	cc_buf_add(b, s, strlen(s));
}

void cc_buf_addc(struct cc_buf *b, char c)
{
	cc_buf_add(b, &c, 1);
}

void cc_buf_vprintf(struct cc_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	CC_PRE(len >= 0);
	vsnprintf(cc_buf_reserve(b, (size_t)len), (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void cc_buf_printf(struct cc_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cc_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void cc_buf_consume(struct cc_buf *b, size_t n)
{
	CC_PRE(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

void cc_buf_add_cell(struct cc_buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			cc_buf_addc(b, '\\');
		cc_buf_addc(b, *text);
	}
}
