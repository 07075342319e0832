/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes by descriptor, so that a signal never meets a stranger who got the number later. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A pidfd, close-on-exec; -1 with errno. */
int process_open(pid_t pid);
int process_signal(int pidfd, int signal);
/* Whether the process ended within the time. */
bool process_wait(int pidfd, int timeout_ms);
/* Its parent, 0 when it is gone. */
pid_t process_parent(pid_t pid);
/* CLOCK_BOOTTIME of its start in ms, 0 when it is gone. */
uint64_t process_started_ms(pid_t pid);
/* The wait status of a process that ended and is not a child; -1 where the kernel (before 6.15) does not tell. */
int process_exit_status(int pidfd);

/* Closes all but stdin, stdout, stderr and the given descriptors (-1 is skipped), which are sorted on the way. */
void process_keep_fds(int *fds, size_t n);

/* For a fresh child: it ends when its parent, that forked it, ends; also when that happened before this call. */
void process_end_with(pid_t parent);

/* fork with clone's further flags, such as CLONE_NEWUSER. -1 with errno. */
pid_t process_fork(int clone_flags);
