/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who listens for long sends nothing, but is sent a blank now and then (beat.c), and its kernel acknowledges that: when it did so last the controller's own
 * kernel knows. So a machine that lost its power or its link is told from one that has nothing to say, and no packet is sent for that alone. A connection
 * counts from the first wait of its request until the request is over, however often it is woken in between. */
#include "common/clock.h"
#include "controller/http/hub_parts.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* How long what was sent may stay unacknowledged; 0: as the system likes. */
static void give_up_after(const struct conn *c, int64_t ms)
{
	unsigned timeout = ms < 0 || ms > INT32_MAX ? 0 : (unsigned)ms;

	if (!c->local)
		setsockopt(c->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

void hub_listen_begin(struct conn *c, struct cc_uuid key, int64_t give_up_ms)
{
	struct hub *h = c->hub;
	struct conn **first = &h->listeners[hub_bucket(key)];

	give_up_after(c, give_up_ms);
	pthread_mutex_lock(&h->lock);
	c->listens = true;
	c->listens_for = key;
	c->next_listener = *first;
	*first = c;
	pthread_mutex_unlock(&h->lock);
}

void hub_listen_end(struct conn *c)
{
	struct hub *h = c->hub;
	struct conn **link = &h->listeners[hub_bucket(c->listens_for)];

	pthread_mutex_lock(&h->lock);
	while (*link != c)
		link = &(*link)->next_listener;
	*link = c->next_listener;
	c->listens = false;
	pthread_mutex_unlock(&h->lock);
	give_up_after(c, 0); /* other requests have readers that may be slow */
}

int64_t hub_conn_heard_ms(const struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (c->local || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return 0;
	return cc_boottime_ms() - info.tcpi_last_ack_recv;
}

int64_t hub_conn_rtt_us(const struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (c->local || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
	        len < offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt))
		return 0;
	return info.tcpi_min_rtt == UINT32_MAX ? 0 : info.tcpi_min_rtt;
}

int64_t hub_heard_ms(struct hub *h, struct cc_uuid key)
{
	int64_t last = 0;

	pthread_mutex_lock(&h->lock);
	for (const struct conn *c = h->listeners[hub_bucket(key)]; c != NULL; c = c->next_listener) {
		int64_t ms = cc_uuid_equal(c->listens_for, key) ? hub_conn_heard_ms(c) : 0;

		last = ms > last ? ms : last;
	}
	pthread_mutex_unlock(&h->lock);
	return last;
}
