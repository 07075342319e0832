/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Placement in memory: decisions per second in zones that live, the explanation written each time. Between two decisions the winner takes the instance and
 * another instance somewhere ends, so the snapshot is another each time; its upkeep is in the measured time. Prints "name value unit" lines.
 * Usage: bench_placement [SECONDS PER FIGURE] */
#include "scheduler/sched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SITES = 8, SIBLINGS = 20, INSTANCES_PER_NODE = 8 };

/* What members ask for, more or less often. */
static const struct shape {
	int32_t cpu, mib, disk;
} shapes[] = { { 500, 128, 1024 }, { 500, 128, 1024 }, { 1000, 256, 2048 }, { 250, 64, 512 }, { 1000, 512, 4096 }, { 2000, 1000, 10000 } };

/* Boards, old and new PCs, and now and then a server. */
static const struct machine {
	int32_t cpu, mib, disk;
	const char *arch;
} machines[] = { { 4000, 512, 8000, "armhf" }, { 16000, 1024, 16000, "arm64" }, { 8000, 1024, 30000, "amd64" }, { 8000, 2048, 60000, "amd64" },
	{ 16000, 4096, 120000, "amd64" }, { 16000, 4096, 250000, "amd64" }, { 32000, 8192, 250000, "amd64" }, { 32000, 16384, 500000, "amd64" },
	{ 128000, 65536, 2000000, "amd64" } };

struct instance {
	uint32_t node;
	uint8_t shape;
};

struct zone {
	struct sched_nodes nodes;
	void *memory; /* of nodes */
	uint64_t *scratch, *set;
	uint64_t *site[SITES]; /* nodes with the label site=K */
	struct instance *instances;
	size_t n_instances;
	struct sched_req req;
	size_t sink; /* keeps the compiler from leaving work out */
};

static uint64_t state = 1;

static size_t random_below(size_t n)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % n;
}

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void *zeroed(size_t n)
{
	void *p = calloc(n, 1);

	if (p == NULL)
		abort();
	return p;
}

/* The instance comes to its node, or goes. */
static void count(struct zone *z, struct instance inst, int32_t sign)
{
	const struct shape *s = &shapes[inst.shape];
	struct sched_node node;

	sched_nodes_get(&z->nodes, inst.node, &node);
	node.free[SCHED_CPU] -= sign * s->cpu;
	node.free[SCHED_MEMORY] -= sign * s->mib;
	node.free[SCHED_DISK] -= sign * s->disk;
	node.free[SCHED_INSTANCES] -= sign;
	sched_nodes_put(&z->nodes, inst.node, &node);
}

static void add_node(struct zone *z)
{
	const struct machine *m = &machines[random_below(LEN(machines))];
	size_t i;
	struct sched_node node = { .traits = (random_below(10) > 0 ? SCHED_READY : 0) | (random_below(50) == 0 ? SCHED_PAUSED : 0) |
		                             SCHED_FEATURE_CONTAINER | sched_arch_bit(m->arch),
		.free = { m->cpu, m->mib, m->disk, 64, (int32_t)random_below(4) },
		.granted_cpu = m->cpu,
		.granted_mib = m->mib,
		.reliability = random_below(4) == 0 ? (int32_t)random_below(1001) : 1000,
		.point = { (int32_t)random_below(40000), (int32_t)random_below(40000), 500 + (int32_t)random_below(4000), 100 },
		.key = (uint64_t)z->nodes.n * 0x9e3779b97f4a7c15 };

	i = sched_nodes_add(&z->nodes, &node);
	sched_set_add(z->site[random_below(SITES)], i);
	/* Full, or in use more or less. */
	for (size_t k = random_below(INSTANCES_PER_NODE); k > 0; k--) {
		struct instance inst = { (uint32_t)i, (uint8_t)random_below(LEN(shapes)) };

		if (z->nodes.free[SCHED_MEMORY][i] < shapes[inst.shape].mib || z->nodes.free[SCHED_CPU][i] < shapes[inst.shape].cpu)
			break;
		count(z, inst, 1);
		z->instances[z->n_instances++] = inst;
	}
}

static void zone_init(struct zone *z, size_t n)
{
	size_t words;

	*z = (struct zone){ .instances = zeroed((n * INSTANCES_PER_NODE + 1) * sizeof(struct instance)), .memory = zeroed(sched_nodes_size(n)) };
	sched_nodes_init(&z->nodes, z->memory, n);
	words = z->nodes.cap * SCHED_BLOCK / 64;
	z->scratch = zeroed((words + z->nodes.cap) * sizeof(uint64_t));
	z->set = zeroed(words * sizeof(uint64_t));
	for (size_t k = 0; k < SITES; k++)
		z->site[k] = zeroed(words * sizeof(uint64_t));
	while (z->nodes.n < n)
		add_node(z);
}

