/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/process.h"

#include "agent/driver/small_file.h"
#include "common/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/pidfd.h of 6.15; Debian 12's headers are older. */
struct pidfd_exit_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t ids[11]; /* pid, tgid, ppid, and the credentials */
	int32_t exit_code;
};
#define PIDFD_INFO_EXIT_BIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO_CALL _IOWR(0xFF, 11, struct pidfd_exit_info)

int process_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int process_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

bool process_wait(int pidfd, int timeout_ms)
{
	int64_t deadline = cc_boottime_ms() + timeout_ms;
	struct pollfd p = { pidfd, POLLIN, 0 };

	for (;;) {
		int64_t left = deadline - cc_boottime_ms();
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

/* The fields after the name, which may hold anything, parentheses too. */
static const char *stat_fields(pid_t pid, char *buf, size_t cap)
{
	struct cc_error ignored = { 0 };
	char path[64];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (small_file_read(-1, path, buf, cap, &ignored) < 0)
		return NULL;
	end = strrchr(buf, ')');
	return end != NULL ? end + 2 : NULL;
}

pid_t process_parent(pid_t pid)
{
	char buf[1024];
	const char *fields = stat_fields(pid, buf, sizeof(buf));
	pid_t parent = 0;

	if (fields == NULL || sscanf(fields, "%*c %d", &parent) != 1)
		return 0;
	return parent;
}

uint64_t process_started_ms(pid_t pid)
{
	char buf[1024];
	const char *fields = stat_fields(pid, buf, sizeof(buf));
	uint64_t ticks = 0;

	/* The 22nd field; the 3rd comes first here. */
	for (int field = 3; fields != NULL && field < 22; field++) {
		fields = strchr(fields, ' ');
		fields = fields != NULL ? fields + 1 : NULL;
	}
	if (fields == NULL || sscanf(fields, "%" SCNu64, &ticks) != 1)
		return 0;
	return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

int process_exit_status(int pidfd)
{
	struct pidfd_exit_info info = { .mask = PIDFD_INFO_EXIT_BIT };

	if (ioctl(pidfd, PIDFD_GET_INFO_CALL, &info) < 0 || (info.mask & PIDFD_INFO_EXIT_BIT) == 0)
		return -1;
	return info.exit_code;
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void process_keep_fds(int *fds, size_t n)
{
	unsigned next = 3;

	qsort(fds, n, sizeof(*fds), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < (int)next)
			continue;
		if ((unsigned)fds[i] > next)
			close_range(next, (unsigned)fds[i] - 1, 0);
		next = (unsigned)fds[i] + 1;
	}
	close_range(next, ~0u, 0);
}

void process_end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

pid_t process_fork(int clone_flags)
{
	/* The system call, for glibc's clone wants a stack. It skips the handlers of pthread_atfork, which one thread has no need of. */
	return (pid_t)syscall(SYS_clone, clone_flags | SIGCHLD, NULL, NULL, NULL, NULL);
}
