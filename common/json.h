/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON for described structs (desc.h). The only module that knows json-c. Decoding checks everything: syntax, UTF-8, depth, types, ranges, unknown and
 * missing members; the error names the member as a path: "instances[2].epoch: -1 is below 0". */
#pragma once

#include "common/desc.h"

#define CC_JSON_DEPTH 16

enum cc_json_mode {
	CC_JSON_STRICT, /* a request: unknown members are an error */
	CC_JSON_LENIENT /* a reply of a newer program: unknown members and enum words are passed over */
};

/* Fills *ret (of d->size bytes) from an object; strings go to the arena. @err INVALID */
int cc_json_decode(
        const struct cc_desc *d, const char *text, size_t len, enum cc_json_mode mode, void *ret, struct cc_arena *a, struct cc_error *err);
/* The same for one field's bare value, which may be a list or a map. */
int cc_json_decode_field(const struct cc_field *f, const char *text, size_t len, void *row, struct cc_arena *a, struct cc_error *err);

/* Appends the object: compact, members in the order of the list, absent optional ones left out, CC_NOJSON never. */
void cc_json_encode(const struct cc_desc *d, const void *row, struct cc_buf *out);
void cc_json_encode_field(const struct cc_field *f, const void *row, struct cc_buf *out);
/* Appends a quoted and escaped string. */
void cc_json_string(struct cc_buf *out, const char *s);
