/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In IPv6 addresses are made known by ICMP: whoever may send any of it can be the router, or anybody. So a guest may say where it is itself and ask where others
 * are; it may not be a router, send others elsewhere, nor claim what is not its slot's, not even by asking whether somebody has it. */
#include "agent/net/net_rules6.h"

#include "agent/net/net_link.h"

#include <arpa/inet.h>

void net_rules6_add(struct cc_buf *b, const struct priv_node *node, const char *owner_networks6)
{
	char prefix[PRIV_ADDR_TEXT + 4];

	if (!node->slots.has6) {
		cc_buf_adds(b, " chain input6 {\n  drop\n }\n chain leaving6 {\n  drop\n }\n chain postrouting6 { }\n");
		return;
	}
	slot_prefix6(&node->slots, prefix);
	cc_buf_adds(b, " set owner_networks6 {\n  type ipv6_addr\n  flags interval\n  auto-merge\n");
	if (owner_networks6[0] != '\0')
		cc_buf_printf(b, "  elements = { %s }\n", owner_networks6);
	cc_buf_adds(b, " }\n");
	cc_buf_printf(b,
	        " chain input6 {\n"
	        "  ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	        "  ip6 saddr != %s drop\n"
	        "  ct state established,related accept\n"
	        "  icmpv6 type echo-request limit rate 50/second accept\n"
	        "  drop\n"
	        " }\n"
	        " chain leaving6 {\n"
	        "  ip6 saddr != %s drop\n"
	        "  ct state established,related accept\n"
	        "  ip6 daddr @owner_networks6 reject with icmpv6 type admin-prohibited\n"
	        " }\n"
	        " chain postrouting6 {\n"
	        "  ip6 saddr %s oifname != \"%s\" masquerade\n"
	        " }\n",
	        prefix, prefix, prefix, node->set.bridge);
}

static char *hex_of(const uint8_t address[SLOT_ADDR6], char text[40])
{
	static const char digits[] = "0123456789abcdef";

	text[0] = '0';
	text[1] = 'x';
	for (int i = 0; i < SLOT_ADDR6; i++) {
		text[2 + 2 * i] = digits[address[i] >> 4];
		text[3 + 2 * i] = digits[address[i] & 15];
	}
	text[2 + 2 * SLOT_ADDR6] = '\0';
	return text;
}

/* Both addresses of each slot: that of the prefix, and the link's. */
static void add_pins(struct cc_buf *b, const struct priv_node *node, bool as_targets)
{
	for (uint32_t slot = 0; slot < node->slots.count; slot++) {
		uint8_t addresses[2][SLOT_ADDR6], m[6];
		char link[NET_LINK_NAME], text[PRIV_ADDR_TEXT];

		slot_number6(&node->slots, slot, addresses[0]);
		slot_link_number6(&node->slots, slot, addresses[1]);
		slot_mac(slot_address_number(&node->slots, slot), m);
		net_link_name(node->set.bridge, slot, link);
		for (int i = 0; i < 2; i++) {
			if (as_targets)
				cc_buf_printf(b, "   \"%s\" . %s,\n", link, hex_of(addresses[i], text));
			else
				cc_buf_printf(b, "   \"%s\" . %02x:%02x:%02x:%02x:%02x:%02x . %s,\n", link, m[0], m[1], m[2], m[3], m[4], m[5],
				        inet_ntop(AF_INET6, addresses[i], text, sizeof(text)));
		}
	}
}

void net_rules6_add_pins(struct cc_buf *b, const struct priv_node *node)
{
	if (!node->slots.has6) {
		cc_buf_adds(b, " chain guest6 {\n  drop\n }\n");
		return;
	}
	cc_buf_adds(b, " set guests6 {\n  type ifname . ether_addr . ipv6_addr\n  elements = {\n");
	add_pins(b, node, false);
	/* What a neighbour's message is about, at its place in the message: nft of Debian 12 has no name for it. */
	cc_buf_adds(b, "  }\n }\n set targets6 {\n  typeof iifname . @th,64,128\n  elements = {\n");
	add_pins(b, node, true);
	cc_buf_adds(b, "  }\n }\n"
	               " chain guest6 {\n"
	               "  icmpv6 type { nd-router-advert, nd-redirect, mld-listener-query } drop\n"
	               "  udp sport 547 drop\n"
	               "  ip6 saddr :: iifname . ether saddr @asking goto unnamed6\n"
	               "  iifname . ether saddr . ip6 saddr @guests6 goto pinned6\n"
	               "  drop\n"
	               " }\n"
	               " chain unnamed6 {\n"
	               "  icmpv6 type nd-neighbor-solicit iifname . @th,64,128 @targets6 accept\n"
	               "  icmpv6 type { mld-listener-report, mld2-listener-report, nd-router-solicit } accept\n"
	               "  drop\n"
	               " }\n"
	               " chain pinned6 {\n"
	               "  icmpv6 type nd-neighbor-advert iifname . @th,64,128 @targets6 accept\n"
	               "  icmpv6 type nd-neighbor-advert drop\n"
	               "  accept\n"
	               " }\n");
}
