/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounded queue in front of the engine: many threads push, one takes everything at once. */
#pragma once

#include "controller/engine/command.h"

struct queue;

struct queue *queue_new(size_t max);
/* The queue must be empty. */
void queue_free(struct queue *q);
/* False when it is full or closed. Any thread. */
bool queue_push(struct queue *q, struct command *cmd);
/* Takes at most `max` commands, oldest first, as a list through `next`; NULL when none waits. One thread. */
struct command *queue_take(struct queue *q, size_t max, size_t *ret_n);
/* No more pushes; what waits can still be taken. */
void queue_close(struct queue *q);
/* Readable while commands wait. */
int queue_fd(const struct queue *q);
