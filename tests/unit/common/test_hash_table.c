/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/hash_table.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <string.h>

enum { N = 500 };

static bool same_int(const void *item, const void *key)
{
	return *(const int *)item == *(const int *)key;
}

/* Hashes that are spread, all in one run, all equal, and at the end of the table so that runs wrap. */
static uint64_t hash_of(int way, int v)
{
	switch (way) {
	case 0:
		return cc_hash_bytes(&v, sizeof(v));
	case 1:
		return (uint64_t)v % 7;
	case 2:
		return 42;
	default:
		return UINT64_MAX - (uint64_t)v % 3;
	}
}

static void check_against(const struct cc_hash *h, int way, const int *items, const bool *in)
{
	size_t expected = 0, walked = 0;
	const int *p;

	for (int v = 0; v < N; v++) {
		ck_assert_ptr_eq(cc_hash_find(h, hash_of(way, v), same_int, &v), in[v] ? &items[v] : NULL);
		expected += in[v];
	}
	for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL; walked++)
		ck_assert(in[*p]);
	ck_assert_uint_eq(walked, expected);
	ck_assert_uint_eq(h->n, expected);
}

START_TEST(random_adding_and_removing_agrees_with_a_plain_set)
{
	struct test_random r = test_random_new();
	struct cc_hash h = { 0 };
	bool in[N] = { false };
	int items[N];

	for (int v = 0; v < N; v++)
		items[v] = v;
	for (int step = 0; step < 20000; step++) {
		int v = (int)test_random_below(&r, N);

		if (in[v])
			ck_assert(cc_hash_remove(&h, hash_of(_i, v), &items[v]));
		else
			cc_hash_add(&h, hash_of(_i, v), &items[v]);
		in[v] = !in[v];
		if (step % 997 == 0)
			check_against(&h, _i, items, in);
	}
	check_against(&h, _i, items, in);
	ck_assert_uint_le(h.cap, 8 * N);
	cc_hash_free(&h);
}
END_TEST

START_TEST(an_empty_table_answers)
{
	struct cc_hash h = { 0 };
	size_t at = 0;
	int v = 1;

	ck_assert_ptr_null(cc_hash_find(&h, 1, same_int, &v));
	ck_assert(!cc_hash_remove(&h, 1, &v));
	ck_assert_ptr_null(cc_hash_next(&h, &at));
	cc_hash_free(&h);
}
END_TEST

START_TEST(only_the_very_item_is_removed)
{
	struct cc_hash h = { 0 };
	int one = 1, other = 1;

	cc_hash_add(&h, 5, &one);
	ck_assert(!cc_hash_remove(&h, 5, &other));
	ck_assert(!cc_hash_remove(&h, 6, &one));
	ck_assert(cc_hash_remove(&h, 5, &one));
	ck_assert(!cc_hash_remove(&h, 5, &one));
	cc_hash_free(&h);
}
END_TEST

START_TEST(coming_and_going_does_not_make_the_table_grow)
{
	struct cc_hash h = { 0 };
	int v = 1;

	for (uint64_t i = 0; i < 100000; i++) {
		cc_hash_add(&h, i * 7919, &v);
		ck_assert(cc_hash_remove(&h, i * 7919, &v));
	}
	ck_assert_uint_le(h.cap, 16);
	cc_hash_free(&h);
}
END_TEST

START_TEST(texts_and_bytes_hash_the_same_and_each_bit_counts)
{
	char text[] = "instance";

	ck_assert_uint_eq(cc_hash_text(text), cc_hash_bytes(text, strlen(text)));
	for (size_t bit = 0; bit < 8 * strlen("instance"); bit++) {
		uint64_t before = cc_hash_bytes(text, 8);

		text[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_uint_ne(cc_hash_bytes(text, 8), before);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	ck_assert_uint_ne(cc_hash_bytes("\0", 1), cc_hash_bytes("", 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash_table");
	TCase *tc = tcase_create("hash_table");

	tcase_add_loop_test(tc, random_adding_and_removing_agrees_with_a_plain_set, 0, 4);
	tcase_add_test(tc, an_empty_table_answers);
	tcase_add_test(tc, only_the_very_item_is_removed);
	tcase_add_test(tc, coming_and_going_does_not_make_the_table_grow);
	tcase_add_test(tc, texts_and_bytes_hash_the_same_and_each_bit_counts);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
