/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nodes have: architectures by number, amounts by resource, and which smaller amount would have been enough. */
#include "scheduler/parts.h"

#include <string.h>

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

	return number != 0 ? (uint32_t)1 << number : 0;
}

#define NODES(m)    offsetof(struct sched_nodes, m)
#define DECISION(m) offsetof(struct sched_decision, m)
// clang-format off
const struct sched_resource sched_resources[SCHED_RESOURCES] = {
	{ "cpu",    "thousandths of a core", SCHED_FELL_CPU,    NODES(free_cpu),      DECISION(would_fit_cpu) },
	{ "memory", "MiB",                   SCHED_FELL_MEMORY, NODES(free_mib),      DECISION(would_fit_memory_mib) },
	{ "disk",   "MiB",                   SCHED_FELL_DISK,   NODES(free_disk_mib), DECISION(would_fit_disk_mib) },
};
// clang-format on

static const int64_t *column_of(const struct sched_nodes *nodes, const struct sched_resource *r)
{
	const int64_t *column;

	memcpy(&column, (const char *)nodes + r->column, sizeof(column));
	return column;
}

int64_t sched_would_fit_of(const struct sched_decision *d, const struct sched_resource *r)
{
	int64_t amount;

	memcpy(&amount, (const char *)d + r->would_fit, sizeof(amount));
	return amount;
}

static int64_t largest_of_block(const struct sched_block *b, const int64_t *column, const uint8_t *ok)
{
	int64_t most = -1;

	for (size_t i = 0; i < b->n; i++)
		if (ok[i] && column[b->at + i] > most)
			most = column[b->at + i];
	return most;
}

static int64_t largest(const struct sched_nodes *nodes, const struct sched_req *req, const struct sched_resource *r)
{
	const int64_t *column = column_of(nodes, r);
	uint32_t fell[SCHED_FELL_MAX] = { 0 };
	uint8_t ok[SCHED_BLOCK];
	int64_t most = -1;

	for (size_t at = 0; at < nodes->n; at += SCHED_BLOCK) {
		struct sched_block b = sched_block_at(nodes, at);
		int64_t here = -1;

		if (sched_filter_block(&b, req, r->filter, ok, fell) > 0)
			here = largest_of_block(&b, column, ok);
		most = here > most ? here : most;
	}
	return most > 0 ? most : -1;
}

void sched_would_fit(const struct sched_nodes *nodes, const struct sched_req *req, struct sched_decision *ret)
{
	/* A node that fails nothing but this filter was counted there. */
	for (size_t i = 0; i < SCHED_RESOURCES; i++) {
		const struct sched_resource *r = &sched_resources[i];
		int64_t amount = ret->fell[r->filter] > 0 ? largest(nodes, req, r) : -1;

		memcpy((char *)ret + r->would_fit, &amount, sizeof(amount));
	}
}
