/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/owner_networks.h"

#include "agent/priv_settings.h"

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

/* The text ends up in a rule, so only what is a CIDR may pass. */
static int add_listed(const char *setting, struct cc_buf *b, struct cc_error *err)
{
	char copy[PRIV_TEXT_SETTING], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", setting);
	while ((word = strsep(&rest, ", ")) != NULL) {
		char address[16] = "";
		unsigned prefix = 33;
		struct in_addr in;
		int used = 0;

		if (word[0] == '\0')
			continue;
		if (sscanf(word, "%15[0-9.]/%2u%n", address, &prefix, &used) != 2 || word[used] != '\0' || prefix > 32 ||
		        inet_pton(AF_INET, address, &in) != 1)
			return cc_fail(err, INVALID, "owner_networks: '%.60s' is no CIDR like 192.168.1.0/24", word);
		add_element(b, word);
	}
	return 0;
}

static int add_connected(const char *bridge, struct cc_buf *ret, struct cc_error *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return cc_fail_errno(err, "owner_networks: reading the node's addresses");
	owner_networks_connected(all, bridge, ret);
	freeifaddrs(all);
	return 0;
}

int owner_networks_find(const char *setting, const char *bridge, struct cc_buf *ret, struct cc_error *err)
{
	if (strcmp(setting, "none") == 0)
		return 0;
	return strcmp(setting, "auto") == 0 ? add_connected(bridge, ret, err) : add_listed(setting, ret, err);
}
