/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of memory, and of a stream piece by piece; lower-case hexadecimal text. */
#pragma once

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CC_SHA256_HEX 65 /* bytes of the text form with its NUL */

struct cc_sha256 {
	uint8_t b[32];
};

/* A hash under way; plain memory, nothing to release. */
struct cc_sha256_state {
	_Alignas(16) uint8_t opaque[128];
};

struct cc_sha256 cc_sha256(const void *p, size_t len);

void cc_sha256_init(struct cc_sha256_state *s);
void cc_sha256_update(struct cc_sha256_state *s, const void *p, size_t len);
struct cc_sha256 cc_sha256_final(struct cc_sha256_state *s);

char *cc_sha256_format(struct cc_sha256 h, char text[CC_SHA256_HEX]);
/* 64 hexadecimal digits, either case. @err INVALID */
int cc_sha256_parse(const char *text, struct cc_sha256 *ret, struct cc_error *err);

static inline bool cc_sha256_equal(struct cc_sha256 a, struct cc_sha256 b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
