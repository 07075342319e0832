/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs run through the agent: real programs outside of any container, a scripted client behind the scripted controller. */
#include "common/clock.h"
#include "common/frame.h"
#include "tests/unit/agent/agent_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void setup(void)
{
	world_setup();
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	ck_assert(controller_wait_listening(controller));
}

static void teardown(void)
{
	agent_end_well();
	world_teardown();
}

static void open_shell(int stream, const char *script)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };

	controller_open_stream(controller, stream, 1, argv);
}

static void feed(enum cc_frame_type type, const void *bytes, size_t len)
{
	cc_auto_buf struct cc_buf frame = { 0 };

	cc_frame_add(&frame, type, bytes, len);
	controller_feed(controller, frame.data, frame.len);
}

static const int statuses[] = { 0, 1, 42, 255 };

START_TEST(the_status_of_a_program_comes_back)
{
	char script[16];

	snprintf(script, sizeof(script), "exit %d", statuses[_i]);
	open_shell(1, script);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), statuses[_i]);
}
END_TEST

START_TEST(many_programs_one_after_another_take_little_time)
{
	static const char *const argv[] = { "/bin/true", NULL };
	int64_t begun = cc_boottime_ms();
	unsigned syncs = controller_syncs(controller);

	for (int i = 0; i < 50; i++) {
		controller_open_stream(controller, i, 1, argv);
		ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
	}
	ck_assert_int_lt((cc_boottime_ms() - begun) / 50, 100);
	ck_assert_uint_le(controller_syncs(controller) - syncs, 50 * 3);
	fprintf(stderr, "%u syncs; exec of true: %lld ms each\n", controller_syncs(controller) - syncs, (long long)(cc_boottime_ms() - begun) / 50);
}
END_TEST

START_TEST(what_goes_in_comes_out)
{
	char got[16] = "";

	open_shell(1, "cat");
	feed(CC_FRAME_STDIN, "hello", 5);
	ck_assert_uint_eq(controller_output(controller, 5, got, sizeof(got)), 5);
	ck_assert_str_eq(got, "hello");
	feed(CC_FRAME_STDIN_END, "", 0);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
}
END_TEST

START_TEST(a_complete_body_is_the_end_of_stdin_and_not_of_the_program)
{
	open_shell(1, "cat >/dev/null; sleep 0.2; echo done; exit 3");
	feed(CC_FRAME_STDIN, "x", 1);
	controller_end_feed(controller);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 3);
	ck_assert_uint_eq(controller_output(controller, 5, NULL, 0), 5);
}
END_TEST

START_TEST(big_output_comes_complete_to_a_slow_reader)
{
	enum { BYTES = 20000000 };

	open_shell(1, "head -c 20000000 /dev/zero");
	controller_hold_output(controller, true);
	usleep(300000);
	controller_hold_output(controller, false);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
	ck_assert_uint_eq(controller_output(controller, BYTES, NULL, 0), BYTES);
}
END_TEST

START_TEST(big_input_waits_for_a_slow_program)
{
	static char block[CC_FRAME_MAX];
	char got[16] = "";

	open_shell(1, "sleep 0.3; wc -c");
	for (int i = 0; i < 100; i++)
		feed(CC_FRAME_STDIN, block, sizeof(block));
	feed(CC_FRAME_STDIN_END, "", 0);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
	controller_output(controller, 1, got, sizeof(got) - 1);
	ck_assert_int_eq(atoi(got), 100 * CC_FRAME_MAX);
}
END_TEST

START_TEST(a_signal_of_the_client_reaches_the_program)
{
	open_shell(1, "exec sleep 30");
	usleep(100000);
	feed(CC_FRAME_SIGNAL, "\x0f", 1);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 128 + SIGTERM);
}
END_TEST

START_TEST(a_program_whose_client_is_gone_is_hung_up)
{
	open_shell(1, "echo up; exec sleep 30");
	ck_assert_uint_eq(controller_output(controller, 3, NULL, 0), 3);
	controller_break_stream(controller);
	world_eventually(fake_priv_last_signal(priv) == SIGHUP);
}
END_TEST

START_TEST(a_program_that_ignores_that_is_killed)
{
	open_shell(1, "trap '' HUP; echo up; while :; do sleep 1; done");
	ck_assert_uint_eq(controller_output(controller, 3, NULL, 0), 3);
	controller_break_stream(controller);
	world_eventually(fake_priv_last_signal(priv) == SIGKILL);
}
END_TEST

START_TEST(a_program_that_cannot_be_run_is_an_error_with_its_code)
{
	char error[256];

	fake_priv_fail(priv, PRIV_CT_EXEC, CC_CONFLICT, "the instance does not run");
	open_shell(1, "true");
	ck_assert_int_eq(controller_exit_status(controller, error, sizeof(error)), -1);
	ck_assert_str_eq(error, "conflict: the instance does not run");
	fake_priv_fail(priv, PRIV_CT_EXEC, CC_OK, "");
}
END_TEST

START_TEST(no_program_at_all_is_an_error_too)
{
	static const char *const argv[] = { NULL };
	char error[256];

	controller_open_stream(controller, 1, 1, argv);
	ck_assert_int_eq(controller_exit_status(controller, error, sizeof(error)), -1);
	ck_assert_str_eq(error, "invalid: no program is named");
}
END_TEST

START_TEST(logs_are_asked_for_with_their_lines)
{
	struct stream_order o = { .id = test_id(101), .kind = STREAM_LOGS, .instance = test_id(1) };

	cc_set(&o, stream_order, lines, 20);
	controller_open_order(controller, &o);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_LOGS), 1);
	ck_assert_uint_eq(fake_priv_logs(priv)->lines, 20);
	ck_assert_uint_eq(fake_priv_logs(priv)->follow, 0);
}
END_TEST

START_TEST(a_stream_that_is_ordered_twice_runs_once)
{
	static const char *const argv[] = { "/bin/true", NULL };

	controller_open_stream(controller, 1, 1, argv);
	ck_assert_int_eq(controller_exit_status(controller, NULL, 0), 0);
	controller_open_stream(controller, 1, 1, argv);
	usleep(300000);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_EXEC), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 40);
	tcase_add_loop_test(tc, the_status_of_a_program_comes_back, 0, CC_ARRAY_LEN(statuses));
	tcase_add_test(tc, many_programs_one_after_another_take_little_time);
	tcase_add_test(tc, what_goes_in_comes_out);
	tcase_add_test(tc, a_complete_body_is_the_end_of_stdin_and_not_of_the_program);
	tcase_add_test(tc, big_output_comes_complete_to_a_slow_reader);
	tcase_add_test(tc, big_input_waits_for_a_slow_program);
	tcase_add_test(tc, a_signal_of_the_client_reaches_the_program);
	tcase_add_test(tc, a_program_whose_client_is_gone_is_hung_up);
	tcase_add_test(tc, a_program_that_ignores_that_is_killed);
	tcase_add_test(tc, a_program_that_cannot_be_run_is_an_error_with_its_code);
	tcase_add_test(tc, no_program_at_all_is_an_error_too);
	tcase_add_test(tc, logs_are_asked_for_with_their_lines);
	tcase_add_test(tc, a_stream_that_is_ordered_twice_runs_once);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
