/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/node_identity.h"

#include "agent/driver/driver.h"
#include "agent/driver/small_file.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY "identity" /* "ZONE UUID end" */

/* "fd12:3456:789a:1::/64". */
static bool parse_prefix6(const char *text, uint8_t ret[8])
{
	char address[PRIV_ADDR_TEXT];
	uint8_t in[16];
	const char *slash = strchr(text, '/');

	if (slash == NULL || strcmp(slash, "/64") != 0 || (size_t)(slash - text) >= sizeof(address))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (inet_pton(AF_INET6, address, in) != 1)
		return false;
	memcpy(ret, in, 8);
	return true;
}

/* Where an owner has switched it off, for all or for what comes anew, it stays off. */
static bool kernel_has_ipv6(void)
{
	struct cc_error ignored = { 0 };
	uint64_t all = 1, dflt = 1;

	return small_file_read_u64("/proc/sys/net/ipv6/conf/all/disable_ipv6", &all, &ignored) == 0 &&
	       small_file_read_u64("/proc/sys/net/ipv6/conf/default/disable_ipv6", &dflt, &ignored) == 0 && all == 0 && dflt == 0;
}

const char *node_no_ipv6(const struct priv_node *node)
{
	uint8_t ignored[8];

	if (!node->driver->has_rights)
		return "a simulation has none";
	if (strcmp(node->set.subnet6, "none") == 0)
		return "switched off by --subnet6";
	if (strcmp(node->set.subnet6, "auto") != 0 && !parse_prefix6(node->set.subnet6, ignored))
		return "--subnet6 is not auto, none or a prefix like fd12:3456:789a::/64";
	if (!kernel_has_ipv6())
		return "the kernel has none, or it is switched off (net.ipv6.conf.all.disable_ipv6)";
	return strcmp(node->set.subnet6, "auto") == 0 && cc_uuid_is_nil(node->id) ? "this node has not joined a zone yet" : "";
}

/* As RFC 4193 has it, but from the node's id: the same for as long as it is this node, another for every other. */
static void derive_prefix6(struct cc_uuid id, uint8_t ret[8])
{
	static const char purpose[] = "communitycloud ipv6";
	uint8_t hash[crypto_hash_sha256_BYTES], text[sizeof(purpose) + sizeof(id)];

	memcpy(text, purpose, sizeof(purpose));
	memcpy(text + sizeof(purpose), &id, sizeof(id));
	crypto_hash_sha256(hash, text, sizeof(text));
	memset(ret, 0, 8);
	ret[0] = 0xfd;
	memcpy(ret + 1, hash, 5);
}

void node_find_ipv6(struct priv_node *node)
{
	node->slots.has6 = node_no_ipv6(node)[0] == '\0';
	if (node->slots.has6 && !parse_prefix6(node->set.subnet6, node->slots.prefix6))
		derive_prefix6(node->id, node->slots.prefix6);
}

bool node_is_label(const char name[PRIV_NAME_TEXT])
{
	size_t len = strnlen(name, PRIV_NAME_TEXT);

	return len > 0 && len < PRIV_NAME_TEXT && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && name[0] != '-' &&
	       name[len - 1] != '-';
}

void node_identity_load(struct priv_node *node)
{
	char text[256], zone[PRIV_NAME_TEXT], uuid[CC_UUID_TEXT], end[8];
	struct cc_error ignored = { 0 };
	struct cc_uuid id;

	if (small_file_read(node->dirs.root, IDENTITY, text, sizeof(text), &ignored) < 0 || sscanf(text, "%63s %36s %7s", zone, uuid, end) != 3 ||
	        strcmp(end, "end") != 0 || !node_is_label(zone) || cc_uuid_parse(uuid, &id, &ignored) < 0)
		return;
	snprintf(node->zone, sizeof(node->zone), "%s", zone);
	node->id = id;
}

int node_identity_save(struct priv_node *node, const char zone[PRIV_NAME_TEXT], struct cc_uuid id, struct cc_error *err)
{
	char text[256], uuid[CC_UUID_TEXT];
	int len;

	if (!node_is_label(zone))
		return cc_fail(err, INVALID, "the zone's name is not a DNS label");
	len = snprintf(text, sizeof(text), "%s %s end\n", zone, cc_uuid_format(id, uuid));
	if (small_file_replace(node->dirs.root, IDENTITY, text, (size_t)len, true, err) < 0)
		return -1;
	snprintf(node->zone, sizeof(node->zone), "%s", zone);
	node->id = id;
	return 0;
}

const char *node_no_names(const struct priv_node *node)
{
	if (!node->driver->has_rights)
		return "a simulation has none";
	if (node->set.dnsmasq[0] == '\0')
		return "switched off by --dnsmasq";
	if (access(node->set.dnsmasq, X_OK) < 0)
		return "dnsmasq is missing; install the package dnsmasq-base, then restart the agent";
	return node->zone[0] == '\0' ? "this node has not joined a zone yet" : "";
}

bool node_has_names(const struct priv_node *node)
{
	return node_no_names(node)[0] == '\0';
}
