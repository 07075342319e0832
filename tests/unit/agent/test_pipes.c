/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/pipes.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct pipes p;
static int theirs[3];
static int got_signal;
static uint32_t got_window;

static void setup(void)
{
	struct cc_error err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipes_open(&p, theirs, &err), 0);
	fcntl(theirs[0], F_SETFL, O_NONBLOCK);
}

static void teardown(void)
{
	for (int i = 0; i < 3; i++)
		close(theirs[i]);
	pipes_close(&p);
}

static void on_asked(void *user, enum cc_frame_type what, uint32_t value)
{
	(void)user;
	if (what == CC_FRAME_SIGNAL)
		got_signal = (int)value;
	else
		got_window = value;
}

static int feed(enum cc_frame_type type, const void *bytes, size_t len)
{
	cc_auto_buf struct cc_buf frame = { 0 };
	struct cc_error err = { 0 };

	cc_frame_add(&frame, type, bytes, len);
	return pipes_feed(&p, frame.data, frame.len, on_asked, NULL, &err);
}

/* Takes the first frame of the output. */
static enum cc_frame_type next_frame(struct cc_buf *ret)
{
	enum cc_frame_type type = CC_FRAME_MAX_TYPE;
	const unsigned char *payload;
	size_t len;
	struct cc_error err = { 0 };

	cc_buf_clear(ret);
	if (cc_frame_next(&p.out, &type, &payload, &len, &err) != 1)
		return CC_FRAME_MAX_TYPE;
	cc_buf_add(ret, payload, len);
	cc_buf_consume(&p.out, CC_FRAME_HEADER + len);
	return type;
}

START_TEST(bytes_of_the_client_become_stdin_and_its_end)
{
	char got[16] = "";

	ck_assert_int_eq(feed(CC_FRAME_STDIN, "hello", 5), 0);
	ck_assert_int_eq(read(theirs[0], got, sizeof(got)), 5);
	ck_assert_str_eq(got, "hello");
	ck_assert_int_eq(read(theirs[0], got, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(feed(CC_FRAME_STDIN_END, "", 0), 0);
	ck_assert_int_eq(read(theirs[0], got, 1), 0);
	ck_assert_int_eq(feed(CC_FRAME_STDIN, "late", 4), 0);
}
END_TEST

START_TEST(frames_may_come_in_any_pieces)
{
	cc_auto_buf struct cc_buf frames = { 0 };
	struct cc_error err = { 0 };
	char got[16] = "";

	cc_frame_add(&frames, CC_FRAME_STDIN, "ab", 2);
	cc_frame_add(&frames, CC_FRAME_PING, "", 0);
	cc_frame_add(&frames, CC_FRAME_SIGNAL, "\x0f", 1);
	cc_frame_add(&frames, CC_FRAME_WINDOW, "\0\x18\0\x50", 4);
	cc_frame_add(&frames, CC_FRAME_STDIN, "cd", 2);
	for (size_t i = 0; i < frames.len; i++)
		ck_assert_int_eq(pipes_feed(&p, frames.data + i, 1, on_asked, NULL, &err), 0);
	ck_assert_int_eq(read(theirs[0], got, sizeof(got)), 4);
	ck_assert_str_eq(got, "abcd");
	ck_assert_int_eq(got_signal, 15);
	ck_assert_uint_eq(got_window, 24 << 16 | 80);
}
END_TEST

START_TEST(what_is_no_frame_is_an_error)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(pipes_feed(&p, "\xff\xff\xff\xff\xff", 5, on_asked, NULL, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

START_TEST(a_program_that_does_not_read_pauses_the_client)
{
	static char block[CC_FRAME_MAX];
	size_t total = 0;
	char got[65536];

	while (!pipes_feed_full(&p)) {
		ck_assert_int_eq(feed(CC_FRAME_STDIN, block, sizeof(block)), 0);
		total += sizeof(block);
		ck_assert_uint_lt(total, 4 * PIPES_BUFFER);
	}
	while (total > 0) {
		ssize_t n = read(theirs[0], got, sizeof(got));

		ck_assert_int_gt(n, 0);
		total -= (size_t)n;
		pipes_step(&p);
	}
	ck_assert(!pipes_feed_full(&p));
}
END_TEST

START_TEST(a_program_that_closed_its_stdin_is_fed_no_more)
{
	close(theirs[0]);
	theirs[0] = -1;
	ck_assert_int_eq(feed(CC_FRAME_STDIN, "x", 1), 0);
	ck_assert_int_eq(feed(CC_FRAME_STDIN, "y", 1), 0);
	ck_assert_uint_eq(p.feed.len, 0);
	ck_assert_int_eq(p.stdin_fd, -1);
}
END_TEST

START_TEST(output_and_errors_come_apart_and_the_status_last)
{
	cc_auto_buf struct cc_buf got = { 0 };

	ck_assert_int_eq(write(theirs[1], "out", 3), 3);
	ck_assert_int_eq(write(theirs[2], "err", 3), 3);
	pipes_exit(&p, 7);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_STDOUT);
	ck_assert_mem_eq(got.data, "out", 3);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_STDERR);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_EXIT);
	ck_assert_uint_eq(cc_frame_u32((const unsigned char *)got.data), 7);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_MAX_TYPE);
	pipes_ping(&p);
	ck_assert_uint_eq(p.out.len, 0);
}
END_TEST

