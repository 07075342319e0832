/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the zone's instances, for the nodes: each instance that is assigned to a node has the address under which other machines reach that node, where its
 * published ports are. What a node has is named by a version that follows from the content alone, so it means the same to every controller and after every
 * restart; the newest changes are kept in a ring, and who is further behind gets all. Under the lock of the published zone. */
#pragma once

#include "controller/engine/effects.h"
#include "controller/engine/zone.h"

enum { NAMES_USUAL = 4096, NAMES_MAX = 16384, NAMES_AT_ONCE = 1024 };

struct names;

struct names *names_new(const struct zone *z, size_t ring_max);
void names_free(struct names *n);

/* Around the application of one effect to the zone. */
void names_before(struct names *n, const struct zone *z, const struct effect *x);
void names_after(struct names *n, const struct zone *z, const struct effect *x);

/* Changes with them. */
uint64_t names_version(const struct names *n);
/* Fills the names of an answer to who has `version`: what changed since, or all of them; at most NAMES_MAX. False when that is nothing. */
bool names_fill(const struct names *n, const struct zone *z, const char *version, struct node_orders *ret, struct cc_arena *a);
