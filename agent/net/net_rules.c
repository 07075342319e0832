/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The base chains accept by default and drop only what comes from or goes to our bridge: the host's other traffic is none of our business, except that a
 * machine that forwards only because of us shall not be a router for its neighbours. */
#include "agent/net/net_rules.h"

#include "agent/net/net_link.h"
#include "agent/net/net_rules6.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OF_(n) #n
#define TEXT_OF(n)  TEXT_OF_(n)
/* By group, not by name: another node of this machine has a bridge too. */
#define NOT_OURS      "  meta nfproto ipv4" NOT_OUR_LINKS
#define NOT_OURS6     "  meta nfproto ipv6" NOT_OUR_LINKS
#define NOT_OUR_LINKS " iifgroup != " TEXT_OF(NET_LINK_GROUP) " oifgroup != " TEXT_OF(NET_LINK_GROUP) " drop\n"

/* nft identifiers allow less than link names do. */
char *net_rules_table(const struct priv_node *node, char name[NET_RULES_TABLE])
{
	snprintf(name, NET_RULES_TABLE, "cc_%.15s", node->set.bridge);
	for (char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return name;
}

static void add_removal(struct cc_buf *b, const char *family, const struct priv_node *node)
{
	char name[NET_RULES_TABLE];

	net_rules_table(node, name);
	cc_buf_printf(b, "table %s %s\ndelete table %s %s\n", family, name, family, name);
}

void net_rules_remove(struct cc_buf *b, const struct priv_node *node)
{
	add_removal(b, "inet", node);
}

void net_rules_remove_pins(struct cc_buf *b, const struct priv_node *node)
{
	add_removal(b, "bridge", node);
}

static void add_set(struct cc_buf *rules, const char *name, const char *flags, const char *elements)
{
	cc_buf_printf(rules, " set %s {\n  type ipv4_addr\n%s", name, flags);
	if (elements[0] != '\0')
		cc_buf_printf(rules, "  elements = { %s }\n", elements);
	cc_buf_adds(rules, " }\n");
}

static void add_chains(struct cc_buf *b, const char *bridge, const char *subnet, const char *names, const struct net_rules *rules)
{
	cc_buf_printf(b,
	        " chain input {\n"
	        "  type filter hook input priority filter; policy accept;\n"
	        "  iifname != \"%s\" accept\n"
	        "  meta nfproto ipv6 goto input6\n"
	        "  ip saddr != %s drop\n"
	        "  ct state established,related accept\n"
	        "  icmp type echo-request limit rate 50/second accept\n"
	        "  drop\n"
	        " }\n",
	        bridge, subnet);
	cc_buf_printf(b,
	        " chain forward {\n"
	        "  type filter hook forward priority filter; policy accept;\n"
	        /* What goes from instance to instance is seen here when it takes the way through the node, or where the host hands bridged packets to the
	         * firewall too. */
	        "  iifname \"%s\" oifname \"%s\" goto between\n"
	        "  iifname \"%s\" jump leaving\n"
	        "  oifname \"%s\" jump entering\n"
	        "%s%s"
	        " }\n"
	        " chain leaving {\n"
	        "  meta nfproto ipv6 goto leaving6\n"
	        "  ip saddr != %s drop\n"
	        "  ct state established,related accept\n"
	        "  ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept\n"
	        "  ip saddr %s drop\n"
	        "  ip daddr @owner_networks reject with icmp type admin-prohibited\n"
	        " }\n"
	        " chain entering {\n"
	        "  jump still_published\n"
	        "  ct state established,related accept\n"
	        "  ct status dnat accept\n"
	        "  drop\n"
	        " }\n"
	        " chain postrouting {\n"
	        "  type nat hook postrouting priority srcnat; policy accept;\n"
	        "  ip saddr %s oifname != \"%s\" masquerade\n"
	        "  meta nfproto ipv6 jump postrouting6\n"
	        " }\n",
	        bridge, bridge, bridge, bridge, rules->forward_others ? "" : NOT_OURS, rules->forward_others6 ? "" : NOT_OURS6, subnet, names, subnet,
	        bridge);
}

void net_rules_add(struct cc_buf *b, const struct priv_node *node, const struct net_rules *rules)
{
	struct in_addr network = { htonl(node->slots.network) };
	char name[NET_RULES_TABLE], subnet[48], address[INET_ADDRSTRLEN], names[PRIV_ADDR_TEXT];

	snprintf(subnet, sizeof(subnet), "%s/%u", inet_ntop(AF_INET, &network, address, sizeof(address)), node->slots.prefix);
	net_rules_remove(b, node);
	cc_buf_printf(b, "table inet %s {\n", net_rules_table(node, name));
	add_set(b, "owner_networks", "  flags interval\n  auto-merge\n", rules->owner_networks);
	add_set(b, "resolvers", "", rules->resolvers);
	net_guests_add_maps(b);
	net_guests_add_chains(b, node);
	net_rules6_add(b, node, rules->owner_networks6);
	add_chains(b, node->set.bridge, subnet, slot_names_address(&node->slots, names), rules);
	cc_buf_adds(b, "}\n");
}

void net_rules_add_guests(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests)
{
	char name[NET_RULES_TABLE];

	net_guests_add_all(b, net_rules_table(node, name), node, guests);
}

void net_rules_add_bridge_guests(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests)
{
	char name[NET_RULES_TABLE];

	net_guests_add_all_bridge(b, net_rules_table(node, name), node, guests);
}

static void add_pin(struct cc_buf *b, const struct priv_node *node, uint32_t slot)
{
	char link[NET_LINK_NAME], address[PRIV_ADDR_TEXT];
	uint8_t m[6];

	slot_mac(slot_address_number(&node->slots, slot), m);
	cc_buf_printf(b, "   \"%s\" . %02x:%02x:%02x:%02x:%02x:%02x . %s,\n", net_link_name(node->set.bridge, slot, link), m[0], m[1], m[2], m[3],
	        m[4], m[5], slot_address(&node->slots, slot, address));
}

/* Who asks for a lease has no address yet. */
static void add_asking(struct cc_buf *b, const struct priv_node *node, uint32_t slot)
{
	char link[NET_LINK_NAME];
	uint8_t m[6];

	slot_mac(slot_address_number(&node->slots, slot), m);
	cc_buf_printf(
	        b, "   \"%s\" . %02x:%02x:%02x:%02x:%02x:%02x,\n", net_link_name(node->set.bridge, slot, link), m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* What gives instances names is pinned as they are. Nobody else gives leases, and nobody keeps all others from being answered. */
static void add_names_pin(struct cc_buf *b, const struct priv_node *node)
{
	char link[NET_LINK_NAME], address[PRIV_ADDR_TEXT];
	uint8_t m[6];

	slot_mac(slot_names_number(&node->slots), m);
	net_link_names(node->set.bridge, link);
	slot_names_address(&node->slots, address);
	cc_buf_printf(b,
	        " set asked { type ifname; size 1024; flags dynamic; }\n"
	        " chain names {\n"
	        "  ether saddr %02x:%02x:%02x:%02x:%02x:%02x ether type ip ip saddr %s accept\n"
	        "  ether saddr %02x:%02x:%02x:%02x:%02x:%02x ether type arp arp saddr ip %s arp saddr ether %02x:%02x:%02x:%02x:%02x:%02x accept\n"
	        "  drop\n"
	        " }\n"
	        " chain leases {\n"
	        "  iifname \"%s\" jump names\n"
	        "  ether type ip udp sport 67 drop\n"
	        "  ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 iifname . ether saddr @asking accept\n"
	        "  ether type ip ip daddr %s meta l4proto { tcp, udp } th dport 53 update @asked { iifname limit rate over 300/second burst 600 packets } "
	        "drop\n"
	        " }\n",
	        m[0], m[1], m[2], m[3], m[4], m[5], address, m[0], m[1], m[2], m[3], m[4], m[5], address, m[0], m[1], m[2], m[3], m[4], m[5], link,
	        address);
}

void net_rules_add_pins(struct cc_buf *b, const struct priv_node *node)
{
	char name[NET_RULES_TABLE], prefix[NET_LINK_NAME];

	net_rules_remove_pins(b, node);
	cc_buf_printf(b, "table bridge %s {\n set guests {\n  type ifname . ether_addr . ipv4_addr\n  elements = {\n", net_rules_table(node, name));
	for (uint32_t i = 0; i < node->slots.count; i++)
		add_pin(b, node, i);
	cc_buf_adds(b, "  }\n }\n set asking {\n  type ifname . ether_addr\n  elements = {\n");
	for (uint32_t i = 0; i < node->slots.count; i++)
		add_asking(b, node, i);
	cc_buf_adds(b, "  }\n }\n");
	add_names_pin(b, node);
	net_rules6_add_pins(b, node);
	net_guests_add_bridge_maps(b);
	net_guests_add_bridge_chains(b, node);
	cc_buf_printf(b,
	        " chain prerouting {\n"
	        "  type filter hook prerouting priority -200; policy accept;\n"
	        "  iifname \"%s*\" jump guest\n"
	        " }\n"
	        " chain guest {\n"
	        "  ether type ip6 goto guest6\n"
	        "  jump leases\n"
	        "  ether type ip iifname . ether saddr . ip saddr @guests accept\n"
	        "  ether type arp iifname . ether saddr . arp saddr ip @guests iifname . arp saddr ether . arp saddr ip @guests accept\n"
	        "  drop\n"
	        " }\n"
	        "}\n",
	        net_link_prefix(node->set.bridge, prefix));
}
