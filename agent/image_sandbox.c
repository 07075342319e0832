/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A compressed image may ask for a large dictionary; a gigabyte would be an attack. */
#define MEMORY_MAX (512u << 20)
#define NOBODY     65534

/* AddressSanitizer reserves terabytes of address space and makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Again after each change of credentials: the kernel then forgets it. */
static void end_with_parent(const struct image_extract *x)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != x->parent)
		_exit(1);
}

static int enter_namespaces(const struct image_extract *x, struct cc_error *err)
{
	char byte = 1;

	if (unshare(CLONE_NEWUSER) < 0)
		return cc_fail_errno(err, "making a user namespace for unpacking");
	if (write(x->ready, &byte, 1) != 1 || read(x->mapped, &byte, 1) != 1)
		return cc_fail(err, UNAVAILABLE, "the ids for unpacking could not be mapped");
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return cc_fail_errno(err, "becoming root of the user namespace");
	end_with_parent(x);
	close(x->ready);
	close(x->mapped);
	/* The new mount namespace takes the current directory along, but no descriptor. */
	if (fchdir(x->target) < 0)
		return cc_fail_errno(err, "entering the image's directory");
	close(x->target);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return cc_fail_errno(err, "leaving the node's namespaces");
	return 0;
}

/* The current directory becomes the root, and no other mount is left. */
static int change_root(struct cc_error *err)
{
	int tree = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || move_mount(tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(tree) < 0)
		return cc_fail_errno(err, "mounting the image on itself");
	close(tree);
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		/* The old root lies on top of the new one. */
		if (umount2(".", MNT_DETACH) < 0)
			return cc_fail_errno(err, "leaving the node's mounts");
	} else if (errno != EINVAL || chroot(".") < 0) {
		/* EINVAL: the node runs from its initial RAM disk, which cannot be swapped. */
		return cc_fail_errno(err, "changing the root to the image");
	}
	if (chdir("/") < 0)
		return cc_fail_errno(err, "changing the root to the image");
	umask(0);
	return 0;
}

static int limit_resources(uint64_t bytes_max, struct cc_error *err)
{
	struct rlimit file = { bytes_max, bytes_max }, memory = { MEMORY_MAX, MEMORY_MAX }, none = { 0, 0 };

	if (setrlimit(RLIMIT_FSIZE, &file) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return cc_fail_errno(err, "limiting resources");
	if (!SANITIZED && (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0))
		return cc_fail_errno(err, "limiting resources");
	return 0;
}

static int drop_capabilities(struct cc_error *err)
{
	static const cap_value_t kept[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP };
	cap_t caps = cap_init();
	int failed = cap_set_flag(caps, CAP_PERMITTED, CC_ARRAY_LEN(kept), kept, CAP_SET) < 0 ||
	             cap_set_flag(caps, CAP_EFFECTIVE, CC_ARRAY_LEN(kept), kept, CAP_SET) < 0 || cap_set_proc(caps) < 0;

	cap_free(caps);
	if (failed || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cc_fail_errno(err, "dropping capabilities");
	return 0;
}

static int limit_calls(struct cc_error *err)
{
	static const int allowed[] = { SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(lseek),
		SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
		SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(mkdir),
		SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(link),
		SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(mknod),
		SCMP_SYS(mknodat), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown),
		SCMP_SYS(fchownat), SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat), SCMP_SYS(truncate), SCMP_SYS(ftruncate),
		SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(umask), SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(getcwd),
		SCMP_SYS(getdents64), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
		SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
		SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
		SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
		SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group) };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(1));
	int result = ctx == NULL ? -1 : 0;

	for (size_t i = 0; result == 0 && i < CC_ARRAY_LEN(allowed); i++)
		/* Calls that this architecture does not have cannot be made either. */
		(void)seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (result == 0)
		result = seccomp_load(ctx);
	seccomp_release(ctx);
	return result == 0 ? 0 : cc_fail(err, UNAVAILABLE, "the system call filter for unpacking cannot be loaded");
}

int image_sandbox_enter(const struct image_extract *x, struct cc_error *err)
{
	if (enter_namespaces(x, err) < 0 || change_root(err) < 0 || limit_resources(x->bytes_max, err) < 0)
		return -1;
	if (drop_capabilities(err) < 0)
		return -1;
	return SANITIZED ? 0 : limit_calls(err);
}

/* EINVAL: a user namespace without other ids, whose root has no more rights than the user it is. */
static int become_nobody(struct cc_error *err)
{
	(void)setgroups(0, NULL);
	if ((setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0) && errno != EINVAL)
		return cc_fail_errno(err, "becoming nobody to look at an archive; run cc-agent-priv as a user without rights");
	return 0;
}

int image_sandbox_enter_to_check(const struct image_extract *x, struct cc_error *err)
{
	if (geteuid() == 0 && become_nobody(err) < 0)
		return -1;
	end_with_parent(x);
	if (limit_resources(x->bytes_max, err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cc_fail_errno(err, "giving up new rights");
	return SANITIZED ? 0 : limit_calls(err);
}
