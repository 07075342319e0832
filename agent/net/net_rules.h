/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of the firewall's rules, as nft reads it. Each is a table of its own, named after the bridge and replaced as a whole in one transaction, so a
 * second run or a changed setting leaves no old rule. */
#pragma once

#include "agent/net/net_guests.h"
#include "common/buf.h"

struct net_rules {
	const char *owner_networks;  /* elements, as owner_networks_find gives them */
	const char *resolvers;       /* the same of addresses */
	bool forward_others;         /* the machine forwarded before we came: what is not about instances is none of our business */
	const char *owner_networks6; /* as owner_networks_find6 gives them */
	bool forward_others6;
};

/* The name of both tables; returns `name`. */
#define NET_RULES_TABLE 32
char *net_rules_table(const struct priv_node *node, char name[NET_RULES_TABLE]);

/* What instances may reach and who may reach them. */
void net_rules_add(struct cc_buf *b, const struct priv_node *node, const struct net_rules *rules);
/* On the bridge each instance may only speak under the link address and the address of its slot. For all slots at once, so a start has nothing to add. */
void net_rules_add_pins(struct cc_buf *b, const struct priv_node *node);
/* What both know of the guests: these and no others. After the above, or as all that changes. */
void net_rules_add_guests(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests);
void net_rules_add_bridge_guests(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests);
/* Away with both; nothing there is fine. */
void net_rules_remove(struct cc_buf *b, const struct priv_node *node);
void net_rules_remove_pins(struct cc_buf *b, const struct priv_node *node);
