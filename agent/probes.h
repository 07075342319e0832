/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measuring the way to other nodes, and letting them measure it: small datagrams (common/probe.h) to the few that the controller names, a handful once an hour.
 * The port answers those alone that the controller named to them, never with more than came, and not faster than so many a second; whatever else comes is
 * dropped unread. PROBES_KB_PER_HOUR bounds what one node's own measuring takes, answers and headers included. Times are boot time in ms. */
#pragma once

#include "agent/backoff.h"
#include "common/model.h"
#include "common/probe.h"

#define PROBES_MAX         8 /* others that one node measures */
#define PROBES_PACKETS     4 /* to each, in a round */
#define PROBES_EVERY_MS    3600000
#define PROBES_KB_PER_HOUR 6 /* 8 others, 4 packets of 92 bytes there and back */

struct probe_peer {
	struct cc_uuid node;
	uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
	uint8_t key[CC_PROBE_KEY];
	int64_t next_ms; /* of the next packet */
	int sent;        /* of this round */
	int got;
	int64_t us[PROBES_PACKETS];
	uint64_t nonce; /* of the question that is under way; 0: none */
	int64_t asked_us;
	int64_t rtt_us; /* of the last round that was answered; 0: none was */
	int64_t at_ms;
	int64_t told_us; /* what the controller was told, 0: nothing */
	bool telling;    /* it is in the report that is under way */
};

struct probes {
	int fd;        /* -1: not at all */
	bool four;     /* the machine has no IPv6 */
	uint16_t port; /* where it listens */
	struct cc_uuid self;
	bool have_key;
	uint8_t key[CC_PROBE_KEY];
	char version[32];
	struct probe_peer peers[PROBES_MAX];
	size_t n;
	int64_t credit;    /* datagrams that may still be read */
	int64_t credit_ms; /* as of */
};

/* Listens on the port, or on any when it is taken; 0: measures nothing. A failure leaves it so too, and is said. @err IO */
int probes_open(struct probes *p, struct cc_uuid self, int64_t port, struct cc_error *err);
void probes_close(struct probes *p);
/* Takes in whom to measure; nothing when the orders do not say. */
void probes_take(struct probes *p, const struct node_orders *o, int64_t now_ms);
/* Whether to wait for the descriptor: not while too much comes. */
bool probes_listen(const struct probes *p);
/* Reads and answers what came, and asks what is due. */
void probes_step(struct probes *p, int64_t now_ms);
int64_t probes_next_ms(const struct probes *p);

/* Whether anything is worth telling. */
bool probes_have_news(const struct probes *p);
/* Fills what is: all, or what changed. Returns how many; `ret` has room for PROBES_MAX. */
size_t probes_report(struct probes *p, bool full, int64_t now_ms, struct node_rtt *ret);
/* The controller has it. */
void probes_confirmed(struct probes *p);
