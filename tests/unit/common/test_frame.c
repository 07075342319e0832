/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/frame.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <signal.h>
#include <string.h>

static int next(const struct cc_buf *in, enum cc_frame_type *type, const unsigned char **payload, size_t *len)
{
	struct cc_error err = { 0 };

	return cc_frame_next(in, type, payload, len, &err);
}

START_TEST(a_frame_is_complete_only_with_its_last_byte)
{
	cc_auto_buf struct cc_buf whole = { 0 };
	enum cc_frame_type type = CC_FRAME_PING;
	const unsigned char *payload = NULL;
	size_t len = 99;

	cc_frame_add(&whole, CC_FRAME_STDOUT, "hello", 5);
	for (size_t n = 0; n < whole.len; n++) {
		/* A copy of just these bytes, so that reading behind them is seen. */
		cc_auto_buf struct cc_buf part = { 0 };

		cc_buf_add(&part, whole.data, n);
		ck_assert_int_eq(next(&part, &type, &payload, &len), 0);
		ck_assert(type == CC_FRAME_PING && payload == NULL && len == 99);
	}
	ck_assert_int_eq(next(&whole, &type, &payload, &len), 1);
	ck_assert_int_eq(type, CC_FRAME_STDOUT);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(payload, "hello", 5);
}
END_TEST

START_TEST(an_empty_buffer_holds_no_frame)
{
	struct cc_buf empty = { 0 };
	enum cc_frame_type type;
	const unsigned char *payload;
	size_t len;

	ck_assert_int_eq(next(&empty, &type, &payload, &len), 0);
}
END_TEST

static const struct {
	unsigned char header[CC_FRAME_HEADER];
	int answer;
} headers[] = {
	{ { CC_FRAME_PING, 0, 0, 0, 0 }, 1 },
	{ { CC_FRAME_STDIN, 0, 1, 0, 0 }, 0 },  /* the longest */
	{ { CC_FRAME_STDIN, 0, 1, 0, 1 }, -1 }, /* one more */
	{ { CC_FRAME_STDIN, 0xff, 0xff, 0xff, 0xff }, -1 },
	{ { CC_FRAME_STDIN, 0x80, 0, 0, 0 }, -1 },
	{ { CC_FRAME_MAX_TYPE, 0, 0, 0, 0 }, 1 }, /* of a newer program */
	{ { CC_FRAME_LATER, 0, 0, 0, 0 }, 1 },
	{ { CC_FRAME_LATER + 1, 0, 0, 0, 0 }, -1 },
	{ { 0xff, 0, 0, 0, 0 }, -1 },
	{ { 'H', 'T', 'T', 'P', '/' }, -1 },
};

START_TEST(only_small_types_within_the_limit_are_frames)
{
	cc_auto_buf struct cc_buf in = { 0 };
	enum cc_frame_type type;
	const unsigned char *payload;
	size_t len;

	cc_buf_add(&in, headers[_i].header, CC_FRAME_HEADER);
	ck_assert_int_eq(next(&in, &type, &payload, &len), headers[_i].answer);
}
END_TEST

START_TEST(numbers_are_big_endian)
{
	cc_auto_buf struct cc_buf b = { 0 };

	cc_frame_add_u32(&b, CC_FRAME_EXIT, 0xfedcba98u);
	ck_assert_mem_eq(b.data, "\x03\0\0\0\x04\xfe\xdc\xba\x98", 9);
	ck_assert_uint_eq(cc_frame_u32((const unsigned char *)b.data + CC_FRAME_HEADER), 0xfedcba98u);
}
END_TEST

START_TEST(a_stream_cut_anywhere_gives_the_same_frames)
{
	struct test_random r = test_random_new();
	cc_auto_buf struct cc_buf wire = { 0 };
	cc_auto_buf struct cc_buf in = { 0 };
	unsigned char payload[1000];
	size_t made = 0, seen = 0, at = 0;

	for (; made < 300; made++) {
		size_t len = test_random_below(&r, sizeof(payload));

		memset(payload, (int)(made & 0xff), len);
		cc_frame_add(&wire, (enum cc_frame_type)(made % CC_FRAME_MAX_TYPE), payload, len);
	}
	while (at < wire.len) {
		size_t n = 1 + test_random_below(&r, 700);
		enum cc_frame_type type;
		const unsigned char *p;
		size_t len;

		n = n < wire.len - at ? n : wire.len - at;
		cc_buf_add(&in, wire.data + at, n);
		at += n;
		while (next(&in, &type, &p, &len) == 1) {
			ck_assert_int_eq(type, seen % CC_FRAME_MAX_TYPE);
			for (size_t i = 0; i < len; i++)
				ck_assert_uint_eq(p[i], seen & 0xff);
			seen++;
			cc_buf_consume(&in, CC_FRAME_HEADER + len);
		}
	}
	ck_assert_uint_eq(seen, made);
	ck_assert_uint_eq(in.len, 0);
}
END_TEST

START_TEST(nobody_makes_a_frame_over_the_limit)
{
	static char large[CC_FRAME_MAX + 1];
	struct cc_buf b = { 0 };

	cc_frame_add(&b, CC_FRAME_STDIN, large, CC_FRAME_MAX);
	cc_frame_add(&b, CC_FRAME_STDIN, large, CC_FRAME_MAX + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("frame");
	TCase *tc = tcase_create("frame");

	tcase_add_test(tc, a_frame_is_complete_only_with_its_last_byte);
	tcase_add_test(tc, an_empty_buffer_holds_no_frame);
	tcase_add_loop_test(tc, only_small_types_within_the_limit_are_frames, 0, CC_ARRAY_LEN(headers));
	tcase_add_test(tc, numbers_are_big_endian);
	tcase_add_test(tc, a_stream_cut_anywhere_gives_the_same_frames);
	tcase_add_test_raise_signal(tc, nobody_makes_a_frame_over_the_limit, SIGABRT);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
