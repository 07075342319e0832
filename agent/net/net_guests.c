/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members are numbers here: that of the lowest of their instances among the guests, from 1. A packet between guests gets the sender's number as its mark, and
 * passes when the receiver stands beside that mark. What is missing in the maps passes nowhere, so rules that are late or lost deny.
 *
 * A guest that reaches another one by a port of the node meets it through the node, and the answer must come back that way: such connections, and only those,
 * get the node's address. */
#include "agent/net/net_guests.h"

#include "agent/net/net_link.h"

#include <arpa/inet.h>
#include <stdio.h>

/* On a host that hands bridged packets to its firewall (br_netfilter, which Docker switches on), what a guest sends to a published port never leaves the bridge:
 * rewritten, it goes to the other guest's link at once. This mark tells the bridge's rules that it was rewritten, and so asked for. */
#define PUBLISHED_MARK "0xcc0d4a7e"

const struct net_guest *net_guests_find(const struct net_guests *guests, uint32_t slot)
{
	for (uint32_t i = 0; i < guests->count; i++)
		if (guests->at[i].slot == slot)
			return &guests->at[i];
	return NULL;
}

void net_guests_add_maps(struct cc_buf *b)
{
	cc_buf_adds(b, " map published {\n"
	               "  type inet_proto . inet_service : ipv4_addr . inet_service\n"
	               " }\n"
	               " set targets {\n"
	               "  type ipv4_addr . inet_proto . inet_service\n"
	               " }\n"
	               " map members {\n"
	               "  type ipv4_addr : mark\n"
	               " }\n"
	               " set fellows {\n"
	               "  type ipv4_addr . mark\n"
	               " }\n"
	               " map members6 {\n"
	               "  type ipv6_addr : mark\n"
	               " }\n"
	               " set fellows6 {\n"
	               "  type ipv6_addr . mark\n"
	               " }\n");
}

void net_guests_add_bridge_maps(struct cc_buf *b)
{
	cc_buf_adds(b, " map members {\n"
	               "  type ifname : mark\n"
	               " }\n"
	               " set fellows {\n"
	               "  type ifname . mark\n"
	               " }\n");
}

void net_guests_add_chains(struct cc_buf *b, const struct priv_node *node)
{
	struct in_addr network = { htonl(node->slots.network) };
	char gateway[PRIV_ADDR_TEXT], names[PRIV_ADDR_TEXT], address[INET_ADDRSTRLEN];

	slot_gateway(&node->slots, gateway);
	slot_names_address(&node->slots, names);
	inet_ntop(AF_INET, &network, address, sizeof(address));
	/* The bridge's own address stays the node's: what guests ask there, such as names, must not end at one of them. */
	cc_buf_printf(b,
	        " chain published_from_outside {\n"
	        "  type nat hook prerouting priority dstnat; policy accept;\n"
	        "  ip daddr != %s fib daddr type local dnat ip to meta l4proto . th dport map @published\n"
	        " }\n"
	        " chain published_from_here {\n"
	        "  type nat hook output priority -100; policy accept;\n"
	        "  ip daddr != { 127.0.0.0/8, %s } fib daddr type local dnat ip to meta l4proto . th dport map @published\n"
	        " }\n"
	        " chain published_marks {\n"
	        "  type filter hook prerouting priority dstnat + 5; policy accept;\n"
	        "  iifname \"%s\" ct status dnat meta mark set " PUBLISHED_MARK "\n"
	        " }\n"
	        " chain published_between {\n"
	        "  type nat hook postrouting priority srcnat; policy accept;\n"
	        "  ip saddr %s/%u oifname \"%s\" ct status dnat masquerade\n"
	        " }\n"
	        /* A connection that was let in ends when its port is published no more, and never comes to who has the address next. */
	        " chain still_published {\n"
	        "  ct status dnat ct direction original meta l4proto { tcp, udp } ip daddr . meta l4proto . th dport != @targets drop\n"
	        " }\n"
	        " chain between {\n"
	        "  jump still_published\n"
	        "  ct state established,related accept\n"
	        "  ct status dnat accept\n"
	        /* Never from way to way: these are on the bridge, whose rules say how far they get. */
	        "  meta pkttype { broadcast, multicast } accept\n"
	        "  ip saddr %s accept\n"
	        "  ip daddr %s accept\n"
	        "  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	        "  meta mark set 0\n"
	        "  meta mark set ip saddr map @members\n"
	        "  meta mark set ip6 saddr map @members6\n"
	        "  ip daddr . meta mark @fellows accept\n"
	        "  ip6 daddr . meta mark @fellows6 accept\n"
	        "  drop\n"
	        " }\n",
	        gateway, gateway, node->set.bridge, address, node->slots.prefix, node->set.bridge, names, names);
}

