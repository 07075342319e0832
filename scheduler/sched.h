/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scheduler: snapshot in, decision out. Pure: no I/O, no clock, no threads, no globals, no allocation; integers only. The same snapshot, request and seed
 * give the same decision on every machine, whatever the order of nodes in memory. */
#pragma once

#include "scheduler/distance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Amounts lie between -SCHED_AMOUNT_MAX and SCHED_AMOUNT_MAX in the snapshot, between 0 and that in a request; the caller sees to it. */
#define SCHED_AMOUNT_MAX (1 << 30)

/* What nodes have an amount of. A request asks for at least so much; 0 asks for nothing and fits everywhere, also where others took more than is granted. */
enum sched_resource {
	SCHED_CPU,       /* thousandths of a core */
	SCHED_MEMORY,    /* MiB */
	SCHED_DISK,      /* MiB */
	SCHED_INSTANCES, /* every request takes one */
	SCHED_BANDWIDTH, /* a class, the larger the faster: not used up */
	SCHED_RESOURCES
};

/* What a node is or has, as bits; the bits of architectures are among them. */
enum sched_trait {
	SCHED_READY = 1 << 0,             /* reports and takes instances */
	SCHED_PAUSED = 1 << 1,            /* its owner lets nothing new start */
	SCHED_DRAINED = 1 << 2,           /* an admin lets nothing new start */
	SCHED_FEATURE_CONTAINER = 1 << 8, /* runs containers */
	SCHED_FEATURE_VM = 1 << 9,
	SCHED_FEATURE_VOLUMES = 1 << 10,   /* gives volumes to what it runs */
	SCHED_FEATURE_BANDWIDTH = 1 << 11, /* limits what they send and receive */
};

/* The number of an architecture in Debian's words; 0 for unknown ones, which match nothing. */
uint8_t sched_arch_number(const char *arch);
/* The word for a number, from 1; NULL behind the last. */
const char *sched_arch_name(uint8_t number);
/* The same as a trait; 0 for unknown ones. */
uint32_t sched_arch_bit(const char *arch);

/* A node, as it is put into a snapshot. */
struct sched_node {
	uint32_t traits;
	int32_t free[SCHED_RESOURCES]; /* granted minus assigned; may be negative */
	int32_t granted_cpu;
	int32_t granted_mib;
	int32_t reliability; /* observed, 0 to 1000 */
	struct sched_point point;
	uint64_t key; /* a number of the node that never changes (from its id), no two alike: order in memory must not matter */
};

#define SCHED_BLOCK 256 /* places for nodes that are summed up together */

/* The nodes of a zone as columns: index i is the same node everywhere, and stays its own. Besides, what most decisions need to know of a block of nodes is kept
 * with every change, so that a decision reads few of them; nodes that are alike get places in the same block, for then it knows the most. To be written with
 * the functions below only. */
struct sched_nodes {
	size_t n;        /* nodes */
	size_t blocks;   /* in use; indexes lie below blocks times SCHED_BLOCK */
	size_t cap;      /* blocks there is memory for */
	uint64_t *there; /* the set of indexes that are nodes */
	uint64_t *key;
	uint32_t *traits;
	uint64_t *trait_sets; /* per block and trait the set of the block's nodes that have it */
	int32_t *free[SCHED_RESOURCES];
	uint8_t *level[SCHED_RESOURCES]; /* free, rounded down to one of 232 values that lie ever farther apart */
	int32_t *granted_cpu, *granted_mib;
	uint64_t *share_cpu, *share_mib; /* what an amount is multiplied with to get its share of what is granted */
	int16_t *used_cpu, *used_mib;    /* the share in use, 0 to 1000 */
	int16_t *reliability;
	int32_t *x, *y, *height;       /* of the point; the height is -1 where it is unknown */
	struct sched_summary *summary; /* one per block */
};

/* Bytes for a snapshot of up to `n` nodes. */
size_t sched_nodes_size(size_t n);
/* An empty snapshot in memory of that size, aligned as malloc does, which stays the caller's and must last as long. */
void sched_nodes_init(struct sched_nodes *ret, void *memory, size_t n);
/* Into one that is empty and at least as large; indexes stay. */
void sched_nodes_copy(struct sched_nodes *to, const struct sched_nodes *from);
/* Returns the node's index; there are fewer nodes than there is memory for. */
size_t sched_nodes_add(struct sched_nodes *nodes, const struct sched_node *node);
/* Changes the node i. */
void sched_nodes_put(struct sched_nodes *nodes, size_t i, const struct sched_node *node);
void sched_nodes_get(const struct sched_nodes *nodes, size_t i, struct sched_node *ret);
/* Another node may get its index. */
void sched_nodes_remove(struct sched_nodes *nodes, size_t i);
/* for (size_t at = 0, i; sched_nodes_next(nodes, &at, &i);) */
bool sched_nodes_next(const struct sched_nodes *nodes, size_t *at, size_t *ret);

