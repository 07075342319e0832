/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/frame.h"

static void put_u32(unsigned char *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(v >> (24 - 8 * i));
}

uint32_t cc_frame_u32(const unsigned char p[4])
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void cc_frame_add(struct cc_buf *out, enum cc_frame_type type, const void *payload, size_t len)
{
	unsigned char header[CC_FRAME_HEADER] = { (unsigned char)type };

	CC_PRE(len <= CC_FRAME_MAX);
	put_u32(header + 1, (uint32_t)len);
	cc_buf_add(out, header, sizeof(header));
	cc_buf_add(out, payload, len);
}

void cc_frame_add_u32(struct cc_buf *out, enum cc_frame_type type, uint32_t value)
{
	unsigned char payload[4];

	put_u32(payload, value);
	cc_frame_add(out, type, payload, sizeof(payload));
}

int cc_frame_next(const struct cc_buf *in, enum cc_frame_type *ret_type, const unsigned char **ret_payload, size_t *ret_len, struct cc_error *err)
{
	const unsigned char *p = (const unsigned char *)in->data;
	uint32_t len;

	if (in->len < CC_FRAME_HEADER)
		return 0;
	len = cc_frame_u32(p + 1);
	if (p[0] > CC_FRAME_LATER || len > CC_FRAME_MAX)
		return cc_fail(err, INVALID, "not a frame: type %u with %u bytes", p[0], len);
	if (in->len < CC_FRAME_HEADER + (size_t)len)
		return 0;
	*ret_type = (enum cc_frame_type)p[0];
	*ret_payload = p + CC_FRAME_HEADER;
	*ret_len = len;
	return 1;
}
