/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/net.h"

#include "agent/driver/small_file.h"
#include "agent/net/firewall.h"
#include "agent/net/net_caps.h"
#include "agent/net/net_foreign.h"
#include "agent/net/net_forwarding.h"
#include "agent/net/net_link.h"
#include "agent/net/net_rules.h"
#include "agent/net/owner_networks.h"
#include "agent/net/resolvers.h"
#include "common/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run_rules(const struct cc_buf *rules, struct cc_error *err)
{
	const struct firewall *f = firewall_find(err);

	return f != NULL ? f->run(rules->data, err) : -1;
}

/* Where there is nowhere to go beyond the bridge the machine stays what it is. */
static bool wants_forwarding6(const struct priv_node *node)
{
	return node->slots.has6 && owner_networks_has6(node->set.bridge);
}

static int set_rules(const struct priv_node *node, const struct net_guests *guests, bool forward_others, struct cc_error *err)
{
	cc_auto_buf struct cc_buf rules = { 0 };
	cc_auto_buf struct cc_buf owner = { 0 }, owner6 = { 0 };
	cc_auto_buf struct cc_buf resolving = { 0 };
	struct resolvers r;

	if (owner_networks_find(node->set.owner_networks, node->set.bridge, &owner, err) < 0 ||
	        owner_networks_find6(node->set.owner_networks, node->set.bridge, &owner6, err) < 0 || resolvers_find(node->set.dns, &r, err) < 0)
		return -1;
	for (uint32_t i = 0; i < r.count; i++)
		cc_buf_printf(&resolving, "%s%s", i > 0 ? ", " : "", r.address[i]);
	net_rules_add(&rules, node,
	        &(struct net_rules){ .owner_networks = cc_buf_str(&owner),
	                .resolvers = cc_buf_str(&resolving),
	                .forward_others = forward_others,
	                .owner_networks6 = cc_buf_str(&owner6),
	                .forward_others6 = !net_forwarding6_is_ours(&node->dirs, wants_forwarding6(node)) });
	net_rules_add_guests(&rules, node, guests);
	return run_rules(&rules, err);
}

static int set_caps(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err)
{
	const struct firewall *f = firewall_find(err);
	cc_auto_buf struct cc_buf rules = { 0 };
	cc_auto_free char *now = NULL;
	char command[NET_CAPS_LIST];

	if (f == NULL)
		return -1;
	now = f->list(net_caps_list(node, command));
	net_caps_add(&rules, node, guests, now);
	return rules.len > 0 && f->run(rules.data, err) < 0 ? cc_wrap(err, "limits of bandwidth") : 0;
}

/* Few kernels are built without this; there a node works, but its guests must trust each other. */
static void set_pins(const struct priv_node *node, const struct net_guests *guests)
{
	cc_auto_buf struct cc_buf rules = { 0 };
	struct cc_error err = { 0 };

	net_rules_add_pins(&rules, node);
	net_rules_add_bridge_guests(&rules, node, guests);
	if (run_rules(&rules, &err) < 0)
		fprintf(stderr,
		        "<4>cc-agent-priv: instances can take each other's addresses on this node (a kernel with NF_TABLES_BRIDGE prevents that): %s\n",
		        err.msg);
}

static void set_ipv6(const char *bridge, const char *name, const char *value)
{
	char path[96];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", bridge, name);
	(void)small_file_poke(path, value, &ignored);
}

/* Where instances have none, the bridge would get a link-local address and answer there. Where they have, nothing that they say makes routes. */
static int prepare_ipv6(const struct priv_node *node, struct cc_error *err)
{
	const char *bridge = node->set.bridge;
	uint8_t address[SLOT_ADDR6];

	set_ipv6(bridge, "accept_ra", "0");
	set_ipv6(bridge, "accept_redirects", "0");
	set_ipv6(bridge, "disable_ipv6", node->slots.has6 ? "0" : "1");
	return slot_gateway_number6(&node->slots, address) ? net_link_add_address6(bridge, address, err) : 0;
}

static int make_bridge(const struct priv_node *node, struct cc_error *err)
{
	uint8_t mac[6];

	slot_mac(node->slots.network + 1, mac);
	return net_link_make_bridge(node->set.bridge, mac, err);
}

#define LIST_DOCKER "list chain ip filter DOCKER-USER"

#define BLOCKED "blocked" /* in the state directory */

/* For who asks later. What cannot be kept was logged. */
static void keep_blocked(const struct priv_node *node, const struct cc_buf *blocking)
{
	struct cc_error ignored = { 0 };

	if (blocking->len == 0)
		(void)unlinkat(node->dirs.root, BLOCKED, 0);
	else
		(void)small_file_replace(node->dirs.root, BLOCKED, blocking->data, blocking->len, false, &ignored);
}

