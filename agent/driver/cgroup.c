/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/cgroup.h"

#include "agent/driver/process.h"
#include "agent/driver/small_file.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PERIOD_USEC  100000
#define PAYLOAD      "lxc.payload."
#define MONITOR      "lxc.monitor."
#define PIVOT        "lxc.pivot"
#define SWEEP_ROUNDS 200 /* of 5 ms */

static void add_limit(struct cgroup_limit *ret, size_t *n, const struct cgroup_layout *l, enum cgroup_controller c, const char *v1, const char *v2,
        const char *v1_value, const char *v2_value)
{
	struct cgroup_limit *limit = &ret[(*n)++];

	limit->controller = c;
	limit->v2 = l->v2[c];
	limit->file = l->v2[c] ? v2 : v1;
	snprintf(limit->value, sizeof(limit->value), "%s", l->v2[c] ? v2_value : v1_value);
}

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : (uint32_t)value;
}

size_t cgroup_limits(const struct cgroup_layout *l, const struct priv_limits *limits, struct cgroup_limit ret[CGROUP_LIMITS_MAX])
{
	char memory[24], quota[24], max[48], shares[16], weight[16], pids[16], period[16];
	uint32_t quota_usec = clamp((uint64_t)limits->cpu_millis * PERIOD_USEC / 1000, 1000, UINT32_MAX);
	size_t n = 0;

	snprintf(memory, sizeof(memory), "%" PRIu64, limits->memory_bytes & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1));
	snprintf(quota, sizeof(quota), "%u", quota_usec);
	snprintf(period, sizeof(period), "%u", PERIOD_USEC);
	snprintf(max, sizeof(max), "%u %u", quota_usec, PERIOD_USEC);
	snprintf(shares, sizeof(shares), "%u", clamp((uint64_t)limits->cpu_millis * 1024 / 1000, 2, 262144));
	snprintf(weight, sizeof(weight), "%u", clamp((uint64_t)limits->cpu_millis / 10, 1, 10000));
	snprintf(pids, sizeof(pids), "%u", limits->pids);
	add_limit(ret, &n, l, CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", memory, memory);
	if (l->limits_swap)
		add_limit(ret, &n, l, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "memory.swap.max", memory, "0");
	if (!l->v2[CGROUP_CPU])
		add_limit(ret, &n, l, CGROUP_CPU, "cpu.cfs_period_us", NULL, period, NULL);
	add_limit(ret, &n, l, CGROUP_CPU, "cpu.cfs_quota_us", "cpu.max", quota, max);
	add_limit(ret, &n, l, CGROUP_CPU, "cpu.shares", "cpu.weight", shares, weight);
	add_limit(ret, &n, l, CGROUP_PIDS, "pids.max", "pids.max", pids, pids);
	return n;
}

static void payload_path(const struct cgroup_layout *l, enum cgroup_controller c, struct cc_uuid id, const char *file, char *ret, size_t cap)
{
	char text[CC_UUID_TEXT];

	snprintf(ret, cap, "%s/" PAYLOAD "%s/%s", l->dir[c], cc_uuid_format(id, text), file);
}

bool cgroup_holds(struct cc_uuid id, int pid)
{
	char path[64], text[8192], uuid[CC_UUID_TEXT], want[80];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(want, sizeof(want), "/" PAYLOAD "%s", cc_uuid_format(id, uuid));
	return small_file_read(-1, path, text, sizeof(text), &ignored) > 0 && strstr(text, want) != NULL;
}

/* The process is listed in the very cgroup whose limits were read, so a stray "-1" variant of the name cannot pass. */
static int check_membership(const struct cgroup_layout *l, struct cc_uuid id, int pid, struct cc_error *err)
{
	char path[CGROUP_PATH_MAX + 80], text[4096], want[16];

	snprintf(want, sizeof(want), "%d\n", pid);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
		payload_path(l, c, id, "cgroup.procs", path, sizeof(path));
		if (small_file_read(-1, path, text, sizeof(text), err) < 0)
			return cc_wrap(err, "checking the instance's cgroup");
		/* init may already have moved itself into a cgroup below, as systemd does; then its path says so. */
		if (strstr(text, want) == NULL && !cgroup_holds(id, pid))
			return cc_fail(err, INTERNAL, "init %d is not in '%s'", pid, path);
	}
	return 0;
}

