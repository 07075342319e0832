/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/listen.h"
#include "common/cleanup.h"
#include "common/config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int bind_tcp(const struct addrinfo *ai, const char *address, int *ret_fd, struct cc_error *err)
{
	cc_auto_close int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return cc_fail_errno(err, "opening a socket for '%s'", address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
		if (errno == EADDRINUSE)
			return cc_fail(err, CONFLICT, "'%s' is in use by another program; stop it, or choose another address", address);
		return cc_fail_errno(err, "listening on '%s'", address);
	}
	*ret_fd = cc_take_fd(fd);
	return 0;
}

static int port_of(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	if (sa.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
	return ntohs(((struct sockaddr_in *)&sa)->sin_port);
}

int listen_tcp(const char *address, int *ret_fd, int *ret_port, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
	struct cc_addr addr;
	int r;

	if (cc_addr_parse(a, address, &addr, err) < 0)
		return -1;
	r = getaddrinfo(addr.host, cc_printf(a, "%u", addr.port), &hints, &found);
	if (r != 0)
		return cc_fail(err, INVALID, "'%s': %s", address, gai_strerror(r));
	r = bind_tcp(found, address, ret_fd, err);
	freeaddrinfo(found);
	if (r == 0)
		*ret_port = port_of(*ret_fd);
	return r;
}

/* Whether a program answers on the socket's path. */
static bool is_alive(const struct sockaddr_un *sa)
{
	cc_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;
}

int listen_unix(const char *path, mode_t mode, int *ret_fd, struct cc_error *err)
{
	cc_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;

	if (strlen(path) >= sizeof(sa.sun_path))
		return cc_fail(err, INVALID, "the path '%s' is longer than the %zu bytes that a socket may have", path, sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (fd < 0)
		return cc_fail_errno(err, "opening a socket for '%s'", path);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return cc_fail(err, CONFLICT, "'%s' exists and is no socket; choose another path", path);
		if (is_alive(&sa))
			return cc_fail(err, CONFLICT, "another controller listens on '%s'", path);
		unlink(path);
	}
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(path, mode) < 0 || listen(fd, SOMAXCONN) < 0)
		return cc_fail_errno(err, "listening on '%s'", path);
	*ret_fd = cc_take_fd(fd);
	return 0;
}
