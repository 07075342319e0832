/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/priv_purge.h"

#include "agent/driver/process.h"
#include "agent/storage/pool.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define END_MS  20000
#define PROGRAM "/cc-agent-priv"

/* The process that took the lock, as the kernel lists it; 0: none, or it is not listed under the number of this file. */
static pid_t lock_holder(const struct stat *st)
{
	cc_auto(fclose) FILE *locks = fopen("/proc/locks", "re");
	unsigned long long inode;
	unsigned major_number, minor_number;
	char line[256];
	int pid;

	while (locks != NULL && fgets(line, sizeof(line), locks) != NULL)
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_number, &minor_number, &inode) == 4 && inode == st->st_ino &&
		        major_number == major(st->st_dev) && minor_number == minor(st->st_dev))
			return pid;
	return 0;
}

/* The number may be another's by now. */
static bool is_ours(pid_t pid)
{
	char path[64], exe[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	return strstr(exe, PROGRAM) != NULL;
}

void priv_purge_end_other(const char *state_dir)
{
	char path[4096];
	struct stat st;
	pid_t pid;

	snprintf(path, sizeof(path), "%.4000s/lock", state_dir);
	if (stat(path, &st) < 0 || (pid = lock_holder(&st)) <= 1 || pid == getpid())
		return;
	cc_auto_close int pidfd = process_open(pid);

	if (pidfd < 0 || !is_ours(pid))
		return;
	process_signal(pidfd, SIGTERM);
	(void)process_wait(pidfd, END_MS);
}

int priv_purge_state(struct priv_node *node, struct cc_error *err)
{
	/* The lock last: until then nobody begins here. */
	static const char *const ours[] = { "instances", "snapshots", "volumes", "btrfs", "pool.btrfs", "pool.btrfs.new", "images", "lxc", "mnt",
		"names", "identity", "seccomp", "lock" };

	pool_close_all(node);
	for (size_t i = 0; i < CC_ARRAY_LEN(ours); i++)
		if (tree_remove(node->dirs.root, ours[i], err) < 0)
			return cc_wrap(err, "removing '%s' of '%s'", ours[i], node->dirs.path);
	if (rmdir(node->dirs.path) < 0 && errno != ENOENT)
		fprintf(stderr, "<4>cc-agent-priv: '%s' is kept: %s\n", node->dirs.path,
		        errno == ENOTEMPTY || errno == EEXIST ? "there is more in it than this program made" : strerror(errno));
	return 0;
}
