/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection's descriptor is watched from its first to its last moment, edge-triggered, for nothing but the peer's end. Events carry a slot and its
 * generation and not a pointer: the connection may be gone when the event is read. */
#include "controller/http/hub.h"
#include "common/check.h"
#include "common/clock.h"
#include "controller/http/hub_parts.h"
#include "controller/http/jobs.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, SLOT_WAKE = UINT32_MAX };

#define SCAN_EVERY_MS 50     /* deadlines are met to this precision, */
#define SCAN_EACH     50     /* and 1 ms less for each so many connections: then looking costs no more where there are many */
#define IDLE_HEAD_MS  120000 /* between two requests on a kept connection */

static void signal_thread(struct hub *h)
{
	uint64_t one = 1;

	(void)!write(h->event_fd, &one, sizeof(one));
}

void hub_scan_by(struct hub *h, int64_t when)
{
	if (when == 0 || when >= h->next_scan)
		return;
	h->next_scan = when;
	signal_thread(h);
}

struct conn *hub_connection_new(struct hub *h, int fd, const struct sockaddr *addr)
{
	struct epoll_event ev = { .events = EPOLLRDHUP | EPOLLET };
	struct conn *c = cc_calloc(1, sizeof(*c));
	bool local = addr == NULL, tell;

	*c = (struct conn){ .hub = h,
		.fd = fd,
		.local = local,
		.stranger = !local,
		.peer = peer_of(addr),
		.counted = true,
		.awaits_head = true,
		.deadline = cc_boottime_ms() + h->opt.head_timeout_ms };
	pthread_mutex_lock(&h->lock);
	if (h->n_free == 0 || h->stopping) {
		pthread_mutex_unlock(&h->lock);
		free(c);
		return NULL;
	}
	c->slot = h->free_slots[--h->n_free];
	c->generation = ++h->generations[c->slot];
	h->slots[c->slot] = c;
	h->n_connections[local]++;
	tell = !local && hub_stranger_begin(h, c);
	c->excess = h->n_connections[local] > h->opt.usual[local];
	hub_scan_by(h, c->deadline);
	ev.data.u64 = (uint64_t)c->generation << 32 | c->slot;
	epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	pthread_mutex_unlock(&h->lock);
	if (tell)
		hub_strangers_tell(h, addr);
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
	hub_uncount(h, c);
	pthread_mutex_unlock(&h->lock);
	free(c);
}

void hub_deadline(struct conn *c, int64_t deadline)
{
	struct hub *h = c->hub;

	pthread_mutex_lock(&h->lock);
	c->deadline = deadline;
	hub_scan_by(h, deadline);
	pthread_mutex_unlock(&h->lock);
}

void hub_expect_head(struct conn *c)
{
	struct hub *h = c->hub;

	pthread_mutex_lock(&h->lock);
	c->awaits_head = true;
	c->deadline = cc_boottime_ms() + IDLE_HEAD_MS;
	hub_scan_by(h, c->deadline);
	pthread_mutex_unlock(&h->lock);
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
		hub_claim_onto(h, c->waiting, WAKE_HUNG_UP, claimed);
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
			hub_claim_onto(h, w, WAKE_DEADLINE, claimed);
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

/* Under the lock. */
static int64_t scan_every_ms(const struct hub *h)
{
	return SCAN_EVERY_MS + (int64_t)(h->n_connections[0] + h->n_connections[1]) / SCAN_EACH;
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
			h->next_scan = later(scan(h, now, &claimed), now + scan_every_ms(h));
		if (h->quit) {
			pthread_mutex_unlock(&h->lock);
			return NULL;
		}
		pthread_mutex_unlock(&h->lock);
		hub_resume_all(h, claimed);
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
		hub_claim_onto(h, h->first, WAKE_STOPPING, &claimed);
	pthread_mutex_unlock(&h->lock);
	hub_resume_all(h, claimed);
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
	f = (struct hub_figures){ .connections = h->n_connections[0] + h->n_connections[1],
		.strangers = h->n_strangers,
		.strangers_cut = h->n_strangers_cut,
		.waiting = h->n_waiting,
		.working = h->busy - h->n_waiting };
	pthread_mutex_unlock(&h->lock);
	return f;
}
