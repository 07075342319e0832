/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields in order: kind 1, expiry 8 (big endian), pin 32, secret 32, zone (length 1, text), number of addresses 1, addresses (length 1, text each),
 * checksum 6 over the version's prefix and everything before. Another layout is another version. */
#include "common/token.h"

#include "common/buf.h"

#include <sodium.h>

#define PREFIX         "cct1_"
#define FAMILY         "cct"
#define BASE64         sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define CHECKSUM_BYTES 6
#define MAX_BYTES      (1 + 8 + 32 + 32 + 1 + CC_TOKEN_ZONE_MAX + 1 + CC_TOKEN_ADDRESSES_MAX * (1 + CC_TOKEN_ADDRESS_MAX) + CHECKSUM_BYTES)
#define MAX_TEXT       (MAX_BYTES * 4 / 3 + 16)

static const char *const kind_names[CC_TOKEN_KIND_MAX] = { "", "node", "login", "peer" };

const char *cc_token_kind_name(enum cc_token_kind kind)
{
	CC_PRE(kind >= CC_TOKEN_NODE && kind < CC_TOKEN_KIND_MAX);
	return kind_names[kind];
}

static void checksum(const void *p, size_t len, unsigned char out[CHECKSUM_BYTES])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)PREFIX, sizeof(PREFIX) - 1);
	crypto_generichash_update(&state, p, len);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(out, hash, CHECKSUM_BYTES);
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int add_text(struct cc_buf *b, const char *what, const char *text, size_t max, struct cc_error *err)
{
	size_t len = strlen(text);

	if (len == 0 || len > max || !is_printable(text))
		return cc_fail(err, INVALID, "%s '%.80s' has no place in a token; it takes 1 to %zu letters, digits and signs", what, text, max);
	cc_buf_addc(b, (char)len);
	cc_buf_add(b, text, len);
	return 0;
}

static int add_fields(struct cc_buf *b, const struct cc_token *token, struct cc_error *err)
{
	cc_buf_addc(b, (char)token->kind);
	for (int shift = 56; shift >= 0; shift -= 8)
		cc_buf_addc(b, (char)((uint64_t)token->expires_ms >> shift & 0xff));
	cc_buf_add(b, token->pin.b, sizeof(token->pin.b));
	cc_buf_add(b, token->secret.b, sizeof(token->secret.b));
	if (add_text(b, "zone name", token->zone, CC_TOKEN_ZONE_MAX, err) < 0)
		return -1;
	if (token->n_addresses == 0 || token->n_addresses > CC_TOKEN_ADDRESSES_MAX)
		return cc_fail(err, INVALID, "a token carries 1 to %d addresses, not %zu", CC_TOKEN_ADDRESSES_MAX, token->n_addresses);
	cc_buf_addc(b, (char)token->n_addresses);
	for (size_t i = 0; i < token->n_addresses; i++)
		if (add_text(b, "address", token->addresses[i], CC_TOKEN_ADDRESS_MAX, err) < 0)
			return -1;
	return 0;
}

int cc_token_encode(const struct cc_token *token, struct cc_arena *arena, const char **ret, struct cc_error *err)
{
	cc_auto_buf struct cc_buf b = { 0 };
	unsigned char sum[CHECKSUM_BYTES];
	size_t text_len;
	char *text;

	CC_PRE(token->kind >= CC_TOKEN_NODE && token->kind < CC_TOKEN_KIND_MAX && token->expires_ms >= 0);
	if (add_fields(&b, token, err) < 0)
		return -1;
	checksum(b.data, b.len, sum);
	cc_buf_add(&b, sum, sizeof(sum));
	text_len = sodium_base64_encoded_len(b.len, BASE64);
	text = cc_arena_alloc(arena, sizeof(PREFIX) - 1 + text_len);
	memcpy(text, PREFIX, sizeof(PREFIX) - 1);
	sodium_bin2base64(text + sizeof(PREFIX) - 1, text_len, (const unsigned char *)b.data, b.len, BASE64);
	sodium_memzero(b.data, b.len);
	*ret = text;
	return 0;
}

/* What is left of the bytes; short when one was asked for that was not there. */
struct reader {
	const unsigned char *p;
	size_t left;
	bool short_of;
};

