/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A snapshot's columns and the summaries of their blocks. A summary is exact at any time: a value that goes beyond a border moves it, and when one leaves a
 * border the block's column is looked through once. */
#include "scheduler/parts.h"

#include <string.h>

enum { ALIGN = 64, SPARE_BLOCKS = 8, SPARE_SHARE = 16 };

/* Every column, and how many of its elements a block has. */
// clang-format off
#define OF_RESOURCE(C, r) C(free[r], SCHED_BLOCK) C(level[r], SCHED_BLOCK)
#define COLUMNS(C)                                      \
	C(there, SCHED_MASK_WORDS)                      \
	C(key, SCHED_BLOCK)                             \
	C(traits, SCHED_BLOCK)                          \
	C(trait_sets, SCHED_TRAITS * SCHED_MASK_WORDS)  \
	OF_RESOURCE(C, SCHED_CPU)                       \
	OF_RESOURCE(C, SCHED_MEMORY)                    \
	OF_RESOURCE(C, SCHED_DISK)                      \
	OF_RESOURCE(C, SCHED_INSTANCES)                 \
	OF_RESOURCE(C, SCHED_BANDWIDTH)                 \
	C(granted_cpu, SCHED_BLOCK)                     \
	C(granted_mib, SCHED_BLOCK)                     \
	C(share_cpu, SCHED_BLOCK)                       \
	C(share_mib, SCHED_BLOCK)                       \
	C(used_cpu, SCHED_BLOCK)                        \
	C(used_mib, SCHED_BLOCK)                        \
	C(reliability, SCHED_BLOCK)                     \
	C(x, SCHED_BLOCK)                               \
	C(y, SCHED_BLOCK)                               \
	C(height, SCHED_BLOCK)                          \
	C(summary, 1)
// clang-format on

struct layout {
	char *memory; /* NULL: only measured */
	size_t size;
};

static void *lay(struct layout *l, size_t bytes)
{
	size_t at = l->size;

	l->size += (bytes + ALIGN - 1) / ALIGN * ALIGN;
	return l->memory != NULL ? l->memory + at : NULL;
}

/* How many blocks there may be for n nodes: twice what they fill, so that those that are alike find together, and a few for small zones. */
static size_t blocks_for(size_t n)
{
	size_t spare = n / SPARE_SHARE;

	return 1 + (spare < SPARE_BLOCKS ? spare : SPARE_BLOCKS) + 2 * n / SCHED_BLOCK;
}

static size_t lay_out(struct sched_nodes *nodes, char *memory, size_t blocks)
{
	struct layout l = { memory, 0 };

	*nodes = (struct sched_nodes){ .cap = blocks };
#define C(name, per_block) nodes->name = lay(&l, blocks * (per_block) * sizeof(*nodes->name));
	COLUMNS(C)
#undef C
	return l.size;
}

size_t sched_nodes_size(size_t n)
{
	struct sched_nodes ignored;

	return lay_out(&ignored, NULL, blocks_for(n));
}

void sched_nodes_init(struct sched_nodes *ret, void *memory, size_t n)
{
	size_t size = lay_out(ret, memory, blocks_for(n));

	memset(memory, 0, size);
}

/* Where a node is. */
struct spot {
	size_t block, at; /* at: within the block */
	bool fresh;       /* nothing was there */
	uint32_t n;       /* nodes of the block, this one included */
	struct sched_mask all;
};

/* A column of a block and its borders: the value at the spot becomes `now`. */
#define DEFINE_TRACK(type)                                                                                        \
	static void find_borders_##type(const type *column, struct sched_mask of, uint32_t n, type *lo, type *hi) \
	{                                                                                                         \
		size_t i = 0;                                                                                     \
		type low, high;                                                                                   \
                                                                                                                  \
		if (!mask_next(&of, &i))                                                                          \
			return;                                                                                   \
		low = high = column[i];                                                                           \
		for (i = 0; i < SCHED_BLOCK && n == SCHED_BLOCK; i++) {                                           \
			low = column[i] < low ? column[i] : low;                                                  \
			high = column[i] > high ? column[i] : high;                                               \
		}                                                                                                 \
		while (n < SCHED_BLOCK && mask_next(&of, &i)) {                                                   \
			low = column[i] < low ? column[i] : low;                                                  \
			high = column[i] > high ? column[i] : high;                                               \
		}                                                                                                 \
		*lo = low;                                                                                        \
		*hi = high;                                                                                       \
	}                                                                                                         \
	static void track_##type(type *column, const struct spot *s, type now, type *lo, type *hi)                \
	{                                                                                                         \
		type was = column[s->at];                                                                         \
                                                                                                                  \
		column[s->at] = now;                                                                              \
		if (s->n == 1 || (!s->fresh && ((was == *lo && now > was) || (was == *hi && now < was)))) {       \
			find_borders_##type(column, s->all, s->n, lo, hi);                                        \
			return;                                                                                   \
		}                                                                                                 \
		*lo = now < *lo ? now : *lo;                                                                      \
		*hi = now > *hi ? now : *hi;                                                                      \
	}
