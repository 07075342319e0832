/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules are one table of the inet family, named after the bridge and replaced as a whole in one transaction, so a second run or a changed setting leaves
 * no old rule. The base chains accept by default and drop only what comes from or goes to our bridge: the host's other traffic is none of our business. */
#include "agent/net.h"

#include "agent/firewall.h"
#include "agent/net_link.h"
#include "agent/resolvers.h"
#include "agent/small_file.h"
#include "common/buf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define TABLE_NAME 32

/* nft identifiers allow less than link names do. */
static void table_name(const struct priv_node *node, char ret[TABLE_NAME])
{
	snprintf(ret, TABLE_NAME, "cc_%.15s", node->set.bridge);
	for (char *p = ret; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
}

static int run_rules(const char *rules, struct cc_error *err)
{
	const struct firewall *f = firewall_find(err);

	return f != NULL ? f->run(rules, err) : -1;
}

static void add_element(struct cc_buf *b, const char *text)
{
	cc_buf_printf(b, "%s%s", b->len > 0 ? ", " : "", text);
}

/* Every network that the node itself is on, but for the instances' own and loopback. */
static void add_connected(const struct priv_node *node, struct cc_buf *b)
{
	struct ifaddrs *all = NULL;
	char text[48], address[INET_ADDRSTRLEN];

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		struct in_addr net;
		uint32_t mask;

		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET || a->ifa_netmask == NULL || (a->ifa_flags & IFF_LOOPBACK) != 0 ||
		        strcmp(a->ifa_name, node->set.bridge) == 0)
			continue;
		mask = ((const struct sockaddr_in *)(const void *)a->ifa_netmask)->sin_addr.s_addr;
		net.s_addr = ((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr.s_addr & mask;
		snprintf(text, sizeof(text), "%s/%d", inet_ntop(AF_INET, &net, address, sizeof(address)), __builtin_popcount(mask));
		add_element(b, text);
	}
	freeifaddrs(all);
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

static int find_owner_networks(const struct priv_node *node, struct cc_buf *b, struct cc_error *err)
{
	if (strcmp(node->set.owner_networks, "none") == 0)
		return 0;
	if (strcmp(node->set.owner_networks, "auto") != 0)
		return add_listed(node->set.owner_networks, b, err);
	add_connected(node, b);
	return 0;
}

static void add_set(struct cc_buf *rules, const char *name, const char *flags, const struct cc_buf *elements)
{
	cc_buf_printf(rules, " set %s {\n  type ipv4_addr\n%s", name, flags);
	if (elements->len > 0)
		cc_buf_printf(rules, "  elements = { %s }\n", cc_buf_str(elements));
	cc_buf_adds(rules, " }\n");
}

static void add_chains(struct cc_buf *b, const char *bridge, const char *subnet)
{
	cc_buf_printf(b,
	        " chain input {\n"
	        "  type filter hook input priority filter; policy accept;\n"
	        "  iifname != \"%s\" accept\n"
	        "  ip saddr != %s drop\n"
	        "  meta nfproto ipv6 drop\n"
	        "  ct state established,related accept\n"
	        "  icmp type echo-request limit rate 50/second accept\n"
	        "  drop\n"
	        " }\n",
	        bridge, subnet);
	cc_buf_printf(b,
	        " chain forward {\n"
	        "  type filter hook forward priority filter; policy accept;\n"
	        /* Between instances: seen here only where the host hands bridged packets to the firewall too. */
	        "  iifname \"%s\" oifname \"%s\" accept\n"
	        "  iifname \"%s\" jump leaving\n"
	        "  oifname \"%s\" jump entering\n"
	        " }\n"
	        " chain leaving {\n"
	        "  meta nfproto ipv6 drop\n"
	        "  ip saddr != %s drop\n"
	        "  ct state established,related accept\n"
	        "  ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept\n"
	        "  ip daddr @owner_networks reject with icmp type admin-prohibited\n"
	        " }\n"
	        " chain entering {\n"
	        "  ct state established,related accept\n"
	        "  drop\n"
	        " }\n"
	        " chain postrouting {\n"
	        "  type nat hook postrouting priority srcnat; policy accept;\n"
	        "  ip saddr %s oifname != \"%s\" masquerade\n"
	        " }\n",
	        bridge, bridge, bridge, bridge, subnet, subnet, bridge);
}

static int set_rules(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_buf struct cc_buf rules = { 0 };
	cc_auto_buf struct cc_buf owner = { 0 };
	cc_auto_buf struct cc_buf resolving = { 0 };
	struct resolvers r;
	struct in_addr network = { htonl(node->slots.network) };
	char name[TABLE_NAME], subnet[48], address[INET_ADDRSTRLEN];

	if (find_owner_networks(node, &owner, err) < 0 || resolvers_find(node->set.dns, &r, err) < 0)
		return -1;
	for (uint32_t i = 0; i < r.count; i++)
		add_element(&resolving, r.address[i]);
	table_name(node, name);
	snprintf(subnet, sizeof(subnet), "%s/%u", inet_ntop(AF_INET, &network, address, sizeof(address)), node->slots.prefix);
	cc_buf_printf(&rules, "table inet %s\ndelete table inet %s\ntable inet %s {\n", name, name, name);
	add_set(&rules, "owner_networks", "  flags interval\n  auto-merge\n", &owner);
	add_set(&rules, "resolvers", "", &resolving);
	add_chains(&rules, node->set.bridge, subnet);
	cc_buf_adds(&rules, "}\n");
	return run_rules(rules.data, err);
}

/* Instances speak IPv4 with the node; without this the bridge would get a link-local address and answer there. */
static void disable_ipv6(const char *bridge)
{
	char path[96];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", bridge);
	(void)small_file_poke(path, "1", &ignored);
}

int net_prepare(const struct priv_node *node, struct cc_error *err)
{
	const char *bridge = node->set.bridge;
	uint32_t gateway = node->slots.network + 1;
	uint8_t mac[6];

	slot_mac(gateway, mac);
	if (net_link_make_bridge(bridge, mac, err) < 0)
		return -1;
	disable_ipv6(bridge);
	/* Rules before the bridge is up: at no moment is the owner's network open. */
	if (set_rules(node, err) < 0 || net_link_add_address(bridge, gateway, node->slots.prefix, err) < 0 || net_link_set_up(bridge, err) < 0)
		return -1;
	return small_file_poke("/proc/sys/net/ipv4/ip_forward", "1", err);
}

int net_retire(const struct priv_node *node, struct cc_error *err)
{
	char rules[96], name[TABLE_NAME];

	table_name(node, name);
	snprintf(rules, sizeof(rules), "table inet %s\ndelete table inet %s\n", name, name);
	if (run_rules(rules, err) < 0)
		return -1;
	return net_link_remove(node->set.bridge, err);
}
