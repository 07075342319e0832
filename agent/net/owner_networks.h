/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which networks are the owner's: instances must not reach them. */
#pragma once

#include "common/buf.h"
#include "common/error.h"

struct ifaddrs;

/* Adds the networks as nft's elements ("10.0.0.0/8, 192.168.1.0/24") by the setting owner_networks: "auto" takes all that the node is directly on, but for
 * its bridge. @err INVALID a word is no CIDR, IO the node's addresses cannot be read: better no rules than open ones */
int owner_networks_find(const char *setting, const char *bridge, struct cc_buf *ret, struct cc_error *err);

/* The same for IPv6. "auto" adds what is private by nature: an owner's networks behind others. */
int owner_networks_find6(const char *setting, const char *bridge, struct cc_buf *ret, struct cc_error *err);
/* Whether the node has IPv6 beyond single links. */
bool owner_networks_has6(const char *bridge);

/* What "auto" makes of a list of addresses. Pure. */
void owner_networks_connected(const struct ifaddrs *all, const char *bridge, struct cc_buf *ret);
void owner_networks_connected6(const struct ifaddrs *all, const char *bridge, struct cc_buf *ret);
