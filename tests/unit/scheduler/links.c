/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scheduler/links.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

#define TIMES 4

void links_add(struct links *l, uint32_t a, uint32_t b, int32_t us)
{
	if ((l->n_items & (l->n_items + 1)) == 0)
		l->items = realloc(l->items, (l->n_items + 1) * 2 * sizeof(*l->items));
	CC_PRE(l->items != NULL && a < l->n && b < l->n && us > 0);
	l->items[l->n_items++] = (struct link){ a, b, us };
}

void links_done(struct links *l)
{
	l->from = cc_calloc(l->n + 2, sizeof(*l->from));
	l->to = cc_calloc(l->n_items * 2 + 1, sizeof(*l->to));
	l->us = cc_calloc(l->n_items * 2 + 1, sizeof(*l->us));
	for (size_t i = 0; i < l->n_items; i++) {
		l->from[l->items[i].a + 2]++;
		l->from[l->items[i].b + 2]++;
	}
	for (uint32_t i = 0; i < l->n; i++)
		l->from[i + 2] += l->from[i + 1];
	for (size_t i = 0; i < l->n_items; i++) {
		const struct link *k = &l->items[i];
		uint32_t at_a = l->from[k->a + 1]++, at_b = l->from[k->b + 1]++;

		l->to[at_a] = k->b;
		l->to[at_b] = k->a;
		l->us[at_a] = l->us[at_b] = k->us;
	}
}

void links_free(struct links *l)
{
	free(l->items);
	free(l->from);
	free(l->to);
	free(l->us);
	*l = (struct links){ 0 };
}

static int32_t between(struct test_random *r, int32_t low, int32_t high)
{
	return low + (int32_t)test_random_below(r, (uint32_t)(high - low + 1));
}

struct links links_tree(struct test_random *r, uint32_t n)
{
	struct links l = { .n = n };
	uint32_t supernodes = n / 20 + 1;

	for (uint32_t i = 1; i < n; i++) {
		bool behind = i > supernodes + 1 && test_random_below(r, 4) == 0;
		uint32_t up = behind ? supernodes + test_random_below(r, i - supernodes) : test_random_below(r, i < supernodes ? i : supernodes);

		links_add(&l, i, up, i < supernodes ? between(r, 1000, 4000) : between(r, 1500, 8000));
	}
	links_done(&l);
	return l;
}

struct links links_grid(struct test_random *r, uint32_t n)
{
	struct links l = { .n = n };
	uint32_t side = sched_root(n);

	for (uint32_t i = 0; i < n; i++) {
		if (i % side + 1 < side && i + 1 < n)
			links_add(&l, i, i + 1, between(r, 1500, 3000));
		if (i + side < n)
			links_add(&l, i, i + side, between(r, 1500, 3000));
	}
	links_done(&l);
	return l;
}

static uint32_t far(const uint32_t *xy, uint32_t a, uint32_t b)
{
	int64_t dx = (int64_t)xy[2 * a] - xy[2 * b], dy = (int64_t)xy[2 * a + 1] - xy[2 * b + 1];

	return sched_root((uint64_t)(dx * dx + dy * dy));
}

/* The nearest of the first `below` but those nearer than `than`. */
static uint32_t next_nearest(const uint32_t *xy, uint32_t i, uint32_t below, uint32_t than)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t j = 0; j < below; j++)
		if (j != i && far(xy, i, j) > than && (best == UINT32_MAX || far(xy, i, j) < far(xy, i, best)))
			best = j;
	return best;
}

struct links links_plain(struct test_random *r, uint32_t n)
{
	struct links l = { .n = n };
	uint32_t *xy = cc_calloc(2 * n, sizeof(*xy));

	for (uint32_t i = 0; i < 2 * n; i++)
		xy[i] = test_random_below(r, 100000);
	for (uint32_t i = 1; i < n; i++) {
		uint32_t than = 0;

		links_add(&l, i, next_nearest(xy, i, i, 0), between(r, 1000, 4000)); /* of one piece */
		for (int k = 0; k < 3; k++) {
			uint32_t j = next_nearest(xy, i, n, than);

			than = far(xy, i, j);
			links_add(&l, i, j, between(r, 1000, 4000));
		}
	}
	free(xy);
	links_done(&l);
	return l;
}

