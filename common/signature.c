/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/signature.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN 256

/* The files as they are behind the base64. */
struct public_file {
	char alg[2];
	uint8_t id[8];
	uint8_t key[32];
};
struct secret_file {
	char alg[2], kdf[2], sum[2];
	uint8_t salt[32], ops[8], mem[8];
	uint8_t id[8];
	uint8_t key[64];
	uint8_t check[32];
};
struct signature_file {
	char alg[2];
	uint8_t id[8];
	uint8_t sig[64];
};
_Static_assert(sizeof(struct public_file) == 42 && sizeof(struct secret_file) == 158 && sizeof(struct signature_file) == 74, "no padding");

/* The first line that is no comment. */
static bool read_line(const char *text, void *ret, size_t size)
{
	size_t len, got;

	while (strncmp(text, "untrusted comment:", 18) == 0) {
		text = strchr(text, '\n');
		if (text == NULL)
			return false;
		text++;
	}
	len = strcspn(text, "\r\n");
	return len < LINE_MAX_LEN && sodium_base642bin(ret, size, text, len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 && got == size;
}

char *cc_key_id_format(const uint8_t id[8], char text[CC_KEY_ID_TEXT])
{
	for (size_t i = 0; i < 8; i++)
		snprintf(text + 2 * i, 3, "%02X", id[7 - i]);
	return text;
}

int cc_public_key_parse(const char *text, struct cc_public_key *ret, struct cc_error *err)
{
	struct public_file f;

	if (!read_line(text, &f, sizeof(f)) || memcmp(f.alg, "Ed", 2) != 0)
		return cc_fail(err, INVALID,
		        "'%.60s' is no public key; minisign -G makes one: the second line of its .pub file, which begins with RW", text);
	memcpy(ret->id, f.id, sizeof(ret->id));
	memcpy(ret->key, f.key, sizeof(ret->key));
	return 0;
}

/* Of keys without a passphrase minisign leaves the check empty; but the second half of a key follows from the first. */
static bool is_whole(const struct secret_file *f)
{
	uint8_t made[sizeof(f->key)], open[32];
	bool same;

	crypto_sign_seed_keypair(open, made, f->key);
	same = sodium_memcmp(made, f->key, sizeof(made)) == 0;
	sodium_memzero(made, sizeof(made));
	return same;
}

static int take_secret(const struct secret_file *f, struct cc_secret_key *ret, struct cc_error *err)
{
	if (memcmp(f->alg, "Ed", 2) != 0 || memcmp(f->sum, "B2", 2) != 0)
		return cc_fail(err, INVALID, "it is no secret key of minisign's; minisign -G -W makes one");
	if (f->kdf[0] != '\0')
		return cc_fail(
		        err, INVALID, "it is protected by a passphrase, which only minisign asks for: let minisign sign what --statement prints");
	if (!is_whole(f))
		return cc_fail(err, INVALID, "it is damaged");
	memcpy(ret->id, f->id, sizeof(ret->id));
	memcpy(ret->key, f->key, sizeof(ret->key));
	return 0;
}

int cc_secret_key_parse(const char *text, struct cc_secret_key *ret, struct cc_error *err)
{
	struct secret_file f = { 0 };
	int result;

	if (read_line(text, &f, sizeof(f)))
		result = take_secret(&f, ret, err);
	else
		result = cc_fail(err, INVALID, "it is no secret key of minisign's; minisign -G -W makes one");
	sodium_memzero(&f, sizeof(f));
	return result;
}

int cc_signature_parse(const char *text, struct cc_signature *ret, struct cc_error *err)
{
	struct signature_file f;

	if (!read_line(text, &f, sizeof(f)) || (memcmp(f.alg, "Ed", 2) != 0 && memcmp(f.alg, "ED", 2) != 0))
		return cc_fail(err, INVALID, "it is no signature of minisign's");
	memcpy(ret->id, f.id, sizeof(ret->id));
	memcpy(ret->sig, f.sig, sizeof(ret->sig));
	ret->hashed = f.alg[1] == 'D';
	return 0;
}

void cc_sign(const struct cc_secret_key *key, const char *text, size_t len, char ret[CC_SIGNATURE_TEXT])
{
	struct signature_file f = { .alg = "ED" };
	uint8_t hash[64];

	memcpy(f.id, key->id, sizeof(f.id));
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)text, len, NULL, 0);
	crypto_sign_detached(f.sig, NULL, hash, sizeof(hash), key->key);
	sodium_bin2base64(ret, CC_SIGNATURE_TEXT, (const uint8_t *)&f, sizeof(f), sodium_base64_VARIANT_ORIGINAL);
}

static bool fits(const struct cc_signature *s, const struct cc_public_key *key, const char *text)
{
	uint8_t hash[64];

	if (!s->hashed)
		return crypto_sign_verify_detached(s->sig, (const uint8_t *)text, strlen(text), key->key) == 0;
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)text, strlen(text), NULL, 0);
	return crypto_sign_verify_detached(s->sig, hash, sizeof(hash), key->key) == 0;
}

int cc_public_keys_parse(const struct cc_texts *texts, struct cc_arena *a, struct cc_public_key **ret, struct cc_error *err)
{
	struct cc_public_key *keys = cc_new_array(a, texts->n + 1, struct cc_public_key);

	for (size_t i = 0; i < texts->n; i++)
		if (cc_public_key_parse(texts->items[i], &keys[i], err) < 0)
			return -1;
	*ret = keys;
	return 0;
}

const char *cc_image_statement(const char *sha256, const char *arch, int64_t bytes, struct cc_arena *a)
{
	return cc_printf(a, "communitycloud image 1\nsha256 %s\narch %s\nbytes %lld\n", sha256, arch, (long long)bytes);
}

/* Two keys may have the same id by intent, so all are tried. */
static bool is_by(const struct cc_public_key *keys, size_t n, const struct cc_signature *s, const char *text, bool *known)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(keys[i].id, s->id, sizeof(s->id)) != 0)
			continue;
		*known = true;
		if (fits(s, &keys[i], text))
			return true;
	}
	return false;
}

int cc_image_check(const struct cc_public_key *keys, size_t n_keys, const struct cc_texts *signatures, const char *statement, struct cc_error *err)
{
	char id[CC_KEY_ID_TEXT] = "", unfit[CC_KEY_ID_TEXT] = "";
	struct cc_error ignored = { 0 };

	for (size_t i = 0; i < signatures->n && i < CC_SIGNATURES_MAX; i++) {
		struct cc_signature s;
		bool known = false;

		if (cc_signature_parse(signatures->items[i], &s, &ignored) < 0)
			continue;
		if (is_by(keys, n_keys, &s, statement, &known))
			return 0;
		cc_key_id_format(s.id, known ? unfit : id);
	}
	if (unfit[0] != '\0')
		return cc_fail(err, DENIED, "its signature by the key %s does not fit: it was made for another archive, or forged", unfit);
	if (id[0] != '\0')
		return cc_fail(err, DENIED, "it is signed by the key %s, which is not trusted here", id);
	return cc_fail(err, DENIED, "it is not signed");
}
