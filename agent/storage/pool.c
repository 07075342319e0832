/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/pool.h"

#include "agent/driver/driver.h"
#include "agent/storage/btrfs.h"
#include "agent/storage/pool_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const struct pool *const pools[POOL_KIND_MAX] = { [POOL_OVERLAY] = &pool_overlay, [POOL_BTRFS] = &pool_btrfs };

static bool is_open(const struct priv_node *node, uint64_t kind)
{
	return kind < POOL_KIND_MAX && (node->pools & (1U << kind)) != 0;
}

static int open_one(struct priv_node *node, const struct pool *p, struct cc_error *err)
{
	if (p->open != NULL && p->open(node, err) < 0)
		return cc_wrap(err, "opening the %s pool", p->name);
	node->pools |= 1U << p->kind;
	return 0;
}

/* Whether the setting wants new trees on btrfs. -1 with err when it means nothing. */
static int wants_btrfs(const struct priv_node *node, struct cc_error *err)
{
	const char *word = node->set.pool;

	if (strcmp(word, "btrfs") != 0 && strcmp(word, "overlay") != 0 && strcmp(word, "auto") != 0)
		return cc_fail(err, INVALID, "pool: '%.40s' is none of auto, overlay, btrfs", word);
	/* Without rights there is nothing to hold. */
	if (strcmp(word, "overlay") == 0 || (node->driver != NULL && !node->driver->has_rights))
		return 0;
	return strcmp(word, "btrfs") == 0 || node->set.pool_loop > 0 || btrfs_is(node->dirs.root);
}

static bool has_btrfs_trees(const struct priv_node *node)
{
	return pool_loop_exists(node) || faccessat(node->dirs.root, "btrfs", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static uint64_t measure_disk(const struct priv_node *node)
{
	char path[STATE_PATH_MAX + 8];
	struct statvfs st;

	snprintf(path, sizeof(path), "%s%s", node->dirs.path, node->pool->kind == POOL_BTRFS ? "/btrfs" : "");
	return statvfs(path, &st) == 0 ? (uint64_t)st.f_blocks * st.f_frsize : 0;
}

int pool_open_all(struct priv_node *node, struct cc_error *err)
{
	int btrfs = wants_btrfs(node, err);

	if (btrfs < 0 || open_one(node, &pool_overlay, err) < 0)
		return -1;
	/* What only ends a node makes no pool for it. */
	if ((node->set.halt || node->set.teardown) && !has_btrfs_trees(node))
		btrfs = 0;
	if ((btrfs || has_btrfs_trees(node)) && open_one(node, &pool_btrfs, err) < 0)
		return -1;
	node->pool = pools[btrfs ? POOL_BTRFS : POOL_OVERLAY];
	if (node->driver == NULL || node->driver->has_rights)
		node->features |= btrfs ? PRIV_FEATURE_BTRFS | PRIV_FEATURE_DISK_LIMIT : PRIV_FEATURE_OVERLAY;
	node->pool_bytes = measure_disk(node);
	return 0;
}

void pool_close_all(struct priv_node *node)
{
	for (uint64_t k = 0; k < POOL_KIND_MAX; k++)
		if (is_open(node, k) && pools[k]->close != NULL)
			pools[k]->close(node);
	node->pools = 0;
}

const struct pool *pool_find(const struct priv_node *node, uint64_t kind)
{
	return is_open(node, kind) ? pools[kind] : NULL;
}

const struct pool *pool_get(const struct priv_node *node, uint64_t kind, struct cc_error *err)
{
	const struct pool *p = pool_find(node, kind);

	if (p == NULL)
		cc_fail(err, INVALID, "pool %llu is not open on this node", (unsigned long long)kind);
	return p;
}

int pool_sweep_all(const struct priv_node *node, pool_keep_fn *keep, void *user, struct cc_error *err)
{
	int result = 0;

	for (uint64_t k = 0; k < POOL_KIND_MAX; k++) {
		struct cc_error one = { 0 };

		if (is_open(node, k) && pools[k]->sweep(node, keep, user, &one) < 0) {
			*err = one;
			result = -1;
		}
	}
	return result;
}

int pool_retire_all(const struct priv_node *node, struct cc_error *err)
{
	for (uint64_t k = 0; k < POOL_KIND_MAX; k++)
		if (is_open(node, k) && pools[k]->retire(node, err) < 0)
			return -1;
	return 0;
}

int pool_set_aside(const struct priv_node *node, struct cc_uuid id, const char *suffix, struct cc_error *err)
{
	struct pool_tree layer = pool_layer(id);

	for (uint64_t k = 0; k < POOL_KIND_MAX; k++) {
		char path[POOL_PATH_MAX], aside[POOL_PATH_MAX + 32];

		if (!is_open(node, k))
			continue;
		snprintf(aside, sizeof(aside), "%s%s", pools[k]->path(node, &layer, path), suffix);
		if (rename(path, aside) < 0 && errno != ENOENT)
			return cc_fail_errno(err, "setting '%s' aside", path);
	}
	return 0;
}

struct removal {
	const struct priv_node *node;
	const struct pool *pool;
	struct cc_uuid of;
	int result;
	struct cc_error err;
};

static void remove_snapshot(void *user, struct cc_uuid id)
{
	struct removal *r = user;
	struct pool_tree tree = { .kind = POOL_SNAPSHOT, .id = id, .of = r->of };

	if (r->result == 0)
		r->result = r->pool->remove(r->node, &tree, &r->err);
}

static int remove_from(const struct priv_node *node, const struct pool *p, struct cc_uuid id, struct cc_error *err)
{
	struct removal r = { .node = node, .pool = p, .of = id };
	struct pool_tree layer = pool_layer(id);

	if (p->list(node, POOL_SNAPSHOT, id, remove_snapshot, &r, err) < 0)
		return -1;
	if (r.result < 0) {
		*err = r.err;
		return -1;
	}
	return p->remove(node, &layer, err);
}

int pool_remove_instance(const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	for (uint64_t k = 0; k < POOL_KIND_MAX; k++)
		if (is_open(node, k) && remove_from(node, pools[k], id, err) < 0)
			return -1;
	return 0;
}
