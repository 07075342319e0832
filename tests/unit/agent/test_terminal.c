/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals and their attendants without containers: the program enters a terminal of this machine's devpts. */
#include "agent/driver/process.h"
#include "agent/driver/terminal.h"
#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A shell on a terminal, attended to by a process of its own, as a job of cc-agent-priv does. */
struct running {
	pid_t attendant;
	int in, out, control;
	char text[65536];
};

static pid_t start_program(const char *script, int channel)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (terminal_enter(channel, (struct terminal_size){ 24, 80 }) < 0)
			_exit(99);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(98);
	}
	return pid;
}

CC_NORETURN static void attend(const char *script, struct attend a)
{
	struct cc_error err = { 0 };
	int pair[2], status = 0;
	pid_t pid;

	ck_assert_int_eq(priv_frame_socketpair(pair, &err), 0);
	pid = start_program(script, pair[1]);
	a.pidfd = process_open(pid);
	if (terminal_take(pair[0], a.pidfd, &a.master, &err) < 0)
		_exit(97);
	terminal_attend(&a);
	waitpid(pid, &status, 0);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void begin(struct running *r, const char *script)
{
	int in[2], out[2], control[2];
	struct cc_error err = { 0 };

	ck_assert_int_eq(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC) | priv_frame_socketpair(control, &err), 0);
	r->attendant = fork();
	if (r->attendant == 0) {
		close(in[1]);
		close(out[0]);
		close(control[0]);
		attend(script, (struct attend){ .control = control[1], .in = in[0], .out = out[1] });
	}
	close(in[0]);
	close(out[1]);
	close(control[1]);
	r->in = in[1];
	r->out = out[0];
	r->control = control[0];
}

/* What it says until the end, or until `stop` comes. */
static const char *hear(struct running *r, const char *stop)
{
	size_t len = 0;
	ssize_t n;

	r->text[0] = '\0';
	while (len < sizeof(r->text) - 1 && (stop == NULL || strstr(r->text, stop) == NULL) &&
	        (n = read(r->out, r->text + len, sizeof(r->text) - 1 - len)) > 0)
		r->text[len += (size_t)n] = '\0';
	return r->text;
}

