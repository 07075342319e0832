/* SPDX-License-Identifier: GPL-3.0-or-later */
/* setns() into a mount namespace, even one's own, puts the caller on the namespace's real root. So the tree below our root is cloned first, in a namespace of
 * our own mounted over the real root, and entered by another setns(). */
#include "agent/driver/chroot.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { IS_ROOT, IS_CHROOT, IS_UNKNOWN };

static int open_own_namespace(void)
{
	return open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

/* In a child, which loses its root on the way. */
static int compare_roots(void)
{
	cc_auto_close int ns = open_own_namespace();
	struct stat ours, real;

	if (ns < 0 || stat("/", &ours) < 0 || setns(ns, CLONE_NEWNS) < 0 || stat("/", &real) < 0)
		return IS_UNKNOWN;
	return ours.st_dev == real.st_dev && ours.st_ino == real.st_ino ? IS_ROOT : IS_CHROOT;
}

static bool in_chroot(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(compare_roots());
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == IS_CHROOT;
}

int chroot_become_root(struct cc_error *err)
{
	cc_auto_close int ns = -1, tree = -1;

	if (!in_chroot())
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return cc_fail_errno(err, "making a mount namespace");
	ns = open_own_namespace();
	tree = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC);
	if (ns < 0 || tree < 0)
		return cc_fail_errno(err, "cloning the tree of the chroot");
	/* Slave: what the system unmounts is unmounted here too. */
	if (setns(ns, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return cc_fail_errno(err, "leaving the chroot");
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || setns(ns, CLONE_NEWNS) < 0)
		return cc_fail_errno(err, "making the chroot a root of its own");
	return 0;
}
