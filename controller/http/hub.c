/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking a waiter off the list (claim) gives the right to resume its connection; nobody else will, and until then the connection cannot go away. So resuming
 * happens outside the lock. `busy` counts what is suspended or about to be resumed: stopping waits until it is zero.
 *
 * A connection's descriptor is watched from its first to its last moment, edge-triggered, for nothing but the peer's end. Events carry a slot and its
 * generation and not a pointer: the connection may be gone when the event is read. */
#include "controller/http/hub.h"
#include "common/check.h"
#include "common/clock.h"
#include "controller/http/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUCKETS = 1024, EVENTS = 64, SLOT_WAKE = UINT32_MAX };

#define SCAN_EVERY_MS 50     /* deadlines are met to this precision */
#define IDLE_HEAD_MS  120000 /* between two requests on a kept connection */

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
	size_t n_connections;
	uint32_t *free_slots;
	size_t n_free;
	struct waiter *first;
	size_t n_waiting;
	size_t busy; /* suspended or about to be resumed, waiting ones included */
	bool stopping;
	bool quit;
	int64_t next_scan;
	struct waiter *buckets[BUCKETS];
	uint64_t seqs[BUCKETS];
};

static size_t bucket_of(struct cc_uuid key)
{
	/* The tail of an id is random. */
	return ((size_t)key.b[14] << 8 | key.b[15]) % BUCKETS;
}

static void signal_thread(struct hub *h)
{
	uint64_t one = 1;

	(void)!write(h->event_fd, &one, sizeof(one));
}

/* Under the lock: the thread must look at deadlines by then. */
static void scan_by(struct hub *h, int64_t when)
{
	if (when == 0 || when >= h->next_scan)
		return;
	h->next_scan = when;
	signal_thread(h);
}

static void claim(struct hub *h, struct waiter *w, enum wake why)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		h->first = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	if (w->bucket_at != NULL) {
		*w->bucket_at = w->bucket_next;
		if (w->bucket_next != NULL)
			w->bucket_next->bucket_at = w->bucket_at;
	}
	w->prev = w->next = w->bucket_next = NULL;
	w->bucket_at = NULL;
	w->waiting = false;
	w->wake = why;
	w->conn->waiting = NULL;
	h->n_waiting--;
}

/* Without the lock: after this the waiter may be gone. */
static void resume(struct hub *h, struct waiter *w)
{
	MHD_resume_connection(w->mhd);
	pthread_mutex_lock(&h->lock);
	if (--h->busy == 0)
		pthread_cond_broadcast(&h->idle);
	pthread_mutex_unlock(&h->lock);
}

static void resume_all(struct hub *h, struct waiter *claimed)
{
	while (claimed != NULL) {
		struct waiter *next = claimed->next;

		claimed->next = NULL;
		resume(h, claimed);
		claimed = next;
	}
}

/* Claims and adds to a list chained by `next`. */
static void claim_onto(struct hub *h, struct waiter *w, enum wake why, struct waiter **list)
{
	claim(h, w, why);
	w->next = *list;
	*list = w;
}

static struct waiter *claim_touched(struct hub *h, struct cc_uuid key)
{
	struct waiter *claimed = NULL, *next;
	size_t b = bucket_of(key);

	h->seqs[b]++;
	for (struct waiter *w = h->buckets[b]; w != NULL; w = next) {
		next = w->bucket_next;
		if (cc_uuid_equal(w->key, key))
			claim_onto(h, w, WAKE_TOUCHED, &claimed);
	}
	return claimed;
}

uint64_t hub_touch_seq(struct hub *h, struct cc_uuid key)
{
	uint64_t seq;

	pthread_mutex_lock(&h->lock);
	seq = h->seqs[bucket_of(key)];
	pthread_mutex_unlock(&h->lock);
	return seq;
}

void hub_touch(struct hub *h, struct cc_uuid key)
{
	struct waiter *claimed;

	pthread_mutex_lock(&h->lock);
	claimed = claim_touched(h, key);
	pthread_mutex_unlock(&h->lock);
	resume_all(h, claimed);
}

static void enter_bucket(struct hub *h, struct waiter *w, struct cc_uuid key)
{
	struct waiter **head = &h->buckets[bucket_of(key)];

	w->key = key;
	w->bucket_next = *head;
	w->bucket_at = head;
	if (*head != NULL)
		(*head)->bucket_at = &w->bucket_next;
	*head = w;
}

