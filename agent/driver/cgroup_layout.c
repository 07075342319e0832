/* SPDX-License-Identifier: GPL-3.0-or-later */
/* liblxc puts an instance below the cgroup of process 1 (without systemd's init.scope), so the same is computed here. Controllers that a v1 hierarchy
 * carries are used there; the rest is looked for in the unified one. That is also liblxc's choice.
 *
 * Under systemd this is beside its slices and not in our own unit, delegated or not: instances outlive the agent, and systemd before 254 cannot start a
 * unit again (219/CGROUP) while controllers are handed on below it. What is switched on above our cgroups stays on while they need it: the kernel refuses
 * systemd the opposite. */
#include "agent/driver/cgroup.h"
#include "agent/driver/small_file.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const controller_names[CGROUP_CONTROLLER_MAX] = { "memory", "cpu", "cpuacct", "pids" };

/* Whether `list` (separated by any of `seps`) holds the word. */
static bool has_word(const char *list, const char *seps, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0'; p += strspn(p, seps)) {
		size_t n = strcspn(p, seps);

		if (n == len && strncmp(p, word, len) == 0)
			return true;
		p += n;
	}
	return false;
}

/* The path of process 1 in the hierarchy that carries `controller` ("" for the unified one), without systemd's own scope. */
static void find_base(const char *init_cgroup, const char *controller, char *ret, size_t cap)
{
	char *copy = cc_strdup(init_cgroup), *rest = copy, *line;

	ret[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *number = strsep(&line, ":"), *list = strsep(&line, ":");

		if (number == NULL || list == NULL || line == NULL)
			continue;
		if (controller[0] == '\0' ? list[0] != '\0' : !has_word(list, ",", controller))
			continue;
		snprintf(ret, cap, "%s", strcmp(line, "/") == 0 ? "" : line);
		break;
	}
	free(copy);
	char *scope = strstr(ret, "/init.scope");

	if (scope != NULL && strcmp(scope, "/init.scope") == 0)
		*scope = '\0';
}

struct cgroup_mount {
	const char *path;
	const char *type;
	const char *options; /* of the super block: names the controllers */
};

/* mountinfo: id parent dev root PATH options [tags...] - TYPE source OPTIONS */
static bool parse_mount(char *line, struct cgroup_mount *ret)
{
	char *sep = strstr(line, " - "), *field = line;

	if (sep == NULL)
		return false;
	*sep = '\0';
	for (int i = 0; i < 4; i++)
		if (strsep(&field, " ") == NULL)
			return false;
	ret->path = strsep(&field, " ");
	field = sep + 3;
	ret->type = strsep(&field, " ");
	if (strsep(&field, " ") == NULL || field == NULL)
		return false;
	ret->options = field;
	return ret->path != NULL;
}

/* Adds the hierarchy once; returns our parent in it, or NULL when it is known or there are too many. */
static const char *add_tree(struct cgroup_layout *l, const struct cgroup_mount *m, const char *base, const char *cgroup_dir)
{
	char dir[CGROUP_PATH_MAX];

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s/%s", m->path, base, cgroup_dir) >= sizeof(dir) || l->tree_count == CGROUP_TREES_MAX)
		return NULL;
	for (size_t i = 0; i < l->tree_count; i++)
		if (strcmp(l->trees[i], dir) == 0)
			return NULL;
	return memcpy(l->trees[l->tree_count++], dir, sizeof(dir));
}

static void take_v1(struct cgroup_layout *l, const struct cgroup_mount *m, const struct cgroup_sources *src, const char *cgroup_dir)
{
	char base[CGROUP_PATH_MAX] = "", first[64];
	const char *dir, *word = m->options;

	/* Any word of the options that names a controller finds the line of process 1. */
	while (base[0] == '\0' && *word != '\0') {
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(word, ","), word);
		find_base(src->init_cgroup, first, base, sizeof(base));
		word += strcspn(word, ",");
		word += strspn(word, ",");
	}
	dir = add_tree(l, m, base, cgroup_dir);
	for (int c = 0; dir != NULL && c < CGROUP_CONTROLLER_MAX; c++)
		if (l->dir[c][0] == '\0' && has_word(m->options, ",", controller_names[c]))
			memcpy(l->dir[c], dir, CGROUP_PATH_MAX);
}

static void take_unified(struct cgroup_layout *l, const char *dir, const char *controllers)
{
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
		if (l->dir[c][0] != '\0')
			continue;
		if (c != CGROUP_CPUACCT && !has_word(controllers, " \n", controller_names[c]))
			continue;
		memcpy(l->dir[c], dir, CGROUP_PATH_MAX);
		l->v2[c] = true;
	}
}

static bool acceptable_dir(const char *dir)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	return dir[0] != '\0' && dir[0] != '/' && dir[strspn(dir, allowed)] == '\0' && strstr(dir, "..") == NULL && strlen(dir) < 128;
}

