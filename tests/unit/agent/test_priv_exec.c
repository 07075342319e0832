/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs inside of real containers: streams, statuses, signals, users. */
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *argv[4];
	int status;
} cases[] = {
	{ { "/bin/true" }, 0 },
	{ { "/bin/false" }, 1 },
	{ { "/bin/sh", "-c", "exit 200" }, 200 },
	{ { "/etc/passwd" }, 126 },
	{ { "/root" }, 126 },
	{ { "/nowhere" }, 127 },
	{ { "nowhere" }, 127 },
	{ { "/bin/sh", "-c", "kill -9 $$" }, 137 },
	{ { "/bin/sh", "-c", "kill -15 $$" }, 143 },
};

START_TEST(the_exit_status_is_what_a_shell_shows)
{
	struct priv_fixture_output o;
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_msg(
		        priv_fixture_exec(1, cases[i].argv, NULL, &o, &err) == cases[i].status, "case %zu (%s): %s", i, cases[i].argv[0], err.msg);
}
END_TEST

START_TEST(a_program_that_cannot_be_run_says_why_on_its_stderr)
{
	static const char *const missing[] = { "/no/such", "argument", NULL }, *const folder[] = { "/root", NULL };
	static struct priv_fixture_output o;
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_exec(1, missing, NULL, &o, &err), 127);
	ck_assert_str_eq(o.err, "no program '/no/such' in the instance\n");
	ck_assert_int_eq(priv_fixture_exec(1, folder, NULL, &o, &err), 126);
	ck_assert_str_eq(o.err, "'/root' cannot be run: Permission denied\n");
}
END_TEST

START_TEST(the_three_streams_are_the_callers)
{
	static const char *const argv[] = { "/bin/sh", "-c", "cat; echo wrong >&2", NULL };
	static struct priv_fixture_output o;
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_exec(1, argv, "some\ninput\n", &o, &err), 0);
	ck_assert_str_eq(o.out, "some\ninput\n");
	ck_assert_str_eq(o.err, "wrong\n");
}
END_TEST

static void note_reply(void *user, const struct priv_reply *reply)
{
	int *status = user;

	*status = reply->code == CC_OK ? ((const struct priv_ct_exec_reply *)reply->body)->exit_status : -(int)reply->code;
}

struct running {
	uint32_t seq;
	int status;  /* -1000 until the reply came */
	int in, out; /* our ends */
};

/* Sends an exec and returns with it running: "ready" was printed. */
static void begin(struct running *r, const char *command, uint32_t uid)
{
	struct priv_ct_exec q = { .id = priv_fixture_id(1), .argc = 3, .envc = 2, .uid = uid, .gid = uid };
	char tail[512];
	int in[2], out[2], len;
	struct cc_error err = { 0 };
	char buf[6];

	r->status = -1000;
	ck_assert_int_eq(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	len = snprintf(tail, sizeof(tail), "sh%c-c%cecho ready; %s%cA=1%cB=two words%c", 0, 0, command, 0, 0, 0);
	int fds[3] = { in[0], out[1], out[1] };
	struct priv_request req = { .verb = PRIV_CT_EXEC, .body = &q, .tail = tail, .tail_len = (size_t)len, .fds = fds };
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &req, note_reply, &r->status, &r->seq, &err), 0);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	ck_assert_int_eq(read(r->out, buf, sizeof(buf)), 6);
}

static void wait_status(struct running *r)
{
	for (int i = 0; i < 100 && r->status == -1000; i++) {
		struct pollfd p = { priv_client_fd(priv_fixture.client), POLLIN, 0 };
		struct cc_error err = { 0 };

		poll(&p, 1, 100);
		ck_assert_int_eq(priv_client_step(priv_fixture.client, &err), 0);
	}
}

static int send_signal(uint32_t seq, int signal, struct cc_error *err)
{
	struct priv_ct_signal q = { seq, signal };

	return priv_fixture_call(PRIV_CT_SIGNAL, &q, NULL, err);
}

