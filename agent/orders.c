/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/orders.h"

#include "agent/volumes.h"

#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cc_uuid));
}

int orders_check(const struct node_orders *o, struct cc_error *err)
{
	size_t n = o->assignments.n + o->drop.n;
	cc_auto_free struct cc_uuid *ids = NULL;
	char text[CC_UUID_TEXT];

	if (o->volumes.n > INST_MAX_KNOWN)
		return cc_fail(err, INVALID, "orders for %zu volumes are more than the %d that a node can have", o->volumes.n, INST_MAX_KNOWN);
	if (n > INST_MAX_KNOWN)
		return cc_fail(err, INVALID, "orders for %zu instances are more than the %d that a node can have", n, INST_MAX_KNOWN);
	ids = cc_calloc(n + 1, sizeof(*ids));
	for (size_t k = 0; k < o->assignments.n; k++)
		ids[k] = o->assignments.items[k].id;
	for (size_t k = 0; k < o->drop.n; k++)
		ids[o->assignments.n + k] = o->drop.items[k];
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t k = 1; k < n; k++)
		if (cc_uuid_equal(ids[k - 1], ids[k]))
			return cc_fail(err, INVALID, "the orders name instance %s twice", cc_uuid_format(ids[k], text));
	return 0;
}

/* The highest epoch that this node knows for the instance; -1 when it knows none. */
static int64_t known_epoch(const struct inst *i)
{
	int64_t epoch = i->want != NULL ? i->want->epoch : -1;

	if (i->exists && (int64_t)i->ct.epoch > epoch)
		epoch = (int64_t)i->ct.epoch;
	return epoch;
}

static enum offer classify(const struct inst *i, const struct assignment *a)
{
	int64_t epoch = known_epoch(i);

	if (a->epoch != epoch)
		return a->epoch < epoch ? OFFER_OLDER : OFFER_NEWER;
	return i->want != NULL && i->want->epoch == epoch && a->boot_sn < i->want->boot_sn ? OFFER_BACK : OFFER_SAME;
}

static enum held held(const struct inst *i)
{
	return i->want != NULL ? HELD_YES : HELD_NOT;
}

static void take_one(struct inst_table *t, const struct assignment *a, struct orders_taken *ret)
{
	struct inst *i = inst_get(t, a->id);

	i->listed = true;
	if (reconcile_accept(held(i), classify(i, a)).accept != ACCEPT_TAKE) {
		ret->refused++;
		return;
	}
	i->drop = false;
	ret->taken += inst_set_want(t, i, a);
}

static void drop_one(struct inst_table *t, struct cc_uuid id, struct orders_taken *ret)
{
	struct inst *i = inst_get(t, id);

	i->listed = true;
	ret->dropped += !i->drop;
	if (!i->drop)
		i->retry = (struct retry){ 0 };
	i->drop = true;
	(void)inst_set_want(t, i, NULL);
}

static void take_silence(struct inst_table *t, bool full, struct orders_taken *ret)
{
	for (size_t k = 0; k < t->n; k++) {
		struct inst *i = t->items[k];

		if (i->listed || reconcile_accept(held(i), full ? OFFER_MISSING : OFFER_NONE).accept != ACCEPT_FORGET)
			continue;
		(void)inst_set_want(t, i, NULL);
		ret->forgotten++;
	}
}

struct orders_taken orders_take(struct inst_table *t, const struct node_orders *o)
{
	struct orders_taken ret = { 0 };

	for (size_t k = 0; k < t->n; k++)
		t->items[k]->listed = false;
	for (size_t k = 0; k < o->assignments.n; k++)
		take_one(t, &o->assignments.items[k], &ret);
	for (size_t k = 0; k < o->drop.n; k++)
		drop_one(t, o->drop.items[k], &ret);
	take_silence(t, o->full, &ret);
	volumes_take(t, o);
	return ret;
}
