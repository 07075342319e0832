/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounded queue, from many threads at once; runs under ThreadSanitizer too. */
#include "controller/engine/queue.h"

#include "tests/lib/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PRODUCERS = 4, EACH = 5000, ROOM = 64, BATCH = 16 };

struct producer {
	struct queue *queue;
	struct command commands[EACH];
	size_t refused;
	pthread_t thread;
};

static struct producer producers[PRODUCERS];
static atomic_size_t finished;

static void *push_all(void *arg)
{
	struct producer *p = arg;

	for (size_t i = 0; i < EACH; i++) {
		p->commands[i].owner = p;
		p->commands[i].random = i;
		while (!queue_push(p->queue, &p->commands[i])) {
			p->refused++;
			sched_yield();
		}
	}
	atomic_fetch_add(&finished, 1);
	return NULL;
}

static bool readable(struct queue *q, int ms)
{
	struct pollfd p = { .fd = queue_fd(q), .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

START_TEST(every_command_arrives_once_and_in_its_threads_order)
{
	struct queue *q = queue_new(ROOM);
	size_t got = 0, next[PRODUCERS] = { 0 };

	for (size_t i = 0; i < PRODUCERS; i++) {
		producers[i].queue = q;
		ck_assert_int_eq(pthread_create(&producers[i].thread, NULL, push_all, &producers[i]), 0);
	}
	while (got < (size_t)PRODUCERS * EACH) {
		size_t n;
		struct command *cmd;

		ck_assert_msg(readable(q, 10000), "nothing came for 10 s after %zu commands", got);
		cmd = queue_take(q, BATCH, &n);
		ck_assert_uint_le(n, BATCH);
		for (got += n; cmd != NULL; cmd = cmd->next, n--) {
			struct producer *p = cmd->owner;

			ck_assert_uint_eq(cmd->random, next[p - producers]++);
		}
		ck_assert_uint_eq(n, 0);
	}
	for (size_t i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i].thread, NULL);
	ck_assert_uint_eq(atomic_load(&finished), PRODUCERS);
	ck_assert(!readable(q, 0));
	queue_free(q);
}
END_TEST

START_TEST(a_full_queue_refuses_and_takes_again_when_there_is_room)
{
	struct queue *q = queue_new(2);
	struct command a = { 0 }, b = { 0 }, c = { 0 };
	size_t n;

	ck_assert(queue_push(q, &a));
	ck_assert(queue_push(q, &b));
	ck_assert(!queue_push(q, &c));
	ck_assert_ptr_eq(queue_take(q, 1, &n), &a);
	ck_assert(readable(q, 0));
	ck_assert(queue_push(q, &c));
	ck_assert_ptr_eq(queue_take(q, 9, &n), &b);
	ck_assert_ptr_eq(b.next, &c);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_null(queue_take(q, 9, &n));
	queue_free(q);
}
END_TEST

START_TEST(a_closed_queue_refuses_but_gives_what_waits)
{
	struct queue *q = queue_new(9);
	struct command a = { 0 }, b = { 0 };
	size_t n;

	ck_assert(queue_push(q, &a));
	queue_close(q);
	ck_assert(!queue_push(q, &b));
	ck_assert_ptr_eq(queue_take(q, 9, &n), &a);
	ck_assert(!readable(q, 0));
	queue_free(q);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *tc = tcase_create("queue");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_command_arrives_once_and_in_its_threads_order);
	tcase_add_test(tc, a_full_queue_refuses_and_takes_again_when_there_is_room);
	tcase_add_test(tc, a_closed_queue_refuses_but_gives_what_waits);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
