/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/volumes.h"

#include "agent/act_parts.h"
#include "agent/snapshots.h"
#include "common/boot_timer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

static struct inst_volume *find(const struct inst_table *t, struct cc_uuid id)
{
	for (size_t k = 0; k < t->n_volumes; k++)
		if (cc_uuid_equal(t->volumes[k].id, id))
			return &t->volumes[k];
	return NULL;
}

static struct inst_volume *get(struct inst_table *t, struct cc_uuid id)
{
	struct inst_volume *v = find(t, id);

	if (v != NULL)
		return v;
	t->volumes = cc_realloc(t->volumes, (t->n_volumes + 1) * sizeof(*v));
	v = &t->volumes[t->n_volumes++];
	*v = (struct inst_volume){ .id = id };
	return v;
}

static void forget(struct inst_table *t, struct inst_volume *v)
{
	*v = t->volumes[--t->n_volumes];
	t->unsaved = true;
}

/* What is as ordered already is told again: whoever orders it does not know. */
static void take_one(struct inst_table *t, const struct volume_order *o)
{
	struct inst_volume *v = get(t, o->id);

	v->listed = true;
	if (v->want_mib != o->size_mib || v->deleted != o->deleted) {
		v->backoff = (struct backoff){ 0 };
		v->known = false; /* until that is done */
		t->unsaved = true;
	}
	v->want_mib = o->size_mib;
	v->deleted = o->deleted;
	if (v->known)
		v->change = ++t->change;
}

void volumes_take(struct inst_table *t, const struct node_orders *o)
{
	for (size_t k = 0; k < t->n_volumes; k++)
		t->volumes[k].listed = false;
	for (size_t k = 0; k < o->volumes.n && cc_has(o, node_orders, volumes); k++)
		take_one(t, &o->volumes.items[k]);
	for (size_t k = t->n_volumes; o->full && k-- > 0;)
		if (!t->volumes[k].listed && !t->volumes[k].busy)
			forget(t, &t->volumes[k]);
}

size_t volumes_orders(const struct inst_table *t, struct volume_order **ret)
{
	*ret = cc_calloc(t->n_volumes + 1, sizeof(struct volume_order));
	for (size_t k = 0; k < t->n_volumes; k++)
		(*ret)[k] = (struct volume_order){ .id = t->volumes[k].id, .size_mib = t->volumes[k].want_mib, .deleted = t->volumes[k].deleted };
	return t->n_volumes;
}

int64_t volumes_mib(const struct inst_table *t)
{
	int64_t sum = 0;

	for (size_t k = 0; k < t->n_volumes; k++)
		sum += t->volumes[k].deleted ? 0 : t->volumes[k].want_mib;
	return sum;
}

/* The table moves when it grows, so an open request names the volume by its id. */
struct op {
	struct act *act;
	struct cc_uuid id;
	int64_t mib;
	bool deletes;
};

static void become(struct act *a, struct inst_volume *v, enum stored state, const char *reason)
{
	char kept[sizeof(v->reason)];

	snprintf(kept, sizeof(kept), "%.255s", reason);
	cc_utf8_mend(kept);
	if (v->known && v->state == state && strcmp(v->reason, kept) == 0)
		return;
	v->known = true;
	v->state = state;
	memcpy(v->reason, kept, sizeof(kept));
	v->change = ++a->insts->change;
}

static void failed(struct act *a, struct inst_volume *v, bool deletes, const char *why)
{
	(void)backoff_fail(&v->backoff, cc_boottime_ms(), 0);
	if (!deletes)
		become(a, v, STORED_FAILED, why);
}

static void answered(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst_volume *v = find(op->act->insts, op->id);
	struct cc_error err = { 0 };

	op->act->again = true;
	if (v != NULL)
		v->busy = false;
	if (r->code != CC_OK) {
		act_reply_error(r, &err);
		cc_log(WARNING, VOLUME_FAILED, kv_uuid("volume", op->id), kv_text("doing", op->deletes ? "delete" : "make"), kv_err(&err));
		if (v != NULL)
			failed(op->act, v, op->deletes, err.msg);
	} else if (v != NULL) {
		v->made_mib = op->deletes ? 0 : op->mib;
		backoff_reset(&v->backoff);
		become(op->act, v, op->deletes ? STORED_GONE : STORED_READY, "");
		cc_log(INFO, VOLUME_CHANGED, kv_uuid("volume", op->id), kv_text("state", op->deletes ? "deleted" : "ready"));
	}
	free(op);
}

