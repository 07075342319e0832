/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Under which address other machines reach this one: that from which it speaks to its controller. When that is on the same machine, or is known by a name, the one
 * from which it speaks to the world. Nothing is sent to find out. IPv4, as what instances publish. */
#pragma once

#include "common/desc.h"

#include <netinet/in.h>

/* "" when there is no way out. */
char *node_address_find(const struct cc_texts *controllers, char ret[INET_ADDRSTRLEN]);