static void zone_done(struct zone *z)
{
	free(z->memory);
	free(z->instances);
	free(z->scratch);
	free(z->set);
	for (size_t k = 0; k < SITES; k++)
		free(z->site[k]);
}

/* What a request has to say besides its amounts. */

static void plain(struct zone *z)
{
	(void)z;
}

/* site in (a,b,c) */
static void label(struct zone *z)
{
	const uint64_t *a = z->site[random_below(SITES)], *b = z->site[random_below(SITES)], *c = z->site[random_below(SITES)];

	for (size_t w = 0; w < sched_words(&z->nodes); w++)
		z->set[w] = ~(a[w] | b[w] | c[w]);
	z->req.barred[SCHED_BAR(CONSTRAINT)] = z->set;
}

/* None where one of the others is. */
static void antiaffinity(struct zone *z)
{
	static struct sched_crowd crowd;
	static const struct sched_spread spread = { .limit = 1, .n = 1, .crowds = &crowd };

	memset(z->set, 0, sched_words(&z->nodes) * sizeof(uint64_t));
	for (size_t k = 0; k < SIBLINGS; k++)
		sched_set_add(z->set, z->instances[random_below(z->n_instances)].node);
	crowd = (struct sched_crowd){ 1, z->set };
	z->req.spreads = &spread;
	z->req.n_spreads = 1;
}

/* Near to some node or other, which has measured a few, and not too far from it. */
static void rtt(struct zone *z)
{
	static struct sched_measured measured[8];
	struct sched_node anchor;

	sched_nodes_get(&z->nodes, z->instances[random_below(z->n_instances)].node, &anchor);
	for (size_t k = 0; k < LEN(measured); k++)
		measured[k] = (struct sched_measured){ z->instances[random_below(z->n_instances)].node, 1000 + (int32_t)random_below(40000) };
	z->req.near = anchor.point;
	z->req.measured = measured;
	z->req.n_measured = LEN(measured);
	z->req.within_us = 20000;
}

/* More than any node has: what is wrong is told. */
static void refused(struct zone *z)
{
	z->req.need[SCHED_MEMORY] = 1 << 20;
}

static const char *name_of(void *arg, size_t index)
{
	(void)arg, (void)index;
	return "node";
}

/* Of this processor, so that others on the machine do not count. */
static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void decide(struct zone *z, void (*wish)(struct zone *z))
{
	struct instance inst = { 0, (uint8_t)random_below(LEN(shapes)) };
	const struct shape *s = &shapes[inst.shape];
	struct sched_decision d;
	char text[512];
	size_t ends;

	z->req = (struct sched_req){ .need = { s->cpu, s->mib, s->disk },
		.arches = sched_arch_bit("amd64"),
		.features = SCHED_FEATURE_CONTAINER,
		.only_node = SCHED_ANY,
		.seed = z->req.seed + 1 };
	wish(z);
	sched_place(&z->nodes, &z->req, &sched_default_options, z->scratch, &d);
	z->sink += (size_t)sched_explain(&d, &z->req, name_of, NULL, text, sizeof(text));
	if (!d.placed)
		return;
	inst.node = (uint32_t)d.best[0].node;
	count(z, inst, 1);
	/* It takes the place of another one, which ends. */
	ends = random_below(z->n_instances);
	count(z, z->instances[ends], -1);
	z->instances[ends] = inst;
}

static double decisions_per_s(struct zone *z, void (*wish)(struct zone *z), double seconds)
{
	double begin = seconds_now(), now = begin;
	size_t done = 0;

	while (now - begin < seconds) {
		for (int i = 0; i < 16; i++, done++)
			decide(z, wish);
		now = seconds_now();
	}
	return (double)done / (now - begin);
}

// clang-format off
static const struct {
	const char *name;
	void (*wish)(struct zone *z);
} wishes[] = {
	{ "plain",        plain },
	{ "label",        label },
	{ "antiaffinity", antiaffinity },
	{ "rtt",          rtt },
	{ "refused",      refused },
};
// clang-format on

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 1000, 5000, 27710, 100000 };
	double seconds = argc > 1 ? atof(argv[1]) : 1.0;
	size_t sink = 0;

	for (size_t i = 0; i < LEN(sizes); i++) {
		struct zone z;

		zone_init(&z, sizes[i]);
		(void)decisions_per_s(&z, plain, seconds); /* until it looks like a zone that the scheduler has filled */
		for (size_t k = 0; k < LEN(wishes); k++)
			printf("decisions_per_s_%s_%zu %.0f 1/s\n", wishes[k].name, sizes[i], decisions_per_s(&z, wishes[k].wish, seconds));
		fflush(stdout);
		sink += z.sink;
		zone_done(&z);
	}
	return sink == 0;
}
