/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The datagrams with which one node measures the way to another: a question, and an answer of the same size. Both carry the MAC of a key that the two share:
 * each node has a key of its own from the controller, and the controller tells a node that is to ask it the key that follows from that and from who asks. So a
 * node answers only whom the controller named, needs no list of them, and nobody can ask in another's name. */
#pragma once

#include "common/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CC_PROBE_BYTES 64
#define CC_PROBE_KEY   32

enum cc_probe_kind { CC_PROBE_ASK = 1, CC_PROBE_ANSWER = 2 };

struct cc_probe {
	enum cc_probe_kind kind;
	struct cc_uuid from, to;
	uint64_t nonce; /* of chance; the answer repeats it, so it cannot be given before the question came */
};

/* The key of node `asks` towards the node whose own key is `own`. */
void cc_probe_key(const uint8_t own[CC_PROBE_KEY], struct cc_uuid asks, uint8_t ret[CC_PROBE_KEY]);

void cc_probe_seal(const struct cc_probe *p, const uint8_t key[CC_PROBE_KEY], uint8_t ret[CC_PROBE_BYTES]);
/* Reads what is not secret, to know which key it needs; false when it is no such datagram. */
bool cc_probe_read(const void *bytes, size_t len, struct cc_probe *ret);
/* Whether these CC_PROBE_BYTES were sealed with this key. */
bool cc_probe_is_sealed(const uint8_t bytes[CC_PROBE_BYTES], const uint8_t key[CC_PROBE_KEY]);