DEFINE_TRACK(int32_t)
DEFINE_TRACK(int16_t)
DEFINE_TRACK(uint64_t)

static void put_trait(const struct sched_nodes *nodes, const struct spot *s, size_t trait, bool has)
{
	struct sched_summary *sum = &nodes->summary[s->block];
	uint64_t *words = sched_trait_words(nodes, s->block, trait);
	uint32_t bit = (uint32_t)1 << trait;

	if (has)
		sched_set_add(words, s->at);
	else
		words[s->at / 64] &= ~((uint64_t)1 << (s->at % 64));
	sum->any = mask_any(mask_of(words)) ? sum->any | bit : sum->any & ~bit;
	sum->all = mask_any(mask_minus(s->all, mask_of(words))) ? sum->all & ~bit : sum->all | bit;
}

static void put_traits(const struct sched_nodes *nodes, const struct spot *s, uint32_t now)
{
	uint32_t *traits = &nodes->traits[s->block * SCHED_BLOCK + s->at];
	uint32_t changed = s->fresh ? ~(uint32_t)0 : *traits ^ now;

	*traits = now;
	for (; changed != 0; changed &= changed - 1) {
		size_t trait = (size_t)__builtin_ctz(changed);

		put_trait(nodes, s, trait, now >> trait & 1);
	}
}

static void put_amount(const struct sched_nodes *nodes, const struct spot *s, enum sched_resource r, int32_t now)
{
	struct sched_summary *sum = &nodes->summary[s->block];
	size_t base = s->block * SCHED_BLOCK;

	track_int32_t(nodes->free[r] + base, s, now, &sum->free_lo[r], &sum->free_hi[r]);
	nodes->level[r][base + s->at] = sched_level(now);
}

static void put_shares(const struct sched_nodes *nodes, const struct spot *s, const struct sched_node *node)
{
	struct sched_summary *sum = &nodes->summary[s->block];
	size_t base = s->block * SCHED_BLOCK, i = base + s->at;
	int32_t cpu, mib;

	/* A factor costs a division and hardly ever changes. */
	if (s->fresh || nodes->granted_cpu[i] != node->granted_cpu)
		track_uint64_t(nodes->share_cpu + base, s, sched_share_factor(node->granted_cpu), &sum->cpu_lo, &sum->cpu_hi);
	if (s->fresh || nodes->granted_mib[i] != node->granted_mib)
		track_uint64_t(nodes->share_mib + base, s, sched_share_factor(node->granted_mib), &sum->mib_lo, &sum->mib_hi);
	nodes->granted_cpu[i] = node->granted_cpu;
	nodes->granted_mib[i] = node->granted_mib;
	cpu = sched_share((int64_t)node->granted_cpu - node->free[SCHED_CPU], node->granted_cpu, nodes->share_cpu[i]);
	mib = sched_share((int64_t)node->granted_mib - node->free[SCHED_MEMORY], node->granted_mib, nodes->share_mib[i]);
	track_int16_t(nodes->used_cpu + base, s, (int16_t)cpu, &sum->used_cpu_lo, &sum->used_cpu_hi);
	track_int16_t(nodes->used_mib + base, s, (int16_t)mib, &sum->used_mib_lo, &sum->used_mib_hi);
}

static void put_point(const struct sched_nodes *nodes, const struct spot *s, const struct sched_point *p)
{
	struct sched_summary *sum = &nodes->summary[s->block];
	bool known = sched_point_is_known(p);
	size_t base = s->block * SCHED_BLOCK;

	track_int32_t(nodes->x + base, s, known ? p->x : 0, &sum->x_lo, &sum->x_hi);
	track_int32_t(nodes->y + base, s, known ? p->y : 0, &sum->y_lo, &sum->y_hi);
	track_int32_t(nodes->height + base, s, known ? p->height : -1, &sum->height_lo, &sum->height_hi);
}

static void put(struct sched_nodes *nodes, size_t i, const struct sched_node *node, bool fresh)
{
	struct spot s = { i / SCHED_BLOCK, i % SCHED_BLOCK, fresh, 0, mask_none() };
	struct sched_summary *sum = &nodes->summary[s.block];

	s.n = sum->n;
	s.all = sched_block_nodes(nodes, s.block);
	nodes->key[i] = node->key;
	put_traits(nodes, &s, node->traits);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		put_amount(nodes, &s, (enum sched_resource)r, node->free[r]);
	put_shares(nodes, &s, node);
	track_int16_t(nodes->reliability + s.block * SCHED_BLOCK, &s, (int16_t)node->reliability, &sum->reliability_lo, &sum->reliability_hi);
	put_point(nodes, &s, &node->point);
}

void sched_nodes_put(struct sched_nodes *nodes, size_t i, const struct sched_node *node)
{
	put(nodes, i, node, false);
}

/* What makes nodes alike: what they can run, and how large they are. A byte each, for distances. */
static uint32_t kind_of(const struct sched_node *node)
{
	uint32_t can = node->traits >> 8;

	can = (can ^ can >> 8 ^ can >> 16) & 0xff;
	return can << 16 | (uint32_t)sched_level(node->granted_cpu) << 8 | sched_level(node->granted_mib);
}

