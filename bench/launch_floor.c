/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor of bench/run launch: liblxc and nothing else. Each container gets what ours get: the same configuration, a user namespace with its own 65,536 ids,
 * an overlay over an idmapped mount of one ready image, a veth on a bridge with a fixed address, limits of memory, processor and processes. No daemon, no
 * record, no network.
 *
 * Usage: bench_launch_floor ROOTFS DIR BRIDGE ADDRESS-PREFIX SECCOMP-POLICY COUNT IN-FLIGHT
 * Prints "start MS", "stop MS", "delete MS" for each container when IN-FLIGHT is 1, else "rate N" in launches per second. */
#include "agent/driver/driver_lxc_config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <lxc/lxccontainer.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IDS       65536
#define FIRST_ID  (65536L * 30000)
#define PATH_SIZE 512

struct job {
	const char *rootfs, *dir, *bridge, *prefix, *policy;
	int number;
};

static void die(const char *what)
{
	fprintf(stderr, "launch_floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long first_id(const struct job *j)
{
	return FIRST_ID + (long)j->number * IDS;
}

static char *path_of(const struct job *j, const char *leaf, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/f%d/%s", j->dir, j->number, leaf);
	return path;
}

static void write_map(pid_t pid, const char *name, long first)
{
	char path[64], map[64];
	int fd, len;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	len = snprintf(map, sizeof(map), "0 %ld %d\n", first, IDS);
	if (fd < 0 || write(fd, map, (size_t)len) != len)
		die(path);
	close(fd);
}

/* A user namespace that maps 0 to the container's first id, as mount_setattr wants it. */
static int user_namespace(long first)
{
	int up[2];
	char path[64], c;
	pid_t pid;
	int fd;

	if (pipe2(up, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(up[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (pid < 0 || read(up[0], &c, 1) != 1)
		die("user namespace");
	write_map(pid, "uid_map", first);
	write_map(pid, "gid_map", first);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(up[0]);
	close(up[1]);
	return fd;
}

static void mount_lower(const struct job *j, const char *lower)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY };
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, j->rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int ns = user_namespace(first_id(j));

	attr.userns_fd = (unsigned)ns;
	if (tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		die("idmapped mount");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, lower, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		die("move_mount");
	close(tree);
	close(ns);
}

static void make_root(const struct job *j)
{
	static const char *const leaves[] = { "", "lower", "upper", "work", "root" };
	char path[PATH_SIZE], lower[PATH_SIZE], upper[PATH_SIZE], work[PATH_SIZE], options[4 * PATH_SIZE];

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		mkdir(path_of(j, leaves[i], path), 0755);
		if (i >= 2 && chown(path, (uid_t)first_id(j), (gid_t)first_id(j)) < 0)
			die(path);
	}
	mount_lower(j, path_of(j, "lower", lower));
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", lower, path_of(j, "upper", upper), path_of(j, "work", work));
	if (mount("overlay", path_of(j, "root", path), "overlay", 0, options) < 0)
		die("overlay");
}

static void set(struct lxc_container *c, const char *key, const char *value)
{
	if (!c->set_config_item(c, key, value)) {
		fprintf(stderr, "launch_floor: liblxc refuses %s = %s\n", key, value);
		_exit(1);
	}
}

static int set_common(void *c, const char *key, const char *value, struct cc_error *err)
{
	(void)err;
	set(c, key, value);
	return 0;
}

static struct lxc_container *container(const struct job *j)
{
	char name[32];

	snprintf(name, sizeof(name), "floor%d", j->number);
	return lxc_container_new(name, j->dir);
}

static void limit(struct lxc_container *c)
{
	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
		set(c, "lxc.cgroup2.memory.max", "134217728");
		set(c, "lxc.cgroup2.pids.max", "512");
		set(c, "lxc.cgroup2.cpu.max", "100000 100000");
		return;
	}
	set(c, "lxc.cgroup.memory.limit_in_bytes", "134217728");
	set(c, "lxc.cgroup.pids.max", "512");
	set(c, "lxc.cgroup.cpu.cfs_quota_us", "100000");
}

static void configure(const struct job *j, struct lxc_container *c)
{
	char root[PATH_SIZE], value[PATH_SIZE + 8];
	struct cc_error err = { 0 };

	(void)driver_config_common(set_common, c, &err);
	set(c, "lxc.seccomp.profile", j->policy);
	snprintf(value, sizeof(value), "dir:%s", path_of(j, "root", root));
	set(c, "lxc.rootfs.path", value);
	snprintf(value, sizeof(value), "u 0 %ld %d", first_id(j), IDS);
	set(c, "lxc.idmap", value);
	value[0] = 'g';
	set(c, "lxc.idmap", value);
	set(c, "lxc.uts.name", "floor");
	set(c, "lxc.net.0.link", j->bridge);
	snprintf(value, sizeof(value), "%s.%d/24", j->prefix, 100 + j->number % 100);
	set(c, "lxc.net.0.ipv4.address", value);
	limit(c);
}

/* Each call of liblxc in a process of its own: start leaves its caller in the monitor's cgroup. */
static void in_child(const struct job *j, bool (*work)(const struct job *))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("PATH", "/nonexistent", 1);
		_exit(work(j) ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
		errno = 0;
		die("a call of liblxc failed");
	}
}

static bool start(const struct job *j)
{
	struct lxc_container *c = container(j);

	configure(j, c);
	return c->start(c, 0, NULL) && c->is_running(c);
}

static bool stop(const struct job *j)
{
	struct lxc_container *c = container(j);

	return c->stop(c);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void delete (const struct job *j)
{
	char path[PATH_SIZE];

	if (umount2(path_of(j, "root", path), MNT_DETACH) < 0 || umount2(path_of(j, "lower", path), MNT_DETACH) < 0)
		die(path);
	nftw(path_of(j, "", path), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void launch(const struct job *j)
{
	make_root(j);
	in_child(j, start);
}

static void one_by_one(struct job *j, int count)
{
	for (j->number = 0; j->number < count; j->number++) {
		double t0 = now_ms(), t1, t2;

		launch(j);
		t1 = now_ms();
		in_child(j, stop);
		t2 = now_ms();
		delete (j);
		printf("start %.3f\nstop %.3f\ndelete %.3f\n", t1 - t0, t2 - t1, now_ms() - t2);
		fflush(stdout);
	}
}

static void many(struct job *j, int count, int in_flight)
{
	int *next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double t0 = now_ms(), took;

	for (int i = 0; i < in_flight; i++)
		if (fork() == 0) {
			while ((j->number = __atomic_fetch_add(next, 1, __ATOMIC_SEQ_CST)) < count)
				launch(j);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	took = now_ms() - t0;
	printf("rate %.3f\n", (double)count / took * 1e3);
	for (j->number = 0; j->number < count; j->number++) {
		in_child(j, stop);
		delete (j);
	}
}

int main(int argc, char **argv)
{
	struct job j = { 0 };

	if (argc != 8) {
		fprintf(stderr, "usage: bench_launch_floor ROOTFS DIR BRIDGE ADDRESS-PREFIX SECCOMP-POLICY COUNT IN-FLIGHT\n");
		return 2;
	}
	j = (struct job){ .rootfs = argv[1], .dir = argv[2], .bridge = argv[3], .prefix = argv[4], .policy = argv[5] };
	if (strtol(argv[7], NULL, 10) == 1)
		one_by_one(&j, (int)strtol(argv[6], NULL, 10));
	else
		many(&j, (int)strtol(argv[6], NULL, 10), (int)strtol(argv[7], NULL, 10));
	return 0;
}
