/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cli/fake_program.h"

#include "common/frame.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define FLOOD_FRAMES 256 /* of CC_FRAME_MAX */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	char name[16];
	struct cc_buf in;
	struct cc_buf out;
	int flood_left;
	bool over; /* nothing comes after `out` */
	bool stop;
} program = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static bool is(const char *name)
{
	return strcmp(program.name, name) == 0;
}

static void say(enum cc_frame_type type, const char *text)
{
	cc_frame_add(&program.out, type, text, strlen(text));
}

static void finish(unsigned status)
{
	cc_frame_add_u32(&program.out, CC_FRAME_EXIT, status);
	program.over = true;
}

void fake_program_choose(const char *spec)
{
	static const char *const names[] = { "cat", "fail", "flood", "trap", "missing", "cut", "slow", "size" };

	pthread_mutex_lock(&program.lock);
	cc_buf_clear(&program.in);
	cc_buf_clear(&program.out);
	program.over = false;
	for (size_t i = 0; i < CC_ARRAY_LEN(names); i++) {
		char quoted[32];

		snprintf(quoted, sizeof(quoted), "[\"%s\"", names[i]);
		if (strstr(spec, quoted) != NULL)
			snprintf(program.name, sizeof(program.name), "%s", names[i]);
	}
	if (is("fail")) {
		say(CC_FRAME_STDOUT, "so far\n");
		say(CC_FRAME_STDERR, "oops\n");
		finish(7);
	} else if (is("missing")) {
		say(CC_FRAME_ERROR, "not-found: there is no program 'missing' in the instance");
		program.over = true;
	} else if (is("cut")) {
		say(CC_FRAME_STDOUT, "half");
		program.over = true;
	} else if (is("slow")) {
		say(CC_FRAME_PING, "");
		finish(0);
	} else if (is("flood")) {
		program.flood_left = FLOOD_FRAMES;
	}
	pthread_mutex_unlock(&program.lock);
}

static void take(enum cc_frame_type type, const unsigned char *p, size_t len)
{
	char text[32];

	if (is("cat") && type == CC_FRAME_STDIN)
		cc_frame_add(&program.out, CC_FRAME_STDOUT, p, len);
	else if (is("cat") && type == CC_FRAME_STDIN_END)
		finish(0);
	else if (is("size") && type == CC_FRAME_WINDOW) {
		snprintf(text, sizeof(text), "%d %d\n", p[0] << 8 | p[1], p[2] << 8 | p[3]);
		say(CC_FRAME_STDOUT, text);
		finish(0);
	} else if (is("trap") && type == CC_FRAME_SIGNAL) {
		snprintf(text, sizeof(text), "got %d\n", p[0]);
		say(CC_FRAME_STDOUT, text);
		finish(128u + p[0]);
	}
}

void fake_program_feed(const char *bytes, size_t len)
{
	enum cc_frame_type type;
	const unsigned char *p;
	struct cc_error err = { 0 };
	size_t n;

	pthread_mutex_lock(&program.lock);
	cc_buf_add(&program.in, bytes, len);
	while (cc_frame_next(&program.in, &type, &p, &n, &err) > 0) {
		take(type, p, n);
		cc_buf_consume(&program.in, CC_FRAME_HEADER + n);
	}
	pthread_cond_broadcast(&program.moved);
	pthread_mutex_unlock(&program.lock);
}

static void flood(void)
{
	char piece[CC_FRAME_MAX];

	for (size_t i = 0; i < sizeof(piece); i++)
		piece[i] = (char)('a' + i % 26);
	cc_frame_add(&program.out, CC_FRAME_STDOUT, piece, sizeof(piece));
	if (--program.flood_left == 0)
		finish(0);
}

static ssize_t give(void *cls, uint64_t pos, char *buf, size_t max)
{
	size_t n;

	(void)cls;
	(void)pos;
	pthread_mutex_lock(&program.lock);
	while (program.out.len == 0 && !program.over && !program.stop && program.flood_left == 0)
		pthread_cond_wait(&program.moved, &program.lock);
	if (program.out.len == 0 && program.flood_left > 0)
		flood();
	n = program.out.len < max ? program.out.len : max;
	if (n > 0) {
		memcpy(buf, program.out.data, n);
		cc_buf_consume(&program.out, n);
	}
	pthread_mutex_unlock(&program.lock);
	return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

enum MHD_Result fake_program_out(struct MHD_Connection *c)
{
	struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CC_FRAME_MAX, give, NULL, NULL);
	enum MHD_Result result = MHD_queue_response(c, 200, r);

	MHD_destroy_response(r);
	return result;
}

void fake_program_stop(void)
{
	pthread_mutex_lock(&program.lock);
	program.stop = true;
	pthread_cond_broadcast(&program.moved);
	pthread_mutex_unlock(&program.lock);
	cc_buf_free(&program.in);
	cc_buf_free(&program.out);
}
