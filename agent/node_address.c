/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/node_address.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOMEWHERE "192.0.2.1" /* TEST-NET-1: nobody's, so the way there is the way out */

static bool is_loopback(struct in_addr a)
{
	return ntohl(a.s_addr) >> 24 == 127;
}

/* A datagram socket takes its own address when it is told whom it is for. */
static bool find_way(struct in_addr to, struct in_addr *ret)
{
	cc_auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = to }, own = { 0 };
	socklen_t len = sizeof(own);

	if (fd < 0 || connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0 || getsockname(fd, (struct sockaddr *)&own, &len) < 0)
		return false;
	*ret = own.sin_addr;
	return !is_loopback(own.sin_addr);
}

static bool read_host(const char *address, struct in_addr *ret)
{
	char host[INET_ADDRSTRLEN];
	size_t len = strcspn(address, ":");

	if (len >= sizeof(host))
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	return inet_pton(AF_INET, host, ret) == 1 && !is_loopback(*ret);
}

char *node_address_find(const struct cc_texts *controllers, char ret[INET_ADDRSTRLEN])
{
	struct in_addr to, own;

	ret[0] = '\0';
	for (size_t i = 0; i < controllers->n; i++)
		if (read_host(controllers->items[i], &to) && find_way(to, &own))
			return (char *)inet_ntop(AF_INET, &own, ret, INET_ADDRSTRLEN);
	if (inet_pton(AF_INET, SOMEWHERE, &to) == 1 && find_way(to, &own))
		inet_ntop(AF_INET, &own, ret, INET_ADDRSTRLEN);
	return ret;
}
