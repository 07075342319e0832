/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroup v2 says in cgroup.events when all stand still, v1 in freezer.state; neither can be waited for on every kernel, so they are asked again and again.
 * On a hybrid machine an instance is in both, and v2's is taken: what it holds can still be killed. */
#include "agent/driver/cgroup.h"

#include "agent/driver/small_file.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define ASK_EVERY_MS 2
#define ASK_MAX      5000

struct freezer {
	const char *file;     /* what is written */
	const char *words[2]; /* to let go, to hold */
	const char *answer;   /* what is read */
	const char *says[2];  /* when that is so */
};

static const struct freezer freezers[] = {
	{ "cgroup.freeze", { "0", "1" }, "cgroup.events", { "frozen 0", "frozen 1" } },
	{ "freezer.state", { "THAWED", "FROZEN" }, "freezer.state", { "THAWED", "FROZEN" } },
};

static bool says(const char *dir, const struct freezer *f, bool on)
{
	char path[CGROUP_PATH_MAX + 128], text[256];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "%s/%s", dir, f->answer);
	return small_file_read(-1, path, text, sizeof(text), &ignored) > 0 && strstr(text, f->says[on]) != NULL;
}

static int wait_until(const char *dir, const struct freezer *f, bool on, struct cc_error *err)
{
	for (int i = 0; i < ASK_MAX; i++) {
		if (says(dir, f, on))
			return 0;
		poll(NULL, 0, ASK_EVERY_MS);
	}
	return cc_fail(err, TIMEOUT, "the instance's programs would not %s", on ? "stand still" : "go on");
}

static int set(const char *dir, const struct freezer *f, bool on, struct cc_error *err)
{
	char path[CGROUP_PATH_MAX + 128];
	struct cc_error ignored = { 0 };

	if (says(dir, f, on))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, f->file);
	if (small_file_poke(path, f->words[on], err) < 0)
		return -1;
	if (wait_until(dir, f, on, err) == 0)
		return 0;
	if (on)
		(void)small_file_poke(path, f->words[false], &ignored);
	return -1;
}

static bool is_inhabited(const char *dir)
{
	char path[CGROUP_PATH_MAX + 128], text[256];
	struct cc_error ignored = { 0 };

	snprintf(path, sizeof(path), "%s/cgroup.events", dir);
	/* v1 has no such file. */
	return small_file_read(-1, path, text, sizeof(text), &ignored) <= 0 || strstr(text, "populated 1") != NULL;
}

/* Where the instance can be held: false when it is in no cgroup that can. */
static bool find(const struct cgroup_layout *l, struct cc_uuid id, const struct freezer *f, char *dir, size_t size)
{
	char path[CGROUP_PATH_MAX + 128], text[64], uuid[CC_UUID_TEXT];
	struct cc_error ignored = { 0 };

	for (size_t i = 0; i < l->tree_count; i++) {
		snprintf(dir, size, "%s/lxc.payload.%s", l->trees[i], cc_uuid_format(id, uuid));
		snprintf(path, sizeof(path), "%s/%s", dir, f->file);
		if (small_file_read(-1, path, text, sizeof(text), &ignored) > 0 && is_inhabited(dir))
			return true;
	}
	return false;
}

int cgroup_freeze(const struct cgroup_layout *l, struct cc_uuid id, bool on, struct cc_error *err)
{
	char dir[CGROUP_PATH_MAX + 80];

	for (size_t i = 0; i < CC_ARRAY_LEN(freezers); i++)
		if (find(l, id, &freezers[i], dir, sizeof(dir)))
			return set(dir, &freezers[i], on, err);
	return on ? cc_fail(err, UNAVAILABLE, "this machine's cgroups cannot hold an instance still; stop it first") : 0;
}