int cgroup_verify(const struct cgroup_layout *l, struct cc_uuid id, int init_pid, const struct priv_limits *limits, struct cc_error *err)
{
	struct cgroup_limit want[CGROUP_LIMITS_MAX];
	size_t n = cgroup_limits(l, limits, want);
	char path[CGROUP_PATH_MAX + 80], text[64];

	for (size_t i = 0; i < n; i++) {
		payload_path(l, want[i].controller, id, want[i].file, path, sizeof(path));
		if (small_file_read(-1, path, text, sizeof(text), err) < 0)
			return cc_wrap(err, "checking the limit %s", want[i].file);
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, want[i].value) != 0)
			return cc_fail(err, INTERNAL, "limit %s is '%s' but should be '%s'", want[i].file, text, want[i].value);
	}
	return check_membership(l, id, init_pid, err);
}

/* Under a lower limit the kernel would kill what does not fit (v2), or refuse without a number (v1). What can be given back is asked for first: by
 * memory.high, which never kills; v1's own limit does that. */
static int check_memory_fits(const struct cgroup_layout *l, struct cc_uuid id, uint64_t bytes, struct cc_error *err)
{
	bool v2 = l->v2[CGROUP_MEMORY];
	char usage[CGROUP_PATH_MAX + 80], limit[CGROUP_PATH_MAX + 80], text[24];
	struct cc_error ignored = { 0 };
	uint64_t used = 0;

	payload_path(l, CGROUP_MEMORY, id, v2 ? "memory.current" : "memory.usage_in_bytes", usage, sizeof(usage));
	payload_path(l, CGROUP_MEMORY, id, v2 ? "memory.high" : "memory.limit_in_bytes", limit, sizeof(limit));
	if (small_file_read_u64(usage, &used, &ignored) < 0 || used <= bytes)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	(void)small_file_poke(limit, text, &ignored);
	(void)small_file_read_u64(usage, &used, &ignored);
	if (v2)
		(void)small_file_poke(limit, "max", &ignored);
	if (used <= bytes)
		return 0;
	return cc_fail(
	        err, CONFLICT, "%" PRIu64 " MiB of memory are in use, and %" PRIu64 " MiB were asked for", (used + (1 << 20) - 1) >> 20, bytes >> 20);
}

int cgroup_apply(const struct cgroup_layout *l, struct cc_uuid id, const struct priv_limits *limits, struct cc_error *err)
{
	struct cgroup_limit want[CGROUP_LIMITS_MAX];
	size_t n = cgroup_limits(l, limits, want);
	char path[CGROUP_PATH_MAX + 80];
	struct cc_error first;

	if (check_memory_fits(l, id, limits->memory_bytes, err) < 0)
		return -1;
	/* v1 keeps memory <= memory + swap at every moment, so one of the two orders works, depending on the direction. */
	for (int round = 0; round < 2; round++) {
		first = (struct cc_error){ 0 };
		for (size_t i = 0; i < n; i++) {
			struct cc_error one = { 0 };

			payload_path(l, want[i].controller, id, want[i].file, path, sizeof(path));
			if (small_file_poke(path, want[i].value, &one) < 0 && first.code == CC_OK)
				first = one;
		}
		if (first.code == CC_OK)
			return 0;
	}
	return cc_error_set(err, CC_IO, first.sys_errno, first.where, "changing limits: %s", first.msg);
}

