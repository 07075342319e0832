/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scheduler: snapshot in, decision out. Pure: no I/O, no clock, no threads, no globals, no allocation; integers only. The same snapshot, request and seed
 * give the same decision on every machine. Nodes come as columns, so that a filter is one loop that the compiler vectorises. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Amounts lie between -SCHED_AMOUNT_MAX and SCHED_AMOUNT_MAX in the columns, between 0 and that in a request: within it no sum or product overflows, and
 * the caller sees to it. */
#define SCHED_AMOUNT_MAX ((int64_t)1 << 50)

/* One array per property, n elements each; index i is the same node everywhere. Owned by the caller. */
struct sched_nodes {
	size_t n;
	const uint8_t *ready;     /* reports and takes instances */
	const uint8_t *closed;    /* takes nothing new, whatever is free: enum sched_closed */
	const uint8_t *arch;      /* number of the architecture, from sched_arch_number */
	const uint32_t *features; /* enum sched_feature bits */
	const uint32_t *owner;    /* number of the owner, the caller's choice */
	const int64_t *free_cpu;  /* granted minus assigned, thousandths of a core; may be negative */
	const int64_t *free_mib;
	const int64_t *free_disk_mib;
	const int64_t *free_instances;
	const int64_t *granted_cpu;
	const int64_t *granted_mib;
	const uint64_t *key; /* a number of the node that never changes (from its id), no two alike: order in memory must not matter */
	/* sched_share_factor of the granted amounts, kept by the caller so that no decision divides. NULL: each decision computes them; it is the same one,
	 * later. */
	const uint64_t *share_cpu;
	const uint64_t *share_mib;
};

/* What an amount is multiplied with to get its share of `granted`, which is what the columns share_* hold. */
uint64_t sched_share_factor(int64_t granted);

/* Who closed a node; bits, for both may. */
enum sched_closed { SCHED_CLOSED_BY_OWNER = 1 << 0, SCHED_CLOSED_BY_ADMIN = 1 << 1 };

enum sched_feature {
	SCHED_FEATURE_CONTAINER = 1 << 0, /* runs containers */
	SCHED_FEATURE_VM = 1 << 1,
	SCHED_FEATURE_VOLUMES = 1 << 2,   /* gives volumes to what it runs */
	SCHED_FEATURE_BANDWIDTH = 1 << 3, /* limits what they send and receive */
};

/* The number of an architecture in Debian's words; 0 for unknown ones, which match nothing. */
uint8_t sched_arch_number(const char *arch);
/* The word for a number, from 1; NULL behind the last. */
const char *sched_arch_name(uint8_t number);
/* The same as a bit of sched_req.arches; 0 for unknown ones. */
uint32_t sched_arch_bit(const char *arch);

#define SCHED_ANY SIZE_MAX

enum sched_barred {
	SCHED_BARRED_PORT_CLOSED = 1 << 0, /* its owner does not let a port be published that the request publishes */
	SCHED_BARRED_PORT_TAKEN = 1 << 1,  /* another instance there has one of its ports */
};

/* An amount of 0 asks for nothing and fits everywhere, also where others took more than is granted. */
struct sched_req {
	int64_t cpu_millis;
	int64_t memory_mib;
	int64_t disk_mib;
	uint32_t arches;   /* any of these will do, as sched_arch_bit */
	uint32_t features; /* all of these are needed */
	size_t only_node;  /* index of the node asked for, or SCHED_ANY */
	/* By node, enum sched_barred bits: what the caller knows to stand in the way of this very request. NULL: nothing anywhere. */
	const uint8_t *barred;
	bool have_owner; /* the member owns nodes under this number: they are the nearer tier */
	uint32_t owner;
	const uint8_t *unwelcome; /* 1 for each node whose owner does not let the member in; NULL: all do */
	uint64_t seed;
};

/* Reasons for which a node falls out, in the order in which the filters run. SCHED_FELL_<NAME>; sched_filter_text gives the words. */
enum sched_filter {
	SCHED_FELL_NOT_ASKED_FOR,
	SCHED_FELL_SILENT,
	SCHED_FELL_PAUSED,
	SCHED_FELL_DRAINED,
	SCHED_FELL_UNWELCOME,
	SCHED_FELL_ARCH,
	SCHED_FELL_FEATURES,
	SCHED_FELL_PORT_CLOSED,
	SCHED_FELL_PORT_TAKEN,
	SCHED_FELL_INSTANCES,
	SCHED_FELL_CPU,
	SCHED_FELL_MEMORY,
	SCHED_FELL_DISK,
	SCHED_FELL_MAX
};
const char *sched_filter_text(enum sched_filter f);

/* Nearest first. A farther tier is looked at only when no node of the nearer ones is feasible. */
enum sched_tier { SCHED_TIER_ASKED_FOR, SCHED_TIER_OWN, SCHED_TIER_ZONE, SCHED_TIER_MAX };
const char *sched_tier_text(enum sched_tier t);

/* What a node is judged by within its tier, each term 0 to 1000; the score is the sum of weight times term, and the highest wins. */
enum sched_term {
	SCHED_TERM_FIT,  /* how full the node will be in the resource of which this request takes the larger share: packs */
	SCHED_TERM_LOAD, /* what will be left of its cpu or memory, whichever is scarcer: spreads */
	SCHED_TERM_MAX
};
const char *sched_term_text(enum sched_term t);

/* A weight may be negative, which turns a term round.
 * The default is LOAD alone: nodes of a village are unlike each other and belong to different people, so an instance goes where it is felt least, a large
 * node before a small one that is just as idle, and no node runs dry of one resource. FIT is for zones that want to keep room for large instances. */
struct sched_options {
	int32_t weight[SCHED_TERM_MAX];
};
extern const struct sched_options sched_default_options;

struct sched_decision {
	bool placed;
	size_t winner;        /* index into the snapshot, SCHED_ANY when not placed */
	enum sched_tier tier; /* the winner's */
	int64_t score;
	int32_t terms[SCHED_TERM_MAX]; /* the winner's, 0 to 1000 each, before weights */
	bool have_runner_up;
	size_t runner_up;              /* of the same tier, SCHED_ANY when there is none */
	int64_t margin;                /* 0: the seed decided between them */
	size_t considered;             /* all nodes of the snapshot = feasible + the sum of fell */
	size_t feasible;               /* passed all filters, in any tier */
	uint32_t fell[SCHED_FELL_MAX]; /* nodes that fell out, each counted at the first filter it failed */
	/* The nearest single change that would have let a node take it, when nothing was placed: the largest amount above 0 with which a node that passes all
	 * other filters would take it, -1 when changing that one alone would not help. */
	int64_t would_fit_cpu;
	int64_t would_fit_memory_mib;
	int64_t would_fit_disk_mib;
};

/* Fills *ret. `ok` is scratch memory of at least nodes->n bytes; afterwards ok[i] is 1 where node i is feasible. */
void sched_place(
        const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_options *opt, uint8_t *ok, struct sched_decision *ret);

/* Writes one sentence in plain words about the decision: "placed on ada in the zone: score 812 before bo with 640; 3 nodes looked at, 1 fell out: not enough
 * memory (1)". `node_name(arg, index)` names nodes, one at a time. Returns the length as snprintf does: that of the whole sentence, also when `text` got
 * only its beginning; below 1024 with names of up to 63 bytes. */
int sched_explain(const struct sched_decision *d, const struct sched_req *req, const char *(*node_name)(void *arg, size_t index), void *arg,
        char *text, size_t size);
