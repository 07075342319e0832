/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes are counted from the beginning of a life; change i lies in slot i modulo size. All that came after `base` is in the ring. */
#include "controller/engine/history.h"

#include <pthread.h>
#include <stdlib.h>

struct history {
	pthread_mutex_t lock;
	size_t max;
	uint64_t first, end;
	unsigned life;
	int64_t revision; /* all up to here is told */
	int64_t base_revision;
	uint32_t base_sub;
	struct happening ring[];
};

struct history *history_new(size_t max, int64_t revision)
{
	struct history *h;

	max = max > 0 ? max : HISTORY_USUAL;
	h = cc_calloc(1, sizeof(*h) + max * sizeof(struct happening));
	pthread_mutex_init(&h->lock, NULL);
	h->max = max;
	h->revision = h->base_revision = revision;
	h->base_sub = UINT32_MAX;
	return h;
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static struct happening *slot(struct history *h, uint64_t at)
{
	return &h->ring[at % h->max];
}

static void forget_first(struct history *h)
{
	const struct happening *gone = slot(h, h->first++);

	h->base_revision = gone->revision;
	h->base_sub = gone->sub;
}

void history_add(struct history *h, struct happening *what)
{
	const struct happening *last;

	pthread_mutex_lock(&h->lock);
	last = h->end > h->first ? slot(h, h->end - 1) : NULL;
	what->sub = last != NULL && last->revision == what->revision ? last->sub + 1 : 0;
	if (h->end - h->first == h->max)
		forget_first(h);
	*slot(h, h->end++) = *what;
	pthread_mutex_unlock(&h->lock);
}

void history_advance(struct history *h, int64_t revision)
{
	pthread_mutex_lock(&h->lock);
	h->revision = revision;
	pthread_mutex_unlock(&h->lock);
}

void history_begin_anew(struct history *h, int64_t revision)
{
	pthread_mutex_lock(&h->lock);
	if (revision != h->revision) {
		h->first = h->end;
		h->life++;
		h->revision = h->base_revision = revision;
		h->base_sub = UINT32_MAX;
	}
	pthread_mutex_unlock(&h->lock);
}

struct history_place history_end(struct history *h, int64_t *ret_revision)
{
	struct history_place p;

	pthread_mutex_lock(&h->lock);
	p = (struct history_place){ h->end, h->life };
	*ret_revision = h->revision;
	pthread_mutex_unlock(&h->lock);
	return p;
}

struct history_place history_recent(struct history *h, size_t n)
{
	struct history_place p;

	pthread_mutex_lock(&h->lock);
	p = (struct history_place){ h->end - h->first > n ? h->end - n : h->first, h->life };
	pthread_mutex_unlock(&h->lock);
	return p;
}

static bool is_before(int64_t revision, uint32_t sub, int64_t other, uint32_t other_sub)
{
	return revision < other || (revision == other && sub < other_sub);
}

bool history_after(struct history *h, int64_t revision, uint32_t sub, struct history_place *ret)
{
	bool known;
	uint64_t at;

	pthread_mutex_lock(&h->lock);
	known = revision <= h->revision && !is_before(revision, sub, h->base_revision, h->base_sub);
	at = h->end;
	while (at > h->first && is_before(revision, sub, slot(h, at - 1)->revision, slot(h, at - 1)->sub))
		at--;
	if (known)
		*ret = (struct history_place){ at, h->life };
	pthread_mutex_unlock(&h->lock);
	return known;
}

enum history_step history_next(struct history *h, struct history_place *place, struct happening *ret)
{
	enum history_step step = HISTORY_ONE;

	pthread_mutex_lock(&h->lock);
	if (place->life != h->life)
		step = HISTORY_ANEW;
	else if (place->at < h->first)
		step = HISTORY_TOO_LATE;
	else if (place->at == h->end)
		step = HISTORY_NONE;
	else
		*ret = *slot(h, place->at++);
	pthread_mutex_unlock(&h->lock);
	return step;
}
