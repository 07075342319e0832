/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node's private network for instances: a bridge with an address, forwarding and address translation, and nftables rules. What instances may reach:
 * each other, the world beyond the node, resolvers. What they may not: the node itself (but for ping) and the owner's own networks. Nobody reaches them
 * from outside unasked. */
#pragma once

#include "agent/net/net_guests.h"

/* Whether the settings can be understood. @err INVALID */
int net_check(const struct priv_node *node, struct cc_error *err);
/* Makes or mends all of it. Idempotent. @err INVALID a setting, IO */
int net_prepare(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err);
/* Sets what rules know of the guests; the rest is there. @err IO */
int net_reach(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err);

/* What others' rules do to what is forwarded for instances, as net_prepare found it: a line for each that is in the way, with what helps; "" when none is. What
 * does not fit is left out, line by line. */
#define NET_BLOCKED 1024
void net_blocked(const struct priv_node *node, char ret[NET_BLOCKED]);

/* Removes the tables and the bridge, and switches forwarding off if we switched it on. Nothing there is fine. @err IO */
int net_retire(const struct priv_node *node, struct cc_error *err);
