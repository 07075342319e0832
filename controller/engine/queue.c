/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list under a mutex and an eventfd that is set exactly while the list is not empty. */
#include "controller/engine/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t lock;
	struct command *first;
	struct command **last;
	size_t n;
	size_t max;
	bool closed;
	int fd;
};

struct queue *queue_new(size_t max)
{
	struct queue *q = cc_calloc(1, sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	q->last = &q->first;
	q->max = max;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CC_PRE(q->fd >= 0);
	return q;
}

void queue_free(struct queue *q)
{
	CC_PRE(q->n == 0);
	close(q->fd);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void signal_fd(struct queue *q)
{
	uint64_t one = 1;

	CC_PRE(write(q->fd, &one, sizeof(one)) == sizeof(one));
}

bool queue_push(struct queue *q, struct command *cmd)
{
	bool taken;

	pthread_mutex_lock(&q->lock);
	taken = !q->closed && q->n < q->max;
	if (taken) {
		cmd->next = NULL;
		*q->last = cmd;
		q->last = &cmd->next;
		if (q->n++ == 0)
			signal_fd(q);
	}
	pthread_mutex_unlock(&q->lock);
	return taken;
}

struct command *queue_take(struct queue *q, size_t max, size_t *ret_n)
{
	struct command *first, **end;
	uint64_t ignored;
	size_t n = 0;

	pthread_mutex_lock(&q->lock);
	first = q->first;
	for (end = &q->first; *end != NULL && n < max; end = &(*end)->next)
		n++;
	q->first = *end;
	*end = NULL;
	q->n -= n;
	if (q->first == NULL) {
		q->last = &q->first;
		if (n > 0)
			CC_PRE(read(q->fd, &ignored, sizeof(ignored)) == sizeof(ignored));
	}
	if (n == 0)
		first = NULL;
	pthread_mutex_unlock(&q->lock);
	*ret_n = n;
	return first;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_mutex_unlock(&q->lock);
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}
