/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors as values. A function that can fail returns 0 or -1 (or a count >= 0), takes `struct cc_error *err` last, leaves it untouched on success and
 * sets it once on failure. The struct lives on the caller's stack, so reporting an error cannot fail. Messages are lower case, without a full stop,
 * user text in single quotes, and say what to do next where that is not plain. They are valid UTF-8 whatever went into them: what is not shows as '?', and
 * what is too long is cut. Broken invariants are CC_PRE (check.h), not errors. */
#pragma once

#include "common/check.h"

#include <stdbool.h>

enum cc_code {
	CC_OK = 0,
#define CC_CODE(name, slug, http, exit, retry, meaning) CC_##name,
#include "common/error_codes.def"
#undef CC_CODE
	CC_CODE_MAX
};

struct cc_code_info {
	const char *name;
	const char *slug;
	int http_status;
	int exit_status;
	bool retry; /* the same request may succeed later */
	const char *meaning;
};

struct cc_error {
	enum cc_code code;
	int sys_errno;     /* 0 when no system call was involved */
	const char *where; /* "file:line", for the log */
	const char *noun;  /* the kind of thing that was asked for and is not there, "image"; NULL: it is another error */
	char name[128];    /* what was asked for */
	char pointer[256]; /* the member of a JSON text that is wrong, as a JSON pointer (RFC 6901); "": none in particular */
	char msg[1024];
};

#define CC_HERE __FILE__ ":" CC_STR(__LINE__)
/* Lets the compiler see that a failing function returns -1, so it can tell which variables were set. */
#define CC_MINUS_ONE(call)    \
	({                    \
		(void)(call); \
		-1;           \
	})

/* Sets err and returns -1, so that one line fails: return cc_fail(err, INVALID, "no such colour: '%s'", s); */
#define cc_fail(err, code, ...) CC_MINUS_ONE(cc_error_set((err), CC_##code, 0, CC_HERE, __VA_ARGS__))
/* The same from errno; appends strerror to the message. Code IO. */
#define cc_fail_errno(err, ...) CC_MINUS_ONE(cc_error_set_errno((err), CC_HERE, __VA_ARGS__))
/* Prefixes what err says with context and returns -1: "opening image 'x': no such file". */
#define cc_wrap(err, ...) CC_MINUS_ONE(cc_error_wrap((err), __VA_ARGS__))

/* NOT_FOUND for a thing that goes by a name, also for programs to read: "no image 'x'", and behind it `advice`. Returns -1. `noun` must outlive the error. */
#define cc_fail_missing(err, noun, name, advice) CC_MINUS_ONE(cc_error_set_missing((err), CC_HERE, (noun), (name), (advice)))

int cc_error_set(struct cc_error *err, enum cc_code code, int sys_errno, const char *where, const char *fmt, ...) CC_PRINTF(5, 6);
int cc_error_set_errno(struct cc_error *err, const char *where, const char *fmt, ...) CC_PRINTF(3, 4);
int cc_error_set_missing(struct cc_error *err, const char *where, const char *noun, const char *name, const char *advice);
/* The error is inside this member or item: "/name" goes before the pointer, unless that would be too long. Returns -1. */
int cc_error_inside(struct cc_error *err, const char *name);
int cc_error_wrap(struct cc_error *err, const char *fmt, ...) CC_PRINTF(2, 3);

/* Never NULL; unknown codes give INTERNAL's row. */
const struct cc_code_info *cc_code_info(enum cc_code code);

/* CC_INTERNAL when no code has that slug. */
enum cc_code cc_code_from_slug(const char *slug);
