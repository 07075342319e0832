/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Identifiers: UUIDs of version 7 (RFC 9562), unique between zones, ordered by time of making. Values are plain bytes and copied freely. */
#pragma once

#include "common/error.h"

#include <stdint.h>
#include <string.h>

#define CC_UUID_TEXT 37 /* bytes of the text form with its NUL */

struct cc_uuid {
	uint8_t b[16];
};

/* A new id. `now_ms` is wall-clock time; randomness comes from libsodium. Any thread. */
struct cc_uuid cc_uuid_new(int64_t now_ms);

/* Writes the lower-case text form and returns `text`. */
char *cc_uuid_format(struct cc_uuid id, char text[CC_UUID_TEXT]);

/* Reads the 36-character text form, either case. Sets *ret only on success. @err INVALID */
int cc_uuid_parse(const char *text, struct cc_uuid *ret, struct cc_error *err);

static inline bool cc_uuid_equal(struct cc_uuid a, struct cc_uuid b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

static inline bool cc_uuid_is_nil(struct cc_uuid id)
{
	return cc_uuid_equal(id, (struct cc_uuid){ { 0 } });
}
