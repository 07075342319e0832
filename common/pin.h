/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pin by which a program is known to others, and its forms as text. Needs no TLS; keys.h makes pins from keys and certificates. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <string.h>

#define CC_PIN_HEX  65 /* bytes of the lower-case hexadecimal form with its NUL */
#define CC_PIN_CURL 53 /* bytes of "sha256//" and base64 with its NUL, as CURLOPT_PINNEDPUBLICKEY wants it */

/* SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
struct cc_pin {
	uint8_t b[32];
};

char *cc_pin_format(struct cc_pin pin, char text[CC_PIN_HEX]);
char *cc_pin_format_curl(struct cc_pin pin, char text[CC_PIN_CURL]);
/* 64 hexadecimal digits, either case. @err INVALID */
int cc_pin_parse(const char *text, struct cc_pin *ret, struct cc_error *err);

static inline bool cc_pin_equal(struct cc_pin a, struct cc_pin b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
