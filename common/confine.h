/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program gives up what it will never need, so that whoever takes it over through the bytes that it reads finds little to do with it.
 *
 * Three fences, each of which holds alone: no capabilities and no way to gain one; a list of system calls (seccomp) without starting programs, namespaces,
 * mounts, tracing, and whatever this project has not heard of; and a list of files and TCP ports (Landlock). What the kernel does not offer is left out and
 * said: cc_confine_text() for people, events CONFINED and CONFINE_FAILED for the log. What each program may do is said in its own folder, *_confine.c.
 *
 * Threads inherit the fences of who starts them, so a program enters before it starts any. */
#pragma once

#include "common/arena.h"
#include "common/error.h"

#include <stdint.h>

/* Groups of system calls, common/confine_calls.def. Memory, time, threads, reading files and using what is open belong to all. */
enum cc_confine_calls {
	CC_CALLS_BASE = 0,
	CC_CALLS_WRITE = 1 << 0,    /* make, change, rename and remove files */
	CC_CALLS_DIAL = 1 << 1,     /* connect to others */
	CC_CALLS_LISTEN = 1 << 2,   /* be connected to */
	CC_CALLS_TERMINAL = 1 << 3, /* change the modes of a terminal; never type into it */
	CC_CALLS_COPY = 1 << 4,     /* make symbolic links, change owners */
};

enum cc_confine_may {
	CC_MAY_READ = 1 << 0,   /* files and lists of folders */
	CC_MAY_WRITE = 1 << 1,  /* the same, and make, change, rename and remove files and folders */
	CC_MAY_LISTEN = 1 << 2, /* make a unix socket there, and remove an old one */
	CC_MAY_RUN = 1 << 3,    /* run programs, where the fence of calls allows that */
	CC_MAY_LINK = 1 << 4,   /* make symbolic links */
};

enum { CC_CONFINE_PATHS = 96, CC_CONFINE_PORTS = 32, CC_CONFINE_PATH_MAX = 4096 };

struct cc_confine {
	unsigned calls;        /* enum cc_confine_calls */
	uint64_t capabilities; /* bits that stay if the program has them */
	bool tell_kernel_log;  /* of refused calls; for programs that run long, as it costs a second filter */
	bool dial_anywhere;    /* ports are not known beforehand: connecting stays free */
	size_t n_paths, n_dial, n_listen;
	struct {
		const char *path;
		unsigned may;
	} paths[CC_CONFINE_PATHS];
	uint16_t dial[CC_CONFINE_PORTS];   /* TCP ports that may be connected to */
	uint16_t listen[CC_CONFINE_PORTS]; /* and bound */
};

/* `path` and what is below it; it need not exist, but only what exists at cc_confine_enter is granted. Kept, not copied. NULL and "" are ignored. */
void cc_confine_path(struct cc_confine *c, const char *path, unsigned may);
/* For a file that others may replace: its folder, or the file alone when that would be everything. In the arena. */
const char *cc_confine_folder_of(struct cc_arena *a, const char *file);
/* Room in c->dial and c->listen; 0 is ignored. */
void cc_confine_dial(struct cc_confine *c, uint16_t port);
void cc_confine_listen(struct cc_confine *c, uint16_t port);
/* What programs need that load modules and look up names: libraries, files of /etc for that, DNS over TCP. */
void cc_confine_system(struct cc_confine *c);

/* Puts up the fences for the calling thread and all that it will start; there is no way back. A fence that the kernel lacks is left out.
 * @err UNAVAILABLE the kernel has a fence and does not put it up */
int cc_confine_enter(const struct cc_confine *c, struct cc_error *err);

/* The fence of files and ports alone, for a child that is about to become a program that nobody of us wrote. @err UNAVAILABLE */
int cc_confine_files(const struct cc_confine *c, struct cc_error *err);

/* The fences that stand around this process, "seccomp, landlock 7"; with what is missing: "seccomp; no landlock in this kernel". Before cc_confine_enter:
 * what it would be. Static. */
const char *cc_confine_text(void);
/* Whether a fence is missing. */
bool cc_confine_lacking(void);

/* Says it in the log: CONFINED, or CONFINE_FAILED when a fence is missing. */
void cc_confine_log(void);

/* For a program that has to keep rights: the capabilities not in `keep` go for good, also for what it starts. Nothing happens to who has none.
 * @err UNAVAILABLE */
int cc_confine_keep_capabilities(uint64_t keep, struct cc_error *err);

#ifdef CC_TEST_BUILD
/* A planted escape: with CC_TEST_ESCAPE=FOLDER in the environment, tries to break out and says on stderr how each attempt went. With CC_TEST_CONFINE=off
 * cc_confine_enter does nothing, which shows what the attempts are worth. */
void cc_confine_escape(void);
#else
static inline void cc_confine_escape(void)
{
}
#endif
