/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cc_check_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "<2>bug: '%s' does not hold at %s:%d\n", cond, file, line);
	abort();
}

void cc_out_of_memory(size_t size)
{
	fprintf(stderr, "<2>out of memory: %zu bytes\n", size);
	abort();
}

void *cc_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (p == NULL)
		cc_out_of_memory(size);
	return p;
}

void *cc_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		cc_out_of_memory(n * size);
	return p;
}

void *cc_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (p == NULL)
		cc_out_of_memory(size);
	return p;
}

char *cc_strdup(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(cc_malloc(len), s, len);
}