START_TEST(a_signal_reaches_the_program)
{
	struct cc_error err = { 0 };
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	/* A shell that has not come to its trap yet dies of the signal; on a busy machine that takes a while. */
	for (unsigned wait_us = 50000; wait_us < 5000000; wait_us *= 2) {
		begin(&r, "trap 'exit 9' USR1; while :; do sleep 0.05; done", 0);
		usleep(wait_us);
		ck_assert_int_eq(send_signal(r.seq, SIGUSR1, &err), 0);
		wait_status(&r);
		if (r.status != 128 + SIGUSR1)
			break;
	}
	ck_assert_int_eq(r.status, 9);
	begin(&r, "sleep 100", 0);
	ck_assert_int_eq(send_signal(r.seq, SIGKILL, &err), 0);
	wait_status(&r);
	ck_assert_int_eq(r.status, 137);
	ck_assert_int_lt(send_signal(r.seq, SIGKILL, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
}
END_TEST

START_TEST(output_and_end_of_file_come_while_it_runs)
{
	struct running r;
	char buf[64];
	ssize_t n;

	priv_fixture_run(1, priv_lxc_image);
	begin(&r, "cat; exit 4", 0);
	ck_assert_int_eq(write(r.in, "ping", 4), 4);
	n = read(r.out, buf, sizeof(buf));
	ck_assert_int_eq(n, 4);
	close(r.in);
	ck_assert_int_eq(read(r.out, buf, sizeof(buf)), 0);
	wait_status(&r);
	ck_assert_int_eq(r.status, 4);
}
END_TEST

START_TEST(it_runs_as_the_user_and_with_the_environment_asked_for)
{
	struct running r;
	char buf[256] = "";

	priv_fixture_run(1, priv_lxc_image);
	begin(&r, "id -u; id -g; echo $A $B $HOME $PATH; pwd", 1000);
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_int_gt(read(r.out, buf, sizeof(buf) - 1), 0);
	ck_assert_str_eq(buf, "1000\n1000\n1 two words /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/\n");
}
END_TEST

START_TEST(a_program_sees_nothing_of_the_node)
{
	char out[4096];

	priv_fixture_run(1, priv_lxc_image);
	/* The three, and the directory that ls reads; no descriptor of cc-agent-priv. */
	ck_assert_int_eq(priv_fixture_sh(1, "ls /proc/self/fd | wc -l", out, sizeof(out)), 0);
	ck_assert_int_eq(atoi(out), 4);
	ck_assert_int_eq(priv_fixture_sh(1, "for f in /proc/self/fd/*; do [ ${f##*/} -gt 3 ] && echo $f; done; true", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(priv_fixture_sh(1, "env", out, sizeof(out)), 0);
	ck_assert_ptr_null(strstr(out, "CK_"));
	ck_assert_int_eq(priv_fixture_sh(1, "grep -c . /proc/self/cgroup >/dev/null; grep Seccomp: /proc/self/status", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "Seccomp:\t2\n");
	ck_assert_int_eq(priv_fixture_sh(1, "cat /proc/self/cgroup", out, sizeof(out)), 0);
	ck_assert_ptr_null(strstr(out, ".."));
}
END_TEST

START_TEST(nothing_runs_in_what_does_not_run)
{
	struct priv_fixture_output o;
	struct cc_error none = { 0 }, stopped = { 0 }, ignored = { 0 };
	const char *argv[] = { "/bin/true", NULL };

	ck_assert_int_lt(priv_fixture_exec(1, argv, NULL, &o, &none), 0);
	ck_assert_int_eq(none.code, CC_NOT_FOUND);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &ignored), 0);
	ck_assert_int_lt(priv_fixture_exec(1, argv, NULL, &o, &stopped), 0);
	ck_assert_int_eq(stopped.code, CC_CONFLICT);
}
END_TEST

START_TEST(a_stop_ends_what_runs_inside)
{
	struct cc_error err = { 0 };
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin(&r, "sleep 100", 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	wait_status(&r);
	ck_assert_int_eq(r.status, 137);
}
END_TEST

/* How many processes of the instance were started with these words. */
static int count_programs(const char *words)
{
	char command[256], out[64];

	snprintf(command, sizeof(command), "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null | grep -c '^%s $'; true",
	        words);
	ck_assert_int_eq(priv_fixture_sh(1, command, out, sizeof(out)), 0);
	return atoi(out);
}

START_TEST(programs_are_hung_up_when_the_client_goes)
{
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin(&r, "exec sleep 77", 0);
	for (int i = 0; i < 50 && count_programs("sleep 77") == 0; i++)
		usleep(20000);
	ck_assert_int_eq(count_programs("sleep 77"), 1);
	priv_client_free(priv_fixture.client);
	priv_fixture_reconnect();
	for (int i = 0; i < 50 && count_programs("sleep 77") > 0; i++)
		usleep(50000);
	ck_assert_int_eq(count_programs("sleep 77"), 0);
}
END_TEST

/* As begin, on a terminal of 24 rows and 80 columns. */
static void begin_on_terminal(struct running *r, const char *command)
{
	struct priv_ct_exec q = { .id = priv_fixture_id(1), .argc = 3, .tty = 1, .rows = 24, .cols = 80 };
	char tail[512];
	int in[2], out[2], len;
	struct cc_error err = { 0 };

	r->status = -1000;
	ck_assert_int_eq(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	len = snprintf(tail, sizeof(tail), "sh%c-c%c%s%c", 0, 0, command, 0);
	int fds[3] = { in[0], out[1], out[1] };
	struct priv_request req = { .verb = PRIV_CT_EXEC, .body = &q, .tail = tail, .tail_len = (size_t)len, .fds = fds };
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &req, note_reply, &r->status, &r->seq, &err), 0);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
}

/* What it says until the end, or until `stop` comes. */
static const char *hear(struct running *r, const char *stop)
{
	static char text[65536];
	size_t len = 0;
	ssize_t n;

	text[0] = '\0';
	while ((stop == NULL || strstr(text, stop) == NULL) && len < sizeof(text) - 1 && (n = read(r->out, text + len, sizeof(text) - 1 - len)) > 0)
		text[len += (size_t)n] = '\0';
	return text;
}

START_TEST(a_terminal_is_the_instances_own)
{
	int number, len = 0;
	const char *said;
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "tty; stty size; echo err >&2; cat /proc/$$/stat | cut -d' ' -f5,6,8 | tr ' ' '\\n' | uniq | wc -l; exit 6");
	said = hear(&r, NULL);
	ck_assert_int_eq(sscanf(said, "/dev/pts/%d %n", &number, &len), 1);
	ck_assert_str_eq(said + len, "24 80\r\nerr\r\n1\r\n");
	wait_status(&r);
	ck_assert_int_eq(r.status, 6);
	close(r.in);
}
END_TEST

START_TEST(a_terminal_echoes_and_its_keys_are_signals)
{
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done");
	hear(&r, "ready");
	ck_assert_int_eq(write(r.in, "\003", 1), 1);
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "interrupted"));
	wait_status(&r);
	ck_assert_int_eq(r.status, 5);
	begin_on_terminal(&r, "read line; echo got $line");
	ck_assert_int_eq(write(r.in, "hello\r", 6), 6);
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "got hello\r\n"));
	wait_status(&r);
}
END_TEST

