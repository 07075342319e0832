/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines against the command table. */
#include "cli/args.h"
#include "tests/lib/test.h"

#include <string.h>

static const struct {
	const char *line;
	const char *message; /* NULL: it is right */
} lines[] = {
	{ "list", NULL },
	{ "list -o json", NULL },
	{ "-o json list", NULL },
	{ "list -ojson --socket /x", NULL },
	{ "--socket=/x list", NULL },
	{ "create a --image b --memory 256MiB --cpu 0.5 --disk 2GiB --pids 64 --node ada --on-disconnect stop --no-wait --timeout 5m", NULL },
	{ "create a --image=b -m 64 -c 500m -d 1GiB -n ada --wait", NULL },
	{ "start a b c", NULL },
	{ "exec a -- uname -a", NULL },
	{ "exec a uname -a --help", NULL },
	{ "exec a --env A=B -e C=D -i -- env", NULL },
	{ "image import a b --arch arm64", NULL },
	{ "node invite a --owner m --expires 24h", NULL },
	{ "member add a --admin", NULL },
	{ "help image import", NULL },
	{ "create --help", NULL },
	{ "--version", NULL },
	{ "", NULL },
	{ "delete -- -a", NULL },
	{ "crate", "unknown command 'crate'; did you mean 'create'? See ccctl help" },
	{ "ps", "unknown command 'ps'; did you mean 'list'? See ccctl help" },
	{ "rm x", "unknown command 'rm'; did you mean 'delete'? See ccctl help" },
	{ "zzz", "unknown command 'zzz'; see ccctl help" },
	{ "imgae", "unknown command 'imgae'; did you mean 'image'? See ccctl help image" },
	{ "imag list", "unknown command 'imag'; did you mean 'image'? See ccctl help image" },
	{ "image", "'image' needs a verb; see ccctl help image" },
	{ "image lst", "unknown command 'image lst'; did you mean 'image list'? See ccctl help" },
	{ "image frobnicate", "unknown command 'image frobnicate'; see ccctl help image" },
	{ "--frob list", "unknown option '--frob' before the command; see ccctl help" },
	{ "list --frob", "'list' has no option '--frob'; see ccctl help list" },
	{ "create a --imag b", "unknown option '--imag'; did you mean '--image'?" },
	{ "create a --memroy=5", "unknown option '--memroy'; did you mean '--memory'?" },
	{ "list -x", "'list' has no option '-x'; see ccctl help list" },
	{ "list -o", "--output needs a value: table|wide|json|yaml|csv|name" },
	{ "list -o xml", "--output: 'xml' is none of table|wide|json|yaml|csv|name" },
	{ "list -o jso", "--output: 'jso' is none of table|wide|json|yaml|csv|name" },
	{ "list a", "'a' is one word too many; usage: ccctl list" },
	{ "create", "'create' needs NAME; see ccctl help create" },
	{ "create a b", "'b' is one word too many; usage: ccctl create NAME" },
	{ "create a --memory 5MB", "--memory: '5MB' is not a size; write it as 256MiB, 2GiB or a number of MiB" },
	{ "create a --cpu x", "--cpu: 'x' is not an amount of processor; write it as 0.5, 2 or 500m (thousandths of a core)" },
	{ "create a --pids many", "--pids: 'many' is not a whole number" },
	{ "create a --timeout 5", "--timeout: '5' is not a duration; write it as 250ms, 30s, 5m, 12h or 7d" },
	{ "create a --on-disconnect leave", "--on-disconnect: 'leave' is none of keep|stop" },
	{ "create a --no-wait=yes", "--no-wait takes no value" },
	{ "create a --image=", "--image: the value is empty" },
	{ "create a --image", "--image needs a value: IMAGE" },
	{ "exec a", "'exec' needs NAME -- CMD...; see ccctl help exec" },
	{ "exec -- ls", "'exec' needs NAME -- CMD...; see ccctl help exec" },
	{ "-o json exec a ls", "'exec' has no option '-o'; see ccctl help exec" },
	{ "stop", "'stop' needs NAME...; see ccctl help stop" },
};

static int parse(const char *line, char *copy, size_t size, struct cc_arena *a, struct args *args, struct cc_error *err)
{
	char *argv[32] = { "ccctl" };
	int argc = 1;

	snprintf(copy, size, "%s", line);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	return args_parse(command_table, argc, memcpy(cc_new_array(a, 32, char *), argv, sizeof(argv)), a, args, err);
}

