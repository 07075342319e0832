/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits are read at the root of the cgroup mount, which is the machine, or the container that stands for it; the limits of the agent's own cgroup say
 * nothing about what instances may have. */
#include "agent/fingerprint.h"

#include "common/arch.h"
#include "common/check.h"
#include "common/cleanup.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define CPUS_MAX 4096
#define MIB      (1024 * 1024)

/* Reads the start of DIR/NAME as text. */
static bool read_text(const char *dir, const char *name, char *to, size_t size)
{
	char path[512];
	cc_auto(fclose) FILE *f = NULL;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(to, 1, size - 1, f);
	to[n] = '\0';
	return n > 0;
}

static bool read_number(const char *dir, const char *name, int base, int64_t *ret)
{
	char text[64], *end;

	if (!read_text(dir, name, text, sizeof(text)))
		return false;
	*ret = strtoll(text, &end, base);
	return end != text;
}

static bool next_range(const char **p, long *ret_from, long *ret_to)
{
	char *end;

	*ret_from = *ret_to = strtol(*p, &end, 10);
	if (end == *p)
		return false;
	if (*end == '-')
		*ret_to = strtol(end + 1, &end, 10);
	*p = *end == ',' ? end + 1 : end;
	return *ret_from >= 0 && *ret_to >= *ret_from && *ret_to < CPUS_MAX;
}

static bool list_has(const char *list, long number)
{
	long from, to;

	while (next_range(&list, &from, &to))
		if (number >= from && number <= to)
			return true;
	return false;
}

int fingerprint_count_cpus(const char *list, const char *mask)
{
	long from, to;
	int n = 0;

	while (next_range(&list, &from, &to))
		for (long i = from; i <= to; i++)
			n += mask == NULL || list_has(mask, i);
	return n;
}

/* The value of a line "Key:  value" in a file of /proc. */
static const char *proc_value(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p != NULL ? p + strlen(key) + strspn(p + strlen(key), " \t") : NULL;
}

static int count_online(const struct fingerprint_from *from)
{
	char online[512] = "", status[8192] = "";
	const char *allowed = NULL;
	int n = 0;

	if (read_text(from->proc, "self/status", status, sizeof(status)))
		allowed = proc_value(status, "Cpus_allowed_list:");
	if (read_text(from->sys, "devices/system/cpu/online", online, sizeof(online)))
		n = fingerprint_count_cpus(online, allowed);
	if (n == 0 && allowed != NULL)
		n = fingerprint_count_cpus(allowed, NULL);
	return n > 0 ? n : 1;
}

static int64_t quota_millis(const char *sys)
{
	char text[64], *end;
	int64_t quota = 0, period = 0;

	if (read_text(sys, "fs/cgroup/cpu.max", text, sizeof(text))) {
		quota = strtoll(text, &end, 10);
		period = end != text ? strtoll(end, NULL, 10) : 0;
	} else if (!read_number(sys, "fs/cgroup/cpu/cpu.cfs_quota_us", 10, &quota) ||
	           !read_number(sys, "fs/cgroup/cpu/cpu.cfs_period_us", 10, &period)) {
		return 0;
	}
	return quota > 0 && period > 0 ? quota * 1000 / period : 0;
}

static int64_t take_cpu(const struct fingerprint_from *from)
{
	int64_t millis = (int64_t)count_online(from) * 1000, quota = quota_millis(from->sys);

	return quota > 0 && quota < millis ? quota : millis;
}

static int64_t memory_blocks_bytes(const char *sys)
{
	char path[512];
	cc_auto(closedir) DIR *dir = NULL;
	int64_t block = 0, n = 0;
	struct dirent *e;

	snprintf(path, sizeof(path), "%s/devices/system/memory", sys);
	if (!read_number(path, "block_size_bytes", 16, &block) || (dir = opendir(path)) == NULL)
		return 0;
	while ((e = readdir(dir)) != NULL)
		n += strncmp(e->d_name, "memory", 6) == 0 && e->d_name[6] >= '0' && e->d_name[6] <= '9';
	return n * block;
}

static int64_t memory_limit_bytes(const char *sys)
{
	int64_t limit = 0;

	if (read_number(sys, "fs/cgroup/memory.max", 10, &limit) || read_number(sys, "fs/cgroup/memory/memory.limit_in_bytes", 10, &limit))
		return limit;
	return 0;
}

static int64_t take_memory(const struct fingerprint_from *from)
{
	char meminfo[4096];
	int64_t bytes = 0, limit = memory_limit_bytes(from->sys);
	const char *total;

	if (read_text(from->proc, "meminfo", meminfo, sizeof(meminfo)) && (total = proc_value(meminfo, "MemTotal:")) != NULL)
		bytes = strtoll(total, NULL, 10) * 1024;
	if (bytes <= 0)
		bytes = memory_blocks_bytes(from->sys);
	if (bytes <= 0)
		bytes = from->memory_bytes;
	if (limit > 0 && (bytes <= 0 || limit < bytes))
		bytes = limit;
	return bytes >= MIB ? bytes / MIB : FINGERPRINT_LEAST_MIB;
}

static int64_t take_memory_free(const struct fingerprint_from *from, int64_t memory_mib)
{
	char meminfo[4096];
	const char *available;
	int64_t mib = memory_mib;

	if (read_text(from->proc, "meminfo", meminfo, sizeof(meminfo)) && (available = proc_value(meminfo, "MemAvailable:")) != NULL)
		mib = strtoll(available, NULL, 10) / 1024;
	return mib < memory_mib ? mib : memory_mib;
}

static void take_disk(const char *path, struct fingerprint *to)
{
	struct statvfs st;

	to->disk_mib = to->disk_free_mib = FINGERPRINT_LEAST_MIB;
	if (statvfs(path, &st) < 0 || st.f_blocks == 0)
		return;
	to->disk_mib = (int64_t)((uint64_t)st.f_blocks * st.f_frsize / MIB);
	to->disk_free_mib = (int64_t)((uint64_t)st.f_bavail * st.f_frsize / MIB);
	if (to->disk_mib == 0)
		to->disk_mib = 1;
}

struct fingerprint fingerprint_take(const struct fingerprint_from *from)
{
	struct fingerprint f = { .arch = cc_arch_debian(from->machine), .cpu_millis = take_cpu(from), .memory_mib = take_memory(from) };

	f.memory_free_mib = take_memory_free(from, f.memory_mib);
	take_disk(from->disk, &f);
	return f;
}

struct fingerprint fingerprint_of_pool(struct fingerprint f, int64_t pool_bytes)
{
	int64_t mib = pool_bytes / MIB;

	if (mib > 0 && mib < f.disk_mib) {
		f.disk_mib = mib;
		f.disk_free_mib = f.disk_free_mib < mib ? f.disk_free_mib : mib;
	}
	return f;
}

struct fingerprint_from fingerprint_from_here(const char *disk)
{
	static struct utsname uts;
	struct fingerprint_from from = { .proc = "/proc", .sys = "/sys", .disk = disk, .machine = "unknown" };
	struct sysinfo info;

	if (uname(&uts) == 0)
		from.machine = uts.machine;
	if (sysinfo(&info) == 0)
		from.memory_bytes = (int64_t)info.totalram * info.mem_unit;
	return from;
}
