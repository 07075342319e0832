/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/node_identity.h"

#include "agent/driver.h"
#include "agent/small_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY "identity" /* "ZONE UUID end" */

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
