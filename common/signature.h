/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ed25519 signatures in the format of minisign, so that its keys and signatures serve here too. What a signature of an image covers is a short text, its
 * statement: hash, architecture and size of the archive. */
#pragma once

#include "common/desc.h"

#define CC_SIGNATURE_TEXT 101 /* the signature as one line of base64, with its NUL */
#define CC_KEY_ID_TEXT    17
#define CC_SIGNATURES_MAX 8 /* of one image */

struct cc_public_key {
	uint8_t id[8];
	uint8_t key[32];
};
struct cc_secret_key {
	uint8_t id[8];
	uint8_t key[64];
};
struct cc_signature {
	uint8_t id[8]; /* of the key that made it */
	uint8_t sig[64];
	bool hashed; /* of the text's BLAKE2b hash */
};

/* As minisign shows it: 16 hexadecimal digits. */
char *cc_key_id_format(const uint8_t id[8], char text[CC_KEY_ID_TEXT]);

/* Each takes the line of base64, or a whole file of minisign's. @err INVALID */
int cc_public_key_parse(const char *text, struct cc_public_key *ret, struct cc_error *err);
/* Without a passphrase only. To be wiped by the caller. @err INVALID */
int cc_secret_key_parse(const char *text, struct cc_secret_key *ret, struct cc_error *err);
int cc_signature_parse(const char *text, struct cc_signature *ret, struct cc_error *err);

void cc_sign(const struct cc_secret_key *key, const char *text, size_t len, char ret[CC_SIGNATURE_TEXT]);

/* The public keys of a setting. In the arena. @err INVALID, with the one that is no key */
int cc_public_keys_parse(const struct cc_texts *texts, struct cc_arena *a, struct cc_public_key **ret, struct cc_error *err);

/* What is signed of an image. In the arena. */
const char *cc_image_statement(const char *sha256, const char *arch, int64_t bytes, struct cc_arena *a);
/* Whether one of these keys has signed the statement. @err DENIED, and why: no signature, by others, or one that does not fit */
int cc_image_check(const struct cc_public_key *keys, size_t n_keys, const struct cc_texts *signatures, const char *statement, struct cc_error *err);
