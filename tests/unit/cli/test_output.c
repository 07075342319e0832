/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every format of every noun against files. */
#include "cli/output.h"
#include "common/json.h"
#include "common/model.h"
#include "tests/lib/test.h"
#include "tests/unit/cli/fixtures.h"
#include "tests/unit/cli/golden.h"

#include <string.h>

#define NOW_MS 1795208700000 /* 2026-11-20T21:05:00Z */

static const char *const formats[] = { "table", "wide", "json", "yaml", "csv", "name" };

static const struct {
	const char *name;
	const struct cc_desc *desc; /* of the list */
	const char *json;
} lists[] = {
	{ "instances", &instance_list_desc, "{\"index\":9,\"items\":[" HELLO_RUNNING "," OTHER_FAILED "]}" },
	{ "no-instances", &instance_list_desc, "{\"index\":9,\"items\":[]}" },
	{ "images", &image_list_desc, IMAGES },
	{ "nodes", &node_list_desc, NODES },
	{ "volumes", &volume_list_desc, VOLUMES },
	{ "snapshots", &snapshot_list_desc, SNAPSHOTS },
};

static void check_list(int which, enum output_format format, bool color, const char *suffix)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	const struct cc_desc *d = lists[which].desc;
	const struct cc_field *items = cc_desc_find(d, "items");
	struct output o = { .format = format, .color = color, .now_ms = NOW_MS };
	cc_auto_buf struct cc_buf out = { 0 };
	void *list = cc_arena_alloc(a, d->size);
	struct cc_error err = { 0 };
	int result = cc_json_decode(d, lists[which].json, strlen(lists[which].json), CC_JSON_LENIENT, list, a, &err);

	ck_assert_msg(result == 0, "%s", err.msg);
	output_rows(&o, items->desc, cc_field_at(items, list), &out);
	golden_check(cc_printf(a, "tests/golden/cli/%s.%s", lists[which].name, suffix), &out);
}

START_TEST(lists_look_as_agreed)
{
	check_list(_i / (int)CC_ARRAY_LEN(formats), (enum output_format)(_i % (int)CC_ARRAY_LEN(formats)), false,
	        formats[_i % (int)CC_ARRAY_LEN(formats)]);
}
END_TEST

START_TEST(states_are_coloured_when_asked)
{
	check_list(0, OUT_TABLE, true, "color");
}
END_TEST

static const struct {
	const char *name;
	const struct cc_desc *desc;
	const char *json;
} things[] = {
	{ "instance", &instance_desc, HELLO_RUNNING },
	{ "node", &node_desc, NODE_ADA },
};

START_TEST(single_things_look_as_agreed)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	int which = _i / (int)CC_ARRAY_LEN(formats), format = _i % (int)CC_ARRAY_LEN(formats);
	struct output o = { .format = (enum output_format)format, .now_ms = NOW_MS };
	void *row = cc_arena_alloc(a, things[which].desc->size);
	cc_auto_buf struct cc_buf out = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_json_decode(things[which].desc, things[which].json, strlen(things[which].json), CC_JSON_LENIENT, row, a, &err), 0);
	output_row(&o, things[which].desc, row, &out);
	golden_check(cc_printf(a, "tests/golden/cli/%s.%s", things[which].name, formats[format]), &out);
}
END_TEST

/* A terminal that shows the table must not be moved by it, whether a cell has to be quoted or not. */
START_TEST(no_control_character_comes_out)
{
	static const char *const reasons[] = { "a\x1b\r\x7f\xc2\x9b"
		                               "b",
		"a,\x1b\r\x7f\xc2\x9b"
		"b" };
	static const char *const cells[] = { ",a????b,", ",\"a,????b\"," };
	struct instance inst = { .name = "hello", .reason = reasons[_i] };
	struct output o = { .format = OUT_CSV, .now_ms = NOW_MS };
	cc_auto_buf struct cc_buf out = { 0 };

	output_row(&o, &instance_desc, &inst, &out);
	ck_assert_msg(strstr(cc_buf_str(&out), cells[_i]) != NULL, "%s", out.data);
}
END_TEST

START_TEST(json_output_is_read_back_as_the_same)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct output o = { .format = OUT_JSON };
	cc_auto_buf struct cc_buf first = { 0 }, second = { 0 };
	struct node n = { 0 }, again = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_json_decode(&node_desc, NODE_ADA, strlen(NODE_ADA), CC_JSON_STRICT, &n, a, &err), 0);
	output_row(&o, &node_desc, &n, &first);
	ck_assert_int_eq(cc_json_decode(&node_desc, first.data, first.len, CC_JSON_STRICT, &again, a, &err), 0);
	output_row(&o, &node_desc, &again, &second);
	ck_assert_str_eq(first.data, second.data);
}
END_TEST

START_TEST(a_table_is_cut_to_a_narrow_terminal_and_names_last)
{
	static const char long_name[] = "a-very-long-name-of-an-instance-that-somebody-chose";
	struct instance rows[] = {
		{ .name = "hello",
		        .member_name = "maria",
		        .image_name = "debian-bookworm-with-everything-in-it",
		        .reason = "",
		        .address = "10.77.0.2" },
		{ .name = long_name, .member_name = "mar\u00eda-de-la-o", .image_name = "busybox", .reason = "", .address = "10.77.0.3" },
	};
	struct cc_list list = { 2, rows };
	struct output o = { .format = OUT_TABLE, .columns = 80 };
	cc_auto_buf struct cc_buf out = { 0 };

	output_rows(&o, &instance_desc, &list, &out);
	for (const char *p = out.data; *p != '\0'; p += strcspn(p, "\n") + 1) {
		size_t width = 0;

		for (size_t i = 0; i < strcspn(p, "\n"); i++)
			width += ((unsigned char)p[i] & 0xc0) != 0x80;
		ck_assert_msg(width <= 80, "%zu: %s", width, out.data);
	}
	ck_assert_ptr_nonnull(strstr(out.data, "\u2026"));
	ck_assert_ptr_null(strstr(out.data, "everything-in-it"));
	cc_buf_clear(&out);
	o.columns = 0;
	output_rows(&o, &instance_desc, &list, &out);
	ck_assert_ptr_nonnull(strstr(out.data, long_name));
	ck_assert_ptr_nonnull(strstr(out.data, "everything-in-it"));
	cc_buf_clear(&out);
	o.columns = 10; /* narrower than can be: cut as far as it goes */
	output_rows(&o, &instance_desc, &list, &out);
	ck_assert_ptr_nonnull(strstr(out.data, "a-very-long-nam\u2026"));
	ck_assert_ptr_nonnull(strstr(out.data, "10.77.0.2\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli output");
	TCase *tc = tcase_create("output");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_table_is_cut_to_a_narrow_terminal_and_names_last);
	tcase_add_loop_test(tc, lists_look_as_agreed, 0, CC_ARRAY_LEN(lists) * CC_ARRAY_LEN(formats));
	tcase_add_loop_test(tc, no_control_character_comes_out, 0, 2);
	tcase_add_test(tc, states_are_coloured_when_asked);
	tcase_add_loop_test(tc, single_things_look_as_agreed, 0, CC_ARRAY_LEN(things) * CC_ARRAY_LEN(formats));
	tcase_add_test(tc, json_output_is_read_back_as_the_same);
	return test_run(s);
}