static uint32_t difference(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* How unlike two kinds are; what they can run weighs the most. */
static uint32_t unlike(uint32_t a, uint32_t b)
{
	return (a >> 16 != b >> 16 ? 1000 : 0) + difference(a >> 8 & 0xff, b >> 8 & 0xff) + difference(a & 0xff, b & 0xff);
}

/* The block whose nodes are most like it, among those with room; a new one rather than one that is quite another, as long as there may be more. */
static size_t block_for(const struct sched_nodes *nodes, uint32_t kind)
{
	size_t best = nodes->blocks;
	uint32_t least = UINT32_MAX;

	for (size_t block = 0; block < nodes->blocks; block++) {
		uint32_t d = unlike(nodes->summary[block].kind, kind);

		if (nodes->summary[block].n < SCHED_BLOCK && d < least) {
			best = block;
			least = d;
		}
	}
	return least > 0 && nodes->blocks < blocks_for(nodes->n) ? nodes->blocks : best;
}

size_t sched_nodes_add(struct sched_nodes *nodes, const struct sched_node *node)
{
	uint32_t kind = kind_of(node);
	size_t block = block_for(nodes, kind), i = block * SCHED_BLOCK;
	struct sched_mask room;
	size_t at = 0;

	if (block == nodes->blocks) {
		nodes->summary[block] = (struct sched_summary){ .kind = kind };
		nodes->blocks++;
	}
	room = mask_not(sched_block_nodes(nodes, block));
	(void)mask_next(&room, &at);
	i += at;
	sched_set_add(nodes->there, i);
	nodes->summary[block].n++;
	nodes->n++;
	put(nodes, i, node, true);
	return i;
}

void sched_nodes_get(const struct sched_nodes *nodes, size_t i, struct sched_node *ret)
{
	*ret = (struct sched_node){ .traits = nodes->traits[i],
		.granted_cpu = nodes->granted_cpu[i],
		.granted_mib = nodes->granted_mib[i],
		.reliability = nodes->reliability[i],
		.point = { nodes->x[i], nodes->y[i], nodes->height[i], nodes->height[i] >= 0 },
		.key = nodes->key[i] };
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ret->free[r] = nodes->free[r][i];
}

/* Without looking at what was known before. */
static void sum_up(const struct sched_nodes *nodes, size_t block)
{
	struct sched_summary *sum = &nodes->summary[block];
	struct sched_mask all = sched_block_nodes(nodes, block), left = all;
	size_t base = block * SCHED_BLOCK;

	sum->all = ~(uint32_t)0;
	sum->any = 0;
	for (size_t i; mask_next(&left, &i);) {
		sum->all &= nodes->traits[base + i];
		sum->any |= nodes->traits[base + i];
	}
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		find_borders_int32_t(nodes->free[r] + base, all, sum->n, &sum->free_lo[r], &sum->free_hi[r]);
	find_borders_uint64_t(nodes->share_cpu + base, all, sum->n, &sum->cpu_lo, &sum->cpu_hi);
	find_borders_uint64_t(nodes->share_mib + base, all, sum->n, &sum->mib_lo, &sum->mib_hi);
	find_borders_int16_t(nodes->used_cpu + base, all, sum->n, &sum->used_cpu_lo, &sum->used_cpu_hi);
	find_borders_int16_t(nodes->used_mib + base, all, sum->n, &sum->used_mib_lo, &sum->used_mib_hi);
	find_borders_int32_t(nodes->x + base, all, sum->n, &sum->x_lo, &sum->x_hi);
	find_borders_int32_t(nodes->y + base, all, sum->n, &sum->y_lo, &sum->y_hi);
	find_borders_int32_t(nodes->height + base, all, sum->n, &sum->height_lo, &sum->height_hi);
	find_borders_int16_t(nodes->reliability + base, all, sum->n, &sum->reliability_lo, &sum->reliability_hi);
}

void sched_nodes_remove(struct sched_nodes *nodes, size_t i)
{
	size_t block = i / SCHED_BLOCK;

	sched_set_drop(nodes->there, i);
	for (size_t trait = 0; trait < SCHED_TRAITS; trait++)
		sched_set_drop(sched_trait_words(nodes, block, trait), i % SCHED_BLOCK);
	nodes->n--;
	nodes->summary[block].n--;
	sum_up(nodes, block);
}

bool sched_nodes_next(const struct sched_nodes *nodes, size_t *at, size_t *ret)
{
	for (; *at < nodes->blocks * SCHED_BLOCK; ++*at) {
		if (!sched_set_has(nodes->there, *at))
			continue;
		*ret = (*at)++;
		return true;
	}
	return false;
}

void sched_nodes_copy(struct sched_nodes *to, const struct sched_nodes *from)
{
	if (from->blocks == 0)
		return;
	to->n = from->n;
	to->blocks = from->blocks;
#define C(name, per_block) memcpy(to->name, from->name, from->blocks *(per_block) * sizeof(*from->name));
	COLUMNS(C)
#undef C
}
