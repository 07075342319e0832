/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few rtnetlink calls that the node's network needs. Each call opens and closes its own socket. */
#pragma once

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A bridge of that name with that MAC; fine when it is there. @err CONFLICT another kind of link has the name, IO */
int net_link_make_bridge(const char *name, const uint8_t mac[6], struct cc_error *err);
/* Host byte order. Fine when the link has it. @err IO */
int net_link_add_address(const char *name, uint32_t address, uint32_t prefix, struct cc_error *err);
/* An IPv6 address with a /64, at once. @err IO */
int net_link_add_address6(const char *name, const uint8_t address[16], struct cc_error *err);
/* Switches it on, and puts it into a group of links: 0, or NET_LINK_GROUP, by which rules recognise those of every node on the machine. @err IO */
int net_link_set_up(const char *name, uint32_t group, struct cc_error *err);
/* Links a process' network to a bridge: `name` here, up, and "eth0" with `mac` there. @err IO */
int net_link_make_pair(const char *name, const char *bridge, const uint8_t mac[6], pid_t pid, struct cc_error *err);
/* The route to everywhere. Host byte order. @err IO */
int net_link_add_default(uint32_t gateway, struct cc_error *err);
/* Whether any link of this machine is in our group. True too when that cannot be told. */
bool net_link_group_in_use(void);
/* Removes a link of that name, if there is one. @err IO */
int net_link_remove(const char *name, struct cc_error *err);

/* The end on the host of an instance's link: at most 15 characters. It begins with the prefix, which follows from the bridge's name: several nodes share a
 * machine's names. Return `name`. */
#define NET_LINK_NAME  16
#define NET_LINK_GROUP 52225
char *net_link_prefix(const char *bridge, char name[NET_LINK_NAME]);
char *net_link_name(const char *bridge, uint32_t slot, char name[NET_LINK_NAME]);
/* The same of what gives instances their names. */
char *net_link_names(const char *bridge, char name[NET_LINK_NAME]);
