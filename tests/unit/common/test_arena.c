/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/arena.h"
#include "tests/lib/test.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

static void check_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(p[i], 0);
}

/* Sizes around what a block holds. */
static const size_t sizes[] = { 0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 4095, 4096, 4097, 100000 };

START_TEST(pieces_are_zeroed_aligned_and_apart)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(64);
	unsigned char *p[CC_ARRAY_LEN(sizes)];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < CC_ARRAY_LEN(sizes); i++) {
			p[i] = cc_arena_alloc(a, sizes[i]);
			ck_assert_uint_eq((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			check_zero(p[i], sizes[i]);
			memset(p[i], 0x11 + (int)i, sizes[i]);
		}
		for (size_t i = 0; i < CC_ARRAY_LEN(sizes); i++)
			for (size_t k = 0; k < sizes[i]; k++)
				ck_assert_uint_eq(p[i][k], 0x11 + i);
		cc_arena_reset(a);
	}
}
END_TEST

START_TEST(what_was_taken_is_counted_until_a_reset)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);

	ck_assert_uint_eq(cc_arena_used(a), 0);
	cc_arena_reset(a);
	cc_arena_alloc(a, 100);
	ck_assert_uint_ge(cc_arena_used(a), 100);
	ck_assert_uint_lt(cc_arena_used(a), 200);
	cc_arena_alloc(a, 1000000);
	ck_assert_uint_ge(cc_arena_used(a), 1000100);
	cc_arena_reset(a);
	ck_assert_uint_eq(cc_arena_used(a), 0);
}
END_TEST

START_TEST(texts_are_copied_with_their_end)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	char long_text[10000];

	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	ck_assert_str_eq(cc_arena_strdup(a, ""), "");
	ck_assert_str_eq(cc_arena_strdup(a, long_text), long_text);
	ck_assert_mem_eq(cc_arena_memdup(a, "a\0b", 3), "a\0b\0", 4);
	ck_assert_mem_eq(cc_arena_memdup(a, NULL, 0), "", 1);
	ck_assert_str_eq(cc_printf(a, "%s-%d", "x", 7), "x-7");
	ck_assert_str_eq(cc_printf(a, "%s%s", long_text, ""), long_text);
	ck_assert_str_eq(cc_printf(a, "%s", ""), "");
}
END_TEST

START_TEST(a_count_that_overflows_ends_the_program)
{
	cc_arena_array(cc_arena_new(0), SIZE_MAX / 2, 3);
}
END_TEST

/* Sizes that wrap only when they are rounded up, or when the head of a block is added. */
static const size_t too_large[] = { SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 15, SIZE_MAX - 64, (size_t)PTRDIFF_MAX + 1 };

START_TEST(a_size_that_wraps_when_rounded_ends_the_program)
{
	cc_arena_alloc(cc_arena_new(0), too_large[_i]);
}
END_TEST

START_TEST(nothing_to_free_is_fine)
{
	cc_arena_free(NULL);
	cc_arena_free(cc_arena_new(0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = tcase_create("arena");

	tcase_add_test(tc, pieces_are_zeroed_aligned_and_apart);
	tcase_add_test(tc, what_was_taken_is_counted_until_a_reset);
	tcase_add_test(tc, texts_are_copied_with_their_end);
	tcase_add_test_raise_signal(tc, a_count_that_overflows_ends_the_program, SIGABRT);
	tcase_add_loop_test_raise_signal(tc, a_size_that_wraps_when_rounded_ends_the_program, SIGABRT, 0, CC_ARRAY_LEN(too_large));
	tcase_add_test(tc, nothing_to_free_is_fine);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
