/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which DNS servers instances are told of. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define RESOLVERS_MAX 3 /* as many as a resolv.conf may have */

struct resolvers {
	uint32_t count;
	char address[RESOLVERS_MAX][16]; /* IPv4 */
};

/* From the setting: "auto" takes the node's own that are not local to it, else addresses by comma. Finding none is no error. @err INVALID */
int resolvers_find(const char *setting, struct resolvers *ret, struct cc_error *err);

/* Takes the IPv4 nameservers, other than loopback, of a resolv.conf's text. Pure. */
void resolvers_parse(const char *text, struct resolvers *add);
