/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hub's inside, shared by hub.c (connections, deadlines, the thread) and hub_wait.c (who waits for what). */
#pragma once

#include "controller/http/hub.h"

#include <pthread.h>

enum { HUB_BUCKETS = 1024 };

struct hub {
	struct hub_options opt;
	int epoll_fd;
	int event_fd;
	pthread_t thread;
	struct jobs *jobs;

	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct conn **slots;
	uint32_t *generations;
	size_t n_connections[2]; /* remote, local */
	uint32_t *free_slots;
	size_t n_free;
	struct waiter *first;
	size_t n_waiting;
	size_t busy; /* suspended or about to be resumed, waiting ones included */
	bool stopping;
	bool quit;
	int64_t next_scan;
	struct waiter *buckets[HUB_BUCKETS];
	uint64_t seqs[HUB_BUCKETS];
	struct conn *listeners[HUB_BUCKETS];
	struct conn *first_stranger, *last_stranger; /* by age */
	size_t n_strangers;
	uint64_t n_strangers_cut;
	int64_t tell_strangers_at; /* not before */
};

static inline size_t hub_bucket(struct cc_uuid key)
{
	/* The tail of an id is random. */
	return ((size_t)key.b[14] << 8 | key.b[15]) % HUB_BUCKETS;
}

/* Under the lock: */
/* Takes the waiter off the list and adds it to one chained by `next`. */
void hub_claim_onto(struct hub *h, struct waiter *w, enum wake why, struct waiter **list);
/* The thread must look at deadlines by then. */
void hub_scan_by(struct hub *h, int64_t when);
/* Takes in a new connection that came over the network, and cuts another if there are too many. True when that should be told. */
bool hub_stranger_begin(struct hub *h, struct conn *c);
/* The connection counts no more. */
void hub_uncount(struct hub *h, struct conn *c);

/* Without the lock: */
void hub_strangers_tell(struct hub *h, const struct sockaddr *addr);
/* Resumes what was claimed. */
void hub_resume_all(struct hub *h, struct waiter *claimed);