static enum wake reason_not_to_wait(const struct hub *h, const struct waiter *w, const struct cc_uuid *key, uint64_t seq)
{
	if (h->stopping)
		return WAKE_STOPPING;
	if (w->conn->hung_up)
		return WAKE_HUNG_UP;
	if (key != NULL && h->seqs[bucket_of(*key)] != seq)
		return WAKE_TOUCHED;
	return WAKE_NONE;
}

bool hub_wait(struct waiter *w, const struct cc_uuid *key, uint64_t seq, int64_t until)
{
	struct hub *h = w->conn->hub;
	bool waits;

	pthread_mutex_lock(&h->lock);
	w->wake = reason_not_to_wait(h, w, key, seq);
	waits = w->wake == WAKE_NONE;
	if (waits) {
		MHD_suspend_connection(w->mhd);
		w->waiting = true;
		w->until = until;
		w->prev = NULL;
		w->next = h->first;
		if (h->first != NULL)
			h->first->prev = w;
		h->first = w;
		if (key != NULL)
			enter_bucket(h, w, *key);
		w->conn->waiting = w;
		w->conn->deadline = 0;
		h->n_waiting++;
		h->busy++;
		scan_by(h, until);
	}
	pthread_mutex_unlock(&h->lock);
	return waits;
}

void hub_wake(struct waiter *w, enum wake why)
{
	struct hub *h = w->conn->hub;
	bool mine;

	pthread_mutex_lock(&h->lock);
	mine = w->waiting;
	if (mine)
		claim(h, w, why);
	pthread_mutex_unlock(&h->lock);
	if (mine)
		resume(h, w);
}

bool hub_begin(struct waiter *w)
{
	struct hub *h = w->conn->hub;
	bool stopping;

	pthread_mutex_lock(&h->lock);
	stopping = h->stopping;
	if (!stopping) {
		MHD_suspend_connection(w->mhd);
		h->busy++;
	}
	pthread_mutex_unlock(&h->lock);
	return !stopping;
}

void hub_end(struct waiter *w)
{
	resume(w->conn->hub, w);
}

struct conn *hub_connection_new(struct hub *h, int fd, bool local)
{
	struct epoll_event ev = { .events = EPOLLRDHUP | EPOLLET };
	struct conn *c = cc_calloc(1, sizeof(*c));

	*c = (struct conn){ .hub = h, .fd = fd, .local = local, .deadline = cc_boottime_ms() + h->opt.head_timeout_ms };
	pthread_mutex_lock(&h->lock);
	if (h->n_free == 0 || h->stopping) {
		pthread_mutex_unlock(&h->lock);
		free(c);
		return NULL;
	}
	c->slot = h->free_slots[--h->n_free];
	c->generation = ++h->generations[c->slot];
	h->slots[c->slot] = c;
	h->n_connections++;
	scan_by(h, c->deadline);
	ev.data.u64 = (uint64_t)c->generation << 32 | c->slot;
	epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	pthread_mutex_unlock(&h->lock);
	return c;
}

void hub_connection_free(struct conn *c)
{
	struct hub *h = c->hub;

	pthread_mutex_lock(&h->lock);
	CC_PRE(c->waiting == NULL);
	epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	h->slots[c->slot] = NULL;
	h->free_slots[h->n_free++] = c->slot;
	h->n_connections--;
	pthread_mutex_unlock(&h->lock);
	free(c);
}

void hub_deadline(struct conn *c, int64_t deadline)
{
	struct hub *h = c->hub;

	pthread_mutex_lock(&h->lock);
	c->deadline = deadline;
	scan_by(h, deadline);
	pthread_mutex_unlock(&h->lock);
}

void hub_expect_head(struct conn *c)
{
	hub_deadline(c, cc_boottime_ms() + IDLE_HEAD_MS);
}

void hub_cut(struct conn *c)
{
	shutdown(c->fd, SHUT_RDWR);
}

/* Under the lock. */
static void take_event(struct hub *h, uint64_t data, struct waiter **claimed)
{
	uint32_t slot = (uint32_t)data;
	struct conn *c;
	uint64_t drained;

	if (slot == SLOT_WAKE) {
		(void)!read(h->event_fd, &drained, sizeof(drained));
		return;
	}
	c = h->slots[slot];
	if (c == NULL || c->generation != (uint32_t)(data >> 32))
		return;
	c->hung_up = true;
	if (c->waiting != NULL)
		claim_onto(h, c->waiting, WAKE_HUNG_UP, claimed);
}