void cgroup_usage(const struct cgroup_layout *l, struct cc_uuid id, uint64_t *ret_memory_bytes, uint64_t *ret_cpu_usec)
{
	char path[CGROUP_PATH_MAX + 80], text[2048];
	struct cc_error ignored = { 0 };
	uint64_t ns = 0;

	*ret_memory_bytes = *ret_cpu_usec = 0;
	payload_path(l, CGROUP_MEMORY, id, l->v2[CGROUP_MEMORY] ? "memory.current" : "memory.usage_in_bytes", path, sizeof(path));
	(void)small_file_read_u64(path, ret_memory_bytes, &ignored);
	if (!l->v2[CGROUP_CPUACCT]) {
		payload_path(l, CGROUP_CPUACCT, id, "cpuacct.usage", path, sizeof(path));
		if (small_file_read_u64(path, &ns, &ignored) == 0)
			*ret_cpu_usec = ns / 1000;
		return;
	}
	payload_path(l, CGROUP_CPUACCT, id, "cpu.stat", path, sizeof(path));
	if (small_file_read(-1, path, text, sizeof(text), &ignored) > 0)
		(void)sscanf(text, "usage_usec %" SCNu64, ret_cpu_usec);
}

/* Whether the process is in a cgroup of that name, at any level. */
static bool is_in(int pid, const char *cgroup)
{
	char path[64], text[8192];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	return small_file_read(-1, path, text, sizeof(text), &ignored) > 0 && strstr(text, cgroup) != NULL;
}

/* The number was read a moment ago and may be another's by now, so the process is taken hold of first and then looked at. */
static void kill_member(int pid, const char *cgroup)
{
	cc_auto_close int pidfd = process_open(pid);

	if (pidfd >= 0 && is_in(pid, cgroup))
		process_signal(pidfd, SIGKILL);
}

/* All at once, where the kernel (5.14 and up, v2) can: then nothing escapes by forking. Not for a monitor's, which may be our own. */
static bool kill_payload(int fd, const char *cgroup)
{
	cc_auto_close int all = strncmp(cgroup, PAYLOAD, strlen(PAYLOAD)) == 0 ? openat(fd, "cgroup.kill", O_WRONLY | O_CLOEXEC) : -1;

	return all >= 0 && write(all, "1", 1) == 1;
}

static void kill_members(int fd, const char *cgroup)
{
	int list = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	cc_auto(fclose) FILE *procs = list >= 0 ? fdopen(list, "r") : NULL;
	int pid;

	if (kill_payload(fd, cgroup))
		return;
	while (procs != NULL && fscanf(procs, "%d", &pid) == 1)
		/* Never ourselves, whatever happened before. */
		if (pid > 1 && pid != getpid())
			kill_member(pid, cgroup);
}