START_TEST(the_end_of_what_is_typed_is_an_end_of_file)
{
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "cat >/dev/null; exit 8");
	close(r.in);
	wait_status(&r);
	ck_assert_int_eq(r.status, 8);
}
END_TEST

START_TEST(a_terminal_can_change_its_size)
{
	struct running r;
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done");
	hear(&r, "ready");
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_WINDOW, &(struct priv_ct_window){ r.seq, 50, 132 }, NULL, &err), 0);
	ck_assert_ptr_nonnull(strstr(hear(&r, NULL), "50 132"));
	wait_status(&r);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_WINDOW, &(struct priv_ct_window){ r.seq, 50, 132 }, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
}
END_TEST

START_TEST(much_output_comes_complete_through_a_terminal)
{
	struct running r;
	char buf[65536];
	size_t total = 0;
	ssize_t n;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "stty raw; head -c 3000000 /dev/zero");
	usleep(300000);
	while ((n = read(r.out, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	ck_assert_uint_eq(total, 3000000);
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
}
END_TEST

START_TEST(what_keeps_the_terminal_open_does_not_keep_the_client)
{
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "trap '' HUP; sleep 60 & echo done");
	ck_assert_str_eq(hear(&r, NULL), "done\r\n");
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
}
END_TEST

START_TEST(all_on_the_terminal_is_hung_up_when_the_reader_goes)
{
	struct running r;

	priv_fixture_run(1, priv_lxc_image);
	begin_on_terminal(&r, "sh -c 'exec sleep 78'; true");
	for (int i = 0; i < 50 && count_programs("sleep 78") == 0; i++)
		usleep(20000);
	ck_assert_int_eq(count_programs("sleep 78"), 1);
	close(r.out);
	wait_status(&r);
	ck_assert_int_eq(count_programs("sleep 78"), 0);
	ck_assert_int_eq(r.status, 129);
}
END_TEST

/* A guest's /dev is its own to change. */
START_TEST(what_only_looks_like_a_terminal_is_refused)
{
	struct priv_ct_exec q = { .id = priv_fixture_id(1), .argc = 1, .tty = 1 };
	struct priv_ct_exec_reply reply;
	struct cc_error err = { 0 };
	char out[64];
	int fds[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	struct priv_request req = { .verb = PRIV_CT_EXEC, .body = &q, .tail = "true", .tail_len = 5, .fds = fds };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(
	        priv_fixture_sh(1, "umount -l /dev/pts; rm -f /dev/ptmx; mkdir -p /dev/pts; mkfifo /dev/pts/ptmx; echo $?", out, sizeof(out)), 0);
	ck_assert_int_lt(priv_client_call(priv_fixture.client, &req, 20000, &reply, NULL, &err), 0);
	ck_assert_msg(err.code == CC_CONFLICT, "%s %s", err.msg, out);
}
END_TEST

static int begin_console(struct running *r, struct cc_error *err)
{
	struct priv_ct_console q = { .id = priv_fixture_id(1), .rows = 24, .cols = 80 };
	int in[2], out[2], result;

	r->status = -1000;
	ck_assert_int_eq(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	int fds[3] = { in[0], out[1], out[1] };
	struct priv_request req = { .verb = PRIV_CT_CONSOLE, .body = &q, .fds = fds };
	result = priv_client_send(priv_fixture.client, &req, note_reply, &r->status, &r->seq, err);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	return result;
}

START_TEST(a_console_is_inits_and_takes_one_at_a_time)
{
	struct running r, other;
	struct cc_error err = { 0 };
	char out[64];

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(begin_console(&r, &err), 0);
	usleep(300000);
	ck_assert_int_eq(priv_fixture_sh(1, "echo said on the console >/dev/console", out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(hear(&r, "console"), "said on the console"));
	ck_assert_int_eq(begin_console(&other, &err), 0);
	wait_status(&other);
	ck_assert_int_eq(other.status, -(int)CC_CONFLICT);
	/* Who leaves makes room. */
	ck_assert_int_eq(send_signal(r.seq, SIGHUP, &err), 0);
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(begin_console(&r, &err), 0);
		usleep(100000);
		ck_assert_int_eq(priv_client_step(priv_fixture.client, &err), 0);
		if (r.status == -1000)
			break;
	}
	/* And it ends with the instance. */
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
}
END_TEST

/* Reads an instance's log through the verb. */
static const char *read_logs(uint32_t lines, struct running *r)
{
	struct priv_ct_logs q = { .id = priv_fixture_id(1), .lines = lines };
	int out[2];
	struct cc_error err = { 0 };

	r->status = -1000;
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	int fds[3] = { out[0], out[1], out[1] };
	struct priv_request req = { .verb = PRIV_CT_LOGS, .body = &q, .fds = fds };
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &req, note_reply, &r->status, &r->seq, &err), 0);
	close(out[1]);
	r->out = out[0];
	return hear(r, NULL);
}

START_TEST(what_init_prints_is_kept_over_its_end)
{
	struct running r;
	struct cc_error err = { 0 };
	char out[64];

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "echo said on the console >/dev/console; sleep 0.2", out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(read_logs(UINT32_MAX, &r), "said on the console"));
	wait_status(&r);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	ck_assert_ptr_nonnull(strstr(read_logs(UINT32_MAX, &r), "said on the console"));
	wait_status(&r);
	ck_assert_int_eq(r.status, 0);
}
END_TEST

