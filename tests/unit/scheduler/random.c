/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/random.h"
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

uint64_t random_next(struct random *r)
{
	struct test_random t = { r->state };
	uint64_t x = test_random_next(&t);

	r->state = t.state;
	return x;
}

int64_t random_between(struct random *r, int64_t low, int64_t high)
{
	return low + (int64_t)(random_next(r) % (uint64_t)(high - low + 1));
}

static bool one_in(struct random *r, int64_t n)
{
	return random_between(r, 1, n) == 1;
}

uint64_t random_seed(void)
{
	static uint64_t seed;
	static bool drawn;
	const char *given = getenv("CC_SEED");

	if (drawn)
		return seed;
	drawn = true;
	if (given != NULL)
		seed = strtoull(given, NULL, 0);
	else
		CC_PRE(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
	printf("CC_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	return seed;
}

static struct snapshot_node random_node(struct random *r, size_t i)
{
	struct snapshot_node n = {
		.silent = one_in(r, 8),
		.paused = one_in(r, 12),
		.drained = one_in(r, 12),
		.arch = one_in(r, 8) ? "arm64" : "amd64",
		.features = one_in(r, 8) ? SCHED_FEATURE_VM : SCHED_FEATURE_CONTAINER | (one_in(r, 2) ? SCHED_FEATURE_VM : 0),
		.owner = (uint32_t)random_between(r, 1, 5),
		.granted_cpu = random_between(r, 0, 4) * 4000,
		.granted_mib = random_between(r, 0, 4) * 1024,
		.free_disk_mib = random_between(r, -1, 4) * 1024,
		.free_instances = random_between(r, -1, 6),
		.bandwidth = (int32_t)random_between(r, 0, 3),
		.unreliability = one_in(r, 3) ? (int32_t)random_between(r, 0, 10) * 100 : 0,
		.barred = one_in(r, 3) ? (uint32_t)1 << random_between(r, 0, SCHED_BARS - 1) : 0,
		.point = { (int32_t)random_between(r, -9, 9) * 1000, (int32_t)random_between(r, -9, 9) * 1000, (int32_t)random_between(r, 0, 3) * 500,
		        one_in(r, 8) ? 0 : 100 },
		.measured_us = one_in(r, 6) ? (int32_t)random_between(r, 1, 40) * 500 : 0,
		.image = one_in(r, 3),
		.affine = one_in(r, 3),
		.like = { (uint32_t)random_between(r, 0, 3), one_in(r, 2) ? (uint32_t)random_between(r, 0, 7) : 0 },
		.key = random_next(r),
	};

	n.free_cpu = one_in(r, 10) ? -random_between(r, 0, 100) : random_between(r, 0, n.granted_cpu / 500) * 500;
	n.free_mib = one_in(r, 10) ? -random_between(r, 0, 100) : random_between(r, 0, n.granted_mib / 128) * 128;
	snprintf(n.name, sizeof(n.name), "n%zu", i);
	return n;
}

void snapshot_random(struct random *r, struct snapshot *ret)
{
	int64_t n = one_in(r, 100) ? random_between(r, 500, SNAPSHOT_MAX) : random_between(r, 0, 40);

	*ret = (struct snapshot){ .member = one_in(r, 2) ? (uint32_t)random_between(r, 1, 6) : 0,
		.barred = one_in(r, 3),
		.image = one_in(r, 3),
		.affine = one_in(r, 3),
		.near = one_in(r, 3),
		.n_spreads = one_in(r, 3) ? (size_t)random_between(r, 1, SNAPSHOT_SPREADS) : 0,
		.limit = { (uint32_t)random_between(r, 0, 3), (uint32_t)random_between(r, 0, 2) } };
	for (int64_t i = 0; i < n; i++)
		snapshot_add(ret, random_node(r, (size_t)i));
}

struct sched_req random_request(struct random *r, const struct snapshot *s)
{
	return (struct sched_req){
		.need = { [SCHED_CPU] = (int32_t)random_between(r, 0, one_in(r, 3) ? 32 : 4) * (one_in(r, 4) ? 333 : 500),
		        [SCHED_MEMORY] = (int32_t)random_between(r, 0, one_in(r, 3) ? 32 : 4) * (one_in(r, 4) ? 100 : 128),
		        [SCHED_DISK] = (int32_t)random_between(r, 0, one_in(r, 3) ? 6 : 1) * 1024,
		        [SCHED_BANDWIDTH] = one_in(r, 5) ? (int32_t)random_between(r, 1, 4) : 0 },
		.arches = sched_arch_bit(one_in(r, 20) ? "arm64" : "amd64") | (one_in(r, 4) ? sched_arch_bit("arm64") | sched_arch_bit("s390x") : 0),
		.features = one_in(r, 4) ? SCHED_FEATURE_VM : SCHED_FEATURE_CONTAINER,
		.only_node = s->n > 0 && one_in(r, 5) ? (size_t)random_between(r, 0, (int64_t)s->n - 1) : SCHED_ANY,
		.near = { (int32_t)random_between(r, -9, 9) * 1000, (int32_t)random_between(r, -9, 9) * 1000, (int32_t)random_between(r, 0, 3) * 500,
		        one_in(r, 8) ? 0 : 100 },
		.near_own = one_in(r, 2),
		.within_us = one_in(r, 6) ? random_between(r, 1, 40) * 500 : 0,
		.seed = random_next(r),
	};
}

struct sched_options random_options(struct random *r)
{
	struct sched_options opt = sched_default_options;

	if (one_in(r, 2))
		for (size_t t = 0; t < SCHED_TERM_MAX; t++)
			opt.weight[t] = (int32_t)random_between(r, -3, 3);
	return opt;
}
