/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t length_by_first(unsigned char c)
{
	if (c < 0x80)
		return c != 0 ? 1 : 0;
	if (c < 0xc2)
		return 0;
	if (c < 0xe0)
		return 2;
	return c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates and what lies over U+10FFFF show in the second byte. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t cc_utf8_sequence(const char *s, size_t left)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = left > 0 ? length_by_first(p[0]) : 0;

	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len > 1 && !second_fits(p[0], p[1]) ? 0 : len;
}

/* Eight bytes from 1 to 127: nearly all text is made of those. Subtracting 1 from each byte borrows into its top bit only when it is 0. */
static bool is_ascii(const char *s)
{
	const uint64_t tops = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	return ((word | (word - ones)) & tops) == 0;
}

bool cc_utf8_valid(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = len >= 8 && is_ascii(s) ? 8 : cc_utf8_sequence(s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

void cc_utf8_mend(char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		size_t n = cc_utf8_sequence(s, left);

		if (n == 0) {
			*s = '?';
			n = 1;
		}
		s += n;
		left -= n;
	}
}