static const unsigned char *take(struct reader *r, size_t n)
{
	static const unsigned char nothing[32];
	const unsigned char *p = r->p;

	if (n > r->left) {
		r->short_of = true;
		r->left = 0;
		return nothing;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static const char *take_text(struct reader *r, size_t max, struct cc_arena *arena)
{
	size_t len = take(r, 1)[0];
	const char *text;

	if (len == 0 || len > max || len > r->left) {
		r->short_of = true;
		return "";
	}
	text = cc_arena_memdup(arena, take(r, len), len);
	r->short_of |= strlen(text) != len || !is_printable(text);
	return text;
}

/* Only bytes with the right checksum come here, so what does not fit was written by another program. */
static bool read_fields(struct reader *r, struct cc_arena *arena, struct cc_token *token)
{
	uint64_t expires = 0;
	const unsigned char *p;

	token->kind = (enum cc_token_kind)take(r, 1)[0];
	p = take(r, 8);
	for (int i = 0; i < 8; i++)
		expires = expires << 8 | p[i];
	token->expires_ms = (int64_t)expires;
	memcpy(token->pin.b, take(r, sizeof(token->pin.b)), sizeof(token->pin.b));
	memcpy(token->secret.b, take(r, sizeof(token->secret.b)), sizeof(token->secret.b));
	token->zone = take_text(r, CC_TOKEN_ZONE_MAX, arena);
	token->n_addresses = take(r, 1)[0];
	if (token->n_addresses == 0 || token->n_addresses > CC_TOKEN_ADDRESSES_MAX)
		return false;
	for (size_t i = 0; i < token->n_addresses; i++)
		token->addresses[i] = take_text(r, CC_TOKEN_ADDRESS_MAX, arena);
	return !r->short_of && r->left == 0 && token->kind >= CC_TOKEN_NODE && token->kind < CC_TOKEN_KIND_MAX && token->expires_ms >= 0;
}

/* Copies without white space; false when it is too long for a token. */
static bool strip(const char *text, char out[MAX_TEXT])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" \t\r\n", *text) != NULL)
			continue;
		if (n == MAX_TEXT - 1)
			return false;
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

/* "cct", digits, "_": ours, of whatever version. */
static bool is_of_family(const char *text)
{
	size_t digits;

	if (strncmp(text, FAMILY, sizeof(FAMILY) - 1) != 0)
		return false;
	digits = strspn(text + sizeof(FAMILY) - 1, "0123456789");
	return digits > 0 && text[sizeof(FAMILY) - 1 + digits] == '_';
}

static int fail_newer(struct cc_error *err)
{
	return cc_fail(err, INVALID, "this token was made by a newer version; upgrade this program, or ask for a token that it understands");
}

static int fail_damaged(struct cc_error *err)
{
	return cc_fail(err, INVALID, "this token is damaged or cut off; copy the whole of it, from '" PREFIX "' to its last character");
}

static int decode_stripped(const char *text, struct cc_arena *arena, struct cc_token *ret, struct cc_error *err)
{
	const char *body = text + sizeof(PREFIX) - 1;
	unsigned char bytes[MAX_TEXT], sum[CHECKSUM_BYTES];
	struct cc_token token = { 0 };
	struct reader r = { .p = bytes };
	size_t len;

	if (!is_of_family(text))
		return cc_fail(err, INVALID, "this is not a token; one begins with '" PREFIX "'");
	if (strncmp(text, PREFIX, sizeof(PREFIX) - 1) != 0)
		return fail_newer(err);
	if (sodium_base642bin(bytes, sizeof(bytes), body, strlen(body), NULL, &len, NULL, BASE64) != 0 || len <= CHECKSUM_BYTES)
		return fail_damaged(err);
	checksum(bytes, len - CHECKSUM_BYTES, sum);
	if (sodium_memcmp(sum, bytes + len - CHECKSUM_BYTES, CHECKSUM_BYTES) != 0)
		return fail_damaged(err);
	r.left = len - CHECKSUM_BYTES;
	if (!read_fields(&r, arena, &token))
		return fail_newer(err);
	*ret = token;
	return 0;
}

int cc_token_decode(const char *text, struct cc_arena *arena, struct cc_token *ret, struct cc_error *err)
{
	char stripped[MAX_TEXT];

	if (!strip(text, stripped))
		return cc_fail(err, INVALID, "this is too long for a token");
	return decode_stripped(stripped, arena, ret, err);
}
