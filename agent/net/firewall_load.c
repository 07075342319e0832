/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/firewall.h"
#include "common/module.h"

const struct firewall *firewall_find(struct cc_error *err)
{
	return cc_module_find("libcc-firewall.so", "firewall_nft", err);
}
