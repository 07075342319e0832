/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ccctl exec against made-up programs at the other end of a stream. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>
#include <sys/resource.h>

#define FLOOD_BYTES (256 * 65536)

static const struct fake_row rows[] = {
	{ "POST", "/v1/instances/hello/exec", 201, "{\"id\":\"" ID_HELLO "\"}" },
	{ "POST", "/v1/instances/hello/console", 201, "{\"id\":\"" ID_HELLO "\"}" },
	{ "POST", "/v1/instances/hello/logs", 201, "{\"id\":\"" ID_HELLO "\"}" },
	{ "POST", "/v1/instances/off/exec", 409, PROBLEM(409, "conflict", "the instance 'off' is stopped; start it first") },
	{ NULL },
};

static void start(void)
{
	fake_start(rows);
}

START_TEST(streams_and_exit_status_are_the_programs)
{
	struct ran r = fake_run("ccctl exec hello -- fail -x --help");

	ck_assert_int_eq(r.status, 7);
	ck_assert_str_eq(r.out, "so far\n");
	ck_assert_str_eq(r.err, "oops\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/exec", 0)->body), "{\"argv\":[\"fail\",\"-x\",\"--help\"]}");
}
END_TEST

START_TEST(the_environment_goes_along)
{
	struct ran r = fake_run("ccctl exec hello -e A=1 --env B='x y' -- fail");

	ck_assert_int_eq(r.status, 7);
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/exec", 0)->body), "{\"argv\":[\"fail\"],\"env\":[\"A=1\",\"B=x y\"]}");
}
END_TEST

START_TEST(stdin_reaches_the_program_and_ends)
{
	struct ran r = fake_run("printf 'one\\ntwo\\n' | ccctl exec hello -- cat");

	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "one\ntwo\n");
}
END_TEST

START_TEST(large_input_comes_back_whole)
{
	struct ran r = fake_run("head -c 30000000 /dev/urandom > big; ccctl exec hello -- cat < big | cmp - big && echo same");

	ck_assert_msg(strcmp(r.out, "same\n") == 0, "%s%s", r.out, r.err);
}
END_TEST

START_TEST(a_slow_reader_of_large_output_loses_nothing)
{
	char want[32];
	struct ran r = fake_run("ccctl exec hello -- flood | (sleep 0.5; wc -c)");

	snprintf(want, sizeof(want), "%d\n", FLOOD_BYTES);
	ck_assert_str_eq(r.out, want);
	r = fake_run("ccctl exec hello -- flood >/dev/null; echo $?");
	ck_assert_str_eq(r.out, "0\n");
}
END_TEST

/* Of everything that was run and waited for. */
static long cpu_ms(void)
{
	struct rusage u;

	ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &u), 0);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

START_TEST(waiting_for_a_slow_reader_costs_no_processor_time)
{
	long begin = cpu_ms(), without, with;

	fake_run("ccctl exec hello -- flood | cat >/dev/null");
	without = cpu_ms() - begin;
	fake_run("ccctl exec hello -- flood | (sleep 3; cat >/dev/null)");
	with = cpu_ms() - begin - without;
	ck_assert_msg(with < 2 * without + 300, "%ld ms, %ld ms when nothing waits", with, without);
}
END_TEST

START_TEST(a_reader_that_goes_away_ends_it_quietly)
{
	struct ran r = fake_run("(ccctl exec hello -- flood; echo $? >&2) | head -c 5");

	ck_assert_str_eq(r.out, "abcde");
	ck_assert_str_eq(r.err, "141\n");
}
END_TEST

START_TEST(signals_go_to_the_program)
{
	struct ran r = fake_run("ccctl exec hello -- trap & sleep 0.5; kill -TERM $!; wait $!");

	ck_assert_str_eq(r.out, "got 15\n");
	ck_assert_int_eq(r.status, 143);
}
END_TEST

START_TEST(a_node_that_cannot_run_it_says_why)
{
	struct ran r = fake_run("ccctl exec hello -- missing");

	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(r.err, "ccctl: there is no program 'missing' in the instance\n");
}
END_TEST

START_TEST(a_stream_that_breaks_off_is_told)
{
	struct ran r = fake_run("ccctl exec hello -- cut");

	ck_assert_int_eq(r.status, 6);
	ck_assert_str_eq(r.out, "half");
	ck_assert_str_eq(r.err, "ccctl: the stream broke off before the program's end was heard; it may still run\n");
}
END_TEST

START_TEST(a_refusal_is_an_error_of_ccctl)
{
	struct ran r = fake_run("ccctl exec off -- ls");

	ck_assert_int_eq(r.status, 5);
	ck_assert_str_eq(r.err, "ccctl: the instance 'off' is stopped; start it first\n");
}
END_TEST