/* A set of nodes: bit i % 64 of word i / 64 is node i. So many words; what is not a node does not matter. */
static inline size_t sched_words(const struct sched_nodes *nodes)
{
	return nodes->blocks * (SCHED_BLOCK / 64);
}

static inline bool sched_set_has(const uint64_t *set, size_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static inline void sched_set_add(uint64_t *set, size_t i)
{
	set[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void sched_set_drop(uint64_t *set, size_t i)
{
	set[i / 64] &= ~((uint64_t)1 << (i % 64));
}

/* Reasons for which a node falls out, in the order in which they are looked for. SCHED_FELL_<NAME>; sched_filter_text gives the words. */
enum sched_filter {
#define F(NAME, text, one, many, without) SCHED_FELL_##NAME,
#include "scheduler/filters.def"
#undef F
	SCHED_FELL_MAX
};
const char *sched_filter_text(enum sched_filter f);

/* Reasons that the caller knows for this very request: those from UNWELCOME to EXTRAS. */
#define SCHED_BARS      (SCHED_FELL_EXTRAS + 1 - SCHED_FELL_UNWELCOME)
#define SCHED_BAR(NAME) (SCHED_FELL_##NAME - SCHED_FELL_UNWELCOME)

/* Nodes in whose domain (the node itself, its owner, all nodes with the same value of a label...) there are so many of the request's like already. */
struct sched_crowd {
	uint32_t like; /* above 0 */
	const uint64_t *nodes;
};

/* How the request is to be spread over one kind of domain. */
struct sched_spread {
	uint32_t limit; /* most of its like in one domain, itself included; 0: it is only better where there are fewer */
	size_t n;
	const struct sched_crowd *crowds; /* no node is in two; nodes in none have none of its like */
};

/* The round trip from where the request is to be near to a node, as it was measured: it counts instead of what the points say. */
struct sched_measured {
	uint32_t node;
	int32_t us;
};

#define SCHED_ANY SIZE_MAX

/* All pointers may be NULL. */
struct sched_req {
	int32_t need[SCHED_RESOURCES];
	uint32_t arches;                    /* any of these will do, as sched_arch_bit */
	uint32_t features;                  /* all of these are needed */
	size_t only_node;                   /* index of the node asked for, or SCHED_ANY */
	const uint64_t *barred[SCHED_BARS]; /* by SCHED_BAR(): the nodes that fall out for it; NULL: none */
	size_t n_own;                       /* the member's own nodes, the nearer tier */
	const uint32_t *own;
	size_t n_spreads;
	const struct sched_spread *spreads;
	struct sched_point near; /* where it is to be near to; unknown: anywhere, but for what was measured */
	bool near_own;           /* also among the member's own nodes the nearer come first */
	size_t n_measured;       /* few */
	const struct sched_measured *measured;
	int64_t within_us;         /* it may be no farther away; 0: any distance */
	const uint64_t *has_image; /* nodes that have its image already; NULL: not known of any */
	const uint64_t *affine;    /* nodes that it would rather have; NULL: no wish */
	uint64_t seed;
};

/* Nearest first. A farther tier is looked at only when no node of the nearer ones is feasible. Where the request is to be near to something the zone is cut up
 * further, for a score would else have no say: up to 1 ms away, up to 2 ms, 4 ms... up to SCHED_BANDS doublings, and what is farther or nobody knows. */
#define SCHED_BANDS 14
enum sched_tier { SCHED_TIER_ASKED_FOR, SCHED_TIER_OWN, SCHED_TIER_ZONE, SCHED_TIER_MAX };
const char *sched_tier_text(enum sched_tier t);
/* How far the band of a node that is so far away reaches; -1 behind the last band, or where nobody knows. */
int64_t sched_band_us(int64_t distance_us);

/* What a node is judged by within its tier, each term 0 to 1000; the score is the sum of weight times term, and the highest wins. */
enum sched_term {
	SCHED_TERM_FIT,         /* how full the node will be in the resource of which this request takes the larger share: packs */
	SCHED_TERM_LOAD,        /* what will be left of its cpu or memory, whichever is scarcer: spreads */
	SCHED_TERM_SPREAD,      /* 1000 divided by how many of its like will be in the domain; the mean when it is spread over several kinds */
	SCHED_TERM_RELIABILITY, /* the node's */
	SCHED_TERM_IMAGE,       /* 1000 where the image is already */
	SCHED_TERM_AFFINITY,    /* 1000 where the request would rather go */
	SCHED_TERM_MAX
};
const char *sched_term_text(enum sched_term t);

/* A weight may be negative, which turns a term round.
 * The default of LOAD, and none of FIT: nodes of a village are unlike each other and belong to different people, so an instance goes where it is felt least, a
 * large node before a small one that is just as idle, and no node runs dry of one resource. FIT is for zones that want to keep room for large instances. An
 * image that is there already is worth a quarter of a machine's load, and wishes of the member outweigh what the zone prefers. */
struct sched_options {
	int32_t weight[SCHED_TERM_MAX];
};
extern const struct sched_options sched_default_options;

#define SCHED_TOP 5

struct sched_candidate {
	size_t node; /* index into the snapshot */
	int64_t score;
	int64_t distance_us;           /* SCHED_RTT_UNKNOWN also when the request is to be near to nothing */
	int32_t terms[SCHED_TERM_MAX]; /* 0 to 1000 each, before weights */
};

struct sched_decision {
	bool placed;
	enum sched_tier tier;                   /* the winner's */
	size_t n_best;                          /* 0 when not placed */
	struct sched_candidate best[SCHED_TOP]; /* of the same tier, the winner first; where scores are equal the seed has decided */
	size_t considered;                      /* all nodes of the snapshot = feasible + the sum of fell */
	size_t feasible;                        /* passed all filters, in any tier */
	uint32_t fell[SCHED_FELL_MAX];          /* nodes that fell out, each counted at the first filter it failed */
	/* What single change would have let a node take it, when nothing was placed. */
	uint32_t only_for[SCHED_FELL_MAX];  /* nodes that passed all filters but this one */
	int64_t would_reach_us;             /* how far it would have to be let away, -1 when that alone would not help */
	size_t reach_node;                  /* the node of would_reach_us */
	int32_t would_fit[SCHED_RESOURCES]; /* the largest amount above 0 with which such a node would take it, -1 when there is none */
	size_t fit_node[SCHED_RESOURCES];   /* the node of would_fit */
	/* When no single change of the request would do: all that a node fails which fails the fewest filters, each of which the request may be changed for. */
	size_t nearest;                       /* SCHED_ANY: there is none, or a single change would do */
	uint32_t nearest_fails;               /* bit f: it fails the filter f */
	int32_t nearest_fit[SCHED_RESOURCES]; /* what it has of each resource */
	int64_t nearest_us;                   /* how far it is away */
};

/* Words of scratch memory for a decision. */
static inline size_t sched_scratch(const struct sched_nodes *nodes)
{
	return 2 * sched_words(nodes) + nodes->blocks;
}

/* Fills *ret. Afterwards the scratch memory begins with the set of the feasible nodes. */
void sched_place(
        const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_options *opt, uint64_t *scratch, struct sched_decision *ret);

/* One change of the request: to so much, or to do without something. */
struct sched_change {
	enum sched_filter filter;
	int64_t amount; /* of the filter's resource, or microseconds; -1: without */
	size_t node;    /* that would take it then, SCHED_ANY: there are several */
	uint32_t nodes; /* how many would at most */
};

#define SCHED_CHANGES_MAX (2 * SCHED_FELL_MAX)

/* What would have let a node take a request that was refused. With *ret_together all of it at once, else any one of it. Returns how many. */
size_t sched_changes(const struct sched_decision *d, struct sched_change ret[SCHED_CHANGES_MAX], bool *ret_together);
/* "with at most 384 MiB of memory", "within 34.0 ms", "without the constraint". Returns the length as snprintf does. */
int sched_change_text(const struct sched_change *c, char *text, size_t size);

/* Writes one sentence in plain words about the decision: "placed on ada in the zone: score 812 before bo with 640; 3 nodes looked at, 1 fell out: not enough
 * memory (1)". `node_name(arg, index)` names nodes, one at a time. Returns the length as snprintf does: that of the whole sentence, also when `text` got
 * only its beginning; below 2048 with names of up to 63 bytes. */
int sched_explain(const struct sched_decision *d, const struct sched_req *req, const char *(*node_name)(void *arg, size_t index), void *arg,
        char *text, size_t size);
