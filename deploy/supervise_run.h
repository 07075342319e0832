/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of supervise that runs in the background: one program, kept alive, its output in a log of bounded size. It does not look for programs
 * that somebody else started, and ends only the process that it started itself. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

struct supervise_job {
	const char *name;
	const char *dir;       /* NAME.pid, NAME.log and NAME.log.1 are here */
	const char *user;      /* NULL: stay who we are */
	char *const *argv;     /* the program, by absolute path, and its arguments; ends with NULL */
	char *const *env;      /* "NAME=VALUE" added to the small environment; ends with NULL */
	int64_t log_max_bytes; /* the log moves to NAME.log.1 at this size */
	int stop_signal;       /* what asks the program to end */
	int64_t grace_ms;      /* between that and SIGKILL */
	int64_t min_ran_ms;    /* a program that ran this long starts again without delay */
	int64_t delay_ms;      /* the first delay; doubled each time, */
	int64_t delay_max_ms;  /* up to this; a quarter more or less by chance */
};

/* What NAME.pid says. */
struct supervise_state {
	pid_t supervisor;
	pid_t program;         /* 0 while it waits before the next start */
	uint64_t program_born; /* start time in /proc/PID/stat: with the pid it names one process for ever */
	unsigned restarts;
	char last[64]; /* how it ended last, "" at first */
};

/* The pid file; locked by the supervisor as long as that lives (by open file description, so that asking takes no lock). -1 and err when it cannot be opened. */
int supervise_pid_open(const char *dir, const char *name, struct cc_error *err);
/* True, and the state, when a supervisor holds the lock. */
bool supervise_pid_read(int fd, struct supervise_state *ret);

/* Runs until SIGTERM or SIGINT has ended the program. Takes the lock on `pid_fd`; @err CONFLICT when another supervisor has it. A byte goes to
 * `ready_fd` when the program is running for the first time. */
int supervise_run(const struct supervise_job *job, int pid_fd, int ready_fd, struct cc_error *err);
