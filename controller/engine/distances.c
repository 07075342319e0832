/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes have places in two arrays, points and slots; place 0 is the controller's. A node that goes leaves its place to the next one. */
#include "controller/engine/distances_parts.h"

#include <stdlib.h>
#include <string.h>

#define FIT_ROUNDS     40    /* after a pair has changed */
#define FIT_PULLS      20000 /* at a time: about 10 ms */
#define STORE_EVERY_MS 600000
#define SETTLE_MS      60000 /* where pairs change all the time, points are stored so often although they have not settled */
#define STORE_STEP_US  1000  /* a point that moved less is not stored anew, nor one that moved less than: */
#define STORE_SHARE    8     /* this part of its distance to the controller */
#define NEWS_STEP_US   300   /* the same for a pair, for which points are fitted anew */

struct place {
	struct cc_uuid node;
	uint32_t at;
};

static bool is_place_of(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct place *)item)->node, *(const struct cc_uuid *)key);
}

static struct place *find_place(const struct distances *d, struct cc_uuid node)
{
	return (struct place *)cc_hash_find(&d->places, cc_hash_id(node), is_place_of, &node);
}

bool distances_find(const struct distances *d, struct cc_uuid node, uint32_t *ret)
{
	const struct place *p = find_place(d, node);

	if (p != NULL)
		*ret = p->at;
	return p != NULL;
}

static uint32_t free_place(struct distances *d)
{
	for (uint32_t i = 0; i < d->n && d->n_free > 0; i++)
		if (!d->slots[i].used) {
			d->n_free--;
			return i;
		}
	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 16 : 2 * d->cap;
		d->points = cc_realloc(d->points, d->cap * sizeof(*d->points));
		d->slots = cc_realloc(d->slots, d->cap * sizeof(*d->slots));
	}
	d->slots[d->n].used = false;
	return d->n++;
}

static void add(struct distances *d, struct cc_uuid node, const struct sched_point *point)
{
	struct place *p = cc_malloc(sizeof(*p));

	*p = (struct place){ node, free_place(d) };
	cc_hash_add(&d->places, cc_hash_id(node), p);
	d->slots[p->at] = (struct slot){ .node = node, .used = true, .stored = *point };
	d->points[p->at] = *point;
}

struct distances *distances_new(void)
{
	struct distances *d = cc_calloc(1, sizeof(*d));
	const struct cc_uuid controller = { { 0 } };

	pthread_mutex_init(&d->lock, NULL);
	add(d, controller, &(struct sched_point){ .error = 1 });
	return d;
}

void distances_free(struct distances *d)
{
	const void *p;

	for (size_t at = 0; (p = cc_hash_next(&d->places, &at)) != NULL;)
		free((void *)p);
	cc_hash_free(&d->places);
	pthread_mutex_destroy(&d->lock);
	free(d->points);
	free(d->slots);
	free(d->pairs);
	free(d);
}

void distances_put(struct distances *d, struct cc_uuid node, const struct sched_point *stored)
{
	uint32_t at;

	pthread_mutex_lock(&d->lock);
	if (distances_find(d, node, &at))
		d->slots[at].stored = *stored;
	else
		add(d, node, stored);
	pthread_mutex_unlock(&d->lock);
}

static void changed(struct distances *d)
{
	d->listed = false;
	d->rounds = FIT_ROUNDS;
}

static void forget_pairs_to(struct distances *d, uint32_t to)
{
	for (uint32_t i = 0; i < d->n; i++)
		distances_forget_target(&d->slots[i], to);
	for (uint32_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < DISTANCES_PAIRS; k++)
			if (d->slots[i].measured[k].to == to)
				d->slots[i].measured[k] = (struct measured){ 0 };
}

