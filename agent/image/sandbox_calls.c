/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/sandbox_calls.h"

#include <seccomp.h>
#include <sys/mman.h>

static const int both[] = { SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
	SCMP_SYS(fstatfs), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(link), SCMP_SYS(linkat),
	SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(utimes),
	SCMP_SYS(futimesat), SCMP_SYS(utimensat), SCMP_SYS(truncate), SCMP_SYS(ftruncate), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
	SCMP_SYS(fsetxattr), SCMP_SYS(umask), SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(fcntl),
	SCMP_SYS(dup), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group) };
static const int memory[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
static const int reading[] = { SCMP_SYS(lgetxattr), SCMP_SYS(fadvise64), SCMP_SYS(pread64), SCMP_SYS(readlinkat), SCMP_SYS(statx),
	SCMP_SYS(getppid) };

/* Calls that this architecture does not have cannot be made either. */
static void allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
}

static int add_rules(scmp_filter_ctx ctx, enum sandbox_work work)
{
	int result = 0;

	allow(ctx, both, CC_ARRAY_LEN(both));
	if (work == SANDBOX_UNPACK) {
		allow(ctx, memory, CC_ARRAY_LEN(memory));
		return 0;
	}
	allow(ctx, reading, CC_ARRAY_LEN(reading));
	for (size_t i = 0; i < CC_ARRAY_LEN(memory) && result == 0; i++)
		result = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, memory[i], 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return result;
}

int sandbox_limit_calls(enum sandbox_work work, struct cc_error *err)
{
	scmp_filter_ctx ctx = SANDBOX_SANITIZED ? NULL : seccomp_init(SCMP_ACT_ERRNO(1));
	int result = ctx == NULL ? -1 : 0;

	if (SANDBOX_SANITIZED)
		return 0;
	if (result == 0)
		result = add_rules(ctx, work);
	if (result == 0)
		result = seccomp_load(ctx);
	seccomp_release(ctx);
	return result == 0 ? 0 : cc_fail(err, UNAVAILABLE, "the system call filter cannot be loaded");
}
