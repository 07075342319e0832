/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/slot.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOT_HOST 2u /* .1 is the node */

static int parse_subnet(const char *text, struct slot_plan *plan, struct cc_error *err)
{
	char addr[32];
	const char *slash = strchr(text, '/');
	struct in_addr in;
	char *end;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(addr))
		return cc_fail(err, INVALID, "subnet: '%.60s' is no CIDR like 172.30.64.0/20", text);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	plan->prefix = (uint32_t)strtoul(slash + 1, &end, 10);
	if (inet_pton(AF_INET, addr, &in) != 1 || end == slash + 1 || *end != '\0' || plan->prefix < 8 || plan->prefix > 29)
		return cc_fail(err, INVALID, "subnet: '%.60s' is no CIDR with a prefix from 8 to 29", text);
	plan->network = ntohl(in.s_addr) & ~(UINT32_MAX >> plan->prefix);
	return 0;
}

int slot_plan_init(const struct priv_settings *set, struct slot_plan *ret, struct cc_error *err)
{
	struct slot_plan plan = { .count = set->instances_max, .id_base = set->id_base };
	uint32_t hosts;

	if (plan.count == 0 || plan.count > SLOTS_MAX)
		return cc_fail(err, INVALID, "instances_max: %u is not from 1 to %d", plan.count, SLOTS_MAX);
	if (parse_subnet(set->subnet, &plan, err) < 0)
		return -1;
	hosts = (UINT32_MAX >> plan.prefix) - 3; /* without the node's address, that of its names, and broadcast */
	if (plan.count > hosts)
		return cc_fail(err, INVALID, "subnet: '%s' has room for %u instances, instances_max is %u", set->subnet, hosts, plan.count);
	if ((uint64_t)plan.id_base + (uint64_t)SLOT_IDS * (plan.count + 1) > UINT32_MAX)
		return cc_fail(err, INVALID, "id_base: %u leaves too few ids for %u instances", plan.id_base, plan.count);
	*ret = plan;
	return 0;
}

uint32_t slot_image_first_id(const struct slot_plan *plan)
{
	return plan->id_base;
}

uint32_t slot_first_id(const struct slot_plan *plan, uint32_t slot)
{
	CC_PRE(slot < plan->count);
	return plan->id_base + SLOT_IDS * (slot + 1);
}

static char *format_address(uint32_t address, char text[PRIV_ADDR_TEXT])
{
	struct in_addr in = { htonl(address) };

	inet_ntop(AF_INET, &in, text, PRIV_ADDR_TEXT);
	return text;
}

char *slot_gateway(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT])
{
	return format_address(plan->network + 1, text);
}

uint32_t slot_address_number(const struct slot_plan *plan, uint32_t slot)
{
	CC_PRE(slot < plan->count);
	return plan->network + FIRST_SLOT_HOST + slot;
}

char *slot_address(const struct slot_plan *plan, uint32_t slot, char text[PRIV_ADDR_TEXT])
{
	return format_address(slot_address_number(plan, slot), text);
}

uint32_t slot_names_number(const struct slot_plan *plan)
{
	return (plan->network | UINT32_MAX >> plan->prefix) - 1;
}

char *slot_names_address(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT])
{
	return format_address(slot_names_number(plan), text);
}

void slot_mac(uint32_t address, uint8_t ret[6])
{
	ret[0] = 0x02; /* locally administered, unicast */
	ret[1] = 0xcc;
	for (int i = 0; i < 4; i++)
		ret[2 + i] = (uint8_t)(address >> (24 - 8 * i));
}

int slot_find_free(const struct slot_plan *plan, const uint8_t *taken, uint32_t *ret, struct cc_error *err)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		if (taken[i] == 0) {
			*ret = i;
			return 0;
		}
	}
	return cc_fail(err, NO_CAPACITY, "this node has all of its %u instances", plan->count);
}

static bool make6(const struct slot_plan *plan, uint32_t host, uint8_t ret[SLOT_ADDR6])
{
	memset(ret, 0, SLOT_ADDR6);
	memcpy(ret, plan->prefix6, sizeof(plan->prefix6));
	ret[14] = (uint8_t)(host >> 8);
	ret[15] = (uint8_t)host;
	return plan->has6;
}

bool slot_number6(const struct slot_plan *plan, uint32_t slot, uint8_t ret[SLOT_ADDR6])
{
	CC_PRE(slot < plan->count);
	return make6(plan, FIRST_SLOT_HOST + slot, ret);
}

bool slot_gateway_number6(const struct slot_plan *plan, uint8_t ret[SLOT_ADDR6])
{
	return make6(plan, 1, ret);
}

void slot_link_number6(const struct slot_plan *plan, uint32_t slot, uint8_t ret[SLOT_ADDR6])
{
	uint8_t m[6];

	slot_mac(slot_address_number(plan, slot), m);
	memcpy(ret, (const uint8_t[SLOT_ADDR6]){ 0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5] }, SLOT_ADDR6);
}

static char *format6(bool has, const uint8_t address[SLOT_ADDR6], char text[PRIV_ADDR_TEXT])
{
	text[0] = '\0';
	if (has)
		inet_ntop(AF_INET6, address, text, PRIV_ADDR_TEXT);
	return text;
}

char *slot_address6(const struct slot_plan *plan, uint32_t slot, char text[PRIV_ADDR_TEXT])
{
	uint8_t address[SLOT_ADDR6];

	return format6(slot_number6(plan, slot, address), address, text);
}

char *slot_gateway6(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT])
{
	uint8_t address[SLOT_ADDR6];

	return format6(slot_gateway_number6(plan, address), address, text);
}

char *slot_prefix6(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT])
{
	uint8_t address[SLOT_ADDR6];

	if (format6(make6(plan, 0, address), address, text)[0] != '\0')
		snprintf(text + strlen(text), PRIV_ADDR_TEXT - strlen(text), "/64");
	return text;
}
