/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the half with rights says of the instances' network: kept on the disk for `cc-agent status`, and told to the controller. */
#pragma once

#include "agent/priv_msg.h"
#include "common/desc.h"

#define NODE_NETWORK_LINES 32

/* Zero-initialise it. */
struct node_network {
	bool known;
	struct priv_hello_reply said;
	char *text;  /* of the lines, as they came */
	char *split; /* the same, where `lines` lie */
	const char *lines[NODE_NETWORK_LINES];
	struct cc_texts blocked; /* rules of others that are in the instances' way */
};

/* Takes the answer and the lines behind it, and writes what is new to the state directory. True when anything in it is another than before. */
bool node_network_take(struct node_network *n, const struct priv_hello_reply *r, const char *tail, size_t tail_len, const char *state_dir);
void node_network_done(struct node_network *n);
