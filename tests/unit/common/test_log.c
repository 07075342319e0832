/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/log.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char line[CC_LOG_LINE_MAX];
static int lines;

static void capture(void *context CC_UNUSED, enum cc_log_level level CC_UNUSED, const char *text)
{
	ck_assert_uint_lt(strlen(text), sizeof(line));
	strcpy(line, text);
	lines++;
}

static void setup(void)
{
	cc_log_set_sink(capture, NULL);
}

START_TEST(a_line_is_an_event_and_its_pairs)
{
	struct cc_uuid id = { { 1, 2, 3 } };

	cc_log(NOTICE, INSTANCE_PLACED, kv_uuid("instance", id), kv_i64("score", -7), kv_u64("size", UINT64_MAX), kv_ms("took", 1500),
	        kv_text("name", "web"));
	ck_assert_str_eq(line, "event=instance_placed instance=01020300-0000-0000-0000-000000000000 score=-7 size=18446744073709551615 "
	                       "took=1500ms name=web");
	cc_log(NOTICE, STARTED);
	ck_assert_str_eq(line, "event=started");
}
END_TEST

START_TEST(an_error_gives_its_code_message_and_place)
{
	struct cc_error err = { .code = CC_UNAVAILABLE, .where = "a.c:1", .msg = "no 'x' here" };

	cc_log(INFO, DB_LOST, kv_err(&err));
	ck_assert_str_eq(line, "event=db_lost error=unavailable message=\"no 'x' here\" at=a.c:1");
}
END_TEST

START_TEST(a_warning_ends_with_what_the_operator_does)
{
	cc_log(WARNING, BATCH_SLOW, kv_i64("left_bytes", 5));
	ck_assert_str_eq(line, "event=batch_slow left_bytes=5 hint=\"look at the disk of the database; a slow SD card is the usual cause\"");
	cc_log(WARNING, STARTED);
	ck_assert_str_eq(line, "event=started");
}
END_TEST

static const struct {
	const char *value;
	const char *written;
} escapes[] = {
	{ "plain-1.2/3:4", "plain-1.2/3:4" },
	{ "", "\"\"" },
	{ NULL, "\"\"" },
	{ "two words", "\"two words\"" },
	{ "a=b", "\"a=b\"" },
	{ "say \"hi\" \\", "\"say \\\"hi\\\" \\\\\"" },
	{ "a\nevent=forged", "\"a\\nevent=forged\"" },
	{ "\x1b[31m\r\t\x7f", "\"\\x1b[31m\\r\\t\\x7f\"" },
	{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
	{ "\xf0\x9f\x8c\x8d", "\"\xf0\x9f\x8c\x8d\"" },
	{ "\xc2\x9b"
	  "1m",
	        "\"\\xc2\\x9b1m\"" }, /* C1 control sequence introducer */
	{ "\xe2\x80\xae"
	  "x",
	        "\"\\xe2\\x80\\xaex\"" },                   /* right-to-left override */
	{ "\xff\xc3", "\"\\xff\\xc3\"" },                   /* no UTF-8 */
	{ "\xc0\x8a", "\"\\xc0\\x8a\"" },                   /* overlong line feed */
	{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },          /* surrogate */
	{ "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" }, /* beyond Unicode */
	{ "\xf8\x88\x80\x80\x80", "\"\\xf8\\x88\\x80\\x80\\x80\"" },
	{ "\xf8\x90\x80\x80", "\"\\xf8\\x90\\x80\\x80\"" },
	{ "\xf8\x9b", "\"\\xf8\\x9b\"" }, /* its low bits and the next byte look like a C1 control */
	{ "\xf8\x9b\x9b\x9b", "\"\\xf8\\x9b\\x9b\\x9b\"" },
};

START_TEST(a_value_cannot_break_out_of_its_quotes)
{
	cc_log(INFO, INSTANCE_STARTED, kv_text("v", escapes[_i].value));
	ck_assert_ptr_nonnull(strstr(line, " v="));
	ck_assert_str_eq(strstr(line, " v=") + 3, escapes[_i].written);
}
END_TEST

START_TEST(a_long_value_is_cut_and_the_line_stays_bounded)
{
	static char big[10000];

	memset(big, '\n', sizeof(big) - 1);
	cc_log(INFO, INSTANCE_STARTED, kv_text("a", big), kv_text("b", big), kv_i64("c", 1), kv_text("d", big), kv_text("e", big), kv_i64("f", 2));
	ck_assert_uint_lt(strlen(line), CC_LOG_LINE_MAX);
	ck_assert_ptr_nonnull(strstr(line, "\\n...\" b=\""));
	ck_assert_ptr_nonnull(strstr(line, " c=1 "));
	ck_assert_ptr_null(strstr(line, " e="));
	ck_assert_str_eq(line + strlen(line) - 13, " f=2 cut=true");
	memset(big, 'x', sizeof(big) - 1);
	cc_log(INFO, INSTANCE_STARTED, kv_text("a", big));
	ck_assert_str_eq(line + strlen(line) - 5, "x...\"");
}
END_TEST

START_TEST(every_length_of_line_ends_whole)
{
	static char filler[CC_LOG_VALUE_MAX];

	for (size_t n = 0; n < sizeof(filler); n++) {
		memset(filler, 'x', n);
		filler[n] = '\0';
		cc_log(INFO, INSTANCE_STARTED, kv_text("a", filler), kv_text("b", filler), kv_text("c", filler), kv_text("d", filler),
		        kv_text("e", "a b"));
		ck_assert_uint_lt(strlen(line), CC_LOG_LINE_MAX);
	}
}
END_TEST

START_TEST(a_level_above_the_set_one_is_not_written)
{
	cc_log_set_level(CC_LOG_NOTICE);
	cc_log(INFO, INSTANCE_STARTED);
	ck_assert_int_eq(lines, 0);
	cc_log(NOTICE, STARTED);
	ck_assert_int_eq(lines, 1);
}
END_TEST

START_TEST(a_level_is_read_by_its_name)
{
	enum cc_log_level level = CC_LOG_DEBUG;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_log_level_parse("warning", &level, &err), 0);
	ck_assert_int_eq(level, CC_LOG_WARNING);
	ck_assert_int_eq(cc_log_level_parse("WARNING", &level, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "error|warning|notice|info|debug"));
}
END_TEST

