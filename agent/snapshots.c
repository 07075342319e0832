/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request at a time for each instance. What has failed is kept as failed until the assignment does not name it any more, so it is not tried again. */
#include "agent/snapshots.h"

#include "agent/act_parts.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

struct op {
	struct act *act;
	struct inst *inst;
	struct cc_uuid id;
	int64_t restore_sn;
};

static struct inst_snapshot *find(const struct inst *i, struct cc_uuid id)
{
	for (size_t k = 0; k < i->n_snapshots; k++)
		if (cc_uuid_equal(i->snapshots[k].id, id))
			return &i->snapshots[k];
	return NULL;
}

static void drop(struct inst *i, struct cc_uuid id)
{
	struct inst_snapshot *s = find(i, id);

	if (s != NULL)
		*s = i->snapshots[--i->n_snapshots];
}

static struct inst_snapshot *add(struct inst *i, struct cc_uuid id)
{
	drop(i, id);
	i->snapshots = cc_realloc(i->snapshots, (i->n_snapshots + 1) * sizeof(*i->snapshots));
	i->snapshots[i->n_snapshots] = (struct inst_snapshot){ .id = id };
	return &i->snapshots[i->n_snapshots++];
}

static void add_failed(struct act *a, struct inst *i, struct cc_uuid id, const char *why)
{
	struct inst_snapshot *s = add(i, id);

	s->failed = true;
	snprintf(s->reason, sizeof(s->reason), "%.255s", why);
	cc_utf8_mend(s->reason);
	inst_touch(a->insts, i, cc_boottime_ms());
}

/* What passes by itself. */
static bool is_passing(uint32_t code)
{
	return code == CC_BUSY || code == CC_UNAVAILABLE;
}

static struct inst *finish(struct op *op)
{
	struct inst *i = op->inst;

	i->snapshots_busy = false;
	op->act->again = true;
	return i;
}

static void say_failed(const struct op *op, const char *doing, const struct cc_error *err)
{
	cc_log(WARNING, SNAPSHOT_FAILED, kv_uuid("instance", op->inst->id), kv_uuid("snapshot", op->id), kv_text("doing", doing), kv_err(err));
}

static void listed(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = finish(op);
	const struct priv_list_reply *list = r->body;
	const struct cc_uuid *ids = r->tail;

	if (r->code != CC_OK || r->tail_len != list->count * sizeof(*ids)) {
		(void)backoff_fail(&i->snapshots_backoff, cc_boottime_ms(), 0);
	} else {
		for (uint32_t k = 0; k < list->count; k++)
			(void)add(i, ids[k]);
		i->snapshots_known = true;
		backoff_reset(&i->snapshots_backoff);
		inst_touch(op->act->insts, i, cc_boottime_ms());
	}
	free(op);
}

static void taken(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = finish(op);
	struct cc_error err = { 0 };

	if (r->code == CC_OK) {
		add(i, op->id)->bytes = (int64_t)((const struct priv_snapshot_reply *)r->body)->bytes;
		backoff_reset(&i->snapshots_backoff);
		inst_touch(op->act->insts, i, cc_boottime_ms());
		cc_log(INFO, SNAPSHOT_CHANGED, kv_uuid("instance", i->id), kv_uuid("snapshot", op->id), kv_text("state", "ready"));
	} else {
		act_reply_error(r, &err);
		say_failed(op, "take", &err);
		if (is_passing(r->code))
			(void)backoff_fail(&i->snapshots_backoff, cc_boottime_ms(), 0);
		else
			add_failed(op->act, i, op->id, err.msg);
	}
	free(op);
}

static void deleted(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = finish(op);
	struct cc_error err = { 0 };

	if (r->code == CC_OK) {
		drop(i, op->id);
		backoff_reset(&i->snapshots_backoff);
		inst_touch(op->act->insts, i, cc_boottime_ms());
		cc_log(INFO, SNAPSHOT_CHANGED, kv_uuid("instance", i->id), kv_uuid("snapshot", op->id), kv_text("state", "deleted"));
	} else {
		act_reply_error(r, &err);
		say_failed(op, "delete", &err);
		(void)backoff_fail(&i->snapshots_backoff, cc_boottime_ms(), 0);
	}
	free(op);
}

static void send(struct act *a, struct inst *i, const struct priv_request *r, struct cc_uuid id, priv_reply_fn *on_reply)
{
	struct op *op = cc_calloc(1, sizeof(*op));
	struct cc_error err = { 0 };

	*op = (struct op){ .act = a, .inst = i, .id = id };
	if (priv_client_send(a->priv, r, on_reply, op, NULL, &err) < 0) {
		if (err.code != CC_BUSY)
			(void)backoff_fail(&i->snapshots_backoff, cc_boottime_ms(), 0);
		free(op);
		return;
	}
	i->snapshots_busy = true;
}

