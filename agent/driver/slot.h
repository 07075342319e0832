/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot is one instance's share of what may not be shared: 65,536 host ids and one IPv4 address. Pure arithmetic over the settings; which slots are taken
 * is known from the records (ct_record.h), so a slot is free again only when its instance is deleted. */
#pragma once

#include "agent/driver/priv_settings.h"
#include "agent/priv_msg.h"

#define SLOT_IDS    65536u
#define SLOT_NOBODY 65534u /* of the ids that own images, the one that runs what serves instances; nothing that it could reach is its */
#define SLOTS_MAX   900    /* as many structs as fit into PRIV_TAIL_MAX */

struct slot_plan {
	uint32_t count;
	uint32_t id_base;
	uint32_t network; /* host byte order */
	uint32_t prefix;  /* bits */
	bool has6;
	uint8_t prefix6[8]; /* of a /64, which every slot has an address in; only where has6 */
};

/* @err INVALID the subnet is no CIDR, or too small, or the ids do not suffice */
int slot_plan_init(const struct priv_settings *set, struct slot_plan *ret, struct cc_error *err);

/* The first of the ids that own unpacked images; nobody runs with them. */
uint32_t slot_image_first_id(const struct slot_plan *plan);
/* The first of the ids of an instance. */
uint32_t slot_first_id(const struct slot_plan *plan, uint32_t slot);
/* The node's own address on the bridge, and an instance's; both return `text`. */
char *slot_gateway(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT]);
char *slot_address(const struct slot_plan *plan, uint32_t slot, char text[PRIV_ADDR_TEXT]);
/* Where instances ask for names and leases: the last address. Returns `text`. */
uint32_t slot_names_number(const struct slot_plan *plan);
char *slot_names_address(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT]);
/* A MAC that follows from an IPv4 address (host byte order), so that a reused address does not meet stale neighbour tables. */
void slot_mac(uint32_t address, uint8_t ret[6]);
uint32_t slot_address_number(const struct slot_plan *plan, uint32_t slot);

/* The same for IPv6, "" where there is none. The link's own address follows from its MAC, as the kernel makes it. */
#define SLOT_ADDR6 16
bool slot_number6(const struct slot_plan *plan, uint32_t slot, uint8_t ret[SLOT_ADDR6]);
bool slot_gateway_number6(const struct slot_plan *plan, uint8_t ret[SLOT_ADDR6]);
void slot_link_number6(const struct slot_plan *plan, uint32_t slot, uint8_t ret[SLOT_ADDR6]);
char *slot_address6(const struct slot_plan *plan, uint32_t slot, char text[PRIV_ADDR_TEXT]);
char *slot_gateway6(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT]);
char *slot_prefix6(const struct slot_plan *plan, char text[PRIV_ADDR_TEXT]);

/* The lowest slot that `taken` (one byte each, plan->count of them) does not hold. @err NO_CAPACITY */
int slot_find_free(const struct slot_plan *plan, const uint8_t *taken, uint32_t *ret, struct cc_error *err);
