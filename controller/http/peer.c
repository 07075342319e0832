/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/peer.h"

#include <arpa/inet.h>
#include <string.h>

static const struct in_addr *v4_of(const struct sockaddr *addr)
{
	return addr != NULL && addr->sa_family == AF_INET ? &((const struct sockaddr_in *)(const void *)addr)->sin_addr : NULL;
}

static const struct in6_addr *v6_of(const struct sockaddr *addr)
{
	return addr != NULL && addr->sa_family == AF_INET6 ? &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr : NULL;
}

struct peer peer_of(const struct sockaddr *addr)
{
	const struct in_addr *v4 = v4_of(addr);
	const struct in6_addr *v6 = v6_of(addr);
	bool mapped = v6 != NULL && IN6_IS_ADDR_V4MAPPED(v6);
	struct peer p = { .len = v4 != NULL || mapped ? 4 : v6 != NULL ? 8 : 0 };

	if (v4 != NULL)
		memcpy(p.b, v4, p.len);
	else if (v6 != NULL)
		memcpy(p.b, mapped ? v6->s6_addr + 12 : v6->s6_addr, p.len);
	return p;
}

bool peer_equal(struct peer a, struct peer b)
{
	return a.len == b.len && memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

const char *peer_text(const struct sockaddr *addr, char text[INET6_ADDRSTRLEN])
{
	const struct in_addr *v4 = v4_of(addr);
	const struct in6_addr *v6 = v6_of(addr);

	if (v4 == NULL && v6 == NULL)
		return "?";
	if (v6 != NULL && IN6_IS_ADDR_V4MAPPED(v6))
		return inet_ntop(AF_INET, v6->s6_addr + 12, text, INET6_ADDRSTRLEN);
	return inet_ntop(v4 != NULL ? AF_INET : AF_INET6, v4 != NULL ? (const void *)v4 : (const void *)v6, text, INET6_ADDRSTRLEN);
}
