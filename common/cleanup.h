/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scope cleanup for things that the OS or a library owns: cc_auto(PQclear) PGresult *res = ...; Functions read top to bottom and cannot leak. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CC_DEFINE_CLEANUP(type, fn)              \
	static inline void fn##_cleanup(type *p) \
	{                                        \
		if (*p != NULL)                  \
			fn(*p);                  \
	}

#define cc_auto(fn) __attribute__((cleanup(fn##_cleanup)))

/* Gives away what a scope would release: `return cc_take(buf);` */
#define cc_take(p)                          \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* The same for descriptors, where -1 means none. */
#define cc_take_fd(fd)             \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

CC_DEFINE_CLEANUP(FILE *, fclose)
CC_DEFINE_CLEANUP(DIR *, closedir)

static inline void cc_close_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define cc_auto_close __attribute__((cleanup(cc_close_cleanup)))
static inline void cc_free_cleanup(void *p)
{
	free(*(void **)p);
}

#define cc_auto_free __attribute__((cleanup(cc_free_cleanup)))