void distances_remove(struct distances *d, struct cc_uuid node)
{
	struct place *p;

	pthread_mutex_lock(&d->lock);
	p = find_place(d, node);
	if (p != NULL && p->at != CONTROLLER) {
		distances_drop_targets(d, &d->slots[p->at]);
		forget_pairs_to(d, p->at);
		distances_set_port(d, p->at, 0);
		d->slots[p->at] = (struct slot){ 0 };
		d->n_free++;
		d->points[p->at] = (struct sched_point){ 0 };
		changed(d);
		d->cursor = d->n_pairs = 0; /* which may name the place */
		cc_hash_remove(&d->places, cc_hash_id(node), p);
		free(p);
	}
	pthread_mutex_unlock(&d->lock);
}

static struct measured *find_measured(struct slot *s, uint32_t to)
{
	for (size_t k = 0; k < DISTANCES_PAIRS; k++)
		if (s->measured[k].us != 0 && s->measured[k].to == to)
			return &s->measured[k];
	return NULL;
}

/* The pair's entry, or one that is free or oldest made free for it; the way to the controller is never given up for another. */
static struct measured *entry_for(struct slot *s, uint32_t to)
{
	struct measured *m = find_measured(s, to);
	size_t first = to == CONTROLLER ? 0 : 1;

	if (m != NULL)
		return m;
	m = &s->measured[first];
	for (size_t k = first; k < DISTANCES_PAIRS && to != CONTROLLER; k++)
		if (s->measured[k].us == 0 || (m->us != 0 && s->measured[k].at_ms < m->at_ms))
			m = &s->measured[k];
	*m = (struct measured){ .to = to };
	return m;
}

static void note_by(struct slot *s, uint32_t by)
{
	for (size_t k = 0; k < BY_MAX; k++)
		if (s->by[k] == by)
			return;
	s->by[s->next_by] = by;
	s->next_by = (s->next_by + 1) % BY_MAX;
}

static bool is_news(int64_t was, int64_t is)
{
	int64_t step = was / STORE_SHARE > NEWS_STEP_US ? was / STORE_SHARE : NEWS_STEP_US;

	return was == 0 || is - was > step || was - is > step;
}

static void take(struct distances *d, struct cc_uuid from, struct cc_uuid to, int64_t rtt_us, int64_t at_ms, bool sample)
{
	struct measured *m;
	uint32_t a, b;
	int64_t us;

	if (rtt_us <= 0)
		return;
	pthread_mutex_lock(&d->lock);
	if (distances_find(d, from, &a) && distances_find(d, to, &b) && a != b && a != CONTROLLER) {
		m = entry_for(&d->slots[a], b);
		note_by(&d->slots[b], a);
		if (!sample)
			m->samples.n = m->samples.at = 0;
		sched_samples_add(&m->samples, rtt_us);
		us = sched_samples_value(&m->samples);
		m->at_ms = at_ms;
		if (is_news(m->us, us)) {
			m->us = (int32_t)us;
			changed(d);
		}
	}
	pthread_mutex_unlock(&d->lock);
}

void distances_measured(struct distances *d, struct cc_uuid from, struct cc_uuid to, int64_t rtt_us, int64_t at_ms)
{
	take(d, from, to, rtt_us, at_ms, false);
}

void distances_sample(struct distances *d, struct cc_uuid from, struct cc_uuid to, int64_t rtt_us, int64_t at_ms)
{
	take(d, from, to, rtt_us, at_ms, true);
}

static bool is_fresh(const struct measured *m, int64_t now_ms)
{
	return m != NULL && m->us != 0 && now_ms - m->at_ms <= DISTANCES_FRESH_MS;
}

const struct measured *distances_pair(struct distances *d, uint32_t a, uint32_t b, int64_t now_ms)
{
	const struct measured *one = find_measured(&d->slots[a], b), *other = find_measured(&d->slots[b], a);

	one = is_fresh(one, now_ms) ? one : NULL;
	other = is_fresh(other, now_ms) ? other : NULL;
	if (one == NULL || (other != NULL && other->us > one->us))
		return other;
	return one;
}