START_TEST(command_lines_are_read_or_refused_with_advice)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error err = { 0 };
	struct args args;
	char copy[256];
	int result = parse(lines[_i].line, copy, sizeof(copy), a, &args, &err);

	ck_assert_msg((result == 0) == (lines[_i].message == NULL), "'%s': %s", lines[_i].line, err.msg);
	ck_assert_str_eq(err.msg, lines[_i].message != NULL ? lines[_i].message : "");
	ck_assert_int_eq(err.code, lines[_i].message != NULL ? CC_INVALID : CC_OK);
}
END_TEST

START_TEST(values_and_words_arrive)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_error err = { 0 };
	struct args args;
	char copy[256];
	struct cc_texts env;

	ck_assert_int_eq(parse("create a --image b --memory 1GiB --memory 2GiB --cpu 0.5 --timeout 5m", copy, sizeof(copy), a, &args, &err), 0);
	ck_assert_str_eq(args.cmd->name, "create");
	ck_assert_uint_eq(args.n_words, 1);
	ck_assert_str_eq(args.words[0], "a");
	ck_assert_str_eq(args_text(&args, "image", "?"), "b");
	ck_assert_int_eq(args_number(&args, "memory", 0), 2048);
	ck_assert_int_eq(args_number(&args, "cpu", 0), 500);
	ck_assert_int_eq(args_number(&args, "timeout", 0), 300000);
	ck_assert(!args_has(&args, "node"));
	ck_assert_int_eq(parse("exec a -e A=1 -e B=2 -- env -i --help", copy, sizeof(copy), a, &args, &err), 0);
	env = args_texts(&args, "env", a);
	ck_assert_uint_eq(env.n, 2);
	ck_assert_str_eq(env.items[1], "B=2");
	ck_assert(!args.help);
	ck_assert_uint_eq(args.n_rest, 3);
	ck_assert_str_eq(args.rest[1], "-i");
	ck_assert_int_eq(parse("exec a sh -c x -i", copy, sizeof(copy), a, &args, &err), 0);
	ck_assert_uint_eq(args.n_rest, 4);
	ck_assert(!args_has(&args, "stdin"));
}
END_TEST

START_TEST(every_row_of_the_table_is_whole)
{
	const struct opt *groups[COMMAND_OPT_GROUPS];

	for (const struct cmd *c = command_table; c->name != NULL; c++) {
		size_t n = command_opt_groups(c, groups);

		ck_assert_msg(c->run != NULL && c->args != NULL && c->summary != NULL && c->examples != NULL, "%s", c->name);
		ck_assert_msg(c->summary[strlen(c->summary) - 1] != '.', "%s: the summary ends with a full stop", c->name);
		for (size_t i = 0; i < n; i++)
			for (const struct opt *o = groups[i]; o->name != NULL; o++)
				ck_assert_msg((o->kind == OPT_FLAG) == (o->value == NULL) && o->help != NULL, "%s --%s", c->name, o->name);
	}
}
END_TEST

/* One letter means one thing in all commands: completion relies on it, and so do fingers. */
START_TEST(letters_mean_the_same_everywhere)
{
	const char *names[128] = { 0 };
	const struct opt *groups[COMMAND_OPT_GROUPS];

	for (const struct cmd *c = command_table; c->name != NULL; c++)
		for (size_t i = 0, n = command_opt_groups(c, groups); i < n; i++)
			for (const struct opt *o = groups[i]; o->name != NULL; o++) {
				const char **name = &names[(unsigned char)o->letter & 127];

				if (o->letter == 0)
					continue;
				ck_assert_msg(*name == NULL || strcmp(*name, o->name) == 0, "-%c is --%s and --%s", o->letter, *name, o->name);
				*name = o->name;
			}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli args");
	TCase *tc = tcase_create("args");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, command_lines_are_read_or_refused_with_advice, 0, CC_ARRAY_LEN(lines));
	tcase_add_test(tc, values_and_words_arrive);
	tcase_add_test(tc, every_row_of_the_table_is_whole);
	tcase_add_test(tc, letters_mean_the_same_everywhere);
	return test_run(s);
}
