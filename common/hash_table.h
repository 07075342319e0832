/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hash table from 64-bit hashes to pointers, with open addressing. The caller keeps the keys inside what it stores and says what equal means. */
#pragma once

#include "common/check.h"
#include "common/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cc_slot {
	uint64_t hash;
	const void *item; /* NULL: never used */
};

/* Zero-initialise it. */
struct cc_hash {
	struct cc_slot *slots;
	size_t cap;  /* a power of two, or 0 */
	size_t n;    /* items */
	size_t used; /* slots that are not free, removed ones included */
};

typedef bool cc_hash_equal_fn(const void *item, const void *key);

void cc_hash_free(struct cc_hash *h);
/* NULL when nothing equals the key. */
const void *cc_hash_find(const struct cc_hash *h, uint64_t hash, cc_hash_equal_fn *equal, const void *key);
/* Adds an item; the caller made sure that no equal one is there. */
void cc_hash_add(struct cc_hash *h, uint64_t hash, const void *item);
/* Removes the item that is this pointer; false when it is not there. */
bool cc_hash_remove(struct cc_hash *h, uint64_t hash, const void *item);
/* Walks all items: for (size_t at = 0; (p = cc_hash_next(h, &at)) != NULL;) */
const void *cc_hash_next(const struct cc_hash *h, size_t *at);

/* FNV-1a with a final mix; not for keys that strangers choose freely without a bound on their number. */
uint64_t cc_hash_bytes(const void *p, size_t len);
uint64_t cc_hash_text(const char *s);
uint64_t cc_hash_id(struct cc_uuid id);