START_TEST(without_a_terminal_a_terminal_is_left_alone)
{
	struct ran r = fake_run("script -qec 'ccctl exec -T hello -- cat' /dev/null");

	ck_assert_msg(r.status == 0, "%s", r.out);
	ck_assert_ptr_null(strstr(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/exec", 0)->body), "tty"));
	r = fake_run("(sleep 0.5; printf 'typed\\n\\004') | script -qec 'ccctl exec -T -i hello -- cat' /dev/null");
	ck_assert_ptr_nonnull(strstr(r.out, "typed\r\ntyped\r\n"));
}
END_TEST

START_TEST(on_a_terminal_the_program_gets_one_of_the_same_size)
{
	struct ran r = fake_run(
	        "(sleep 0.5; printf 'typed\\r'; sleep 0.5; printf '~.') | TERM=vt100 script -qec 'stty rows 33 cols 91; ccctl exec hello -- cat' /dev/null; echo $?");

	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/exec", 0)->body),
	        "{\"argv\":[\"cat\"],\"env\":[\"TERM=vt100\"],\"tty\":true,\"rows\":33,\"cols\":91}");
	/* Once, and as it was typed: our own terminal does not echo. */
	ck_assert_str_eq(r.out, "typed\rccctl: left; the program is hung up\r\n255\n");
}
END_TEST

START_TEST(a_new_size_of_the_terminal_is_passed_on)
{
	struct ran r =
	        fake_run("sleep 1.5 | script -qec 'stty rows 10 cols 20; (sleep 0.5; stty rows 44 </dev/tty) & ccctl exec hello -- size' /dev/null");

	ck_assert_msg(strstr(r.out, "44 20\n") != NULL, "%s", r.out);
}
END_TEST

/* Ways to end, and what ccctl says of it to the shell. */
static const struct {
	const char *line;
	const char *status;
} ways[] = {
	{ "ccctl exec hello -- fail", "7" },
	{ "ccctl exec hello -- cut", "6" },
	{ "ccctl exec hello -- missing", "3" },
	{ "(sleep 0.4; kill -TERM $$) & exec ccctl exec hello -- cat", "143" },
	{ "(sleep 0.4; kill -HUP $$) & exec ccctl exec hello -- cat", "129" },
	{ "(sleep 0.4; kill -SEGV $$) & exec ccctl exec hello -- cat", "139" },
};

START_TEST(the_terminal_is_as_it_was_whatever_happened)
{
	struct ran r = fake_run("cat >way <<'EOF'\n%s\nEOF\nsleep 1.2 | script -qec 'sh way; echo status $?; stty -a' /dev/null", ways[_i].line);
	char want[32];

	snprintf(want, sizeof(want), "status %s\r\n", ways[_i].status);
	ck_assert_msg(strstr(r.out, want) != NULL, "status %d: %s%s", r.status, r.out, r.err);
	ck_assert_msg(strstr(r.out, "icanon") != NULL, "%s", r.out);
	ck_assert_msg(strstr(r.out, "-icanon") == NULL && strstr(r.out, "-echo ") == NULL && strstr(r.out, "-opost") == NULL, "%s", r.out);
}
END_TEST

START_TEST(a_terminal_is_given_back_while_stopped)
{
	struct ran r = fake_run(
	        "cat >way <<'EOF'\nsh -c 'exec ccctl exec hello -- cat </dev/tty' & sleep 0.5; kill -TSTP $!; sleep 0.3; stty -a; kill -CONT $!; "
	        "sleep 0.3; stty -a; kill $!; wait $!\nEOF\nsleep 2.5 | script -qec 'sh way' /dev/null");
	const char *first = strstr(r.out, "icanon");

	ck_assert_msg(first != NULL && first[-1] == ' ', "%s", r.out);
	ck_assert_msg(strstr(first, "-icanon") != NULL, "%s", r.out);
}
END_TEST

START_TEST(pings_are_not_output)
{
	struct ran r = fake_run("ccctl exec hello -- slow");

	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "");
}
END_TEST

START_TEST(a_console_is_left_by_its_keys)
{
	struct ran r = fake_run(
	        "ccctl exec -T hello -- cat </dev/null; (sleep 0.5; printf '~.'; sleep 0.5; printf '\\001q') | script -qec 'stty rows 9 cols 7; ccctl "
	        "console hello' /dev/null; echo $?");

	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/console", 0)->body), "{\"rows\":9,\"cols\":7}");
	ck_assert_str_eq(r.out, "ccctl: at the console of hello; '^a q' leaves it\r\n~.0\n");
	r = fake_run("ccctl console hello --escape q");
	ck_assert_int_eq(r.status, 2);
}
END_TEST

START_TEST(logs_are_a_stream_that_says_nothing)
{
	struct ran r = fake_run("ccctl exec hello -- fail; ccctl logs hello -f --lines 20 2>&1; echo $?");

	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/instances/hello/logs", 0)->body), "{\"lines\":20,\"follow\":true}");
	ck_assert_str_eq(r.out, "so far\nso far\noops\n7\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli exec");
	TCase *tc = tcase_create("exec");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, fake_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, streams_and_exit_status_are_the_programs);
	tcase_add_test(tc, the_environment_goes_along);
	tcase_add_test(tc, stdin_reaches_the_program_and_ends);
	tcase_add_test(tc, large_input_comes_back_whole);
	tcase_add_test(tc, a_slow_reader_of_large_output_loses_nothing);
	tcase_add_test(tc, waiting_for_a_slow_reader_costs_no_processor_time);
	tcase_add_test(tc, a_reader_that_goes_away_ends_it_quietly);
	tcase_add_test(tc, signals_go_to_the_program);
	tcase_add_test(tc, a_node_that_cannot_run_it_says_why);
	tcase_add_test(tc, a_stream_that_breaks_off_is_told);
	tcase_add_test(tc, a_refusal_is_an_error_of_ccctl);
	tcase_add_test(tc, without_a_terminal_a_terminal_is_left_alone);
	tcase_add_test(tc, on_a_terminal_the_program_gets_one_of_the_same_size);
	tcase_add_test(tc, a_new_size_of_the_terminal_is_passed_on);
	tcase_add_loop_test(tc, the_terminal_is_as_it_was_whatever_happened, 0, CC_ARRAY_LEN(ways));
	tcase_add_test(tc, a_terminal_is_given_back_while_stopped);
	tcase_add_test(tc, pings_are_not_output);
	tcase_add_test(tc, a_console_is_left_by_its_keys);
	tcase_add_test(tc, logs_are_a_stream_that_says_nothing);
	return test_run(s);
}
