/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token buckets. Two may share a bucket; the hash is keyed, so that nobody can aim at another's. */
#include "controller/http/ration.h"
#include "common/check.h"
#include "controller/http/peer.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { BUCKETS = 4096, MINUTE_MS = 60000 };

struct bucket {
	int64_t level; /* attempts left, times MINUTE_MS */
	int64_t at;
};

struct ration {
	pthread_mutex_t lock;
	unsigned char key[crypto_shorthash_KEYBYTES];
	int per_minute;
	int total_per_minute;
	struct bucket total;
	struct bucket buckets[BUCKETS];
};

struct ration *ration_new(int per_minute, int total_per_minute)
{
	struct ration *r = cc_calloc(1, sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	crypto_shorthash_keygen(r->key);
	r->per_minute = per_minute;
	r->total_per_minute = total_per_minute;
	return r;
}

void ration_free(struct ration *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct bucket *bucket_of_bytes(struct ration *r, const unsigned char *bytes, size_t len)
{
	uint64_t hash = 0;

	crypto_shorthash((unsigned char *)&hash, bytes, len, r->key);
	return &r->buckets[hash % BUCKETS];
}

static struct bucket *bucket_of(struct ration *r, const struct sockaddr *addr)
{
	struct peer p = peer_of(addr);

	return p.len > 0 ? bucket_of_bytes(r, p.b, p.len) : NULL;
}

/* 0 when there is one attempt left, else the seconds until there is. */
static int look(struct bucket *b, int per_minute, int64_t now)
{
	int64_t full = (int64_t)per_minute * MINUTE_MS;

	if (b->at == 0)
		b->level = full;
	else
		b->level += (now - b->at) * per_minute;
	if (b->level > full)
		b->level = full;
	b->at = now;
	return b->level >= MINUTE_MS ? 0 : 1 + (int)((MINUTE_MS - b->level) / per_minute / 1000);
}

/* Under the lock. */
static int take(struct ration *r, struct bucket *b, int64_t now_ms)
{
	int wait = r->total_per_minute > 0 ? look(&r->total, r->total_per_minute, now_ms) : 0;

	if (wait == 0 && b != NULL)
		wait = look(b, r->per_minute, now_ms);
	if (wait == 0 && r->total_per_minute > 0)
		r->total.level -= MINUTE_MS;
	if (wait == 0 && b != NULL)
		b->level -= MINUTE_MS;
	return wait;
}

int ration_take(struct ration *r, const struct sockaddr *addr, int64_t now_ms)
{
	int wait;

	pthread_mutex_lock(&r->lock);
	wait = take(r, bucket_of(r, addr), now_ms);
	pthread_mutex_unlock(&r->lock);
	return wait;
}

int ration_take_id(struct ration *r, struct cc_uuid id, int64_t now_ms)
{
	int wait;

	pthread_mutex_lock(&r->lock);
	wait = take(r, bucket_of_bytes(r, id.b, sizeof(id.b)), now_ms);
	pthread_mutex_unlock(&r->lock);
	return wait;
}
