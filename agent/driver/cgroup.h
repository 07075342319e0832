/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cgroups of instances, for v1, hybrid and v2: which hierarchy carries which limit, the limits as the driver sets them, whether they hold, what is used,
 * and what was left behind. liblxc makes and removes the cgroups; this only says where they are. */
#pragma once

#include "agent/priv_msg.h"

#include <stddef.h>

#define CGROUP_PATH_MAX   320
#define CGROUP_TREES_MAX  20
#define CGROUP_LIMITS_MAX 8

enum cgroup_controller { CGROUP_MEMORY, CGROUP_CPU, CGROUP_CPUACCT, CGROUP_PIDS, CGROUP_CONTROLLER_MAX };

struct cgroup_layout {
	char dir[CGROUP_CONTROLLER_MAX][CGROUP_PATH_MAX]; /* parent of the instances' cgroups, per controller */
	bool v2[CGROUP_CONTROLLER_MAX];
	bool limits_swap;
	size_t tree_count;
	char trees[CGROUP_TREES_MAX][CGROUP_PATH_MAX]; /* the same parent in every hierarchy */
};

/* What the detection reads; texts of /proc/self/mountinfo, /proc/1/cgroup and the unified hierarchy's cgroup.controllers ("" when there is none). */
struct cgroup_sources {
	const char *mountinfo;
	const char *init_cgroup;
	const char *unified_controllers;
};

/* Finds the hierarchies. `cgroup_dir` is relative: "communitycloud/node". Pure. @err INVALID bad cgroup_dir, UNAVAILABLE a controller is missing */
int cgroup_layout_parse(const struct cgroup_sources *src, const char *cgroup_dir, struct cgroup_layout *ret, struct cc_error *err);

/* The same from this machine; makes the parents and switches the controllers on below them. @err INVALID, UNAVAILABLE, IO */
int cgroup_layout_open(const char *cgroup_dir, struct cgroup_layout *ret, struct cc_error *err);

struct cgroup_limit {
	enum cgroup_controller controller;
	bool v2;
	const char *file; /* "memory.max" */
	char value[48];
};

/* The files to write for these limits, in this order; returns how many. */
size_t cgroup_limits(const struct cgroup_layout *l, const struct priv_limits *limits, struct cgroup_limit ret[CGROUP_LIMITS_MAX]);

/* Whether a running instance has exactly these limits, and runs where they apply. @err INTERNAL naming the limit that does not hold, IO */
int cgroup_verify(const struct cgroup_layout *l, struct cc_uuid id, int init_pid, const struct priv_limits *limits, struct cc_error *err);

/* Changes the limits of a running instance. @err CONFLICT it uses more memory than that, with nothing changed; IO */
int cgroup_apply(const struct cgroup_layout *l, struct cc_uuid id, const struct priv_limits *limits, struct cc_error *err);

/* What a running instance uses; zeros when its cgroup is gone. */
void cgroup_usage(const struct cgroup_layout *l, struct cc_uuid id, uint64_t *ret_memory_bytes, uint64_t *ret_cpu_usec);

/* Whether the process is in the instance's payload cgroup. */
bool cgroup_holds(struct cc_uuid id, int pid);

/* Holds all that runs in the cgroups of an instance, or lets it go on. Nothing there, or as asked, is fine. @err TIMEOUT it would not stand still; it goes on
 * then, UNAVAILABLE the machine has no freezer, IO */
int cgroup_freeze(const struct cgroup_layout *l, struct cc_uuid id, bool on, struct cc_error *err);

/* Kills what still runs in the cgroups of one instance and removes them. Nothing there is fine. @err IO they could not be removed */
int cgroup_sweep(const struct cgroup_layout *l, struct cc_uuid id, struct cc_error *err);

/* The same for every cgroup of ours whose instance `keep` does not want. */
typedef bool cgroup_keep_fn(void *user, struct cc_uuid id);
int cgroup_sweep_others(const struct cgroup_layout *l, cgroup_keep_fn *keep, void *user, struct cc_error *err);

/* A cgroup beside the instances' for what serves them. */
#define CGROUP_NAMES "communitycloud.names"
/* Puts a process there. @err IO */
int cgroup_place(const struct cgroup_layout *l, const char *name, int pid, struct cc_error *err);
/* Kills what runs there and removes it. Nothing there is fine. @err IO */
int cgroup_clear(const struct cgroup_layout *l, const char *name, struct cc_error *err);

/* Removes the parents too, once no instance is left. */
void cgroup_layout_remove(const struct cgroup_layout *l);
