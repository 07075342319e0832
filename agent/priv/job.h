/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One driver call in one forked child: single-threaded, with only the descriptors it needs, with a deadline, and with a channel on which its result comes
 * back. The parent never blocks and never calls a driver's library itself. */
#pragma once

#include "agent/driver/driver.h"

#define JOB_FDS_MAX   4
#define JOB_ENDED_MAX 512

struct job_result {
	struct driver_status status; /* descriptors are the parent's own */
	int32_t exit_status;         /* of an exec */
	uint64_t bytes;              /* of a snapshot or a measurement */
};

/* Runs in the child; `channel` is its end. Whatever `args` points to was copied by fork. */
typedef int job_work_fn(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err);

struct job_spec {
	job_work_fn *work;
	const void *args;
	int fds[JOB_FDS_MAX]; /* further descriptors the child needs */
	int fd_count;
	int timeout_ms;   /* 0: none */
	bool outlives_us; /* not killed when cc-agent-priv dies; sees the channel's end instead, and holds no lock */
};

struct job {
	pid_t pid;           /* 0: not running */
	int channel;         /* readable when the result is there or the child died */
	int64_t deadline_ms; /* CLOCK_BOOTTIME; 0: none */
	bool outlives_us;
};

/* Children that are through or were killed, and that the kernel has not given back yet: one may hang in it for as long as a disk does, so nobody waits. */
struct job_ended {
	uint32_t count;
	pid_t pids[JOB_ENDED_MAX];
};

/* @err IO, BUSY no more processes */
int job_start(const struct priv_node *node, const struct job_spec *spec, struct job *ret, struct cc_error *err);

/* When the channel is readable: takes the result, ends the job. @err whatever the work failed with; INTERNAL the child died */
int job_finish(struct job *job, struct job_ended *ended, struct job_result *ret, struct cc_error *err);

/* Kills it. @err always: TIMEOUT */
int job_expire(struct job *job, struct job_ended *ended, struct cc_error *err);

/* When cc-agent-priv ends: kills it, or only closes the channel of one that outlives us. */
void job_abandon(struct job *job, struct job_ended *ended);

/* After SIGCHLD: takes in those that the kernel gives back. */
void job_reap(struct job_ended *ended);
/* Whether there are so many of them that nothing more should be begun. */
bool job_ended_full(const struct job_ended *ended);
#define JOB_TOO_MANY_HANG "too many processes of the node hang in the kernel; see its log for a broken disk or mount"

/* Starts and waits: only before the loop runs and at the end. */
int job_run(const struct priv_node *node, const struct job_spec *spec, struct job_ended *ended, struct job_result *ret, struct cc_error *err);
