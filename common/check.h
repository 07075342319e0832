/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions that only a bug can break, and the few macros every file needs. A wrong request is never a CC_PRE: that is an error (error.h). */
#pragma once

#include <stddef.h>

#define CC_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CC_STR_(x)      #x
#define CC_STR(x)       CC_STR_(x)

#define CC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CC_NORETURN          __attribute__((noreturn))
#define CC_UNUSED            __attribute__((unused))
#define CC_MUST_USE          __attribute__((warn_unused_result))

/* Ends the program with a message when `cond` does not hold, in every build: a broken invariant must not reach the disk. */
#define CC_PRE(cond) ((cond) ? (void)0 : cc_check_failed(#cond, __FILE__, __LINE__))

CC_NORETURN void cc_check_failed(const char *cond, const char *file, int line);

/* Ends the program because `size` bytes could not be had. Every outside size is bounded before allocation, so this means a full machine. */
CC_NORETURN void cc_out_of_memory(size_t size);

/* malloc, calloc and strdup that never return NULL. Released with free(). */
void *cc_malloc(size_t size);
void *cc_calloc(size_t n, size_t size);
void *cc_realloc(void *p, size_t size);
char *cc_strdup(const char *s);
