/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a console's log while a monitor, played here, writes and rotates it. */
#include "agent/driver/console_log.h"
#include "agent/driver/process.h"
#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static int dirfd_;
static pid_t monitor;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cc-console-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	monitor = fork();
	if (monitor == 0) {
		pause();
		_exit(0);
	}
}

static void end_monitor(void)
{
	if (monitor > 0) {
		kill(monitor, SIGKILL);
		waitpid(monitor, NULL, 0);
	}
	monitor = 0;
}

static void teardown(void)
{
	end_monitor();
	unlinkat(dirfd_, CONSOLE_LOG_NAME, 0);
	unlinkat(dirfd_, CONSOLE_LOG_NAME ".1", 0);
	close(dirfd_);
	rmdir(dir);
}

static void print(const char *text, size_t len)
{
	int fd = openat(dirfd_, CONSOLE_LOG_NAME, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void rotate(void)
{
	ck_assert_int_eq(renameat(dirfd_, CONSOLE_LOG_NAME, dirfd_, CONSOLE_LOG_NAME ".1"), 0);
}

struct reading {
	pid_t pid;
	int out, control;
	char text[65536];
	size_t len;
};

static void begin(struct reading *r, uint32_t lines, bool follow)
{
	struct console_log l = { .dirfd = dirfd_, .lines = lines, .monitor = follow ? process_open(monitor) : -1 };
	struct cc_error err = { 0 };
	int out[2], control[2];

	*r = (struct reading){ 0 };
	ck_assert_int_eq(pipe2(out, O_CLOEXEC) | priv_frame_socketpair(control, &err), 0);
	r->pid = fork();
	if (r->pid == 0) {
		close(out[0]);
		close(control[0]);
		l.out = out[1];
		l.control = control[1];
		_exit(console_log_write(&l, &err));
	}
	close(out[1]);
	close(control[1]);
	r->out = out[0];
	r->control = control[0];
}

static const char *hear(struct reading *r, const char *stop)
{
	ssize_t n;

	while ((stop == NULL || strstr(r->text, stop) == NULL) && r->len < sizeof(r->text) - 1 &&
	        (n = read(r->out, r->text + r->len, sizeof(r->text) - 1 - r->len)) > 0)
		r->len += (size_t)n;
	return r->text;
}

static int end(struct reading *r)
{
	int status;

	ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct {
	const char *older, *newer;
	uint32_t lines;
	const char *want;
} cases[] = {
	{ NULL, NULL, UINT32_MAX, "" },
	{ NULL, NULL, 3, "" },
	{ NULL, "a\nb\nc\n", UINT32_MAX, "a\nb\nc\n" },
	{ NULL, "a\nb\nc\n", 2, "b\nc\n" },
	{ NULL, "a\nb\nc", 2, "b\nc" },
	{ NULL, "a\nb\nc\n", 3, "a\nb\nc\n" },
	{ NULL, "a\nb\nc\n", 9, "a\nb\nc\n" },
	{ NULL, "a\n\n\n", 2, "\n\n" },
	{ NULL, "a\nb\n", 0, "" },
	{ "a\nb", "c\nd\n", UINT32_MAX, "a\nbc\nd\n" },
	{ "a\nb\n", "c\n", 2, "b\nc\n" },
	{ "a\nb\n", NULL, 1, "b\n" },
};

START_TEST(the_last_lines_of_both_files)
{
	struct reading r;

	if (cases[_i].older != NULL) {
		print(cases[_i].older, strlen(cases[_i].older));
		rotate();
	}
	if (cases[_i].newer != NULL)
		print(cases[_i].newer, strlen(cases[_i].newer));
	begin(&r, cases[_i].lines, false);
	ck_assert_str_eq(hear(&r, NULL), cases[_i].want);
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(following_hears_what_comes_over_a_rotation_to_the_end)
{
	struct reading r;

	begin(&r, UINT32_MAX, true);
	print("one\n", 4);
	hear(&r, "one\n");
	print("two\n", 4);
	hear(&r, "two\n");
	print("three\n", 6);
	rotate();
	print("four\n", 5);
	hear(&r, "four\n");
	print("last words", 10);
	end_monitor();
	ck_assert_str_eq(hear(&r, NULL), "one\ntwo\nthree\nfour\nlast words");
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

START_TEST(following_ends_when_told_or_left)
{
	int32_t interrupt = SIGINT;
	struct priv_frame f = { .head = { .verb = PRIV_CT_SIGNAL, .body = sizeof(interrupt) }, .body = &interrupt };
	struct cc_error err = { 0 };
	struct reading r;

	print("up\n", 3);
	begin(&r, 1, true);
	hear(&r, "up\n");
	if (_i == 0)
		ck_assert_int_eq(priv_frame_send(r.control, &f, &err), 1);
	else if (_i == 1)
		close(r.control);
	else
		close(r.out);
	ck_assert_int_eq(end(&r), _i == 0 ? 128 + SIGINT : _i == 1 ? 128 + SIGHUP : 0);
}
END_TEST

START_TEST(a_slow_reader_holds_nothing_but_itself_up)
{
	static char block[200000];
	struct reading r;
	size_t n, total = 0;

	memset(block, 'x', sizeof(block));
	print(block, sizeof(block));
	begin(&r, UINT32_MAX, false);
	usleep(200000);
	while ((n = (size_t)read(r.out, block, sizeof(block))) > 0)
		total += n;
	ck_assert_uint_eq(total, sizeof(block));
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

/* The directory is closed to guests, so nobody makes links there; but if somebody did, they lead nowhere. */
START_TEST(links_are_not_followed)
{
	struct reading r;

	ck_assert_int_eq(symlinkat("/etc/passwd", dirfd_, CONSOLE_LOG_NAME), 0);
	begin(&r, UINT32_MAX, false);
	ck_assert_str_eq(hear(&r, NULL), "");
	ck_assert_int_eq(end(&r), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console_log");
	TCase *tc = tcase_create("console_log");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_last_lines_of_both_files, 0, CC_ARRAY_LEN(cases));
	tcase_add_test(tc, following_hears_what_comes_over_a_rotation_to_the_end);
	tcase_add_loop_test(tc, following_ends_when_told_or_left, 0, 3);
	tcase_add_test(tc, a_slow_reader_holds_nothing_but_itself_up);
	tcase_add_test(tc, links_are_not_followed);
	return test_run(s);
}
