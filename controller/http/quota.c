/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/quota.h"

#include "common/hash_table.h"

#include <pthread.h>
#include <stdlib.h>

struct holder {
	struct cc_uuid id;
	size_t n; /* never 0 */
};

struct quota {
	pthread_mutex_t lock;
	size_t max;
	struct cc_hash holders;
};

static bool is_of(const void *item, const void *key)
{
	return cc_uuid_equal(((const struct holder *)item)->id, *(const struct cc_uuid *)key);
}

static struct holder *find(const struct quota *q, struct cc_uuid id)
{
	return (struct holder *)cc_hash_find(&q->holders, cc_hash_id(id), is_of, &id);
}

struct quota *quota_new(size_t max)
{
	struct quota *q = cc_calloc(1, sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	q->max = max;
	return q;
}

void quota_free(struct quota *q)
{
	const void *h;

	if (q == NULL)
		return;
	for (size_t at = 0; (h = cc_hash_next(&q->holders, &at)) != NULL;)
		free((void *)h);
	cc_hash_free(&q->holders);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Under the lock. */
static struct holder *find_or_add(struct quota *q, struct cc_uuid id)
{
	struct holder *h = find(q, id);

	if (h == NULL) {
		h = cc_calloc(1, sizeof(*h));
		h->id = id;
		cc_hash_add(&q->holders, cc_hash_id(id), h);
	}
	return h;
}

bool quota_enter(struct quota *q, struct cc_uuid id)
{
	struct holder *h;
	bool entered;

	pthread_mutex_lock(&q->lock);
	h = find_or_add(q, id);
	entered = h->n < q->max;
	h->n += entered;
	pthread_mutex_unlock(&q->lock);
	return entered;
}

void quota_leave(struct quota *q, struct cc_uuid id)
{
	struct holder *h;

	pthread_mutex_lock(&q->lock);
	h = find(q, id);
	CC_PRE(h != NULL && h->n > 0);
	if (--h->n == 0) {
		cc_hash_remove(&q->holders, cc_hash_id(id), h);
		free(h);
	}
	pthread_mutex_unlock(&q->lock);
}
