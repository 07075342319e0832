/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear probing; a removed slot keeps a mark so that later items of its run stay reachable, and marks go when the table is rebuilt. */
#include "common/hash_table.h"

#include <stdlib.h>
#include <string.h>

static const char removed_mark;
#define REMOVED ((const void *)&removed_mark)

void cc_hash_free(struct cc_hash *h)
{
	free(h->slots);
	*h = (struct cc_hash){ 0 };
}

const void *cc_hash_find(const struct cc_hash *h, uint64_t hash, cc_hash_equal_fn *equal, const void *key)
{
	if (h->cap == 0)
		return NULL;
	for (size_t i = hash & (h->cap - 1); h->slots[i].item != NULL; i = (i + 1) & (h->cap - 1)) {
		const struct cc_slot *s = &h->slots[i];

		if (s->hash == hash && s->item != REMOVED && equal(s->item, key))
			return s->item;
	}
	return NULL;
}

static void place(struct cc_slot *slots, size_t cap, uint64_t hash, const void *item)
{
	size_t i = hash & (cap - 1);

	while (slots[i].item != NULL)
		i = (i + 1) & (cap - 1);
	slots[i] = (struct cc_slot){ hash, item };
}

static void rebuild(struct cc_hash *h)
{
	size_t cap = 16;
	struct cc_slot *slots;

	while (cap < h->n * 2 + 2)
		cap *= 2;
	slots = cc_calloc(cap, sizeof(*slots));
	for (size_t i = 0; i < h->cap; i++)
		if (h->slots[i].item != NULL && h->slots[i].item != REMOVED)
			place(slots, cap, h->slots[i].hash, h->slots[i].item);
	free(h->slots);
	h->slots = slots;
	h->cap = cap;
	h->used = h->n;
}

void cc_hash_add(struct cc_hash *h, uint64_t hash, const void *item)
{
	CC_PRE(item != NULL);
	if (h->cap == 0 || (h->used + 1) * 4 > h->cap * 3)
		rebuild(h);
	place(h->slots, h->cap, hash, item);
	h->n++;
	h->used++;
}

bool cc_hash_remove(struct cc_hash *h, uint64_t hash, const void *item)
{
	if (h->cap == 0)
		return false;
	for (size_t i = hash & (h->cap - 1); h->slots[i].item != NULL; i = (i + 1) & (h->cap - 1)) {
		if (h->slots[i].item != item)
			continue;
		h->slots[i].item = REMOVED;
		h->n--;
		return true;
	}
	return false;
}

const void *cc_hash_next(const struct cc_hash *h, size_t *at)
{
	while (*at < h->cap) {
		const void *item = h->slots[(*at)++].item;

		if (item != NULL && item != REMOVED)
			return item;
	}
	return NULL;
}

uint64_t cc_hash_bytes(const void *p, size_t len)
{
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

uint64_t cc_hash_text(const char *s)
{
	return cc_hash_bytes(s, strlen(s));
}

uint64_t cc_hash_id(struct cc_uuid id)
{
	return cc_hash_bytes(id.b, sizeof(id.b));
}
