/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for every entity: properties with random values. */
#include "common/json.h"
#include "common/model.h"
#include "tests/lib/rows.h"
#include "tests/lib/test.h"

#include <string.h>

enum { ROUNDS = 60 };

struct run {
	struct test_random random;
	struct cc_arena *arena;
};

static struct run r;

static void set_up(void)
{
	r = (struct run){ test_random_new(), cc_arena_new(0) };
}

static void tear_down(void)
{
	cc_arena_free(r.arena);
}

static void check_json_round_trip(const struct cc_desc *d, enum cc_json_mode mode)
{
	cc_auto_buf struct cc_buf first = { 0 };
	cc_auto_buf struct cc_buf second = { 0 };
	const void *row = rows_random(d, &r.random, r.arena);
	void *back = cc_arena_alloc(r.arena, d->size);
	struct cc_error err = { 0 };
	const char *differs;

	cc_json_encode(d, row, &first);
	ck_assert(cc_utf8_valid(first.data, first.len));
	ck_assert_msg(cc_json_decode(d, first.data, first.len, mode, back, r.arena, &err) == 0, "%s: %s\n%s", d->name, err.msg, first.data);
	differs = rows_difference(d, row, back, CC_NOJSON);
	ck_assert_msg(differs == NULL, "%s.%s differs\n%s", d->name, differs, first.data);
	cc_json_encode(d, back, &second);
	ck_assert_str_eq(first.data, second.data);
}

START_TEST(what_is_written_as_json_is_read_again)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++)
		for (int i = 0; i < ROUNDS; i++) {
			check_json_round_trip(*d, i % 2 ? CC_JSON_STRICT : CC_JSON_LENIENT);
			cc_arena_reset(r.arena);
		}
}
END_TEST

/* What is written of a row that was read is read as the same row again. */
static void check_stands(const struct cc_desc *d, const void *row, struct cc_arena *a)
{
	cc_auto_buf struct cc_buf text = { 0 };
	void *back = cc_arena_alloc(a, d->size);
	struct cc_error err = { 0 };
	const char *differs;

	cc_json_encode(d, row, &text);
	ck_assert_msg(cc_json_decode(d, text.data, text.len, CC_JSON_STRICT, back, a, &err) == 0, "%s: %s\n%s", d->name, err.msg, text.data);
	differs = rows_difference(d, row, back, CC_NOJSON);
	ck_assert_msg(differs == NULL, "%s.%s differs\n%s", d->name, differs, text.data);
}

/* A text that lost its end, or one of its bytes, is refused or means something within the limits; with a sanitizer it is also read within its bounds. */
START_TEST(json_that_was_damaged_anywhere_is_read_within_its_bounds)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++) {
		cc_auto_buf struct cc_buf text = { 0 };
		struct cc_error err = { 0 };

		cc_json_encode(*d, rows_random(*d, &r.random, r.arena), &text);
		for (size_t n = 0, step = 1 + text.len / 200; n < text.len; n += step) {
			struct cc_arena *a = cc_arena_new(0);
			void *row = cc_arena_alloc(a, (*d)->size);
			char *part = cc_malloc(n);
			char kept = text.data[n];

			memcpy(part, text.data, n);
			ck_assert_int_eq(cc_json_decode(*d, part, n, CC_JSON_STRICT, row, a, &err), -1);
			ck_assert(cc_utf8_valid(err.msg, strlen(err.msg)));
			free(part);
			text.data[n] = (char)test_random_next(&r.random);
			if (cc_json_decode(*d, text.data, text.len, CC_JSON_LENIENT, row, a, &err) == 0)
				check_stands(*d, row, a);
			text.data[n] = kept;
			cc_arena_free(a);
		}
	}
}
END_TEST

/* The source is overwritten and freed: a copy that still points into it is found by the comparison, or by the sanitizer. */
static void check_copies(const struct cc_desc *d)
{
	struct cc_arena *source = cc_arena_new(0);
	struct test_random again = r.random;
	const void *row = rows_random(d, &r.random, source);
	void *clone = cc_row_heap_copy(d, row);
	void *copy = cc_row_arena_copy(d, row, r.arena);
	const void *same = rows_random(d, &again, r.arena);
	const char *differs;

	cc_arena_free(source);
	differs = rows_difference(d, clone, same, 0);
	ck_assert_msg(differs == NULL, "%s.%s of the clone differs", d->name, differs);
	differs = rows_difference(d, copy, same, 0);
	ck_assert_msg(differs == NULL, "%s.%s of the copy differs", d->name, differs);
	free(clone);
}

