/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who measures whom, and who is measured with whom. */
#include "controller/engine/distances_parts.h"

#include <stdlib.h>

#define CHOOSE_MS     600000 /* twice as long each time, up to: */
#define CHOOSE_MAX_MS (6 * 3600000LL)

void distances_drop_targets(struct distances *d, struct slot *s)
{
	for (size_t k = 0; k < s->n_targets; k++)
		d->slots[s->targets[k]].asked--;
	s->n_targets = 0;
}

void distances_set_port(struct distances *d, uint32_t at, uint16_t port)
{
	d->n_answer += (size_t)(port != 0) - (size_t)(d->slots[at].port != 0);
	d->slots[at].port = port;
}

void distances_forget_target(struct slot *s, uint32_t to)
{
	size_t kept = 0;

	for (size_t k = 0; k < s->n_targets; k++)
		if (s->targets[k] != to)
			s->targets[kept++] = s->targets[k];
	s->n_targets = kept;
}

void distances_answers(struct distances *d, struct cc_uuid node, int64_t port)
{
	uint32_t at;

	pthread_mutex_lock(&d->lock);
	if (distances_find(d, node, &at) && at != CONTROLLER)
		distances_set_port(d, at, port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0);
	pthread_mutex_unlock(&d->lock);
}

static bool has_good_targets(const struct distances *d, const struct slot *s, int64_t now_ms)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (d->slots[s->targets[i]].port == 0)
			return false;
	/* Too few for want of others: they may have come. */
	return now_ms < s->choose_ms && (s->n_targets == DISTANCES_TARGETS || s->n_targets + 1 >= d->n_answer);
}

static void choose(struct distances *d, uint32_t self, int64_t now_ms)
{
	struct slot *s = &d->slots[self];
	uint8_t *may = cc_calloc(d->n, 1);

	distances_drop_targets(d, s);
	for (uint32_t i = CONTROLLER + 1; i < d->n; i++)
		may[i] = d->slots[i].port != 0 && d->slots[i].asked < DISTANCES_ASKED_MAX;
	s->n_targets = sched_choose_probes(d->points, may, d->n, self, DISTANCES_TARGETS, cc_hash_id(s->node) + (uint64_t)now_ms, s->targets);
	for (size_t k = 0; k < s->n_targets; k++)
		d->slots[s->targets[k]].asked++;
	s->choose_after_ms = s->choose_after_ms == 0 ? CHOOSE_MS : s->choose_after_ms * 2 < CHOOSE_MAX_MS ? s->choose_after_ms * 2 : CHOOSE_MAX_MS;
	s->choose_ms = now_ms + s->choose_after_ms;
	free(may);
}

size_t distances_targets(struct distances *d, struct cc_uuid node, int64_t now_ms, struct distances_target ret[DISTANCES_TARGETS])
{
	size_t n = 0;
	uint32_t at;

	pthread_mutex_lock(&d->lock);
	if (distances_find(d, node, &at) && at != CONTROLLER && d->slots[at].port != 0) {
		if (!has_good_targets(d, &d->slots[at], now_ms))
			choose(d, at, now_ms);
		for (n = 0; n < d->slots[at].n_targets; n++)
			ret[n] = (struct distances_target){ d->slots[d->slots[at].targets[n]].node, d->slots[d->slots[at].targets[n]].port };
	}
	pthread_mutex_unlock(&d->lock);
	return n;
}

struct around {
	uint32_t self;
	int64_t now_ms;
	struct distances_near *ret;
	size_t n, max;
};

static void add_near(struct distances *d, struct around *x, uint32_t other)
{
	const struct measured *m = other != CONTROLLER ? distances_pair(d, x->self, other, x->now_ms) : NULL;

	if (m == NULL || x->n == x->max)
		return;
	for (size_t i = 0; i < x->n; i++)
		if (cc_uuid_equal(x->ret[i].node, d->slots[other].node))
			return;
	x->ret[x->n++] = (struct distances_near){ d->slots[other].node, m->us };
}

size_t distances_around(struct distances *d, struct cc_uuid node, int64_t now_ms, struct distances_near *ret, size_t max)
{
	struct around x = { .now_ms = now_ms, .ret = ret, .max = max };

	pthread_mutex_lock(&d->lock);
	if (distances_find(d, node, &x.self) && x.self != CONTROLLER) {
		for (size_t k = 0; k < DISTANCES_PAIRS; k++)
			add_near(d, &x, d->slots[x.self].measured[k].to);
		for (size_t k = 0; k < BY_MAX; k++)
			add_near(d, &x, d->slots[x.self].by[k]);
	}
	pthread_mutex_unlock(&d->lock);
	return x.n;
}
