/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layout: "CCP1", kind, three zeros, from, to, nonce, MAC. */
#include "common/probe.h"

#include <sodium.h>
#include <string.h>

#define KIND_AT  4
#define FROM_AT  8
#define TO_AT    24
#define NONCE_AT 40
#define MAC_AT   48
#define MAC_LEN  (CC_PROBE_BYTES - MAC_AT)

static const uint8_t magic[] = { 'C', 'C', 'P', '1' };

void cc_probe_key(const uint8_t own[CC_PROBE_KEY], struct cc_uuid asks, uint8_t ret[CC_PROBE_KEY])
{
	crypto_generichash(ret, CC_PROBE_KEY, asks.b, sizeof(asks.b), own, CC_PROBE_KEY);
}

void cc_probe_seal(const struct cc_probe *p, const uint8_t key[CC_PROBE_KEY], uint8_t ret[CC_PROBE_BYTES])
{
	memset(ret, 0, CC_PROBE_BYTES);
	memcpy(ret, magic, sizeof(magic));
	ret[KIND_AT] = (uint8_t)p->kind;
	memcpy(ret + FROM_AT, p->from.b, sizeof(p->from.b));
	memcpy(ret + TO_AT, p->to.b, sizeof(p->to.b));
	memcpy(ret + NONCE_AT, &p->nonce, sizeof(p->nonce));
	crypto_generichash(ret + MAC_AT, MAC_LEN, ret, MAC_AT, key, CC_PROBE_KEY);
}

bool cc_probe_read(const void *bytes, size_t len, struct cc_probe *ret)
{
	const uint8_t *b = bytes;

	if (len != CC_PROBE_BYTES || memcmp(b, magic, sizeof(magic)) != 0 || (b[KIND_AT] != CC_PROBE_ASK && b[KIND_AT] != CC_PROBE_ANSWER))
		return false;
	ret->kind = (enum cc_probe_kind)b[KIND_AT];
	memcpy(ret->from.b, b + FROM_AT, sizeof(ret->from.b));
	memcpy(ret->to.b, b + TO_AT, sizeof(ret->to.b));
	memcpy(&ret->nonce, b + NONCE_AT, sizeof(ret->nonce));
	return true;
}

bool cc_probe_is_sealed(const uint8_t bytes[CC_PROBE_BYTES], const uint8_t key[CC_PROBE_KEY])
{
	uint8_t mac[MAC_LEN];

	crypto_generichash(mac, sizeof(mac), bytes, MAC_AT, key, CC_PROBE_KEY);
	return sodium_memcmp(mac, bytes + MAC_AT, sizeof(mac)) == 0;
}
