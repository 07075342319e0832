/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bucket of the kernel holds what the rate gives in one second, and this much more, so that what the network card has put together (64 KiB at most) is not
 * larger than a bucket. An instance has one for either way, whatever family it speaks. */
#include "agent/net/net_caps.h"

#include "agent/net/net_rules.h"

#include "common/hash_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BURST_BYTES    65536
#define BYTES_OF(kbit) ((unsigned long long)(kbit)*1000 / 8)

static char *table_of(const struct priv_node *node, char name[NET_RULES_TABLE])
{
	char own[NET_RULES_TABLE];

	snprintf(name, NET_RULES_TABLE, "cccaps%.20s", net_rules_table(node, own) + 2);
	return name;
}

void net_caps_remove(struct cc_buf *b, const struct priv_node *node)
{
	char name[NET_RULES_TABLE];

	table_of(node, name);
	cc_buf_printf(b, "table inet %s\ndelete table inet %s\n", name, name);
}

static void add_limit(struct cc_buf *b, const char *name, uint64_t kbit)
{
	if (kbit > 0)
		cc_buf_printf(b, " limit %s { rate over %llu bytes/second burst %d bytes; }\n", name, BYTES_OF(kbit), BURST_BYTES);
}

static void add_limits(struct cc_buf *b, const struct net_guests *guests)
{
	char name[32];

	for (uint32_t i = 0; i < guests->count; i++)
		for (int up = 0; up < 2; up++) {
			snprintf(name, sizeof(name), "%s%u", up ? "up" : "down", guests->at[i].slot);
			add_limit(b, name, guests->at[i].bandwidth_kbit);
		}
}

/* Which limit an address has, on one of the two ways. */
static void add_map(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests, const char *way, bool six)
{
	char address[PRIV_ADDR_TEXT];
	bool any = false;

	cc_buf_printf(b, " map %s%s {\n  type %s : limit\n", way, six ? "6" : "4", six ? "ipv6_addr" : "ipv4_addr");
	for (uint32_t i = 0; i < guests->count; i++) {
		const struct net_guest *g = &guests->at[i];

		if (g->bandwidth_kbit == 0 || (six && !node->slots.has6))
			continue;
		cc_buf_printf(b, "%s%s : \"%s%u\"", any ? ", " : "  elements = { ",
		        six ? slot_address6(&node->slots, g->slot, address) : slot_address(&node->slots, g->slot, address), way, g->slot);
		any = true;
	}
	cc_buf_adds(b, any ? " }\n }\n" : " }\n");
}

/* What an instance may not have anyway is not taken from what all may have. */
static void add_way(struct cc_buf *b, const char *way, const char *end, uint32_t all_kbit)
{
	cc_buf_printf(b,
	        " chain of_%s {\n"
	        "  limit name ip %s map @%s4 drop\n"
	        "  limit name ip6 %s map @%s6 drop\n",
	        way, end, way, end, way);
	if (all_kbit > 0)
		cc_buf_printf(b, "  limit name \"all_%s\" drop\n", way);
	cc_buf_adds(b, " }\n");
}

static bool limits_any(const struct priv_node *node, const struct net_guests *guests)
{
	for (uint32_t i = 0; i < guests->count; i++)
		if (guests->at[i].bandwidth_kbit > 0)
			return true;
	return node->set.upload_max > 0 || node->set.download_max > 0;
}

static void add_table(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests)
{
	const char *bridge = node->set.bridge;

	add_limits(b, guests);
	add_limit(b, "all_up", node->set.upload_max);
	add_limit(b, "all_down", node->set.download_max);
	for (int six = 0; six < 2; six++) {
		add_map(b, node, guests, "up", six);
		add_map(b, node, guests, "down", six);
	}
	add_way(b, "up", "saddr", node->set.upload_max);
	add_way(b, "down", "daddr", node->set.download_max);
	/* After the other rules: what they drop takes nothing of a limit. */
	cc_buf_printf(b,
	        " chain forward {\n"
	        "  type filter hook forward priority filter + 10; policy accept;\n"
	        "  iifname \"%s\" oifname \"%s\" accept\n"
	        "  iifname \"%s\" jump of_up\n"
	        "  oifname \"%s\" jump of_down\n"
	        " }\n",
	        bridge, bridge, bridge, bridge);
}

char *net_caps_list(const struct priv_node *node, char command[NET_CAPS_LIST])
{
	char name[NET_RULES_TABLE];

	snprintf(command, NET_CAPS_LIST, "list table inet %s", table_of(node, name));
	return command;
}

/* A new table has full buckets, so one that is as it has to be stays: a set without elements bears the hash of its text. */
void net_caps_add(struct cc_buf *b, const struct priv_node *node, const struct net_guests *guests, const char *now)
{
	cc_auto_buf struct cc_buf table = { 0 };
	char name[NET_RULES_TABLE], mark[40];

	if (!limits_any(node, guests)) {
		if (now[0] != '\0')
			net_caps_remove(b, node);
		return;
	}
	add_table(&table, node, guests);
	snprintf(mark, sizeof(mark), "set is_%016" PRIx64, cc_hash_bytes(table.data, table.len));
	if (strstr(now, mark) != NULL)
		return;
	net_caps_remove(b, node);
	cc_buf_printf(b, "table inet %s {\n %s { type ipv4_addr; }\n%s}\n", table_of(node, name), mark, table.data);
}