void links_rtt(const struct links *l, uint32_t source, int32_t *ret)
{
	uint32_t *queue = cc_calloc(l->n + 1, sizeof(*queue));
	bool *queued = cc_calloc(l->n, sizeof(*queued));
	uint32_t head = 0, waiting = 1;

	memset(ret, 0, l->n * sizeof(*ret));
	queue[0] = source;
	for (; waiting > 0; waiting--) {
		uint32_t i = queue[head];

		head = (head + 1) % (l->n + 1);
		queued[i] = false;
		for (uint32_t k = l->from[i]; k < l->from[i + 1]; k++) {
			uint32_t j = l->to[k];
			int32_t us = ret[i] + l->us[k];

			if (j == source || (ret[j] != 0 && ret[j] <= us))
				continue;
			ret[j] = us;
			if (!queued[j])
				queue[(head + waiting++ - 1) % (l->n + 1)] = j;
			queued[j] = true;
		}
	}
	free(queue);
	free(queued);
}

int32_t links_sample(struct test_random *r, int32_t rtt)
{
	/* Lost frames: each repeat adds; one in twenty probes meets a busy channel. */
	int64_t us = rtt + rtt / 50 + between(r, 0, 300);

	while (test_random_below(r, 4) == 0)
		us += rtt / 5;
	if (test_random_below(r, 20) == 0)
		us += 2 * rtt;
	return us > SCHED_RTT_MAX ? SCHED_RTT_MAX : (int32_t)us;
}

static void measure(struct links_fit *f, struct test_random *r, uint32_t a, uint32_t b, int32_t rtt)
{
	struct sched_samples s = { 0 };

	if (rtt == 0)
		return;
	for (int i = 0; i < SCHED_SAMPLES; i++)
		sched_samples_add(&s, links_sample(r, rtt));
	f->pairs[f->n_pairs++] = (struct sched_pair){ a, b, sched_samples_value(&s) };
}

struct links_fit links_fit(const struct links *l, struct test_random *r, size_t probes)
{
	struct links_fit f = { .points = cc_calloc(l->n, sizeof(*f.points)), .pairs = cc_calloc((probes + 1) * l->n, sizeof(*f.pairs)) };
	int32_t *rtt = cc_calloc(l->n, sizeof(*rtt));
	uint8_t *may = cc_calloc(l->n, 1);

	memset(may, 1, l->n);
	may[0] = 0;
	f.points[0].error = 1;
	for (int time = 0; time < TIMES; time++) {
		f.n_pairs = 0;
		for (uint32_t i = 1; i < l->n; i++) {
			uint32_t chosen[SCHED_PROBES_MAX];
			size_t n = sched_choose_probes(f.points, may, l->n, i, probes, test_random_next(r), chosen);

			links_rtt(l, i, rtt);
			measure(&f, r, i, 0, rtt[0]);
			for (size_t k = 0; k < n; k++)
				measure(&f, r, i, chosen[k], rtt[chosen[k]]);
		}
		for (int k = 0; k < LINKS_ROUNDS; k++)
			sched_fit(f.points, 1, f.pairs, f.n_pairs, 7);
	}
	free(rtt);
	free(may);
	return f;
}

void links_fit_free(struct links_fit *f)
{
	free(f->points);
	free(f->pairs);
	*f = (struct links_fit){ 0 };
}

static int by_size(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

struct links_error links_error(const struct links *l, const struct sched_point *points, struct test_random *r, uint32_t sources, uint32_t but)
{
	int *errors = cc_calloc((size_t)sources * l->n, sizeof(*errors));
	int32_t *rtt = cc_calloc(l->n, sizeof(*rtt));
	struct links_error e;
	size_t n = 0;

	for (uint32_t k = 0; k < sources; k++) {
		uint32_t i = test_random_below(r, l->n);

		links_rtt(l, i, rtt);
		for (uint32_t j = 0; j < l->n && i != but; j++)
			if (j != but && rtt[j] > 0)
				errors[n++] = (int)(1000 * llabs(sched_distance_us(&points[i], &points[j]) - rtt[j]) / rtt[j]);
	}
	CC_PRE(n > 0);
	qsort(errors, n, sizeof(*errors), by_size);
	e = (struct links_error){ errors[n / 2], errors[n * 9 / 10] };
	free(errors);
	free(rtt);
	return e;
}
