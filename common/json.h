/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON for described structs (desc.h). The only module that knows json-c. Decoding checks everything: syntax (RFC 8259, nothing besides), UTF-8, depth,
 * types, ranges, unknown, missing and repeated members; the error names the member as a path: "instances[2].epoch: -1 is below 0". A whole number is
 * written without fraction and exponent: 1.0 and 1e3 are none. */
#pragma once

#include "common/desc.h"

#define CC_JSON_DEPTH 16

enum cc_json_mode {
	CC_JSON_STRICT, /* a request: what is not known is an error */
	CC_JSON_PATCH,  /* a merge patch (RFC 7396): the same, and null is refused but for what CC_NULL says */
	CC_JSON_LENIENT /* from a program of ours that may be newer, a reply or what an agent says: unknown members are passed over, and an optional member with an unknown word counts as
			 * absent; an unknown word in a required one is an error, for nobody could act on it */
};

/* Fills *ret (of d->size bytes) from an object; strings go to the arena. null stands for an absent optional member. After a failure *ret is not to be
 * used. @err INVALID, TOO_LARGE over 2 GiB */
int cc_json_decode(
        const struct cc_desc *d, const char *text, size_t len, enum cc_json_mode mode, void *ret, struct cc_arena *a, struct cc_error *err);
/* The same for one field's bare value, which may be a list or a map; lenient. Does not touch `has`. */
int cc_json_decode_field(const struct cc_field *f, const char *text, size_t len, void *row, struct cc_arena *a, struct cc_error *err);

/* Appends the object: compact, members in the order of the list, absent optional ones left out, CC_NOJSON never. */
void cc_json_encode(const struct cc_desc *d, const void *row, struct cc_buf *out);
void cc_json_encode_field(const struct cc_field *f, const void *row, struct cc_buf *out);
/* Appends a quoted and escaped string; bytes that are not UTF-8 become U+FFFD. */
void cc_json_string(struct cc_buf *out, const char *s);
/* Appends compact JSON spread over lines and a line end; empty lists and objects stay together. */
void cc_json_pretty(struct cc_buf *out, const char *compact);
