/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few rtnetlink calls that the node's network needs. Each call opens and closes its own socket. */
#pragma once

#include "common/error.h"

#include <stdint.h>

/* A bridge of that name with that MAC; fine when it is there. @err CONFLICT another kind of link has the name, IO */
int net_link_make_bridge(const char *name, const uint8_t mac[6], struct cc_error *err);
/* Host byte order. Fine when the link has it. @err IO */
int net_link_add_address(const char *name, uint32_t address, uint32_t prefix, struct cc_error *err);
int net_link_set_up(const char *name, struct cc_error *err);
