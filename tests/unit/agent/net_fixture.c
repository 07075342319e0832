/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/net_fixture.h"

#include "agent/driver/process.h"
#include "agent/net/net_link.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is new begins as the machine is now. */
static void reset(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ck_assert_int_eq(write(fd, value, 1), 1);
	close(fd);
}

void net_fixture_leave(void)
{
	struct cc_error err = { 0 };
	int cgroups;

	ck_assert_int_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cgroups = open_tree(AT_FDCWD, "/sys/fs/cgroup", OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC);
	ck_assert_int_ge(cgroups, 0);
	ck_assert_int_eq(mount("sysfs", "/sys", "sysfs", 0, NULL), 0);
	ck_assert_int_eq(move_mount(cgroups, "", AT_FDCWD, "/sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH), 0);
	close(cgroups);
	reset("/proc/sys/net/ipv6/conf/all/forwarding", "0");
	reset("/proc/sys/net/ipv6/conf/default/accept_ra", "1");
	ck_assert_int_eq(net_link_set_up("lo", 0, &err), 0);
}

void net_fixture_add_network(const char *bridge, uint32_t address, const uint8_t *address6)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 8 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(net_link_make_bridge(bridge, mac, &err), 0);
	ck_assert_int_eq(net_link_add_address(bridge, address, 24, &err), 0);
	if (address6 != NULL)
		ck_assert_int_eq(net_link_add_address6(bridge, address6, &err), 0);
	ck_assert_int_eq(net_link_set_up(bridge, 0, &err), 0);
}

pid_t net_fixture_run_machine(const char *bridge, uint32_t address, const uint8_t *address6, const char *const *argv)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct cc_error err = { 0 };
	pid_t pid, parent = getpid();
	int ready[2], go[2];
	char byte = 0;

	ck_assert_int_eq(pipe(ready) | pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		process_end_with(parent);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1 ||
		        net_link_add_address("eth0", address, 24, &err) < 0 ||
		        (address6 != NULL && net_link_add_address6("eth0", address6, &err) < 0) || net_link_set_up("eth0", 0, &err) < 0)
			_exit(1);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(net_link_make_pair("cctpown", bridge, mac, pid, &err), 0);
	ck_assert_int_eq(write(go[1], &byte, 1), 1);
	for (int i = 0; i < 2; i++)
		close(ready[i]), close(go[i]);
	return pid;
}

void net_fixture_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
