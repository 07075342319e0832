/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nodes have: architectures by number, and the words for amounts. */
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
	[SCHED_CPU]       = { "cores",                1000, SCHED_FELL_CPU },
	[SCHED_MEMORY]    = { "MiB of memory",        1,    SCHED_FELL_MEMORY },
	[SCHED_DISK]      = { "MiB of disk",          1,    SCHED_FELL_DISK },
	[SCHED_INSTANCES] = { "instances",            1,    SCHED_FELL_INSTANCES },
	[SCHED_BANDWIDTH] = { "as its bandwidth class", 1,  SCHED_FELL_BANDWIDTH },
};
// clang-format on
