/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is JSON, and what is not, whatever it is to be read into. */
#include "common/json.h"
#include "common/json_scan.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

/* A copy of exactly these bytes, so that reading behind them is seen. */
static int scan(const char *text, size_t len, struct cc_error *err)
{
	cc_auto_free char *copy = cc_malloc(len);

	memcpy(copy, text, len);
	return cc_json_scan(copy, len, err);
}

static const char *const good[] = {
	"{}",
	"[]",
	"0",
	"-0",
	"\"\"",
	"true",
	"false",
	"null",
	" \t\r\n{} \t\r\n",
	"{\"\":{}}",
	"[[],{},[[]]]",
	"9223372036854775807",
	"-9223372036854775808",
	"0.5",
	"-0.5",
	"1e3",
	"1E+3",
	"1.5e-3",
	"1e999",
	"123456789012345678901.0",
	"{\"a\":1,\"b\":{\"a\":1}}",
	"[{\"a\":1},{\"a\":2}]",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"\"\\u0041\\u00e9\\uD83d\\ude80\\uffff\"",
	"\"\x7f\xc3\xbc\xf0\x9f\x9a\x80\"",
	"[1,2 , 3]",
	"{ \"a\" : [ ] }",
};

START_TEST(json_is_taken)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(good); i++) {
		struct cc_error err = { 0 };

		ck_assert_msg(scan(good[i], strlen(good[i]), &err) == 0, "%s: %s", good[i], err.msg);
	}
}
END_TEST

static const struct {
	const char *text;
	const char *message;
} wrong[] = {
	{ "", "the JSON text ends too early" },
	{ " ", "the JSON text ends too early" },
	{ "{", "the JSON text ends too early" },
	{ "[1,", "the JSON text ends too early" },
	{ "{\"a\"", "the JSON text ends too early" },
	{ "{\"a\":", "the JSON text ends too early" },
	{ "\"a", "the JSON text ends too early" },
	{ "\"\\", "the JSON text ends too early" },
	{ "\"\\u12", "the JSON text ends too early" },
	{ "-", "the JSON text ends too early" },
	{ "1.", "the JSON text ends too early" },
	{ "1e", "the JSON text ends too early" },
	{ "tru", "the JSON text ends too early" },
	{ "{} {}", "not JSON at byte 3: something follows the value" },
	{ "1 2", "not JSON at byte 2: something follows the value" },
	{ "[]]", "not JSON at byte 2: something follows the value" },
	{ "{,}", "not JSON at byte 1: a member's name is missing" },
	{ "{\"a\":1,}", "not JSON at byte 7: a member's name is missing" },
	{ "{a:1}", "not JSON at byte 1: a member's name is missing" },
	{ "{'a':1}", "not JSON at byte 1: a member's name is missing" },
	{ "{1:1}", "not JSON at byte 1: a member's name is missing" },
	{ "{\"a\" 1}", "not JSON at byte 5: ':' is missing" },
	{ "{\"a\":1 \"b\":2}", "not JSON at byte 7: ',' or '}' is missing" },
	{ "{\"a\":1]", "not JSON at byte 6: ',' or '}' is missing" },
	{ "[1 2]", "not JSON at byte 3: ',' or ']' is missing" },
	{ "[1}", "not JSON at byte 2: ',' or ']' is missing" },
	{ "[1,]", "not JSON at byte 3: a value is missing" },
	{ "[,1]", "not JSON at byte 1: a value is missing" },
	{ "{\"a\":}", "not JSON at byte 5: a value is missing" },
	{ "'a'", "not JSON at byte 0: a value is missing" },
	{ "+1", "not JSON at byte 0: a value is missing" },
	{ ".5", "not JSON at byte 0: a value is missing" },
	{ "NaN", "not JSON at byte 0: a value is missing" },
	{ "Infinity", "not JSON at byte 0: a value is missing" },
	{ "-Infinity", "not JSON at byte 1: a digit is missing" },
	{ "-a", "not JSON at byte 1: a digit is missing" },
	{ "[1.]", "not JSON at byte 3: a digit is missing" },
	{ "[1.e3]", "not JSON at byte 3: a digit is missing" },
	{ "[1e]", "not JSON at byte 3: a digit is missing" },
	{ "[1e+-1]", "not JSON at byte 4: a digit is missing" },
	{ "01", "not JSON at byte 1: something follows the value" },
	{ "-01", "not JSON at byte 2: something follows the value" },
	{ "0x10", "not JSON at byte 1: something follows the value" },
	{ "True", "not JSON at byte 0: a value is missing" },
	{ "tRUE", "not JSON at byte 1: no such word" },
	{ "nul1", "not JSON at byte 3: no such word" },
	{ "nulls", "not JSON at byte 4: something follows the value" },
	{ "/* c */{}", "not JSON at byte 0: a value is missing" },
	{ "{}// c", "not JSON at byte 2: something follows the value" },
	{ "\xef\xbb\xbf{}", "not JSON at byte 0: a value is missing" }, /* a byte order mark */
	{ "\"a\nb\"", "not JSON at byte 2: control characters are written as \\u00XX" },
	{ "\"\x1f\"", "not JSON at byte 1: control characters are written as \\u00XX" },
	{ "\"\\a\"", "not JSON at byte 2: no such escape" },
	{ "\"\\x41\"", "not JSON at byte 2: no such escape" },
	{ "\"\\'\"", "not JSON at byte 2: no such escape" },
	{ "\"\\U0041\"", "not JSON at byte 2: no such escape" },
	{ "\"\\u00g0\"", "not JSON at byte 5: \\u wants four hex digits" },
	{ "\"\\u\x10\x10\x10\x10\"", "not JSON at byte 3: \\u wants four hex digits" },
	{ "\"\\u+041\"", "not JSON at byte 3: \\u wants four hex digits" },
	{ "\"\\u0000\"", "not JSON at byte 7: a text cannot hold \\u0000" },
	{ "{\"\\u0000\":1}", "not JSON at byte 8: a text cannot hold \\u0000" },
	{ "\"\\ud800\"", "not JSON at byte 7: half of a pair of \\u escapes" },
	{ "\"\\udc00\"", "not JSON at byte 7: half of a pair of \\u escapes" },
	{ "\"\\ud800\\ud800\"", "not JSON at byte 13: half of a pair of \\u escapes" },
	{ "\"\\ud800\\n\"", "not JSON at byte 8: half of a pair of \\u escapes" },
	{ "\"\\ud800x\"", "not JSON at byte 7: half of a pair of \\u escapes" },
	{ "{\"a\":1,\"a\":2}", "a: is given twice" },
	{ "{\"a\":1,\"b\":2,\"\\u0061\":1}", "a: is given twice" },
	{ "{\"\":1,\"\":1}", "is given twice" },
	{ "{\"x\":[0,{\"y\":{\"z\":1,\"z\":1}}]}", "x[1].y.z: is given twice" },
	{ "[{\"a\":1,\"a\":1}]", "[0].a: is given twice" },
	{ "9223372036854775808", "the number is out of range" },
	{ "{\"a\":[1,-9223372036854775809]}", "a[1]: the number is out of range" },
	{ "{\"a\":{\"b\":18446744073709551616}}", "a.b: the number is out of range" },
	{ "100000000000000000000000000000000000000000", "the number is out of range" },
};

