/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sink.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE  65536
#define PIECES 64

/* Reads as much as one piece while the sink writes on. All pieces are the same. */
static void read_piece(struct sink *s, int from, const unsigned char *piece)
{
	unsigned char bytes[PIECE];
	struct cc_error err = { 0 };

	for (size_t have = 0; have < PIECE;) {
		ssize_t n = read(from, bytes + have, PIECE - have);

		ck_assert_int_gt(n, 0);
		have += (size_t)n;
		ck_assert_int_eq(sink_flush(s, &err), 0);
	}
	ck_assert_mem_eq(bytes, piece, PIECE);
}

START_TEST(a_reader_that_is_always_behind_costs_a_bounded_buffer)
{
	unsigned char piece[PIECE];
	struct cc_error err = { 0 };
	struct sink s = { 0 };
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s.fd = fds[1];
	for (size_t i = 0; i < sizeof(piece); i++)
		piece[i] = (unsigned char)i;
	for (int i = 0; i < 4; i++)
		sink_add(&s, piece, sizeof(piece));
	for (int i = 0; i < PIECES; i++) {
		ck_assert_int_eq(sink_flush(&s, &err), 0);
		read_piece(&s, fds[0], piece);
		ck_assert_uint_gt(sink_waiting(&s), 0);
		sink_add(&s, piece, sizeof(piece));
	}
	ck_assert_uint_lt(s.buf.cap, 16 * PIECE);
	cc_buf_free(&s.buf);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli sink");
	TCase *tc = tcase_create("sink");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_reader_that_is_always_behind_costs_a_bounded_buffer);
	return test_run(s);
}