START_TEST(a_copy_is_equal_and_stands_alone)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++)
		for (int i = 0; i < ROUNDS; i++) {
			check_copies(*d);
			cc_arena_reset(r.arena);
		}
}
END_TEST

START_TEST(an_empty_row_can_be_copied_and_written)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++) {
		const void *row = cc_arena_alloc(r.arena, (*d)->size);
		cc_auto_buf struct cc_buf text = { 0 };
		cc_auto_free void *clone = cc_row_heap_copy(*d, row);

		ck_assert_ptr_null(rows_difference(*d, clone, row, 0));
		ck_assert_ptr_null(rows_difference(*d, cc_row_arena_copy(*d, row, r.arena), row, 0));
		cc_json_encode(*d, row, &text);
		ck_assert_int_eq(text.data[0], '{');
	}
}
END_TEST

START_TEST(every_field_written_as_text_is_read_again)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++)
		for (int i = 0; i < ROUNDS; i++) {
			const void *row = rows_random(*d, &r.random, r.arena);
			void *back = cc_arena_alloc(r.arena, (*d)->size);
			const char *differs;

			for (size_t k = 0; k < (*d)->n_fields; k++) {
				const struct cc_field *f = &(*d)->fields[k];
				cc_auto_buf struct cc_buf text = { 0 };
				struct cc_error err = { 0 };

				cc_field_format(f, row, &text);
				if (!cc_field_has(f, row))
					ck_assert_uint_eq(text.len, 0);
				else
					ck_assert_msg(cc_field_parse(f, cc_buf_str(&text), back, r.arena, &err) == 0, "%s.%s: %s", (*d)->name,
					        f->name, err.msg);
			}
			/* What must not be in JSON is not in that of nested rows. */
			differs = rows_difference(*d, row, back, 0);
			ck_assert_msg(differs == NULL || cc_desc_find(*d, differs)->desc != NULL, "%s.%s differs", (*d)->name, differs);
			cc_arena_reset(r.arena);
		}
}
END_TEST

START_TEST(every_list_of_fields_is_sound)
{
	for (const struct cc_desc *const *d = cc_model_descs; *d != NULL; d++) {
		ck_assert_uint_gt((*d)->n_fields, 0);
		for (size_t k = 0; k < (*d)->n_fields; k++) {
			const struct cc_field *f = &(*d)->fields[k];

			ck_assert_ptr_eq(cc_desc_find(*d, f->name), f);
			ck_assert_uint_eq(f->index, k);
			ck_assert_uint_ge(f->offset, sizeof(uint64_t));
			ck_assert_uint_lt(f->offset, (*d)->size);
			ck_assert_uint_gt(strlen(f->doc), 0);
			ck_assert_int_eq(f->kind == CK_enum, f->enums != NULL);
			ck_assert_int_eq(f->kind == CK_list, f->desc != NULL);
			for (int c = 0; f->enums != NULL && c < f->enums->n; c++)
				ck_assert_int_eq(cc_enum_find(f->enums, f->enums->values[c]), c);
		}
		ck_assert_ptr_null(cc_desc_find(*d, "no_such_field"));
		for (const struct cc_desc *const *other = cc_model_descs; other < d; other++)
			ck_assert_str_ne((*other)->name, (*d)->name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *tc = tcase_create("model");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_is_written_as_json_is_read_again);
	tcase_add_test(tc, json_that_was_damaged_anywhere_is_read_within_its_bounds);
	tcase_add_test(tc, a_copy_is_equal_and_stands_alone);
	tcase_add_test(tc, an_empty_row_can_be_copied_and_written);
	tcase_add_test(tc, every_field_written_as_text_is_read_again);
	tcase_add_test(tc, every_list_of_fields_is_sound);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
