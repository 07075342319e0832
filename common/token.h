/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one string that a person pastes to let a node join, a member log in or a zone peer: where the controller is, the key it must show, and a secret
 * good for one use. It is a bearer credential: never logged. Form: "cct1_" and base64url of the fields and a checksum, so that a paste that lost its
 * end is recognised as such. Whether it has expired is for those who have the right clock to say. */
#pragma once

#include "common/arena.h"
#include "common/pin.h"
#include "common/secret.h"

enum { CC_TOKEN_ADDRESSES_MAX = 8, CC_TOKEN_ADDRESS_MAX = 255, CC_TOKEN_ZONE_MAX = 63 };

enum cc_token_kind { CC_TOKEN_NODE = 1, CC_TOKEN_LOGIN, CC_TOKEN_PEER, CC_TOKEN_KIND_MAX };

struct cc_token {
	enum cc_token_kind kind;
	const char *addresses[CC_TOKEN_ADDRESSES_MAX]; /* "host:port", the best first */
	size_t n_addresses;                            /* at least 1 */
	struct cc_pin pin;                             /* of the controller */
	struct cc_secret secret;
	int64_t expires_ms; /* wall clock */
	const char *zone;
};

/* The text form, in the arena. @err INVALID a field is over its limit or not printable ASCII */
int cc_token_encode(const struct cc_token *token, struct cc_arena *arena, const char **ret, struct cc_error *err);

/* Strings of *ret live in the arena. White space anywhere in the text is ignored, as terminals break long lines. The message never contains the text.
 * @err INVALID not a token, damaged, or made by a newer version */
int cc_token_decode(const char *text, struct cc_arena *arena, struct cc_token *ret, struct cc_error *err);

/* "node", "login", "peer" */
const char *cc_token_kind_name(enum cc_token_kind kind);