/* Under the lock: meets what is due and returns when to look again. */
static int64_t scan(struct hub *h, int64_t now, struct waiter **claimed)
{
	int64_t next_due = INT64_MAX;
	struct waiter *next;

	for (struct waiter *w = h->first; w != NULL; w = next) {
		next = w->next;
		if (w->until == 0)
			continue;
		if (w->until <= now)
			claim_onto(h, w, WAKE_DEADLINE, claimed);
		else if (w->until < next_due)
			next_due = w->until;
	}
	for (size_t i = 0; i < h->opt.connections_max; i++) {
		struct conn *c = h->slots[i];

		if (c == NULL || c->deadline == 0)
			continue;
		if (c->deadline <= now) {
			c->deadline = 0;
			hub_cut(c);
		} else if (c->deadline < next_due) {
			next_due = c->deadline;
		}
	}
	return next_due;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void *run(void *arg)
{
	struct hub *h = arg;
	struct epoll_event events[EVENTS];
	int64_t timer_at = INT64_MAX, now, wait;

	for (;;) {
		struct waiter *claimed = NULL;
		int n;

		pthread_mutex_lock(&h->lock);
		now = cc_boottime_ms();
		wait = (h->next_scan < timer_at ? h->next_scan : timer_at) - now;
		pthread_mutex_unlock(&h->lock);
		n = epoll_wait(h->epoll_fd, events, EVENTS, wait <= 0 ? 0 : wait > 60000 ? 60000 : (int)wait);
		pthread_mutex_lock(&h->lock);
		now = cc_boottime_ms();
		for (int i = 0; i < n; i++)
			take_event(h, events[i].data.u64, &claimed);
		if (now >= h->next_scan)
			h->next_scan = later(scan(h, now, &claimed), now + SCAN_EVERY_MS);
		if (h->quit) {
			pthread_mutex_unlock(&h->lock);
			return NULL;
		}
		pthread_mutex_unlock(&h->lock);
		resume_all(h, claimed);
		timer_at = h->opt.timer(h->opt.timer_arg, now);
	}
}

void hub_kick(struct hub *h)
{
	signal_thread(h);
}

void hub_defer(struct hub *h, void (*fn)(void *), void *arg)
{
	jobs_add(h->jobs, fn, arg);
}

static int open_fds(struct hub *h, struct cc_error *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = SLOT_WAKE };

	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->epoll_fd < 0 || h->event_fd < 0 || epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->event_fd, &ev) < 0)
		return cc_fail_errno(err, "watching connections");
	return 0;
}

static void release(struct hub *h)
{
	jobs_free(h->jobs);
	if (h->epoll_fd >= 0)
		close(h->epoll_fd);
	if (h->event_fd >= 0)
		close(h->event_fd);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->idle);
	free(h->slots);
	free(h->generations);
	free(h->free_slots);
	free(h);
}

int hub_new(const struct hub_options *opt, struct hub **ret, struct cc_error *err)
{
	struct hub *h = cc_calloc(1, sizeof(*h));

	h->opt = *opt;
	h->epoll_fd = h->event_fd = -1;
	h->next_scan = INT64_MAX;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->idle, NULL);
	h->slots = cc_calloc(opt->connections_max, sizeof(struct conn *));
	h->generations = cc_calloc(opt->connections_max, sizeof(uint32_t));
	h->free_slots = cc_calloc(opt->connections_max, sizeof(uint32_t));
	for (size_t i = opt->connections_max; i-- > 0;)
		h->free_slots[h->n_free++] = (uint32_t)i;
	if (open_fds(h, err) < 0 || jobs_new(&h->jobs, err) < 0) {
		release(h);
		return -1;
	}
	if (pthread_create(&h->thread, NULL, run, h) != 0) {
		release(h);
		return cc_fail(err, IO, "starting a thread for connections");
	}
	*ret = h;
	return 0;
}

void hub_stop(struct hub *h)
{
	struct waiter *claimed = NULL;

	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	while (h->first != NULL)
		claim_onto(h, h->first, WAKE_STOPPING, &claimed);
	pthread_mutex_unlock(&h->lock);
	resume_all(h, claimed);
	pthread_mutex_lock(&h->lock);
	while (h->busy > 0)
		pthread_cond_wait(&h->idle, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void hub_free(struct hub *h)
{
	pthread_mutex_lock(&h->lock);
	h->quit = true;
	pthread_mutex_unlock(&h->lock);
	signal_thread(h);
	pthread_join(h->thread, NULL);
	release(h);
}

struct hub_figures hub_figures(struct hub *h)
{
	struct hub_figures f;

	pthread_mutex_lock(&h->lock);
	f = (struct hub_figures){ .connections = h->n_connections, .waiting = h->n_waiting, .working = h->busy - h->n_waiting };
	pthread_mutex_unlock(&h->lock);
	return f;
}
