/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/hash.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct cc_sha256_state), "the opaque state must hold libsodium's");
_Static_assert(crypto_hash_sha256_BYTES == sizeof(struct cc_sha256), "a SHA-256 has 32 bytes");

static crypto_hash_sha256_state *state(struct cc_sha256_state *s)
{
	return (crypto_hash_sha256_state *)(void *)s->opaque;
}

struct cc_sha256 cc_sha256(const void *p, size_t len)
{
	struct cc_sha256 h;

	crypto_hash_sha256(h.b, p, len);
	return h;
}

void cc_sha256_init(struct cc_sha256_state *s)
{
	crypto_hash_sha256_init(state(s));
}

void cc_sha256_update(struct cc_sha256_state *s, const void *p, size_t len)
{
	crypto_hash_sha256_update(state(s), p, len);
}

struct cc_sha256 cc_sha256_final(struct cc_sha256_state *s)
{
	struct cc_sha256 h;

	crypto_hash_sha256_final(state(s), h.b);
	return h;
}

char *cc_sha256_format(struct cc_sha256 h, char text[CC_SHA256_HEX])
{
	return sodium_bin2hex(text, CC_SHA256_HEX, h.b, sizeof(h.b));
}

int cc_sha256_parse(const char *text, struct cc_sha256 *ret, struct cc_error *err)
{
	struct cc_sha256 h;
	size_t len;

	if (strlen(text) != CC_SHA256_HEX - 1 || sodium_hex2bin(h.b, sizeof(h.b), text, CC_SHA256_HEX - 1, NULL, &len, NULL) != 0 ||
	        len != sizeof(h.b))
		return cc_fail(err, INVALID, "'%.70s' is not a SHA-256; it has 64 hexadecimal digits", text);
	*ret = h;
	return 0;
}
