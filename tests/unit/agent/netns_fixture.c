/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/netns_fixture.h"

#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRIVES_MS 5000
#define DROPPED_MS 700

static int open_network(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid > 0 ? pid : getpid());
	return open(path, O_RDONLY | O_CLOEXEC);
}

void netns_run(pid_t pid, const char *fmt, ...)
{
	char command[512], all[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (pid > 0)
		snprintf(all, sizeof(all), "nsenter -t %d -n %s", pid, command);
	else
		snprintf(all, sizeof(all), "%s", command);
	ck_assert_msg(system(all) == 0, "failed: %s", all);
}

static pid_t hold_network(void)
{
	pid_t pid;
	int pair[2];
	char byte;

	ck_assert_int_eq(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0)
			(void)!write(pair[1], "x", 1);
		for (;;)
			pause();
	}
	close(pair[1]);
	ck_assert_int_eq(read(pair[0], &byte, 1), 1);
	close(pair[0]);
	return pid;
}

/* /sys tells of the network in which it was mounted: a new one, with the cgroups of the old one, and nothing else on it, or guests may have none. */
static void show_links(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("sysfs", "/mnt", "sysfs", 0, NULL), 0);
	ck_assert_int_eq(mount("/sys/fs/cgroup", "/mnt/fs/cgroup", NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert_int_eq(mount("/mnt", "/sys", NULL, MS_MOVE, NULL), 0);
}

pid_t netns_begin(void)
{
	pid_t neighbour;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	show_links();
	neighbour = hold_network();
	netns_run(0, "ip link set lo up");
	netns_run(0, "sysctl -qw net.ipv4.ip_forward=0");
	netns_run(0, "ip link add cclan0 type veth peer name cclan1 netns %d", neighbour);
	netns_run(0, "ip addr add " NETNS_NODE "/24 dev cclan0");
	netns_run(0, "ip link set cclan0 up");
	netns_run(neighbour, "ip link set lo up");
	netns_run(neighbour, "ip addr add " NETNS_NEIGHBOUR "/24 dev cclan1");
	netns_run(neighbour, "ip link set cclan1 up");
	netns_run(neighbour, "ip route add 10.201.0.0/16 via " NETNS_NODE);
	return neighbour;
}

void netns_end(pid_t neighbour)
{
	kill(neighbour, SIGKILL);
	waitpid(neighbour, NULL, 0);
}

static int socket_in(pid_t pid, int type)
{
	cc_auto_close int own = open_network(0), theirs = open_network(pid);
	int fd, on = 1;

	ck_assert_int_eq(setns(theirs, CLONE_NEWNET), 0);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(setns(own, CLONE_NEWNET), 0);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static struct sockaddr_in address_of(const char *address, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (address != NULL)
		ck_assert_int_eq(inet_pton(AF_INET, address, &in.sin_addr), 1);
	return in;
}

int netns_listen(pid_t pid, int type, const char *address, uint16_t port)
{
	struct sockaddr_in in = address_of(address, port);
	int fd = socket_in(pid, type);

	ck_assert_msg(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0, "binding port %u: %s", port, strerror(errno));
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

int netns_connect(pid_t pid, const char *address, uint16_t port)
{
	struct sockaddr_in in = address_of(address, port);
	int fd = socket_in(pid, SOCK_STREAM), failed = 0;
	struct pollfd p = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(failed);

	fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)!connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (poll(&p, 1, ARRIVES_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0)
		return fd;
	close(fd);
	return -1;
}

static bool datagram_arrives(pid_t from, const char *address, uint16_t port, int listener, struct sockaddr_in *peer)
{
	struct sockaddr_in in = address_of(address, port);
	cc_auto_close int fd = socket_in(from, SOCK_DGRAM);
	struct pollfd there = { listener, POLLIN, 0 }, back = { fd, POLLIN, 0 };
	socklen_t len = sizeof(*peer);
	char byte;

	(void)!connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (send(fd, "x", 1, 0) != 1 || poll(&there, 1, DROPPED_MS) != 1)
		return false;
	ck_assert_int_eq(recvfrom(listener, &byte, 1, 0, (struct sockaddr *)peer, &len), 1);
	ck_assert_int_eq(sendto(listener, "y", 1, 0, (struct sockaddr *)peer, len), 1);
	return poll(&back, 1, DROPPED_MS) == 1 && recv(fd, &byte, 1, 0) == 1 && byte == 'y';
}

static bool connection_arrives(pid_t from, const char *address, uint16_t port, int listener, struct sockaddr_in *peer)
{
	struct sockaddr_in in = address_of(address, port);
	cc_auto_close int fd = socket_in(from, SOCK_STREAM), other = -1;
	struct pollfd there = { listener, POLLIN, 0 };
	socklen_t len = sizeof(*peer);
	char byte;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)!connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (poll(&there, 1, DROPPED_MS) != 1)
		return false;
	other = accept(listener, (struct sockaddr *)peer, &len);
	ck_assert_int_ge(other, 0);
	fcntl(fd, F_SETFL, 0);
	return send(fd, "x", 1, MSG_NOSIGNAL) == 1 && poll(&(struct pollfd){ other, POLLIN, 0 }, 1, ARRIVES_MS) == 1 && recv(other, &byte, 1, 0) == 1;
}

bool netns_reaches(pid_t from, int type, const char *address, uint16_t port, int listener, char peer[64])
{
	struct sockaddr_in in = { 0 };
	bool reaches =
	        type == SOCK_DGRAM ? datagram_arrives(from, address, port, listener, &in) : connection_arrives(from, address, port, listener, &in);

	inet_ntop(AF_INET, &in.sin_addr, peer, 64);
	return reaches;
}
