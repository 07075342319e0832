/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine has: architecture, processors, memory, disk. Each figure has fallbacks, because small boards and containers hide some of their sources,
 * and none is ever 0. */
#pragma once

#include <stdint.h>

#define FINGERPRINT_LEAST_MIB 64 /* said when no source says anything */

/* Where to look; tests give other folders. */
struct fingerprint_from {
	const char *proc;
	const char *sys;
	const char *disk;     /* any path on the disk in question */
	const char *machine;  /* uname's word */
	int64_t memory_bytes; /* what sysinfo(2) says, 0 for nothing */
};
struct fingerprint {
	const char *arch; /* Debian's word, or the kernel's where Debian has none */
	int64_t cpu_millis;
	int64_t memory_mib;
	int64_t memory_free_mib; /* that could be had now; all of it when nothing says */
	int64_t disk_mib;
	int64_t disk_free_mib;
};

/* The real machine. `disk` stays the caller's; the result is valid for the process. */
/* The same machine when instances have a pool of so many bytes: their disk is no larger than that. 0 changes nothing. */
struct fingerprint fingerprint_of_pool(struct fingerprint f, int64_t pool_bytes);

struct fingerprint_from fingerprint_from_here(const char *disk);
struct fingerprint fingerprint_take(const struct fingerprint_from *from);

/* How many numbers a list like "0-3,7" holds that are in the list `mask` too (NULL: all). 0 when it is no list. */
int fingerprint_count_cpus(const char *list, const char *mask);