static void send(struct act *a, struct inst_volume *v, enum priv_verb verb, const void *body)
{
	struct op *op = cc_calloc(1, sizeof(*op));
	struct cc_error err = { 0 };

	*op = (struct op){ a, v->id, v->want_mib, verb == PRIV_VOLUME_DELETE };
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = verb, .body = body, .release = free }, answered, op, NULL, &err) < 0) {
		/* BUSY: too many requests are open; every answer leads back here. */
		if (err.code != CC_BUSY)
			failed(a, v, op->deletes, err.msg);
		free(op);
		return;
	}
	v->busy = true;
}

/* The owner's terms, last: volumes count like the disks of instances. */
static bool is_offered(const struct act *a, int64_t grows_mib)
{
	int64_t used = volumes_mib(a->insts) + snapshots_mib(a->insts), most = a->policy.offer.disk_mib;

	for (size_t k = 0; k < a->insts->n; k++)
		used += a->insts->items[k]->exists ? (int64_t)(a->insts->items[k]->ct.limits.disk_bytes >> 20) : 0;
	if (a->policy.disk_percent > 0 && !__builtin_mul_overflow(most, a->policy.disk_percent, &most))
		most /= 100;
	return grows_mib <= 0 || used <= most;
}

static void make(struct act *a, struct inst_volume *v)
{
	struct priv_volume body = { v->id, (uint64_t)v->want_mib << 20 };

	if (!v->known && !is_offered(a, v->want_mib - v->made_mib))
		failed(a, v, false, "the node's owner offers less disk than this");
	else
		send(a, v, PRIV_VOLUME_MAKE, &body);
}

static bool is_used(const struct inst_table *t, struct cc_uuid id)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct assignment *want = t->items[k]->want;

		for (size_t i = 0; want != NULL && i < want->volumes.n; i++)
			if (cc_uuid_equal(want->volumes.items[i].volume, id))
				return true;
	}
	return false;
}

static bool is_done(const struct inst_volume *v)
{
	if (!v->known)
		return false;
	return v->deleted ? v->state == STORED_GONE : v->state == STORED_READY && v->made_mib == v->want_mib;
}

void volumes_look(struct act *a, int64_t now_ms)
{
	if (!a->insts->ct_known)
		return;
	for (size_t k = 0; k < a->insts->n_volumes; k++) {
		struct inst_volume *v = &a->insts->volumes[k];
		struct priv_ct_ref body = { v->id };

		if (v->busy || is_done(v) || !backoff_due(&v->backoff, now_ms))
			continue;
		if (!v->deleted)
			make(a, v);
		else if (!is_used(a->insts, v->id))
			send(a, v, PRIV_VOLUME_DELETE, &body);
	}
}

int64_t volumes_next_ms(const struct inst_table *t, int64_t now_ms)
{
	int64_t next = CC_NEVER_MS;

	for (size_t k = 0; k < t->n_volumes; k++)
		if (t->volumes[k].backoff.next_ms > now_ms)
			next = cc_earlier_ms(next, t->volumes[k].backoff.next_ms);
	return next;
}

bool volumes_ready(const struct inst_table *t, const struct assignment *want, char why[INST_REASON])
{
	for (size_t i = 0; i < want->volumes.n; i++) {
		const struct inst_volume *v = find(t, want->volumes.items[i].volume);

		/* Also while it is to grow, or could not. */
		if (v != NULL && v->made_mib > 0)
			continue;
		snprintf(why, INST_REASON, "its volume for %.100s is not there yet%s%.100s", want->volumes.items[i].path,
		        v != NULL && v->known ? ": " : "", v != NULL && v->known ? v->reason : "");
		return false;
	}
	return true;
}

static bool is_news(const struct inst_table *t, const struct inst_volume *v, bool full)
{
	return v->known && v->change != 0 && (full || v->change > t->confirmed);
}

size_t volumes_report(const struct inst_table *t, bool full, struct node_stored *items)
{
	size_t n = 0;

	for (size_t k = 0; k < t->n_volumes; k++) {
		const struct inst_volume *v = &t->volumes[k];

		if (!is_news(t, v, full))
			continue;
		items[n] = (struct node_stored){ .id = v->id, .state = v->state };
		if (v->reason[0] != '\0')
			cc_set(&items[n], node_stored, reason, v->reason);
		n++;
	}
	return n;
}

bool volumes_have_news(const struct inst_table *t)
{
	for (size_t k = 0; k < t->n_volumes; k++)
		if (is_news(t, &t->volumes[k], false))
			return true;
	return false;
}

void volumes_confirmed(struct inst_table *t)
{
	for (size_t k = t->n_volumes; k-- > 0;) {
		struct inst_volume *v = &t->volumes[k];

		if (v->deleted && v->known && v->state == STORED_GONE && !v->busy && v->change <= t->confirmed)
			forget(t, v);
	}
}
