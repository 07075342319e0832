/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of the rules that is about IPv6, as chains that those of net_rules.h lead to. Where instances have none they drop all of it. */
#pragma once

#include "agent/driver/node.h"
#include "common/buf.h"

/* For what is routed: sets and the chains `input6`, `leaving6` and `postrouting6`. `owner_networks6` as owner_networks_find6 gives them. */
void net_rules6_add(struct cc_buf *b, const struct priv_node *node, const char *owner_networks6);
/* For what is bridged: sets and the chain `guest6`. */
void net_rules6_add_pins(struct cc_buf *b, const struct priv_node *node);
