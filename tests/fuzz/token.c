/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pasted token; one that is taken can be written and read again. The checksum would keep the fuzzer out, so bytes behind a '!' are the fields of a token and
 * get a right one here. */
#include "common/token.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

static const char prefix[] = "cct1_";
enum { PREFIX_LEN = sizeof(prefix) - 1, CHECKSUM_BYTES = 6 };

static const char *seal(const uint8_t *data, size_t size, struct cc_arena *a)
{
	unsigned char *hashed = cc_arena_alloc(a, PREFIX_LEN + size + CHECKSUM_BYTES);
	size_t text_len = sodium_base64_encoded_len(size + CHECKSUM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *text = cc_arena_alloc(a, PREFIX_LEN + text_len);
	unsigned char hash[crypto_generichash_BYTES_MIN];

	memcpy(hashed, prefix, PREFIX_LEN);
	memcpy(hashed + PREFIX_LEN, data, size);
	crypto_generichash(hash, sizeof(hash), hashed, PREFIX_LEN + size, NULL, 0);
	memcpy(hashed + PREFIX_LEN + size, hash, CHECKSUM_BYTES);
	memcpy(text, prefix, PREFIX_LEN);
	sodium_bin2base64(text + PREFIX_LEN, text_len, hashed + PREFIX_LEN, size + CHECKSUM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	bool fields = size > 0 && data[0] == '!';
	const char *text = fields ? seal(data + 1, size - 1, a) : cc_arena_memdup(a, data, size);
	const char *again;
	struct cc_token token;
	struct cc_error err;

	if (cc_token_decode(text, a, &token, &err) < 0)
		return 0;
	CC_PRE(token.n_addresses >= 1 && token.n_addresses <= CC_TOKEN_ADDRESSES_MAX);
	CC_PRE(cc_token_encode(&token, a, &again, &err) == 0);
	CC_PRE(cc_token_decode(again, a, &token, &err) == 0);
	CC_PRE(!fields || strcmp(text, again) == 0);
	return 0;
}
