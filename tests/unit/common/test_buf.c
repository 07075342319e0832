/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/buf.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <signal.h>
#include <string.h>

START_TEST(an_empty_buffer_is_an_empty_text)
{
	cc_auto_buf struct cc_buf b = { 0 };

	ck_assert_str_eq(cc_buf_str(&b), "");
	cc_buf_clear(&b);
	cc_buf_consume(&b, 0);
	cc_buf_add(&b, NULL, 0);
	cc_buf_adds(&b, "");
	cc_buf_printf(&b, "%s", "");
	ck_assert_str_eq(cc_buf_str(&b), "");
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(room_that_was_asked_for_and_not_used_leaves_the_text_as_it_was)
{
	cc_auto_buf struct cc_buf b = { 0 };

	memset(cc_buf_reserve(&b, 1000) + 1, 'x', 999);
	ck_assert_str_eq(cc_buf_str(&b), "");
	cc_buf_adds(&b, "abc");
	cc_buf_reserve(&b, 100000);
	ck_assert_str_eq(cc_buf_str(&b), "abc");
}
END_TEST

START_TEST(what_is_added_stands_behind_what_was_there)
{
	cc_auto_buf struct cc_buf b = { 0 };

	cc_buf_adds(&b, "a");
	cc_buf_addc(&b, 'b');
	cc_buf_add(&b, "c\0d", 3);
	cc_buf_printf(&b, "%03d", 7);
	ck_assert_uint_eq(b.len, 8);
	ck_assert_mem_eq(b.data, "abc\0d007\0", 9);
	cc_buf_consume(&b, 4);
	ck_assert_str_eq(cc_buf_str(&b), "d007");
	cc_buf_clear(&b);
	ck_assert_str_eq(cc_buf_str(&b), "");
	cc_buf_free(&b);
	cc_buf_adds(&b, "again");
	ck_assert_str_eq(cc_buf_str(&b), "again");
}
END_TEST

/* The same operations on a plain array. */
START_TEST(random_adding_and_consuming_keeps_every_byte)
{
	struct test_random r = test_random_new();
	static unsigned char plain[1 << 20];
	cc_auto_buf struct cc_buf b = { 0 };
	size_t n = 0;

	for (int step = 0; step < 20000; step++) {
		unsigned char piece[300];
		size_t len = test_random_below(&r, n > sizeof(plain) / 2 ? 1 : sizeof(piece));

		if (test_random_below(&r, 3) == 0) {
			size_t eat = test_random_below(&r, (uint32_t)n + 1);

			memmove(plain, plain + eat, n - eat);
			n -= eat;
			cc_buf_consume(&b, eat);
		}
		for (size_t i = 0; i < len; i++)
			piece[i] = (unsigned char)test_random_next(&r);
		memcpy(plain + n, piece, len);
		n += len;
		cc_buf_add(&b, piece, len);
		ck_assert_uint_eq(b.len, n);
		ck_assert_uint_eq((unsigned char)b.data[n], 0);
	}
	ck_assert(memcmp(b.data, plain, n) == 0);
}
END_TEST

START_TEST(more_than_there_is_cannot_be_consumed)
{
	struct cc_buf b = { 0 };

	cc_buf_adds(&b, "abc");
	cc_buf_consume(&b, 4);
}
END_TEST

START_TEST(a_size_that_overflows_ends_the_program)
{
	struct cc_buf b = { 0 };

	cc_buf_adds(&b, "abc");
	cc_buf_reserve(&b, SIZE_MAX - 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, an_empty_buffer_is_an_empty_text);
	tcase_add_test(tc, room_that_was_asked_for_and_not_used_leaves_the_text_as_it_was);
	tcase_add_test(tc, what_is_added_stands_behind_what_was_there);
	tcase_add_test(tc, random_adding_and_consuming_keeps_every_byte);
	tcase_add_test_raise_signal(tc, more_than_there_is_cannot_be_consumed, SIGABRT);
	tcase_add_test_raise_signal(tc, a_size_that_overflows_ends_the_program, SIGABRT);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