static void list_pair(struct distances *d, uint32_t a, const struct measured *m, int64_t now_ms)
{
	bool by_both = is_fresh(find_measured(&d->slots[m->to], a), now_ms);

	if (!is_fresh(m, now_ms) || (by_both && m->to < a))
		return;
	if (d->n_pairs == d->cap_pairs) {
		d->cap_pairs = d->cap_pairs == 0 ? 64 : 2 * d->cap_pairs;
		d->pairs = cc_realloc(d->pairs, d->cap_pairs * sizeof(*d->pairs));
	}
	d->pairs[d->n_pairs++] = (struct sched_pair){ a, m->to, distances_pair(d, a, m->to, now_ms)->us };
}

static void list_pairs(struct distances *d, int64_t now_ms)
{
	d->n_pairs = 0;
	for (uint32_t a = 0; a < d->n; a++)
		for (size_t k = 0; k < DISTANCES_PAIRS; k++)
			list_pair(d, a, &d->slots[a].measured[k], now_ms);
	d->listed = true;
}

void distances_fit(struct distances *d, int64_t now_ms)
{
	size_t left = FIT_PULLS;

	pthread_mutex_lock(&d->lock);
	while (d->rounds > 0 && left > 0) {
		size_t rest, n;

		if (d->cursor == 0 && !d->listed)
			list_pairs(d, now_ms);
		rest = d->n_pairs - d->cursor;
		n = rest < left ? rest : left;
		sched_fit(d->points, 1, d->pairs + d->cursor, n, d->cursor);
		left -= n;
		d->cursor += n;
		if (d->cursor == d->n_pairs) {
			d->cursor = 0;
			d->rounds--;
		}
	}
	pthread_mutex_unlock(&d->lock);
}

static int64_t apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool is_worth_storing(const struct distances *d, uint32_t i, int64_t now_ms)
{
	const struct sched_point *is = &d->points[i], *was = &d->slots[i].stored;
	int64_t share = sched_distance_us(&d->points[CONTROLLER], is) / STORE_SHARE;
	int64_t moved = apart(is->x, was->x) + apart(is->y, was->y) + apart(is->height, was->height);

	if (!d->slots[i].used || !sched_point_is_known(is))
		return false;
	if (!sched_point_is_known(was))
		return true;
	if (d->slots[i].stored_ms != 0 && now_ms - d->slots[i].stored_ms < STORE_EVERY_MS)
		return false;
	return moved > (share > STORE_STEP_US ? share : STORE_STEP_US);
}

size_t distances_moved(struct distances *d, int64_t now_ms, struct distances_moved *ret, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&d->lock);
	if (d->rounds > 0 && now_ms - d->looked_ms < SETTLE_MS) {
		pthread_mutex_unlock(&d->lock);
		return 0;
	}
	d->looked_ms = now_ms;
	for (uint32_t i = CONTROLLER + 1; i < d->n && n < max; i++)
		if (is_worth_storing(d, i, now_ms)) {
			ret[n++] = (struct distances_moved){ d->slots[i].node, d->points[i] };
			d->slots[i].stored = d->points[i];
			d->slots[i].stored_ms = now_ms;
		}
	pthread_mutex_unlock(&d->lock);
	return n;
}

int64_t distances_us(const struct distance *m)
{
	return m->measured_us > 0 ? m->measured_us : m->estimate_us;
}

static void fill(struct distances *d, uint32_t a, uint32_t b, int64_t now_ms, struct distance *ret)
{
	const struct measured *m = distances_pair(d, a, b, now_ms);

	ret->estimate_us = a != b ? sched_distance_us(&d->points[a], &d->points[b]) : 0;
	ret->error = d->points[a].error > d->points[b].error ? d->points[a].error : d->points[b].error;
	if (m == NULL)
		return;
	ret->measured_us = m->us;
	ret->age_ms = now_ms > m->at_ms ? now_ms - m->at_ms : 0;
}

struct distance distances_between(struct distances *d, struct cc_uuid a, struct cc_uuid b, int64_t now_ms)
{
	struct distance m = { .estimate_us = SCHED_RTT_UNKNOWN };
	uint32_t at_a, at_b;

	pthread_mutex_lock(&d->lock);
	if (distances_find(d, a, &at_a) && distances_find(d, b, &at_b))
		fill(d, at_a, at_b, now_ms, &m);
	pthread_mutex_unlock(&d->lock);
	return m;
}