/* Removes a cgroup and those below, which all belong to `top`. Returns -1 when something could not be removed yet. */
static int remove_cgroup(int dirfd, const char *name, const char *top)
{
	cc_auto_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = NULL;
	struct dirent *d;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	dir = fdopendir(dup(fd));
	while (dir != NULL && (d = readdir(dir)) != NULL)
		/* Names that begin with a dot count: liblxc makes a ".lxc" for programs that enter. */
		if (d->d_type == DT_DIR && strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			(void)remove_cgroup(fd, d->d_name, top);
	kill_members(fd, top);
	return unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

/* "lxc.payload.UUID" with or without a suffix of liblxc's. */
static bool parse_name(const char *name, struct cc_uuid *ret)
{
	char text[CC_UUID_TEXT];
	struct cc_error ignored = { 0 };

	if (strncmp(name, PAYLOAD, strlen(PAYLOAD)) != 0 && strncmp(name, MONITOR, strlen(MONITOR)) != 0)
		return false;
	snprintf(text, sizeof(text), "%s", name + strlen(PAYLOAD));
	return cc_uuid_parse(text, ret, &ignored) == 0;
}

/* One pass over one hierarchy; returns how many unwanted cgroups are left. */
static int sweep_tree(const char *tree, cgroup_keep_fn *keep, void *user)
{
	cc_auto(closedir) DIR *dir = opendir(tree);
	struct dirent *d;
	struct cc_uuid id;
	int left = 0;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (d->d_type == DT_DIR && parse_name(d->d_name, &id) && !keep(user, id) && remove_cgroup(dirfd(dir), d->d_name, d->d_name) != 0)
			left++;
	return left;
}

int cgroup_sweep_others(const struct cgroup_layout *l, cgroup_keep_fn *keep, void *user, struct cc_error *err)
{
	for (int round = 0; round < SWEEP_ROUNDS; round++) {
		int left = 0;

		for (size_t i = 0; i < l->tree_count; i++)
			left += sweep_tree(l->trees[i], keep, user);
		if (left == 0)
			return 0;
		/* Killed processes leave their cgroup a moment later, and v1 has nothing to wait on. */
		poll(NULL, 0, 5);
	}
	return cc_fail(err, IO, "cgroups below '%s' could not be removed", l->dir[CGROUP_MEMORY]);
}

static bool is_another(void *user, struct cc_uuid id)
{
	return !cc_uuid_equal(*(struct cc_uuid *)user, id);
}

/* Nearly always there is nothing, and a start should not read every directory to learn that. */
static bool has_leftovers(const struct cgroup_layout *l, struct cc_uuid id)
{
	char path[CGROUP_PATH_MAX + 80], text[CC_UUID_TEXT];

	cc_uuid_format(id, text);
	for (size_t i = 0; i < l->tree_count; i++) {
		snprintf(path, sizeof(path), "%s/" PAYLOAD "%s", l->trees[i], text);
		if (access(path, F_OK) == 0)
			return true;
		snprintf(path, sizeof(path), "%s/" MONITOR "%s", l->trees[i], text);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

int cgroup_sweep(const struct cgroup_layout *l, struct cc_uuid id, struct cc_error *err)
{
	if (!has_leftovers(l, id))
		return 0;
	return cgroup_sweep_others(l, is_another, &id, err);
}

/* Of the old hierarchies only the memory's: nothing has to be filled in there before somebody can enter. */
static int make_beside(const char *dir, const char *name, char path[CGROUP_PATH_MAX + 80], struct cc_error *err)
{
	snprintf(path, CGROUP_PATH_MAX + 80, "%s/%s", dir, name);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? cc_fail_errno(err, "making cgroup '%s'", path) : 0;
}

int cgroup_place(const struct cgroup_layout *l, const char *name, int pid, struct cc_error *err)
{
	char path[CGROUP_PATH_MAX + 80], text[16];

	if (make_beside(l->dir[CGROUP_MEMORY], name, path, err) < 0)
		return -1;
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/cgroup.procs");
	snprintf(text, sizeof(text), "%d", pid);
	return small_file_poke(path, text, err);
}

int cgroup_clear(const struct cgroup_layout *l, const char *name, struct cc_error *err)
{
	cc_auto_close int dirfd = open(l->dir[CGROUP_MEMORY], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int round = 0; dirfd >= 0 && round < SWEEP_ROUNDS; round++) {
		if (remove_cgroup(dirfd, name, name) == 0)
			return 0;
		poll(NULL, 0, 5);
	}
	return dirfd < 0 ? 0 : cc_fail(err, IO, "cgroup '%s/%s' could not be removed", l->dir[CGROUP_MEMORY], name);
}

void cgroup_layout_remove(const struct cgroup_layout *l)
{
	char path[CGROUP_PATH_MAX + 16];

	for (size_t i = 0; i < l->tree_count; i++) {
		snprintf(path, sizeof(path), "%s/" PIVOT, l->trees[i]);
		(void)rmdir(path);
		snprintf(path, sizeof(path), "%s", l->trees[i]);
		/* The parents as far as they are empty and ours: cgroup_dir has at least one level. */
		if (rmdir(path) == 0 && strrchr(path, '/') != NULL) {
			*strrchr(path, '/') = '\0';
			(void)rmdir(path);
		}
	}
}
