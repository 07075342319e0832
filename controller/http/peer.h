/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses count as one peer: an IPv4 address, however it is written, and of IPv6 a /64, for a customer has all of one. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer {
	uint8_t len; /* 4 or 8; 0: no address of the internet */
	uint8_t b[8];
};

/* NULL is allowed. */
struct peer peer_of(const struct sockaddr *addr);
bool peer_equal(struct peer a, struct peer b);
/* The whole address for people, "?" for none. */
const char *peer_text(const struct sockaddr *addr, char text[INET6_ADDRSTRLEN]);
