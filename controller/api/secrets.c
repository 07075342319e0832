/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/api/secrets.h"

#include "controller/api/addresses.h"

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

int secrets_token(struct call *c, enum cc_token_kind kind, const struct cc_secret *secret, int64_t expires_ms, const char **ret, struct cc_error *err)
{
	struct cc_token token = { .kind = kind, .secret = *secret, .expires_ms = expires_ms };
	struct cc_texts addresses = addresses_of_zone(c, c->arena, NULL);
	const struct zone *z;

	if (addresses.n == 0 && kind == CC_TOKEN_LOGIN) {
		*ret = cc_secret_format(secret, cc_arena_alloc(c->arena, CC_SECRET_TEXT));
		return 0;
	}
	if (addresses.n == 0)
		return cc_fail(err, CONFLICT, "the controller listens on no address that a node could reach; set http_listen or advertise");
	z = engine_read_begin(c->engine);
	token.zone = cc_arena_strdup(c->arena, zone_name(z));
	engine_read_end(c->engine);
	for (size_t i = 0; i < addresses.n && i < CC_TOKEN_ADDRESSES_MAX; i++)
		token.addresses[token.n_addresses++] = addresses.items[i];
	if (cc_pin_parse(c->setup->pin, &token.pin, err) < 0)
		return -1;
	return cc_token_encode(&token, c->arena, ret, err);
}

char *secrets_hash(const char *text, char hash[CC_SHA256_HEX])
{
	return cc_sha256_format(cc_sha256(text, strlen(text)), hash);
}
