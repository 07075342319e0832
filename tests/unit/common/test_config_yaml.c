/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/config_parts.h"
#include "tests/lib/test.h"

#include <string.h>

static struct cc_arena *arena;

static void setup(void)
{
	arena = cc_arena_new(0);
}

static void teardown(void)
{
	cc_arena_free(arena);
}

static int read_text(const char *text, size_t len, struct cc_cfg_entries *all, struct cc_error *err)
{
	return cc_cfg_read_yaml(arena, "f.yaml", text, len, all, err);
}

static const char *const empty[] = { "", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "{}\n", "~\n" };

START_TEST(a_file_without_settings_is_empty)
{
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	ck_assert_msg(read_text(empty[_i], strlen(empty[_i]), &all, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

START_TEST(each_key_knows_its_line)
{
	static const char text[] = "# head\na: 1\nb:\n  - x\n  - y\n\nc: {k: v}\n";
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(read_text(text, sizeof(text) - 1, &all, &err), 0);
	ck_assert_uint_eq(all.n, 3);
	ck_assert_uint_eq(all.v[0].line, 2);
	ck_assert_uint_eq(all.v[1].line, 3);
	ck_assert_int_eq(all.v[1].raw.shape, CC_CFG_LIST);
	ck_assert_str_eq(all.v[1].raw.items[1].value, "y");
	ck_assert_uint_eq(all.v[2].line, 7);
	ck_assert_str_eq(all.v[2].raw.items[0].key, "k");
}
END_TEST

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *says;
} refused[] = {
	{ BYTES("a: &x 1\n"), "f.yaml:1: anchors (&name)" },
	{ BYTES("a: 1\nb: *x\n"), "f.yaml:2: aliases (*name)" },
	{ BYTES("a: &x [lol,lol]\nb: &y [*x,*x]\nc: &z [*y,*y]\n"), "f.yaml:1: anchors" },
	{ BYTES("a: !!binary AAAA\n"), "f.yaml:1: tags (!type)" },
	{ BYTES("a: !local 1\n"), "f.yaml:1: tags (!type)" },
	{ BYTES("a: {b: {c: d}}\n"), "f.yaml:1: b of a must be a plain value" },
	{ BYTES("a: [[1]]\n"), "f.yaml:1: each item of a must be a plain value" },
	{ BYTES("? [a]\n: 1\n"), "f.yaml:1: a key must be a plain value" },
	{ BYTES("- a\n- b\n"), "f.yaml:1: expected lines of the form 'name: value'" },
	{ BYTES("just text\n"), "f.yaml:1: expected lines of the form" },
	{ BYTES("a: 1\n---\nb: 2\n"), "a second document" },
	{ BYTES("a: 1\n b: 2\n"), "f.yaml:2: mapping values are not allowed" },
	{ BYTES("a: 'open\n"), "found unexpected end of stream" },
	{ BYTES("a: \"\\0\"\n"), "f.yaml:1: a contains a NUL character" },
	{ BYTES("a: \xff\xfe\n"), "f.yaml: not UTF-8 text at byte 3" },
	{ BYTES("a: \xc3\n"), "f.yaml: not UTF-8 text" },
	{ BYTES("\xff\xfe\x61\x00"), "f.yaml: not UTF-8 text" },
	{ BYTES("a: \x01\n"), "f.yaml: not UTF-8 text at byte 3: control characters are not allowed" },
	{ BYTES("a:\t\n\tb: 1\n"), "f.yaml:2: found character that cannot start any token" },
};

START_TEST(a_file_of_another_form_is_refused_with_its_line)
{
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(read_text(refused[_i].text, refused[_i].len, &all, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_msg(strstr(err.msg, refused[_i].says) != NULL, "'%s' does not say '%s'", err.msg, refused[_i].says);
}
END_TEST

START_TEST(deep_nesting_costs_nothing)
{
	size_t len = 1000000;
	char *text = cc_malloc(len);
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	memset(text, '[', len);
	memcpy(text, "a: ", 3);
	ck_assert_int_eq(read_text(text, len, &all, &err), -1);
	free(text);
}
END_TEST

START_TEST(a_file_over_the_limit_is_refused)
{
	char path[] = "/tmp/cc-config-XXXXXX";
	int fd = mkstemp(path);
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 1024 * 1024 + 1), 0);
	close(fd);
	ck_assert_int_eq(cc_cfg_read_file(arena, path, &all, &err), -1);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	unlink(path);
}
END_TEST

START_TEST(a_folder_is_not_a_file)
{
	struct cc_cfg_entries all = { 0 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_cfg_read_file(arena, "/tmp", &all, &err), -1);
	ck_assert_int_eq(err.code, CC_IO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config_yaml");
	TCase *tc = tcase_create("config_yaml");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_file_without_settings_is_empty, 0, CC_ARRAY_LEN(empty));
	tcase_add_test(tc, each_key_knows_its_line);
	tcase_add_loop_test(tc, a_file_of_another_form_is_refused_with_its_line, 0, CC_ARRAY_LEN(refused));
	tcase_add_test(tc, deep_nesting_costs_nothing);
	tcase_add_test(tc, a_file_over_the_limit_is_refused);
	tcase_add_test(tc, a_folder_is_not_a_file);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
