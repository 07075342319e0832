/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/id.h"

#include <sodium.h>

struct cc_uuid cc_uuid_new(int64_t now_ms)
{
	struct cc_uuid id;

	randombytes_buf(id.b, sizeof(id.b));
	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
	return id;
}

static bool dash_follows(int byte)
{
	return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

char *cc_uuid_format(struct cc_uuid id, char text[CC_UUID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	char *p = text;

	for (int i = 0; i < 16; i++) {
		*p++ = hex[id.b[i] >> 4];
		*p++ = hex[id.b[i] & 0x0f];
		if (dash_follows(i))
			*p++ = '-';
	}
	*p = '\0';
	return text;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int cc_uuid_parse(const char *text, struct cc_uuid *ret, struct cc_error *err)
{
	struct cc_uuid id;
	const char *p = text;

	for (int i = 0; i < 16; i++) {
		int high = hex_value(p[0]);
		int low = high < 0 ? -1 : hex_value(p[1]);

		if (low < 0)
			return cc_fail(err, INVALID, "'%.40s' is not a UUID", text);
		id.b[i] = (uint8_t)(high << 4 | low);
		p += 2;
		if (dash_follows(i) && *p++ != '-')
			return cc_fail(err, INVALID, "'%.40s' is not a UUID", text);
	}
	if (*p != '\0')
		return cc_fail(err, INVALID, "'%.40s' is not a UUID", text);
	*ret = id;
	return 0;
}