START_TEST(the_request_follows_the_thread)
{
	cc_log_set_request("req-1");
	cc_log(INFO, INSTANCE_STARTED, kv_i64("status", 200));
	ck_assert_str_eq(line, "event=instance_started request=req-1 status=200");
	cc_log_set_request(NULL);
	cc_log(INFO, INSTANCE_STARTED);
	ck_assert_str_eq(line, "event=instance_started");
}
END_TEST

/* Logs one line to a file that is stderr meanwhile, and gives what was written. */
static void written_to_file(char *text, size_t size, bool as_journal)
{
	char path[] = "/tmp/cc-log-XXXXXX";
	int fd = mkstemp(path);
	struct stat st;
	char stream[64];
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + !as_journal);
	setenv("JOURNAL_STREAM", stream, 1);
	cc_log_set_sink(NULL, NULL);
	dup2(fd, STDERR_FILENO);
	errno = ENOSPC;
	cc_log(NOTICE, STARTED, kv_i64("pid", 1));
	ck_assert_int_eq(errno, ENOSPC);
	n = pread(fd, text, size - 1, 0);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	unlink(path);
	close(fd);
}

START_TEST(journald_gets_the_priority_and_no_time)
{
	char text[256];

	written_to_file(text, sizeof(text), true);
	ck_assert_str_eq(text, "<5>event=started pid=1\n");
}
END_TEST

START_TEST(a_file_gets_priority_time_and_level)
{
	char text[256];
	int year;

	written_to_file(text, sizeof(text), false);
	ck_assert_int_eq(sscanf(text, "<5>time=%4d-", &year), 1);
	ck_assert_str_eq(strchr(text, ' '), " level=notice event=started pid=1\n");
}
END_TEST

START_TEST(every_event_is_in_the_catalog_with_a_sentence)
{
	for (int i = 0; i < CC_EV_MAX; i++) {
		const struct cc_event_info *info = cc_event_info((enum cc_event)i);

		ck_assert_msg(info->sentence[strlen(info->sentence) - 1] == '.', "%s", info->name);
		ck_assert_msg(info->level != CC_LOG_ERROR || info->hint[0] != '\0', "%s is an error without advice", info->name);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(info->name, cc_event_info((enum cc_event)j)->name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_line_is_an_event_and_its_pairs);
	tcase_add_test(tc, an_error_gives_its_code_message_and_place);
	tcase_add_test(tc, a_warning_ends_with_what_the_operator_does);
	tcase_add_loop_test(tc, a_value_cannot_break_out_of_its_quotes, 0, CC_ARRAY_LEN(escapes));
	tcase_add_test(tc, a_long_value_is_cut_and_the_line_stays_bounded);
	tcase_add_test(tc, every_length_of_line_ends_whole);
	tcase_add_test(tc, a_level_above_the_set_one_is_not_written);
	tcase_add_test(tc, a_level_is_read_by_its_name);
	tcase_add_test(tc, the_request_follows_the_thread);
	tcase_add_test(tc, journald_gets_the_priority_and_no_time);
	tcase_add_test(tc, a_file_gets_priority_time_and_level);
	tcase_add_test(tc, every_event_is_in_the_catalog_with_a_sentence);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
