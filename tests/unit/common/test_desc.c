/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields as plain text, as the database and the command line have them. */
#include "common/desc.h"
#include "common/model.h"
#include "tests/lib/test.h"

#include <regex.h>
#include <string.h>

struct any {
	uint64_t has;
	union {
		bool flag;
		int64_t number;
		const char *text;
		struct cc_uuid id;
		unsigned word;
		struct cc_map map;
		struct cc_texts texts;
		struct cc_list list;
	};
};

static struct cc_field field(enum cc_kind kind)
{
	return (struct cc_field){ .name = "f", .kind = kind, .offset = offsetof(struct any, flag), .enums = &node_state_enum, .desc = &image_desc };
}

static const struct {
	enum cc_kind kind;
	const char *text;
	const char *again; /* NULL: refused */
} cases[] = {
	{ CK_flag, "t", "true" },
	{ CK_flag, "false", "false" },
	{ CK_flag, "yes", NULL },
	{ CK_flag, "tr", NULL },
	{ CK_flag, "", NULL },
	{ CK_count, "0", "0" },
	{ CK_count, "0042", "42" },
	{ CK_count, "-0", "0" },
	{ CK_count, "9223372036854775807", "9223372036854775807" },
	{ CK_count, "9223372036854775808", NULL },
	{ CK_count, "-1", NULL },
	{ CK_number, "-9223372036854775808", "-9223372036854775808" },
	{ CK_number, "-9223372036854775809", NULL },
	{ CK_number, "", NULL },
	{ CK_number, "-", NULL },
	{ CK_number, "--1", NULL },
	{ CK_number, "+1", NULL },
	{ CK_number, " 1", NULL },
	{ CK_number, "1 ", NULL },
	{ CK_number, "- 1", NULL },
	{ CK_number, "1.0", NULL },
	{ CK_number, "1e3", NULL },
	{ CK_number, "0x1", NULL },
	{ CK_memory_mib, "4", "4" },
	{ CK_memory_mib, "3", NULL },
	{ CK_time, "1795208700123", "1795208700123" },
	{ CK_time, "-1", "-1" },
	{ CK_time, "-9223372036854775808", "-9223372036854775808" },
	{ CK_time, "2026-11-20T21:05:00.123Z", "1795208700123" },
	{ CK_time, "", NULL },
	{ CK_time, "soon", NULL },
	{ CK_time, "12x", NULL },
	{ CK_time, "-", NULL },
	{ CK_time, "2026-11-20", NULL },
	{ CK_time, "9223372036854775808", NULL },
	{ CK_text, "", "" },
	{ CK_text, "\xc3\xbc \n", "\xc3\xbc \n" },
	{ CK_text, "\xff", NULL },
	{ CK_ref, "", NULL },
	{ CK_name, "hello-1", "hello-1" },
	{ CK_name, "Hello", NULL },
	{ CK_sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ CK_sha256, "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", NULL },
	{ CK_sha256, "e3b0", NULL },
	{ CK_uuid, "01932A6E-8C00-7ABC-8DEF-0123456789AB", "01932a6e-8c00-7abc-8def-0123456789ab" },
	{ CK_uuid, "x", NULL },
	{ CK_enum, "ready", "ready" },
	{ CK_enum, "", NULL },
	{ CK_enum, "?", NULL },
	{ CK_enum, "READY", NULL },
	{ CK_labels, "{\"b\": \"1\", \"a\": \"\\\"\"}", "{\"b\":\"1\",\"a\":\"\\\"\"}" },
	{ CK_labels, "", NULL },
	{ CK_labels, "null", NULL },
	{ CK_texts, "[\"a\", \"\"]", "[\"a\",\"\"]" },
	{ CK_texts, "a,b", NULL },
	{ CK_uuids, "[]", "[]" },
	{ CK_list, "[]", "[]" },
	{ CK_list, "[{}]", NULL },
};

