/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/net_listeners.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* A table's name, what is in it, and the state of a socket that takes what comes: TCP_LISTEN, or TCP_CLOSE, which is UDP's word for not connected. */
static const struct {
	const char *name;
	uint8_t kind;
	unsigned state;
} tables[] = { { "tcp", PORT_TCP, 10 }, { "tcp6", PORT_TCP, 10 }, { "udp", PORT_UDP, 7 }, { "udp6", PORT_UDP, 7 } };

/* An address is printed as words of 32 bits in the machine's order. */
static bool read_address(const char *hex, struct in6_addr *ret)
{
	size_t len = strlen(hex);
	uint32_t words[4] = { 0, 0, htonl(0xffff), 0 };

	if (len != 8 && len != 32)
		return false;
	for (size_t i = 0; i < len / 8; i++)
		if (sscanf(hex + 8 * i, "%8x", &words[len == 8 ? 3 : i]) != 1)
			return false;
	memcpy(ret, words, sizeof(*ret));
	return true;
}

static bool is_apart(const struct in6_addr *a, uint32_t bridge)
{
	uint32_t v4;

	memcpy(&v4, &a->s6_addr[12], sizeof(v4));
	v4 = ntohl(v4);
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && (v4 >> 24 == 127 || v4 == bridge));
}

static int check_line(const char *line, size_t table, const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err)
{
	struct port p = { .kind = tables[table].kind };
	struct in6_addr address;
	unsigned number, state;
	char hex[33], text[INET6_ADDRSTRLEN];

	if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F]:%*x %2x", hex, &number, &state) != 3 || state != tables[table].state)
		return 0;
	p.node_port = (uint16_t)number;
	if (ports_find(ports, &p) == NULL || (had != NULL && ports_find(had, &p) != NULL) || !read_address(hex, &address) ||
	        is_apart(&address, bridge))
		return 0;
	inet_ntop(AF_INET6, &address, text, sizeof(text));
	return cc_fail(err, INVALID, "port %u/%s cannot be published: a program of the node itself answers there (on %s); choose another port",
	        number, ports_kind_word(p.kind), strncmp(text, "::ffff:", 7) == 0 ? text + 7 : text);
}

static int check_table(const char *folder, size_t table, const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err)
{
	char path[128], line[512];
	cc_auto(fclose) FILE *f = NULL;

	snprintf(path, sizeof(path), "%.100s/%s", folder, tables[table].name);
	f = fopen(path, "re");
	/* A kernel without IPv6 has no such table. */
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (check_line(line, table, ports, had, bridge, err) < 0)
			return -1;
	return 0;
}

int net_listeners_check_in(const char *folder, const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err)
{
	for (size_t i = 0; ports->count > 0 && i < CC_ARRAY_LEN(tables); i++)
		if (check_table(folder, i, ports, had, bridge, err) < 0)
			return -1;
	return 0;
}

int net_listeners_check(const struct ports *ports, const struct ports *had, uint32_t bridge, struct cc_error *err)
{
	return net_listeners_check_in("/proc/net", ports, had, bridge, err);
}