START_TEST(a_client_that_does_not_read_pauses_the_program)
{
	struct pollfd fds[3];
	static char block[32768];
	size_t written = 0;

	fcntl(theirs[1], F_SETFL, O_NONBLOCK);
	for (;;) {
		ssize_t n = write(theirs[1], block, sizeof(block));

		if (n > 0) {
			written += (size_t)n;
			pipes_step(&p);
			continue;
		}
		if (pipes_pollfds(&p, fds) == 0)
			break;
		pipes_step(&p);
	}
	ck_assert_uint_lt(written, 4 * PIPES_BUFFER);
	cc_buf_clear(&p.out);
	ck_assert_int_eq(pipes_pollfds(&p, fds), 2);
}
END_TEST

START_TEST(a_child_left_behind_does_not_hold_the_stream)
{
	cc_auto_buf struct cc_buf got = { 0 };

	pipes_exit(&p, 0); /* the write ends of stdout and stderr are still open here */
	ck_assert_int_eq(next_frame(&got), CC_FRAME_EXIT);
	ck_assert_int_eq(p.out_fd[0], -1);
}
END_TEST

START_TEST(a_program_that_cannot_run_is_an_error_frame)
{
	cc_auto_buf struct cc_buf got = { 0 };

	pipes_error(&p, CC_CONFLICT, "it does not run", 15);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_ERROR);
	ck_assert_str_eq(cc_buf_str(&got), "conflict: it does not run");
	ck_assert_int_eq(next_frame(&got), CC_FRAME_MAX_TYPE);
}
END_TEST

START_TEST(after_an_error_there_is_nothing_to_wait_for)
{
	struct pollfd fds[3];

	ck_assert_int_eq(feed(CC_FRAME_STDIN, "hello", 5), 0);
	for (int i = 0; i < 3; i++) {
		close(theirs[i]);
		theirs[i] = -1;
	}
	pipes_error(&p, CC_CONFLICT, "it does not run", 15);
	ck_assert_int_eq(pipes_pollfds(&p, fds), 0);
	ck_assert_int_eq(feed(CC_FRAME_STDIN, "late", 4), 0);
	ck_assert_uint_eq(p.feed.len, 0);
}
END_TEST

START_TEST(what_a_broken_program_wrote_comes_before_its_error)
{
	cc_auto_buf struct cc_buf got = { 0 };

	ck_assert_int_eq(write(theirs[2], "why", 3), 3);
	pipes_error(&p, CC_TIMEOUT, "it hangs", 8);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_STDERR);
	ck_assert_mem_eq(got.data, "why", 3);
	ck_assert_int_eq(next_frame(&got), CC_FRAME_ERROR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pipes");
	TCase *tc = tcase_create("pipes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bytes_of_the_client_become_stdin_and_its_end);
	tcase_add_test(tc, frames_may_come_in_any_pieces);
	tcase_add_test(tc, what_is_no_frame_is_an_error);
	tcase_add_test(tc, a_program_that_does_not_read_pauses_the_client);
	tcase_add_test(tc, a_program_that_closed_its_stdin_is_fed_no_more);
	tcase_add_test(tc, output_and_errors_come_apart_and_the_status_last);
	tcase_add_test(tc, a_client_that_does_not_read_pauses_the_program);
	tcase_add_test(tc, a_child_left_behind_does_not_hold_the_stream);
	tcase_add_test(tc, a_program_that_cannot_run_is_an_error_frame);
	tcase_add_test(tc, after_an_error_there_is_nothing_to_wait_for);
	tcase_add_test(tc, what_a_broken_program_wrote_comes_before_its_error);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
