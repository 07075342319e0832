/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/liveness.h"

#include "common/hash_table.h"

#include <pthread.h>
#include <stdlib.h>

struct heard {
	struct cc_uuid node;
	int64_t boot_ms;
};

struct liveness {
	pthread_mutex_t lock;
	struct cc_hash nodes;
};

static bool is_node(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct heard *)item)->node, *(const struct cc_uuid *)key);
}

static struct heard *find(const struct liveness *l, struct cc_uuid node)
{
	return (struct heard *)cc_hash_find(&l->nodes, cc_hash_id(node), is_node, &node);
}

struct liveness *liveness_new(void)
{
	struct liveness *l = cc_calloc(1, sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void liveness_free(struct liveness *l)
{
	const void *h;

	for (size_t at = 0; (h = cc_hash_next(&l->nodes, &at)) != NULL;)
		free((void *)h);
	cc_hash_free(&l->nodes);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void liveness_heard(struct liveness *l, struct cc_uuid node, int64_t boot_ms)
{
	struct heard *h;

	pthread_mutex_lock(&l->lock);
	h = find(l, node);
	if (h == NULL) {
		h = cc_calloc(1, sizeof(*h));
		h->node = node;
		cc_hash_add(&l->nodes, cc_hash_id(node), h);
	}
	if (boot_ms > h->boot_ms)
		h->boot_ms = boot_ms;
	pthread_mutex_unlock(&l->lock);
}

int64_t liveness_last(struct liveness *l, struct cc_uuid node)
{
	const struct heard *h;
	int64_t ms;

	pthread_mutex_lock(&l->lock);
	h = find(l, node);
	ms = h != NULL ? h->boot_ms : 0;
	pthread_mutex_unlock(&l->lock);
	return ms;
}
