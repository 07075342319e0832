/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of others on the same machine. A packet has to be accepted by every table, so what we accept may be dropped elsewhere: by Docker, which drops all that is
 * forwarded and leaves a chain for exceptions, DOCKER-USER, where ours are put; by firewalld or the owner's own rules, of which can only be told. */
#pragma once

#include "common/buf.h"

/* Reads what `nft -t -a list ruleset` prints and appends a line for each chain that would drop what is forwarded for this bridge: which it is, and what would
 * help. A table whose rules speak of the bridge is believed to be right about it. `own` is the name of our tables. */
void net_foreign_find(const char *ruleset, const char *bridge, const char *own, struct cc_buf *ret);

/* The same of iptables' own tables (iptables-legacy), which nft does not show: given what /proc/net/ip_tables_names holds, says when there may be such rules. */
void net_foreign_find_legacy(const char *tables, const char *bridge, struct cc_buf *ret);

/* Commands that bring our exceptions into DOCKER-USER, given what `nft -a list chain ip filter DOCKER-USER` prints ("" when there is none): nothing when they are
 * there. The other takes them out again. */
void net_foreign_open_docker(const char *chain, const char *bridge, const char *own, struct cc_buf *ret);
void net_foreign_close_docker(const char *chain, const char *own, struct cc_buf *ret);
