/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports of the node that lead to an instance, as the halves of the agent tell each other of them, and which of them the owner lets be published. */
#pragma once

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

#define PORTS_MAX  16
#define PORTS_TEXT 384 /* all of them as text, with its NUL */

enum port_kind { PORT_TCP, PORT_UDP, PORT_KIND_MAX };
const char *ports_kind_word(uint8_t kind);

struct port {
	uint16_t node_port;
	uint16_t port;
	uint8_t kind; /* enum port_kind */
	uint8_t zero;
};
struct ports {
	uint32_t count;
	struct port at[PORTS_MAX];
};
struct port_range {
	uint16_t from; /* 0: none */
	uint16_t to;
};

/* "1024-65535", "8080" or "none". @err INVALID */
int ports_range_parse(const char *text, struct port_range *ret, struct cc_error *err);
/* No port twice, none 0, none beyond PORTS_MAX. @err INVALID */
int ports_check(const struct ports *p, struct cc_error *err);
/* @err DENIED the owner does not let one of them be published */
int ports_check_range(const struct ports *p, const struct port_range *r, struct cc_error *err);

/* The one of `p` that leads from the same port of the node; NULL when there is none. */
const struct port *ports_find(const struct ports *p, const struct port *like);
/* The order does not matter. */
bool ports_same(const struct ports *a, const struct ports *b);
/* A number that tells two sets apart; 0 for none. */
uint32_t ports_sum(const struct ports *p);

/* "8080:80/tcp 53:5353/udp"; and back, where what cannot be read is left out. */
char *ports_format(const struct ports *p, char text[PORTS_TEXT]);
void ports_read(const char *text, struct ports *ret);