int cgroup_layout_parse(const struct cgroup_sources *src, const char *cgroup_dir, struct cgroup_layout *ret, struct cc_error *err)
{
	cc_auto_free char *copy = cc_strdup(src->mountinfo);
	char *rest = copy, *line, base[CGROUP_PATH_MAX];
	const char *unified = NULL;
	struct cgroup_layout l = { 0 };
	struct cgroup_mount m;

	if (!acceptable_dir(cgroup_dir))
		return cc_fail(err, INVALID, "cgroup_dir '%.128s' must be a relative path of letters, digits, '.', '_', '-'", cgroup_dir);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!parse_mount(line, &m))
			continue;
		if (strcmp(m.type, "cgroup") == 0)
			take_v1(&l, &m, src, cgroup_dir);
		if (strcmp(m.type, "cgroup2") == 0 && unified == NULL) {
			find_base(src->init_cgroup, "", base, sizeof(base));
			unified = add_tree(&l, &m, base, cgroup_dir);
		}
	}
	if (unified != NULL)
		take_unified(&l, unified, src->unified_controllers);
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		if (l.dir[c][0] == '\0')
			return cc_fail(err, UNAVAILABLE, "the kernel offers no '%s' cgroup controller, so limits cannot be set", controller_names[c]);
	*ret = l;
	return 0;
}

static char *read_text(const char *path, char *buf, size_t cap)
{
	struct cc_error ignored = { 0 };

	if (small_file_read(-1, path, buf, cap, &ignored) < 0)
		buf[0] = '\0';
	return buf;
}

/* Where the unified hierarchy is mounted, in mountinfo. */
static void find_unified(const char *mountinfo, char *ret, size_t cap)
{
	cc_auto_free char *copy = cc_strdup(mountinfo);
	char *rest = copy, *line;
	struct cgroup_mount m;

	ret[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (parse_mount(line, &m) && strcmp(m.type, "cgroup2") == 0) {
			snprintf(ret, cap, "%s", m.path);
			return;
		}
}

/* mkdir -p from the mount down, each level handing its controllers on. Only in the unified tree: in the old ones liblxc makes what it needs, and knows
 * that a cpuset must be filled in before anybody can enter. */
static int make_unified_tree(const struct cgroup_layout *l, const char *dir, struct cc_error *err)
{
	char part[CGROUP_PATH_MAX], control[CGROUP_PATH_MAX + 32], word[16];
	struct cc_error ignored = { 0 };

	for (const char *slash = strchr(dir + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - dir), dir);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return cc_fail_errno(err, "making cgroup '%s'", part);
		snprintf(control, sizeof(control), "%s/cgroup.subtree_control", part);
		for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++) {
			snprintf(word, sizeof(word), "+%s", controller_names[c]);
			/* Above the mount there is no such file; where it does not work the limit's own check will say so. */
			if (l->v2[c] && c != CGROUP_CPUACCT)
				(void)small_file_poke(control, word, &ignored);
		}
	}
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? cc_fail_errno(err, "making cgroup '%s'", dir) : 0;
}

/* A limit on swap is optional in kernels. The root of a v1 hierarchy has all files; that of v2 has none, but our own cgroup does. */
static bool has_swap_limit(const struct cgroup_layout *l, const char *cgroup_dir)
{
	const char *dir = l->dir[CGROUP_MEMORY];
	int base = (int)(strlen(dir) - strlen(cgroup_dir) - 1);
	char path[CGROUP_PATH_MAX + 40];

	if (l->v2[CGROUP_MEMORY])
		snprintf(path, sizeof(path), "%s/memory.swap.max", dir);
	else
		snprintf(path, sizeof(path), "%.*s/memory.memsw.limit_in_bytes", base, dir);
	return access(path, F_OK) == 0;
}

int cgroup_layout_open(const char *cgroup_dir, struct cgroup_layout *ret, struct cc_error *err)
{
	cc_auto_free char *mountinfo = cc_malloc(1 << 20);
	char init_cgroup[8192], unified[CGROUP_PATH_MAX], path[CGROUP_PATH_MAX + 32], controllers[512];
	struct cgroup_layout l;

	if (small_file_read(-1, "/proc/self/mountinfo", mountinfo, 1 << 20, err) < 0)
		return -1;
	find_unified(mountinfo, unified, sizeof(unified));
	snprintf(path, sizeof(path), "%s/cgroup.controllers", unified);
	struct cgroup_sources src = { mountinfo, read_text("/proc/1/cgroup", init_cgroup, sizeof(init_cgroup)),
		unified[0] != '\0' ? read_text(path, controllers, sizeof(controllers)) : "" };

	if (cgroup_layout_parse(&src, cgroup_dir, &l, err) < 0)
		return -1;
	/* Whichever limits the unified hierarchy carries: on a hybrid machine that need not be the memory's. */
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		if (l.v2[c] && make_unified_tree(&l, l.dir[c], err) < 0)
			return -1;
	l.limits_swap = has_swap_limit(&l, cgroup_dir);
	*ret = l;
	return 0;
}