START_TEST(a_field_is_read_from_text_or_refused_by_name)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++) {
		cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
		struct cc_field f = field(cases[i].kind);
		cc_auto_buf struct cc_buf out = { 0 };
		struct cc_error err = { 0 };
		struct any row = { 0 };
		int r = cc_field_parse(&f, cases[i].text, &row, a, &err);

		if (cases[i].again == NULL) {
			ck_assert_msg(r == -1, "%s '%s' was taken", cc_kind_info(f.kind)->name, cases[i].text);
			ck_assert_int_eq(err.code, CC_INVALID);
			ck_assert_uint_eq(row.has, 0);
			continue;
		}
		ck_assert_msg(r == 0, "%s", err.msg);
		ck_assert_uint_eq(row.has, 1);
		cc_field_format(&f, &row, &out);
		ck_assert_str_eq(cc_buf_str(&out), cases[i].again);
	}
}
END_TEST

START_TEST(a_refused_number_leaves_the_field_alone)
{
	struct cc_field f = field(CK_memory_mib);
	struct any row = { .number = 128 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_field_parse(&f, "3", &row, NULL, &err), -1);
	ck_assert_str_eq(err.msg, "f: 3 is below 4");
	ck_assert_int_eq(row.number, 128);
}
END_TEST

START_TEST(an_absent_field_is_written_as_nothing)
{
	struct cc_field f = field(CK_count);
	cc_auto_buf struct cc_buf out = { 0 };
	struct any row = { .number = 5 };

	f.flags = CC_OPT;
	cc_field_format(&f, &row, &out);
	ck_assert_uint_eq(out.len, 0);
	row.has = 1;
	cc_field_format(&f, &row, &out);
	ck_assert_str_eq(out.data, "5");
}
END_TEST

START_TEST(an_enum_out_of_range_shows_as_a_question_mark)
{
	ck_assert_str_eq(cc_enum_slug(&node_state_enum, -1), "?");
	ck_assert_str_eq(cc_enum_slug(&node_state_enum, NODE_MAX), "?");
	ck_assert_str_eq(cc_enum_slug(&node_state_enum, NODE_READY), "ready");
	ck_assert_int_eq(cc_enum_find(&node_state_enum, "?"), -1);
}
END_TEST

static const char *const words[] = { "a", "-", "a-", "-a", "a-b", "A", "9", "a_b", "", "a.b",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "0123456789012345678901234567890123456789012345678901234567890123",
	"012345678901234567890123456789012345678901234567890123456789012", "01234567890123456789012345678901234567890123456789012345678901-", "xyz" };

START_TEST(the_pattern_in_the_api_means_what_the_check_means)
{
	for (int k = 0; k < CK_MAX; k++) {
		const struct cc_kind_info *info = cc_kind_info((enum cc_kind)k);
		struct cc_field f = field((enum cc_kind)k);
		regex_t re;

		ck_assert_uint_gt(strlen(info->name), 0);
		ck_assert_uint_gt(strlen(info->meaning), 0);
		ck_assert_int_le(info->min, info->max);
		if (info->pattern == NULL)
			continue;
		ck_assert_int_eq(regcomp(&re, info->pattern, REG_EXTENDED | REG_NOSUB), 0);
		for (size_t i = 0; i < CC_ARRAY_LEN(words); i++) {
			struct cc_error err = { 0 };
			bool taken = cc_text_check(&f, words[i], strlen(words[i]), &err) == 0;

			ck_assert_msg(taken == (regexec(&re, words[i], 0, NULL, 0) == 0), "%s: '%s'", info->name, words[i]);
		}
		regfree(&re);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("desc");
	TCase *tc = tcase_create("desc");

	tcase_add_test(tc, a_field_is_read_from_text_or_refused_by_name);
	tcase_add_test(tc, a_refused_number_leaves_the_field_alone);
	tcase_add_test(tc, an_absent_field_is_written_as_nothing);
	tcase_add_test(tc, an_enum_out_of_range_shows_as_a_question_mark);
	tcase_add_test(tc, the_pattern_in_the_api_means_what_the_check_means);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
