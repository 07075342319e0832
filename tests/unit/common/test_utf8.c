/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/utf8.h"
#include "tests/lib/test.h"

#include <stdint.h>
#include <string.h>

/* One text: is it valid, and what becomes of it when mended. */
static const struct {
	const char *text;
	bool valid;
	const char *mended;
} cases[] = {
	{ "", true, "" }, { "plain\t\n\x7f", true, "plain\t\n\x7f" }, { "\xc2\x80 \xdf\xbf", true, "\xc2\x80 \xdf\xbf" },
	{ "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf", true, "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf" },
	{ "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", true, "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf" }, { "\x80", false, "?" }, { "a\xbf z", false, "a? z" },
	{ "\xc0\x80", false, "??" },                 /* overlong NUL */
	{ "\xc1\xbf", false, "??" },                 /* overlong DEL */
	{ "\xe0\x9f\xbf", false, "???" },            /* overlong U+07FF */
	{ "\xf0\x8f\xbf\xbf", false, "????" },       /* overlong U+FFFF */
	{ "\xed\xa0\x80", false, "???" },            /* the first surrogate */
	{ "\xed\xbf\xbf", false, "???" },            /* the last */
	{ "\xf4\x90\x80\x80", false, "????" },       /* U+110000 */
	{ "\xf5\x80\x80\x80", false, "????" },       /* beyond any plane */
	{ "\xf8\x88\x80\x80\x80", false, "?????" },  /* five bytes, once allowed */
	{ "\xff\xfe", false, "??" },                 /* a byte order mark of UTF-16 */
	{ "\xc3", false, "?" },                      /* cut */
	{ "x\xe2\x82", false, "x??" },               /* cut */
	{ "\xf0\x9f\x9a", false, "???" },            /* cut */
	{ "\xc3 \xc3\xbc", false, "? \xc3\xbc" },    /* what follows a cut one is kept */
	{ "\xe2\x82\xc3\xbc", false, "??\xc3\xbc" }, /* also when it begins at once */
};

START_TEST(valid_text_is_kept_and_the_rest_is_replaced)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", cases[_i].text);
	ck_assert_int_eq(cc_utf8_valid(text, strlen(text)), cases[_i].valid);
	cc_utf8_mend(text);
	ck_assert_str_eq(text, cases[_i].mended);
	ck_assert(cc_utf8_valid(text, strlen(text)));
}
END_TEST

START_TEST(a_nul_is_not_text)
{
	ck_assert(!cc_utf8_valid("a\0b", 3));
	ck_assert(!cc_utf8_valid("", 1));
	ck_assert(cc_utf8_valid("a\0b", 1));
	ck_assert_uint_eq(cc_utf8_sequence("a", 0), 0);
}
END_TEST

/* Long text is looked at in larger pieces. */
START_TEST(one_bad_byte_is_found_anywhere_in_a_long_text)
{
	static const char bad[] = { '\0', '\x80', '\xff', '\xc3' };
	char text[32];

	memset(text, '\x01', sizeof(text));
	ck_assert(cc_utf8_valid(text, sizeof(text)));
	memset(text, '\x7f', sizeof(text));
	ck_assert(cc_utf8_valid(text, sizeof(text)));
	for (size_t len = 1; len <= sizeof(text); len++)
		for (size_t at = 0; at < len; at++) {
			text[at] = bad[_i];
			ck_assert(!cc_utf8_valid(text, len));
			text[at] = '\x7f';
		}
}
END_TEST

static size_t encode(uint32_t c, char text[5])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(first[n] | c);
	text[n] = '\0';
	return n;
}

START_TEST(every_code_point_but_nul_and_surrogates_is_valid)
{
	char text[5];

	for (uint32_t c = 0; c < 0x1fffff; c++) {
		size_t n = encode(c, text);
		bool good = c != 0 && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);

		if (cc_utf8_valid(text, n) != good || cc_utf8_valid(text, n - 1) != (n == 1))
			ck_abort_msg("U+%X", c);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	tcase_add_loop_test(tc, valid_text_is_kept_and_the_rest_is_replaced, 0, CC_ARRAY_LEN(cases));
	tcase_add_test(tc, a_nul_is_not_text);
	tcase_add_loop_test(tc, one_bad_byte_is_found_anywhere_in_a_long_text, 0, 4);
	tcase_add_test(tc, every_code_point_but_nul_and_surrogates_is_valid);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
