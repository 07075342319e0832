/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/owner_networks.h"

#include "agent/driver/priv_settings.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void add_element(struct cc_buf *b, const char *text)
{
	cc_buf_printf(b, "%s%s", b->len > 0 ? ", " : "", text);
}

void owner_networks_connected(const struct ifaddrs *all, const char *bridge, struct cc_buf *ret)
{
	char text[48], address[INET_ADDRSTRLEN];

	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		struct in_addr net;
		uint32_t mask;

		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET || a->ifa_netmask == NULL || (a->ifa_flags & IFF_LOOPBACK) != 0 ||
		        strcmp(a->ifa_name, bridge) == 0)
			continue;
		mask = ((const struct sockaddr_in *)(const void *)a->ifa_netmask)->sin_addr.s_addr;
		net.s_addr = ((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr.s_addr & mask;
		snprintf(text, sizeof(text), "%s/%d", inet_ntop(AF_INET, &net, address, sizeof(address)), __builtin_popcount(mask));
		add_element(ret, text);
	}
}

/* Of a link alone, or our own: not what a network is. */
static const uint8_t *network_address6(const struct ifaddrs *a, const char *bridge)
{
	const struct sockaddr_in6 *in = (const void *)a->ifa_addr;

	if (in == NULL || in->sin6_family != AF_INET6 || a->ifa_netmask == NULL || (a->ifa_flags & IFF_LOOPBACK) != 0 ||
	        strcmp(a->ifa_name, bridge) == 0 || IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr))
		return NULL;
	return in->sin6_addr.s6_addr;
}

void owner_networks_connected6(const struct ifaddrs *all, const char *bridge, struct cc_buf *ret)
{
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		const uint8_t *address = network_address6(a, bridge), *mask;
		char text[INET6_ADDRSTRLEN + 8];
		uint8_t net[16];
		int bits = 0;

		if (address == NULL)
			continue;
		mask = ((const struct sockaddr_in6 *)(const void *)a->ifa_netmask)->sin6_addr.s6_addr;
		for (int i = 0; i < 16; i++) {
			net[i] = address[i] & mask[i];
			bits += __builtin_popcount(mask[i]);
		}
		inet_ntop(AF_INET6, net, text, sizeof(text));
		snprintf(text + strlen(text), 8, "/%d", bits);
		add_element(ret, text);
	}
}

static bool is_cidr(const char *word)
{
	char address[INET6_ADDRSTRLEN] = "";
	unsigned prefix = 129;
	uint8_t in[16];
	int used = 0, family = strchr(word, ':') != NULL ? AF_INET6 : AF_INET;

	return sscanf(word, "%45[0-9a-fA-F.:]/%3u%n", address, &prefix, &used) == 2 && word[used] == '\0' &&
	       prefix <= (family == AF_INET6 ? 128 : 32) && inet_pton(family, address, in) == 1;
}

/* The text ends up in a rule, so only what is a CIDR may pass. */
static int add_listed(const char *setting, bool six, struct cc_buf *b, struct cc_error *err)
{
	char copy[PRIV_TEXT_SETTING], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", setting);
	while ((word = strsep(&rest, ", ")) != NULL) {
		if (word[0] == '\0')
			continue;
		if (!is_cidr(word))
			return cc_fail(err, INVALID, "owner_networks: '%.60s' is no CIDR like 192.168.1.0/24 or fd00:1::/64", word);
		if ((strchr(word, ':') != NULL) == six)
			add_element(b, word);
	}
	return 0;
}

typedef void connected_fn(const struct ifaddrs *all, const char *bridge, struct cc_buf *ret);

static int add_connected(connected_fn *add, const char *bridge, struct cc_buf *ret, struct cc_error *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return cc_fail_errno(err, "owner_networks: reading the node's addresses");
	add(all, bridge, ret);
	freeifaddrs(all);
	return 0;
}

int owner_networks_find(const char *setting, const char *bridge, struct cc_buf *ret, struct cc_error *err)
{
	if (strcmp(setting, "none") == 0)
		return 0;
	return strcmp(setting, "auto") == 0 ? add_connected(owner_networks_connected, bridge, ret, err) : add_listed(setting, false, ret, err);
}

int owner_networks_find6(const char *setting, const char *bridge, struct cc_buf *ret, struct cc_error *err)
{
	if (strcmp(setting, "none") == 0)
		return 0;
	if (strcmp(setting, "auto") != 0)
		return add_listed(setting, true, ret, err);
	add_element(ret, "fc00::/7");
	add_element(ret, "fe80::/10");
	add_element(ret, "ff00::/8");
	return add_connected(owner_networks_connected6, bridge, ret, err);
}

bool owner_networks_has6(const char *bridge)
{
	cc_auto_buf struct cc_buf found = { 0 };
	struct cc_error ignored = { 0 };

	return add_connected(owner_networks_connected6, bridge, &found, &ignored) == 0 && found.len > 0;
}