START_TEST(a_guest_that_prints_for_ever_fills_no_disk)
{
	struct running r;
	char path[256], uuid[CC_UUID_TEXT], out[64];
	struct stat st;

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(
	        priv_fixture_sh(1, "yes 'a line of some length, again and again' | head -c 3000000 >/dev/console; echo end >/dev/console; sleep 0.5",
	                out, sizeof(out)),
	        0);
	ck_assert_ptr_nonnull(strstr(read_logs(5, &r), "end"));
	wait_status(&r);
	snprintf(path, sizeof(path), "%s/instances/%s/console.log", priv_fixture_dir(), cc_uuid_format(priv_fixture_id(1), uuid));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size, 300 * 1024);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), ".1");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size, 300 * 1024);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_console_is_inits_and_takes_one_at_a_time);
	tcase_add_test(t, what_init_prints_is_kept_over_its_end);
	tcase_add_test(t, a_guest_that_prints_for_ever_fills_no_disk);
	tcase_add_test(t, a_terminal_is_the_instances_own);
	tcase_add_test(t, a_terminal_echoes_and_its_keys_are_signals);
	tcase_add_test(t, the_end_of_what_is_typed_is_an_end_of_file);
	tcase_add_test(t, a_terminal_can_change_its_size);
	tcase_add_test(t, much_output_comes_complete_through_a_terminal);
	tcase_add_test(t, what_keeps_the_terminal_open_does_not_keep_the_client);
	tcase_add_test(t, all_on_the_terminal_is_hung_up_when_the_reader_goes);
	tcase_add_test(t, what_only_looks_like_a_terminal_is_refused);
	tcase_add_test(t, the_exit_status_is_what_a_shell_shows);
	tcase_add_test(t, a_program_that_cannot_be_run_says_why_on_its_stderr);
	tcase_add_test(t, the_three_streams_are_the_callers);
	tcase_add_test(t, a_signal_reaches_the_program);
	tcase_add_test(t, output_and_end_of_file_come_while_it_runs);
	tcase_add_test(t, it_runs_as_the_user_and_with_the_environment_asked_for);
	tcase_add_test(t, a_program_sees_nothing_of_the_node);
	tcase_add_test(t, nothing_runs_in_what_does_not_run);
	tcase_add_test(t, a_stop_ends_what_runs_inside);
	tcase_add_test(t, programs_are_hung_up_when_the_client_goes);
}

int main(void)
{
	return priv_lxc_main("priv_exec", add);
}
