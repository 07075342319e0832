/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream of frames as a peer sends it; what is taken makes the same bytes again. */
#include "common/frame.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto_buf struct cc_buf in = { 0 };
	enum cc_frame_type type;
	const unsigned char *payload;
	struct cc_error err;
	size_t len;

	cc_buf_add(&in, data, size);
	while (cc_frame_next(&in, &type, &payload, &len, &err) == 1) {
		cc_auto_buf struct cc_buf again = { 0 };

		cc_frame_add(&again, type, payload, len);
		CC_PRE(again.len <= in.len && memcmp(again.data, in.data, again.len) == 0);
		cc_buf_consume(&in, again.len);
	}
	return 0;
}