START_TEST(what_is_no_json_is_refused_by_place)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(wrong); i++) {
		struct cc_error err = { 0 };

		ck_assert_msg(scan(wrong[i].text, strlen(wrong[i].text), &err) == -1, "'%s' was taken", wrong[i].text);
		ck_assert_msg(strcmp(err.msg, wrong[i].message) == 0, "'%s': %s", wrong[i].text, err.msg);
		ck_assert_int_eq(err.code, CC_INVALID);
	}
}
END_TEST

START_TEST(a_text_cut_anywhere_ends_too_early)
{
	static const char text[] = "{\"a\":[1,-2.5e+7,true,null,\"\\u00e9\\ud83d\\ude80\\n\xc3\xbc\"],\"b\":{\"c\":{}}}";
	struct cc_error err = { 0 };

	ck_assert_int_eq(scan(text, sizeof(text) - 1, &err), 0);
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		ck_assert_int_eq(scan(text, n, &err), -1);
		ck_assert_msg(strstr(err.msg, "ends too early") != NULL || strstr(err.msg, "half of a pair") != NULL, "%zu: %s", n, err.msg);
	}
}
END_TEST

/* `open` n times and then `close` n times. */
static int scan_nested(size_t n, const char *open, const char *close, struct cc_error *err)
{
	cc_auto_buf struct cc_buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		cc_buf_adds(&b, open);
	for (size_t i = 0; i < n; i++)
		cc_buf_adds(&b, close);
	return scan(cc_buf_str(&b), b.len, err);
}

START_TEST(nesting_ends_at_the_limit)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(scan_nested(CC_JSON_DEPTH, "[", "]", &err), 0);
	ck_assert_int_eq(scan_nested(CC_JSON_DEPTH + 1, "[", "]", &err), -1);
	ck_assert_str_eq(err.msg, "the JSON text is nested deeper than 16 levels");
	ck_assert_int_eq(scan_nested(CC_JSON_DEPTH - 1, "{\"a\":[", "]}", &err), -1);
	ck_assert_int_eq(scan_nested(CC_JSON_DEPTH / 2, "{\"a\":[", "]}", &err), 0);
	ck_assert_int_eq(scan_nested(1000000, "[", "]", &err), -1);
	ck_assert_int_eq(scan_nested(1000000, "{\"a\":", "}", &err), -1);
}
END_TEST

static int scan_members(size_t n, struct cc_error *err)
{
	cc_auto_buf struct cc_buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		cc_buf_printf(&b, "%s\"m%zu\":{}", i == 0 ? "{" : ",", i);
	cc_buf_addc(&b, '}');
	return scan(b.data, b.len, err);
}

START_TEST(members_of_one_object_end_at_the_limit)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(scan_members(CC_JSON_MEMBERS, &err), 0);
	ck_assert_int_eq(scan_members(CC_JSON_MEMBERS + 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "too many members"));
}
END_TEST

START_TEST(a_name_of_any_length_is_told_within_the_message)
{
	cc_auto_buf struct cc_buf b = { 0 };
	struct cc_error err = { 0 };

	cc_buf_adds(&b, "{\"");
	for (int i = 0; i < 100000; i++)
		cc_buf_adds(&b, "\xc3\xbc");
	cc_buf_adds(&b, "\":9223372036854775808}");
	ck_assert_int_eq(scan(b.data, b.len, &err), -1);
	ck_assert_uint_lt(strlen(err.msg), 200);
	ck_assert(cc_utf8_valid(err.msg, strlen(err.msg)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json_text");
	TCase *tc = tcase_create("json_text");

	tcase_add_test(tc, json_is_taken);
	tcase_add_test(tc, what_is_no_json_is_refused_by_place);
	tcase_add_test(tc, a_text_cut_anywhere_ends_too_early);
	tcase_add_test(tc, nesting_ends_at_the_limit);
	tcase_add_test(tc, members_of_one_object_end_at_the_limit);
	tcase_add_test(tc, a_name_of_any_length_is_told_within_the_message);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
