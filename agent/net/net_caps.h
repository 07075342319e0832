/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of bandwidth, in the firewall: what is more than the rate is dropped, as a full line drops it. They are about what passes the node, either way: between
 * instances of a node there is no line to be shared. A table of its own is replaced as a whole, so there is nothing to be remembered of what was set before. Any
 * kernel that has the other rules can do this; shaping would need a queueing discipline on each link, and a second device for what instances send. */
#pragma once

#include "agent/net/net_guests.h"

/* The command that prints the table; returns `command`. */
#define NET_CAPS_LIST 64
char *net_caps_list(const struct priv_node *node, char command[NET_CAPS_LIST]);
/* Commands that make the table what it has to be for these guests, and for the node's own limits; nothing when it is. `now` is what is printed of it. */
void net_caps_add(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests, const char *now);
/* Away with it; nothing there is fine. */
void net_caps_remove(struct cc_buf *b, const struct priv_node *node);