void net_blocked(const struct priv_node *node, char ret[NET_BLOCKED])
{
	struct cc_error err = { 0 };
	char *end;

	if (small_file_read(node->dirs.root, BLOCKED, ret, NET_BLOCKED, &err) >= 0)
		return;
	end = err.code == CC_TOO_LARGE ? strrchr(ret, '\n') : NULL;
	*(end != NULL ? end + 1 : ret) = '\0';
}

static void find_legacy(const char *bridge, struct cc_buf *ret)
{
	struct cc_error ignored = { 0 };
	char tables[256];

	if (small_file_read(-1, "/proc/net/ip_tables_names", tables, sizeof(tables), &ignored) > 0)
		net_foreign_find_legacy(tables, bridge, ret);
}

/* What others' rules do to our packets: mended where there is a place for it, else told. It does not keep the node from working. */
static void meet_others(const struct priv_node *node)
{
	struct cc_error err = { 0 };
	const struct firewall *f = firewall_find(&err);
	cc_auto_free char *docker = f != NULL ? f->list(LIST_DOCKER) : NULL, *all = NULL;
	cc_auto_buf struct cc_buf rules = { 0 }, blocking = { 0 };
	char own[NET_RULES_TABLE], *rest, *line;

	if (f == NULL)
		return;
	net_foreign_open_docker(docker, node->set.bridge, net_rules_table(node, own), &rules);
	if (rules.len > 0 && f->run(rules.data, &err) < 0)
		fprintf(stderr, "<4>cc-agent-priv: letting instances through Docker's rules: %s\n", err.msg);
	all = f->list("list ruleset");
	net_foreign_find(all, node->set.bridge, own, &blocking);
	find_legacy(node->set.bridge, &blocking);
	keep_blocked(node, &blocking);
	rest = blocking.data;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			fprintf(stderr, "<4>cc-agent-priv: %s\n", line);
}

static void leave_others(const struct priv_node *node)
{
	struct cc_error err = { 0 };
	const struct firewall *f = firewall_find(&err);
	cc_auto_free char *docker = f != NULL ? f->list(LIST_DOCKER) : NULL;
	cc_auto_buf struct cc_buf rules = { 0 };
	char own[NET_RULES_TABLE];

	if (f == NULL)
		return;
	net_foreign_close_docker(docker, net_rules_table(node, own), &rules);
	if (rules.len > 0 && f->run(rules.data, &err) < 0)
		fprintf(stderr, "<4>cc-agent-priv: removing our exceptions from Docker's rules: %s\n", err.msg);
}

int net_check(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_buf struct cc_buf ignored = { 0 };
	struct resolvers r;

	return owner_networks_find(node->set.owner_networks, node->set.bridge, &ignored, err) < 0 ? -1 : resolvers_find(node->set.dns, &r, err);
}

int net_reach(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err)
{
	cc_auto_buf struct cc_buf rules = { 0 }, bridge = { 0 };
	struct cc_error ignored = { 0 };

	net_rules_add_guests(&rules, node, guests);
	net_rules_add_bridge_guests(&bridge, node, guests);
	/* Where there are no rules on the bridge, that was said when they were made. */
	(void)run_rules(&bridge, &ignored);
	return run_rules(&rules, err) < 0 ? -1 : set_caps(node, guests, err);
}

int net_prepare(const struct priv_node *node, const struct net_guests *guests, struct cc_error *err)
{
	const char *bridge = node->set.bridge;
	bool ours;

	if (make_bridge(node, err) < 0 || net_forwarding_find(&node->dirs, &ours, err) < 0)
		return -1;
	/* Rules before the bridge is up and before anything is forwarded: at no moment is the owner's network open. */
	if (set_rules(node, guests, !ours, err) < 0 || set_caps(node, guests, err) < 0)
		return -1;
	set_pins(node, guests);
	if (net_link_add_address(bridge, node->slots.network + 1, node->slots.prefix, err) < 0 || prepare_ipv6(node, err) < 0 ||
	        net_link_set_up(bridge, NET_LINK_GROUP, err) < 0)
		return -1;
	if (wants_forwarding6(node) && net_forwarding6_switch_on(&node->dirs, err) < 0)
		return -1;
	meet_others(node);
	return net_forwarding_switch_on(err);
}

int net_retire(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_buf struct cc_buf rules = { 0 };
	cc_auto_buf struct cc_buf pins = { 0 };
	struct cc_error ignored = { 0 };

	net_rules_remove(&rules, node);
	net_caps_remove(&rules, node);
	net_rules_remove_pins(&pins, node);
	(void)run_rules(&pins, &ignored);
	leave_others(node);
	(void)unlinkat(node->dirs.root, BLOCKED, 0);
	if (net_link_remove(node->set.bridge, err) < 0 || net_forwarding_release(&node->dirs, err) < 0 ||
	        net_forwarding6_release(&node->dirs, err) < 0)
		return -1;
	/* Last, so that nothing is forwarded without them. */
	return run_rules(&rules, err);
}