void net_guests_add_bridge_chains(struct cc_buf *b, const struct priv_node *node)
{
	char prefix[NET_LINK_NAME], names[NET_LINK_NAME];

	net_link_prefix(node->set.bridge, prefix);
	net_link_names(node->set.bridge, names);
	cc_buf_printf(b,
	        " chain forward {\n"
	        "  type filter hook forward priority -200; policy accept;\n"
	        "  iifname \"%s*\" oifname \"%s*\" jump between\n"
	        " }\n"
	        " chain between {\n"
	        "  meta mark " PUBLISHED_MARK " accept\n"
	        "  iifname \"%s\" accept\n"
	        "  oifname \"%s\" accept\n"
	        "  meta mark set 0\n"
	        "  meta mark set iifname map @members\n"
	        "  oifname . meta mark @fellows accept\n"
	        "  drop\n"
	        " }\n",
	        prefix, prefix, names, names);
}

static uint32_t member_number(const struct net_guests *guests, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (!cc_uuid_is_nil(guests->at[index].member) && cc_uuid_equal(guests->at[i].member, guests->at[index].member))
			return i + 1;
	return index + 1;
}

struct names {
	const struct priv_node *node;
	const char *family;
	const char *suffix; /* of the names of map and set */
	char *(*of)(const struct priv_node *node, uint32_t slot, char name[PRIV_ADDR_TEXT]);
};

static char *address_of(const struct priv_node *node, uint32_t slot, char name[PRIV_ADDR_TEXT])
{
	return slot_address(&node->slots, slot, name);
}

static char *address6_of(const struct priv_node *node, uint32_t slot, char name[PRIV_ADDR_TEXT])
{
	return slot_address6(&node->slots, slot, name);
}

static char *local6_of(const struct priv_node *node, uint32_t slot, char name[PRIV_ADDR_TEXT])
{
	uint8_t address[SLOT_ADDR6];

	slot_link_number6(&node->slots, slot, address);
	inet_ntop(AF_INET6, address, name, PRIV_ADDR_TEXT);
	return name;
}

static char *link_of(const struct priv_node *node, uint32_t slot, char name[PRIV_ADDR_TEXT])
{
	char link[NET_LINK_NAME];

	snprintf(name, PRIV_ADDR_TEXT, "\"%s\"", net_link_name(node->set.bridge, slot, link));
	return name;
}

static void flush_fellows(struct cc_buf *b, const char *table, const char *family, const char *suffix)
{
	cc_buf_printf(b, "flush map %s %s members%s\nflush set %s %s fellows%s\n", family, table, suffix, family, table, suffix);
}

/* All in one command each: a set that is empty is left empty. */
static void add_fellows(struct cc_buf *b, const char *table, const struct names *n, const struct net_guests *guests)
{
	char name[PRIV_ADDR_TEXT];

	if (guests->count == 0)
		return;
	cc_buf_printf(b, "add element %s %s members%s {", n->family, table, n->suffix);
	for (uint32_t i = 0; i < guests->count; i++)
		cc_buf_printf(b, "%s %s : %u", i > 0 ? "," : "", n->of(n->node, guests->at[i].slot, name), member_number(guests, i));
	cc_buf_printf(b, " }\nadd element %s %s fellows%s {", n->family, table, n->suffix);
	for (uint32_t i = 0; i < guests->count; i++)
		cc_buf_printf(b, "%s %s . %u", i > 0 ? "," : "", n->of(n->node, guests->at[i].slot, name), member_number(guests, i));
	cc_buf_adds(b, " }\n");
}

static void add_published(struct cc_buf *b, const char *table, const struct priv_node *node, const struct net_guest *g)
{
	char address[PRIV_ADDR_TEXT];

	slot_address(&node->slots, g->slot, address);
	for (uint32_t i = 0; i < g->ports.count; i++) {
		const struct port *p = &g->ports.at[i];
		const char *kind = ports_kind_word(p->kind);

		cc_buf_printf(b, "add element inet %s published { %s . %u : %s . %u }\n", table, kind, p->node_port, address, p->port);
		cc_buf_printf(b, "add element inet %s targets { %s . %s . %u }\n", table, address, kind, p->port);
	}
}

void net_guests_add_all(struct cc_buf *b, const char *table, const struct priv_node *node, const struct net_guests *guests)
{
	cc_buf_printf(b, "flush map inet %s published\nflush set inet %s targets\n", table, table);
	for (uint32_t i = 0; i < guests->count; i++)
		add_published(b, table, node, &guests->at[i]);
	flush_fellows(b, table, "inet", "");
	flush_fellows(b, table, "inet", "6");
	add_fellows(b, table, &(struct names){ node, "inet", "", address_of }, guests);
	if (!node->slots.has6)
		return;
	add_fellows(b, table, &(struct names){ node, "inet", "6", address6_of }, guests);
	add_fellows(b, table, &(struct names){ node, "inet", "6", local6_of }, guests);
}

void net_guests_add_all_bridge(struct cc_buf *b, const char *table, const struct priv_node *node, const struct net_guests *guests)
{
	flush_fellows(b, table, "bridge", "");
	add_fellows(b, table, &(struct names){ node, "bridge", "", link_of }, guests);
}
