/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/told.h"

#include "common/hash_table.h"

#include <pthread.h>
#include <stdlib.h>

#define CLOCKS 2

struct word {
	struct cc_uuid node;
	int64_t ahead_ms[CLOCKS];
	size_t n_clocks, next_clock;
	struct node_report *last; /* of the last report that had facts; NULL: none had */
};

struct told {
	pthread_mutex_t lock;
	struct cc_hash nodes;
};

static bool is_node(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct word *)item)->node, *(const struct cc_uuid *)key);
}

static struct word *find(const struct told *t, struct cc_uuid node)
{
	return (struct word *)cc_hash_find(&t->nodes, cc_hash_id(node), is_node, &node);
}

static struct word *find_or_add(struct told *t, struct cc_uuid node)
{
	struct word *w = find(t, node);

	if (w != NULL)
		return w;
	w = cc_calloc(1, sizeof(*w));
	w->node = node;
	cc_hash_add(&t->nodes, cc_hash_id(node), w);
	return w;
}

static void forget(struct word *w)
{
	free(w->last);
	free(w);
}

struct told *told_new(void)
{
	struct told *t = cc_calloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void told_free(struct told *t)
{
	const void *w;

	for (size_t at = 0; (w = cc_hash_next(&t->nodes, &at)) != NULL;)
		forget((struct word *)w);
	cc_hash_free(&t->nodes);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void take_clock(struct word *w, int64_t ahead_ms)
{
	w->ahead_ms[w->next_clock] = ahead_ms;
	w->next_clock = (w->next_clock + 1) % CLOCKS;
	w->n_clocks += w->n_clocks < CLOCKS;
}

/* These parts alone, so that little is kept of each node. */
static struct node_report *keep(const struct node_report *r)
{
	struct node_report part = { 0 };

	if (cc_has(r, node_report, blocked))
		cc_set(&part, node_report, blocked, r->blocked);
	if (cc_has(r, node_report, upload_kbit))
		cc_set(&part, node_report, upload_kbit, r->upload_kbit);
	if (cc_has(r, node_report, download_kbit))
		cc_set(&part, node_report, download_kbit, r->download_kbit);
	return cc_row_heap_copy(&node_report_desc, &part);
}

/* Facts come together: what is not among them is not so any more. */
static bool has_facts(const struct node_report *r)
{
	return cc_has(r, node_report, boot_id);
}

void told_take(struct told *t, struct cc_uuid node, const struct node_report *r, int64_t now_ms)
{
	struct word *w;

	if (!cc_has(r, node_report, now) && !has_facts(r))
		return;
	pthread_mutex_lock(&t->lock);
	w = find_or_add(t, node);
	if (cc_has(r, node_report, now))
		take_clock(w, r->now - now_ms);
	if (has_facts(r)) {
		free(w->last);
		w->last = keep(r);
	}
	pthread_mutex_unlock(&t->lock);
}

static void show_clock(const struct word *w, struct node *n)
{
	int64_t most = w->ahead_ms[0];

	for (size_t i = 1; i < w->n_clocks; i++)
		most = w->ahead_ms[i] > most ? w->ahead_ms[i] : most;
	if (w->n_clocks > 0)
		cc_set(n, node, clock_ahead_ms, most);
}

static void show_network(const struct node_report *last, struct node *n, struct cc_arena *a)
{
	const struct node_report *r = cc_row_arena_copy(&node_report_desc, last, a);

	if (cc_has(r, node_report, blocked) && r->blocked.n > 0)
		cc_set(n, node, blocked, r->blocked);
	if (cc_has(r, node_report, upload_kbit))
		cc_set(n, node, upload_kbit, r->upload_kbit);
	if (cc_has(r, node_report, download_kbit))
		cc_set(n, node, download_kbit, r->download_kbit);
}

void told_show(struct told *t, struct node *n, struct cc_arena *a)
{
	const struct word *w;

	pthread_mutex_lock(&t->lock);
	w = find(t, n->id);
	if (w != NULL)
		show_clock(w, n);
	if (w != NULL && w->last != NULL)
		show_network(w->last, n, a);
	pthread_mutex_unlock(&t->lock);
}

void told_remove(struct told *t, struct cc_uuid node)
{
	struct word *w;

	pthread_mutex_lock(&t->lock);
	w = find(t, node);
	if (w != NULL && cc_hash_remove(&t->nodes, cc_hash_id(node), w))
		forget(w);
	pthread_mutex_unlock(&t->lock);
}
