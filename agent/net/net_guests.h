/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rules have to know of the instances on the node: whose each is, and which ports lead to it. All of it is set at once, from what is, so a lost or
 * doubled call does no harm. */
#pragma once

#include "agent/driver/node.h"
#include "agent/ports.h"
#include "common/buf.h"

struct net_guest {
	uint32_t slot;
	struct cc_uuid member; /* nil: not known, so nobody's fellow */
	struct ports ports;
	uint64_t bandwidth_kbit; /* each way; 0: no limit */
};
struct net_guests {
	uint32_t count;
	struct net_guest at[SLOTS_MAX];
};

/* Who has the slot; NULL when nobody. */
const struct net_guest *net_guests_find(const struct net_guests *guests, uint32_t slot);

/* The maps that these rules look into, empty, for the tables of net_rules.h. */
void net_guests_add_maps(struct cc_buf *b);
void net_guests_add_bridge_maps(struct cc_buf *b);
/* Chains: where the node's ports lead, and who of the instances may reach whom. */
void net_guests_add_chains(struct cc_buf *b, const struct priv_node *node);
void net_guests_add_bridge_chains(struct cc_buf *b, const struct priv_node *node);
/* Fills the maps with these guests and nothing else. `table` is the name of both tables. */
void net_guests_add_all(struct cc_buf *b, const char *table, const struct priv_node *node, const struct net_guests *guests);
void net_guests_add_all_bridge(struct cc_buf *b, const char *table, const struct priv_node *node, const struct net_guests *guests);
