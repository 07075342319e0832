/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One-time secrets and bearer tokens as the zone keeps them: by the SHA-256 of their text. */
#pragma once

#include "common/hash.h"
#include "common/secret.h"
#include "common/token.h"
#include "controller/api/call.h"

uint64_t secrets_random(void);

/* A new secret for what this call makes. With an Idempotency-Key it is derived from the controller's key, the caller and the request, so that a repeated
 * request is answered with the same secret although it is stored nowhere. */
struct cc_secret secrets_new(const struct call *c);

/* The text that a person pastes: the secret, with the controller's addresses and key. Without an address it is the bare secret when it is one for logging
 * in, as it can serve on this machine; expires_ms 0: never. @err CONFLICT there is no address that another machine could reach */
int secrets_token(
        struct call *c, enum cc_token_kind kind, const struct cc_secret *secret, int64_t expires_ms, const char **ret, struct cc_error *err);

/* The form in which the zone stores it. */
char *secrets_hash(const char *text, char hash[CC_SHA256_HEX]);
