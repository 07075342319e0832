/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random 256-bit secrets: bearer tokens and one-time secrets. Only the hash is stored; a fast hash is enough because there is nothing to guess. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define CC_SECRET_TEXT 44 /* bytes of the URL-safe text form with its NUL */

struct cc_secret {
	uint8_t b[32];
};

/* BLAKE2b-256 of a secret, for storage and look-up. */
struct cc_secret_hash {
	uint8_t b[32];
};

struct cc_secret cc_secret_new(void);
void cc_secret_wipe(struct cc_secret *s);

char *cc_secret_format(const struct cc_secret *s, char text[CC_SECRET_TEXT]);
/* The message never contains the text. @err INVALID */
int cc_secret_parse(const char *text, struct cc_secret *ret, struct cc_error *err);

struct cc_secret_hash cc_secret_hash(const struct cc_secret *s);
/* Takes the same time whatever differs. */
bool cc_secret_matches(const struct cc_secret *s, const struct cc_secret_hash *hash);