static void type(struct running *r, const char *keys)
{
	ck_assert_int_eq(write(r->in, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void tell(struct running *r, uint32_t verb, const void *body, uint32_t len)
{
	struct priv_frame f = { .head = { .verb = verb, .body = len }, .body = body };
	struct cc_error err = { 0 };

	ck_assert_int_eq(priv_frame_send(r->control, &f, &err), 1);
}

static int end(struct running *r)
{
	int status;

	ck_assert_int_eq(waitpid(r->attendant, &status, 0), r->attendant);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(it_has_the_size_asked_for_and_is_all_three)
{
	struct running r;

	begin(&r, "tty </dev/tty | cut -c1-9; stty size; echo err >&2; exit 6");
	ck_assert_str_eq(hear(&r, NULL), "/dev/tty\r\n24 80\r\nerr\r\n");
	ck_assert_int_eq(end(&r), 6);
	begin(&r, "tty | cut -c1-9; ps -o pid=,sid=,tpgid= -p $$ | tr -s ' ' '\\n' | sort -u | grep -c .");
	ck_assert_str_eq(hear(&r, NULL), "/dev/pts/\r\n1\r\n");
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(keys_are_echoed_and_signals)
{
	struct running r;

	begin(&r, "trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done");
	hear(&r, "ready");
	type(&r, "\003");
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "interrupted"));
	ck_assert_int_eq(end(&r), 5);
	begin(&r, "read line; echo got $line");
	type(&r, "hello\r");
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "got hello\r\n"));
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(the_end_of_what_is_typed_is_an_end_of_file)
{
	struct running r;

	begin(&r, "cat >/dev/null; exit 8");
	close(r.in);
	ck_assert_int_eq(end(&r), 8);
}
END_TEST

START_TEST(its_size_can_change)
{
	struct running r;

	begin(&r, "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done");
	hear(&r, "ready");
	tell(&r, PRIV_CT_WINDOW, &(struct terminal_size){ 50, 132 }, sizeof(struct terminal_size));
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "50 132"));
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(a_slow_reader_of_much_output_loses_nothing)
{
	static char buf[65536];
	struct running r;
	size_t total = 0;
	ssize_t n;

	begin(&r, "stty raw; head -c 3000000 /dev/zero");
	usleep(300000);
	while ((n = read(r.out, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	ck_assert_uint_eq(total, 3000000);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(much_input_waits_for_a_slow_program)
{
	static char block[100000];
	struct running r;

	begin(&r, "stty raw -echo; echo ready; sleep 0.3; head -c 300000 | wc -c");
	hear(&r, "ready");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(write(r.in, block, sizeof(block)), (ssize_t)sizeof(block));
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "300000"));
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(who_keeps_it_open_does_not_keep_the_client)
{
	struct running r;

	begin(&r, "trap '' HUP; sleep 5 & echo done");
	ck_assert_str_eq(hear(&r, NULL), "done\r\n");
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

/* Ways in which a client goes, and what its program dies of. */
START_TEST(it_is_hung_up_when_the_client_goes)
{
	struct running r;

	begin(&r, "echo ready; sleep 30; exit 1");
	hear(&r, "ready");
	if (_i == 0)
		close(r.out);
	else
		close(r.control);
	ck_assert_int_eq(end(&r), 128 + SIGHUP);
}
END_TEST

START_TEST(what_ignores_that_is_killed)
{
	struct running r;

	begin(&r, "trap '' HUP; echo ready; while :; do sleep 1 </dev/null >/dev/null 2>&1; done");
	hear(&r, "ready");
	close(r.control);
	ck_assert_int_eq(end(&r), 128 + SIGKILL);
}
END_TEST

START_TEST(a_signal_reaches_the_program)
{
	struct running r;
	int32_t signal = SIGUSR1;

	begin(&r, "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done");
	hear(&r, "ready");
	tell(&r, PRIV_CT_SIGNAL, &signal, sizeof(signal));
	ck_assert_int_eq(end(&r), 9);
}
END_TEST

/* What a guest might send in place of a terminal. */
START_TEST(what_is_no_terminal_is_refused)
{
	struct priv_frame f = { .head = { .code = CC_OK }, .fd_count = 1 };
	struct cc_error err = { 0 };
	int pair[2], fd, master, fifo[2];

	ck_assert_int_eq(priv_frame_socketpair(pair, &err) | pipe(fifo), 0);
	fd = _i == 0 ? open("/dev/null", O_RDWR) : _i == 1 ? open("/proc/self/status", O_RDONLY) : fifo[0];
	f.fds[0] = fd;
	ck_assert_int_eq(priv_frame_send(pair[1], &f, &err), 1);
	ck_assert_int_lt(terminal_take(pair[0], process_open(getpid()), &master, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
}
END_TEST

START_TEST(a_program_that_dies_before_has_none)
{
	struct cc_error err = { 0 };
	int pair[2], master;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(priv_frame_socketpair(pair, &err), 0);
	ck_assert_int_lt(terminal_take(pair[0], process_open(pid), &master, &err), 0);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	waitpid(pid, NULL, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("terminal");
	TCase *tc = tcase_create("terminal");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, it_has_the_size_asked_for_and_is_all_three);
	tcase_add_test(tc, keys_are_echoed_and_signals);
	tcase_add_test(tc, the_end_of_what_is_typed_is_an_end_of_file);
	tcase_add_test(tc, its_size_can_change);
	tcase_add_test(tc, a_slow_reader_of_much_output_loses_nothing);
	tcase_add_test(tc, much_input_waits_for_a_slow_program);
	tcase_add_test(tc, who_keeps_it_open_does_not_keep_the_client);
	tcase_add_loop_test(tc, it_is_hung_up_when_the_client_goes, 0, 2);
	tcase_add_test(tc, what_ignores_that_is_killed);
	tcase_add_test(tc, a_signal_reaches_the_program);
	tcase_add_loop_test(tc, what_is_no_terminal_is_refused, 0, 3);
	tcase_add_test(tc, a_program_that_dies_before_has_none);
	return test_run(s);
}
