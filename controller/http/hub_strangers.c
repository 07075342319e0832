/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection is a stranger's until a request on it has shown a token or a key that the zone knows. Nobody needs many of those at a time: who is known is one
 * for as long as the first head takes. So each address may have so many, and then room is made by cutting its oldest one that has not asked anything: a client
 * that means it is through long before it is the oldest, also behind the address of the flood. Known connections are never counted here and never cut. */
#include "common/clock.h"
#include "common/log.h"
#include "controller/http/hub_parts.h"

#define TELL_EVERY_MS 60000

static void unlist(struct hub *h, struct conn *c)
{
	if (!c->listed)
		return;
	*(c->prev_stranger != NULL ? &c->prev_stranger->next_stranger : &h->first_stranger) = c->next_stranger;
	*(c->next_stranger != NULL ? &c->next_stranger->prev_stranger : &h->last_stranger) = c->prev_stranger;
	c->prev_stranger = c->next_stranger = NULL;
	c->listed = false;
	h->n_strangers--;
}

static void list(struct hub *h, struct conn *c)
{
	c->prev_stranger = h->last_stranger;
	*(h->last_stranger != NULL ? &h->last_stranger->next_stranger : &h->first_stranger) = c;
	h->last_stranger = c;
	c->listed = true;
	h->n_strangers++;
}

void hub_uncount(struct hub *h, struct conn *c)
{
	if (c->counted)
		h->n_connections[c->local]--;
	c->counted = false;
	unlist(h, c);
}

static void cut(struct hub *h, struct conn *c)
{
	hub_uncount(h, c);
	h->n_strangers_cut++;
	hub_cut(c);
}

/* The oldest one that has not asked anything, of everybody or of one peer. */
static struct conn *oldest_idle(const struct hub *h, const struct peer *peer, size_t *ret_n)
{
	struct conn *found = NULL;

	*ret_n = 0;
	for (struct conn *c = h->first_stranger; c != NULL; c = c->next_stranger) {
		if (peer != NULL && !peer_equal(c->peer, *peer))
			continue;
		++*ret_n;
		if (found == NULL && c->awaits_head)
			found = c;
	}
	return found;
}

bool hub_stranger_begin(struct hub *h, struct conn *c)
{
	uint64_t before = h->n_strangers_cut;
	size_t n;
	struct conn *oldest = oldest_idle(h, &c->peer, &n);

	if (n >= h->opt.peer_max && oldest != NULL)
		cut(h, oldest);
	c->crowd = n >= h->opt.peer_max && oldest == NULL;
	if (h->n_connections[0] > h->opt.usual[0] && (oldest = oldest_idle(h, NULL, &n)) != NULL)
		cut(h, oldest);
	list(h, c);
	return (h->n_strangers_cut > before || c->crowd) && cc_boottime_ms() >= h->tell_strangers_at;
}

void hub_strangers_tell(struct hub *h, const struct sockaddr *addr)
{
	char text[INET6_ADDRSTRLEN];
	size_t n, cut_so_far;

	pthread_mutex_lock(&h->lock);
	h->tell_strangers_at = cc_boottime_ms() + TELL_EVERY_MS;
	n = h->n_strangers;
	cut_so_far = h->n_strangers_cut;
	pthread_mutex_unlock(&h->lock);
	cc_log(WARNING, STRANGERS_CUT, kv_text("last_from", peer_text(addr, text)), kv_u64("open", n), kv_u64("cut_since_start", cut_so_far));
}

void hub_head_came(struct conn *c)
{
	struct hub *h = c->hub;

	if (!c->stranger)
		return;
	pthread_mutex_lock(&h->lock);
	c->awaits_head = false;
	pthread_mutex_unlock(&h->lock);
}

void hub_known(struct conn *c)
{
	struct hub *h = c->hub;

	if (!c->stranger)
		return;
	pthread_mutex_lock(&h->lock);
	unlist(h, c);
	pthread_mutex_unlock(&h->lock);
	c->stranger = c->crowd = false;
}
