/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/api/secrets.h"

#include <sodium.h>

uint64_t secrets_random(void)
{
	uint64_t r;

	randombytes_buf(&r, sizeof(r));
	return r;
}

struct cc_secret secrets_new(const struct call *c)
{
	crypto_auth_hmacsha256_state mac;
	struct cc_secret s;

	if (c->idempotency_key == NULL)
		return cc_secret_new();
	crypto_auth_hmacsha256_init(&mac, c->setup->secret_key, sizeof(c->setup->secret_key));
	crypto_auth_hmacsha256_update(&mac, c->who.id.b, sizeof(c->who.id.b));
	crypto_auth_hmacsha256_update(&mac, (const unsigned char *)c->request_hash, strlen(c->request_hash));
	crypto_auth_hmacsha256_update(&mac, (const unsigned char *)c->idempotency_key, strlen(c->idempotency_key));
	crypto_auth_hmacsha256_final(&mac, s.b);
	return s;
}

char *secrets_hash(const char *text, char hash[CC_SHA256_HEX])
{
	return cc_sha256_format(cc_sha256(text, strlen(text)), hash);
}
