/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/image/image_sandbox.h"

#include "agent/image/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
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
	if (!SANDBOX_SANITIZED && (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0))
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

int image_sandbox_enter(const struct image_extract *x, struct cc_error *err)
{
	if (enter_namespaces(x, err) < 0 || change_root(err) < 0 || limit_resources(x->bytes_max, err) < 0)
		return -1;
	if (drop_capabilities(err) < 0)
		return -1;
	return sandbox_limit_calls(SANDBOX_UNPACK, err);
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
	return sandbox_limit_calls(SANDBOX_UNPACK, err);
}
