/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/snapshot.h"

#include "agent/driver/driver.h"
#include "agent/storage/pool.h"

static struct pool_tree tree_of(const struct ct_record *rec, struct cc_uuid id)
{
	return (struct pool_tree){ .kind = POOL_SNAPSHOT, .id = id, .of = rec->id };
}

bool snapshot_holds(const struct priv_node *node, const struct ct_record *rec)
{
	const struct pool *pool = pool_find(node, rec->pool);

	return pool != NULL && !pool->instant;
}

static int copy(const struct priv_node *node, const struct pool *pool, const struct ct_record *rec, const struct pool_tree *to, struct cc_error *err)
{
	struct pool_tree layer = pool_layer(rec->id);

	if (pool->copy(node, &layer, to, err) == 0)
		return 0;
	return err->code == CC_NOT_FOUND ? cc_fail(err, NOT_FOUND, "the instance was never started on this node, so there is nothing to keep") : -1;
}

static int copy_held(
        const struct priv_node *node, const struct pool *pool, const struct ct_record *rec, const struct pool_tree *to, struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	int result;

	if (driver_freeze(node, rec->id, true, err) < 0)
		return -1;
	result = copy(node, pool, rec, to, err);
	return driver_freeze(node, rec->id, false, result == 0 ? err : &ignored) < 0 ? -1 : result;
}

int snapshot_take(
        const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, bool running, uint64_t *ret_bytes, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree to = tree_of(rec, id);
	int result;

	if (pool == NULL)
		return -1;
	result = running && !pool->instant ? copy_held(node, pool, rec, &to, err) : copy(node, pool, rec, &to, err);
	return result < 0 ? -1 : pool->usage(node, &to, ret_bytes, err);
}

int snapshot_drop(const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree tree = tree_of(rec, id);

	if (driver_freeze(node, rec->id, false, err) < 0 || pool == NULL)
		return -1;
	return pool->remove(node, &tree, err);
}

int snapshot_restore(const struct priv_node *node, const struct ct_record *rec, struct cc_uuid id, struct cc_error *err)
{
	const struct pool *pool = pool_get(node, rec->pool, err);
	struct pool_tree from = tree_of(rec, id), layer = pool_layer(rec->id);

	if (pool == NULL || pool->replace(node, &from, &layer, err) < 0)
		return -1;
	return pool->limit(node, &layer, rec->disk_bytes, err);
}
