/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which node of which zone this is: cc-agent says it, and it is kept, so that names are there before cc-agent is. */
#pragma once

#include "agent/driver/node.h"

/* Lower-case letters, digits and hyphens, not at the ends, with its NUL within the bytes. */
bool node_is_label(const char name[PRIV_NAME_TEXT]);

/* Fills node->zone and node->id; leaves them empty when nothing is kept. */
void node_identity_load(struct priv_node *node);
/* @err INVALID the zone is no DNS label, IO */
int node_identity_save(struct priv_node *node, const char zone[PRIV_NAME_TEXT], struct cc_uuid id, struct cc_error *err);

/* What follows from the identity, the setting subnet6 and the kernel for IPv6: node->slots.has6 and its prefix. Whenever one of them may have changed. */
void node_find_ipv6(struct priv_node *node);
/* Why instances have no IPv6, for people; "" when they have. Static. */
const char *node_no_ipv6(const struct priv_node *node);

/* Whether dnsmasq serves this node's instances. */
bool node_has_names(const struct priv_node *node);
/* Why not, for people; "" when it does. Static. */
const char *node_no_names(const struct priv_node *node);
