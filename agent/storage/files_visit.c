/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without its init an instance has no namespaces to join, so some are made: the mounts are those of this process alone, and the child that goes in is root of a
 * user namespace with the instance's ids and nobody outside of it. */
#include "agent/driver/idmap.h"
#include "agent/driver/process.h"
#include "agent/storage/files.h"
#include "agent/storage/storage.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int become_root_inside(int root, int gate)
{
	char byte;

	if (read(gate, &byte, 1) != 1 || setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return -1;
	return fchdir(root) < 0 || chroot(".") < 0 || chdir("/") < 0 ? -1 : 0;
}

CC_NORETURN static void go_in(const struct driver_exec *exec, int root, int gate)
{
	if (become_root_inside(root, gate) < 0)
		_exit(126);
	for (int i = 0; i < 3; i++)
		if (dup2(exec->fds[i], i) < 0)
			_exit(126);
	_exit(exec->inside(exec->inside_arg));
}

/* Its ids are mapped from here: it may not do that itself. */
static int let_in(const struct priv_node *node, const struct ct_record *rec, pid_t pid, int gate, struct cc_error *err)
{
	if (idmap_write(pid, 0, slot_first_id(&node->slots, (uint32_t)rec->slot), err) < 0)
		return -1;
	return write(gate, "", 1) == 1 ? 0 : cc_fail_errno(err, "letting a process in");
}

static int attend(pid_t pid, const struct driver_exec *exec, int *ret, struct cc_error *err)
{
	cc_auto_close int pidfd = process_open(pid);
	struct attend a = { .pidfd = pidfd, .control = exec->control, .master = -1, .in = -1, .out = -1 };
	int status = 0;

	if (pidfd < 0)
		return cc_fail_errno(err, "watching the copy");
	/* Who reads must see its end. */
	for (int i = 0; i < 3; i++)
		close(exec->fds[i]);
	terminal_attend(&a);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	return 0;
}

int files_visit(const struct priv_node *node, const struct ct_record *rec, const struct driver_exec *exec, int *ret, struct cc_error *err)
{
	cc_auto_close int root = -1, ours = -1, theirs = -1;
	char path[STORAGE_PATH_MAX];
	int gate[2];
	pid_t pid;

	if (!storage_is_copied(node, rec))
		return cc_fail(err, CONFLICT, "the instance has no files yet; start it once");
	if (storage_mount_to_read(node, rec, err) < 0)
		return -1;
	root = open(storage_root_path(node, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || pipe2(gate, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "opening the instance's files");
	theirs = gate[0];
	ours = gate[1];
	pid = process_fork(CLONE_NEWUSER);
	if (pid == 0) {
		close(cc_take_fd(ours));
		go_in(exec, root, theirs);
	}
	if (pid < 0)
		return cc_fail(err, BUSY, "the node can start no more processes now");
	if (let_in(node, rec, pid, ours, err) == 0 && attend(pid, exec, ret, err) == 0)
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}
