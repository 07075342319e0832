/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node's private network for instances: a bridge with an address, forwarding and address translation, and one nftables table. What instances may reach:
 * each other, the world beyond the node, resolvers. What they may not: the node itself (but for ping) and the owner's own networks. Nobody reaches them
 * from outside unasked. */
#pragma once

#include "agent/node.h"

/* Makes or mends all of it. Idempotent. @err INVALID a setting, IO */
int net_prepare(const struct priv_node *node, struct cc_error *err);

/* Removes the table and the bridge; forwarding stays on, others may rely on it. Nothing there is fine. @err IO */
int net_retire(const struct priv_node *node, struct cc_error *err);

/* Removes a network link of that name, if there is one. @err IO */
int net_link_remove(const char *name, struct cc_error *err);
