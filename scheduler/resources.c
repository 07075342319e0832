/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nodes have: architectures by number, amounts by resource, and what would have been enough. */
#include "scheduler/parts.h"

#include <string.h>

enum { ARCH_BITS = 15 }; /* the first architecture has the trait behind it */

/* Numbers are places in this list plus one; they live in memory only. */
static const char *const archs[] = { "amd64", "arm64", "armhf", "armel", "i386", "riscv64", "mips64el", "mipsel", "ppc64el", "s390x", "loong64" };

uint8_t sched_arch_number(const char *arch)
{
	for (uint8_t i = 0; i < SCHED_LEN(archs); i++)
		if (strcmp(archs[i], arch) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

const char *sched_arch_name(uint8_t number)
{
	return number > 0 && number <= SCHED_LEN(archs) ? archs[number - 1] : NULL;
}

uint32_t sched_arch_bit(const char *arch)
{
	uint8_t number = sched_arch_number(arch);

	return number != 0 ? (uint32_t)1 << (ARCH_BITS + number) : 0;
}

// clang-format off
const struct sched_resource_words sched_resource_words[SCHED_RESOURCES] = {
	[SCHED_CPU]       = { "cpu",       "thousandths of a core", SCHED_FELL_CPU },
	[SCHED_MEMORY]    = { "memory",    "MiB",                   SCHED_FELL_MEMORY },
	[SCHED_DISK]      = { "disk",      "MiB",                   SCHED_FELL_DISK },
	[SCHED_INSTANCES] = { "instances", "",                      SCHED_FELL_INSTANCES },
	[SCHED_BANDWIDTH] = { "bandwidth", "as its class",          SCHED_FELL_BANDWIDTH },
};
// clang-format on

/* Nodes of a block by the filters that they fail. */
struct failing {
	struct sched_mask at[SCHED_FELL_MAX];
	struct sched_mask one, more; /* at least one, at least two */
};

static void find_failing(const struct sched_job *job, size_t block, struct failing *ret)
{
	struct sched_mask all = sched_block_nodes(job->nodes, block);

	ret->one = ret->more = mask_none();
	for (size_t k = 0; k < job->n_filters; k++) {
		struct sched_mask *at = &ret->at[job->filters[k]];

		*at = mask_minus(all, sched_filter_one(job, block, job->filters[k]));
		ret->more = mask_or(ret->more, mask_and(ret->one, *at));
		ret->one = mask_or(ret->one, *at);
	}
}

static int32_t largest(const int32_t *column, struct sched_mask of, int32_t most)
{
	for (size_t i; mask_next(&of, &i);)
		most = column[i] > most ? column[i] : most;
	return most;
}

/* The nearer of `us` (-1: nothing) and the nearest of those. */
static int64_t nearest(const struct sched_job *job, size_t block, struct sched_mask of, int64_t us)
{
	for (size_t i; mask_next(&of, &i);) {
		int64_t away = sched_away_us(job, block * SCHED_BLOCK + i);

		us = away >= 0 && (us < 0 || away < us) ? away : us;
	}
	return us;
}

void sched_would_do(const struct sched_job *job, struct sched_decision *ret)
{
	for (size_t block = 0; block < job->nodes->blocks; block++) {
		struct failing f;

		find_failing(job, block, &f);
		for (size_t k = 0; k < job->n_filters; k++) {
			struct sched_mask *at = &f.at[job->filters[k]];

			*at = mask_minus(*at, f.more);
			ret->only_for[job->filters[k]] += mask_count(*at);
		}
		if (job->req->within_us > 0)
			ret->would_reach_us = nearest(job, block, f.at[SCHED_FELL_FAR], ret->would_reach_us);
		for (size_t r = 0; r < SCHED_RESOURCES; r++)
			if (job->need[r] > 0)
				ret->would_fit[r] =
				        largest(job->nodes->free[r] + block * SCHED_BLOCK, f.at[sched_resource_words[r].filter], ret->would_fit[r]);
	}
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ret->would_fit[r] = ret->would_fit[r] > 0 ? ret->would_fit[r] : -1;
}
