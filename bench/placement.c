/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Placement in memory: decisions per second on synthetic zones, the explanation written each time. Prints "name value unit" lines.
 * Usage: bench_placement [SECONDS PER FIGURE] */
#include "scheduler/sched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct columns {
	uint8_t *ready, *closed, *arch, *ok;
	uint32_t *features, *owner;
	int64_t *free_cpu, *free_mib, *free_disk_mib, *free_instances, *granted_cpu, *granted_mib;
	uint64_t *key, *share_cpu, *share_mib;
};

static uint64_t state = 1;

static int64_t random_below(int64_t n)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (int64_t)((state >> 33) % (uint64_t)n);
}

static void *column(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		abort();
	return p;
}

static struct columns columns_new(size_t n)
{
	return (struct columns){
		.ready = column(n, 1),
		.closed = column(n, 1),
		.arch = column(n, 1),
		.ok = column(n, 1),
		.features = column(n, sizeof(uint32_t)),
		.owner = column(n, sizeof(uint32_t)),
		.free_cpu = column(n, sizeof(int64_t)),
		.free_mib = column(n, sizeof(int64_t)),
		.free_disk_mib = column(n, sizeof(int64_t)),
		.free_instances = column(n, sizeof(int64_t)),
		.granted_cpu = column(n, sizeof(int64_t)),
		.granted_mib = column(n, sizeof(int64_t)),
		.key = column(n, sizeof(uint64_t)),
		.share_cpu = column(n, sizeof(uint64_t)),
		.share_mib = column(n, sizeof(uint64_t)),
	};
}

/* Boards and servers, nine in ten ready and of one architecture, used to any degree: most are feasible, which is the most work. */
static void fill_node(struct columns *c, size_t i)
{
	int64_t cores = (int64_t)1 << random_below(5);

	c->ready[i] = random_below(10) > 0;
	c->closed[i] = random_below(50) == 0 ? SCHED_CLOSED_BY_OWNER : 0;
	c->arch[i] = sched_arch_number(random_below(10) > 0 ? "amd64" : "arm64");
	c->features[i] = SCHED_FEATURE_CONTAINER;
	c->owner[i] = (uint32_t)random_below(1000);
	c->granted_cpu[i] = 4000 * cores;
	c->granted_mib[i] = 1024 * cores;
	c->free_cpu[i] = random_below(c->granted_cpu[i]);
	c->free_mib[i] = random_below(c->granted_mib[i]);
	c->free_disk_mib[i] = random_below(65536);
	c->free_instances[i] = random_below(64);
	c->key[i] = i * 0x9e3779b97f4a7c15;
	c->share_cpu[i] = sched_share_factor(c->granted_cpu[i]);
	c->share_mib[i] = sched_share_factor(c->granted_mib[i]);
}

static void columns_free(struct columns *c)
{
	void *all[] = { c->ready, c->closed, c->arch, c->ok, c->features, c->owner, c->free_cpu, c->free_mib, c->free_disk_mib, c->free_instances,
		c->granted_cpu, c->granted_mib, c->key, c->share_cpu, c->share_mib };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		free(all[i]);
}

static struct sched_nodes nodes_of(const struct columns *c, size_t n)
{
	return (struct sched_nodes){
		.n = n,
		.ready = c->ready,
		.closed = c->closed,
		.arch = c->arch,
		.features = c->features,
		.owner = c->owner,
		.free_cpu = c->free_cpu,
		.free_mib = c->free_mib,
		.free_disk_mib = c->free_disk_mib,
		.free_instances = c->free_instances,
		.granted_cpu = c->granted_cpu,
		.granted_mib = c->granted_mib,
		.key = c->key,
		.share_cpu = c->share_cpu,
		.share_mib = c->share_mib,
	};
}

static const char *name_of(void *arg, size_t index)
{
	(void)arg;
	(void)index;
	return "node";
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Decides for `seconds`; *sink keeps the compiler from leaving the work out. */
static double decisions_per_s(const struct sched_nodes *nodes, struct sched_req req, uint8_t *ok, double seconds, size_t *sink)
{
	double begin = seconds_now(), now = begin;
	uint64_t done = 0;

	while (now - begin < seconds) {
		for (int i = 0; i < 16; i++, done++) {
			struct sched_decision d;
			char text[256];

			req.seed = done;
			sched_place(nodes, &req, &sched_default_options, ok, &d);
			*sink += d.winner + (size_t)sched_explain(&d, &req, name_of, NULL, text, sizeof(text));
		}
		now = seconds_now();
	}
	return (double)done / (now - begin);
}

static void bench_size(size_t n, double seconds, size_t *sink)
{
	struct columns c = columns_new(n);
	struct sched_req req = { .cpu_millis = 500,
		.memory_mib = 128,
		.disk_mib = 1024,
		.arches = sched_arch_bit("amd64"),
		.features = SCHED_FEATURE_CONTAINER,
		.only_node = SCHED_ANY };
	struct sched_nodes nodes = nodes_of(&c, n), divided;

	for (size_t i = 0; i < n; i++)
		fill_node(&c, i);
	printf("decisions_per_s_plain_%zu %.0f 1/s\n", n, decisions_per_s(&nodes, req, c.ok, seconds, sink));
	divided = nodes;
	divided.share_cpu = divided.share_mib = NULL;
	printf("decisions_per_s_no_factors_%zu %.0f 1/s\n", n, decisions_per_s(&divided, req, c.ok, seconds, sink));
	req.memory_mib = 1 << 20;
	printf("decisions_per_s_refused_%zu %.0f 1/s\n", n, decisions_per_s(&nodes, req, c.ok, seconds, sink));
	fflush(stdout);
	columns_free(&c);
}

int main(int argc, char **argv)
{
	static const size_t sizes[] = { 1000, 5000, 27710 };
	double seconds = argc > 1 ? atof(argv[1]) : 1.0;
	size_t sink = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		bench_size(sizes[i], seconds, &sink);
	return sink == 0;
}