static bool is_in(const struct cc_uuids *ids, struct cc_uuid id)
{
	for (size_t k = 0; k < ids->n; k++)
		if (cc_uuid_equal(ids->items[k], id))
			return true;
	return false;
}

static bool take_next(struct act *a, struct inst *i)
{
	const struct cc_uuids *take = &i->want->take;

	for (size_t k = 0; cc_has(i->want, assignment, take) && k < take->n; k++) {
		struct priv_snapshot body = { i->id, take->items[k] };

		if (find(i, take->items[k]) != NULL)
			continue;
		send(a, i, &(struct priv_request){ .verb = PRIV_SNAPSHOT_TAKE, .body = &body, .release = free }, body.id, taken);
		return true;
	}
	return false;
}

static void delete_next(struct act *a, struct inst *i)
{
	for (size_t k = i->n_snapshots; k-- > 0;) {
		struct priv_snapshot body = { i->id, i->snapshots[k].id };

		if (is_in(&i->want->snapshots, body.id))
			continue;
		if (!i->snapshots[k].failed) {
			send(a, i, &(struct priv_request){ .verb = PRIV_SNAPSHOT_DELETE, .body = &body, .release = free }, body.id, deleted);
			return;
		}
		drop(i, body.id);
		inst_touch(a->insts, i, cc_boottime_ms());
	}
}

/* It has never run here, and is not about to. */
static void refuse_all(struct act *a, struct inst *i)
{
	const struct cc_uuids *take = &i->want->take;

	if (i->want->desired != DESIRED_STOP || i->doing != DOING_NOTHING || !cc_has(i->want, assignment, take))
		return;
	i->snapshots_known = true;
	for (size_t k = 0; k < take->n; k++)
		if (find(i, take->items[k]) == NULL)
			add_failed(a, i, take->items[k], "the instance was never started on this node, so there is nothing to keep");
}

void snapshots_look(struct act *a, struct inst *i, int64_t now_ms)
{
	struct priv_ct_ref body = { i->id };

	if (!a->insts->ct_known || i->snapshots_busy || i->want == NULL || i->drop || i->want->desired == DESIRED_DELETE)
		return;
	if (!i->exists) {
		refuse_all(a, i);
		return;
	}
	if (!cc_has(i->want, assignment, snapshots) || !backoff_due(&i->snapshots_backoff, now_ms))
		return;
	if (!i->snapshots_known)
		send(a, i, &(struct priv_request){ .verb = PRIV_CT_SNAPSHOTS, .body = &body, .release = free }, (struct cc_uuid){ { 0 } }, listed);
	else if (!take_next(a, i))
		delete_next(a, i);
}

static void restored(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = op->inst;
	struct cc_error err = { 0 };

	i->doing = DOING_NOTHING;
	op->act->again = true;
	if (r->code == CC_OK) {
		inst_succeeded(i);
		inst_saw(i, r->body);
		cc_log(INFO, SNAPSHOT_CHANGED, kv_uuid("instance", i->id), kv_uuid("snapshot", op->id), kv_text("state", "restored"));
	} else {
		act_reply_error(r, &err);
		say_failed(op, "restore", &err);
		if (is_passing(r->code)) {
			inst_failed(i, DOING_RESTORE, false, cc_boottime_ms(), err.msg);
		} else {
			i->restore_failed_sn = op->restore_sn;
			snprintf(i->restore_reason, sizeof(i->restore_reason), "%.250s", err.msg);
		}
	}
	inst_touch(op->act->insts, i, cc_boottime_ms());
	free(op);
}

void snapshots_restore(struct act *a, struct inst *i)
{
	struct priv_restore body = { i->id, i->want->restore, (uint64_t)i->want->restore_sn };
	struct op *op = cc_calloc(1, sizeof(*op));
	struct cc_error err = { 0 };

	*op = (struct op){ a, i, i->want->restore, i->want->restore_sn };
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_CT_RESTORE, .body = &body, .release = free }, restored, op, NULL, &err) <
	        0) {
		if (err.code != CC_BUSY)
			inst_failed(i, DOING_RESTORE, false, cc_boottime_ms(), err.msg);
		free(op);
		return;
	}
	i->doing = DOING_RESTORE;
	a->ops++;
}

int64_t snapshots_mib(const struct inst_table *t)
{
	int64_t sum = 0;

	for (size_t k = 0; k < t->n; k++) {
		const struct inst *i = t->items[k];

		for (size_t n = 0; n < i->n_snapshots; n++) {
			int64_t mib = (i->snapshots[n].bytes + (1 << 20) - 1) >> 20;

			sum += i->want != NULL && mib > i->want->disk_mib ? i->want->disk_mib : mib;
		}
	}
	return sum;
}
