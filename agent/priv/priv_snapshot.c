/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about snapshots. A restore is in the record before it begins, and in another way when it is done; so one that was broken off is completed before
 * the instance starts, and none is carried out twice. */
#include "agent/priv/ct_restore.h"
#include "agent/priv/priv_state.h"
#include "agent/storage/snapshot.h"

#include <stdlib.h>
#include <string.h>

#define HELD_MS 60000            /* how long programs are held still at most */
#define COPY_MS (60 * 60 * 1000) /* slow disks are slow, not broken */
#define DROP_MS (10 * 60 * 1000)

enum take_step { STEP_TAKE, STEP_DROP };

struct snapshot_args {
	struct ct_record rec;
	struct cc_uuid id;
	bool running;
};

static int work_take(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct snapshot_args *a = args;

	(void)channel;
	return snapshot_take(node, &a->rec, a->id, a->running, &ret->bytes, err);
}

static int work_drop(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct snapshot_args *a = args;

	(void)channel, (void)ret;
	return snapshot_drop(node, &a->rec, a->id, err);
}

static int work_restore(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return ct_restore_run(node, args, err);
}

static struct instance *find(const struct priv_server *s, struct cc_uuid id, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, id);

	if (!s->node->driver->has_rights)
		cc_fail(err, UNAVAILABLE, "a simulated node has no snapshots");
	else if (inst == NULL)
		cc_fail(err, NOT_FOUND, "the instance is not on this node");
	return s->node->driver->has_rights ? inst : NULL;
}

static int start_job(struct priv_server *s, struct request *r, const struct instance *inst, job_work_fn *work, int timeout_ms, struct cc_error *err)
{
	struct snapshot_args args = { .rec = inst->rec, .id = r->body.snapshot.id, .running = inst->now.state != PRIV_CT_STOPPED };

	return priv_server_start_job(s, r, &(struct job_spec){ .work = work, .args = &args, .timeout_ms = timeout_ms }, err);
}

int priv_snapshot_list_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct instance *inst = instances_find(&s->instances, r->body.ct_ref.id);
	size_t bytes = inst != NULL ? inst->snapshot_count * sizeof(struct cc_uuid) : 0;

	(void)err;
	r->reply.list.count = inst != NULL ? inst->snapshot_count : 0;
	r->reply_tail = cc_calloc(1, bytes + 1);
	if (bytes > 0)
		memcpy(r->reply_tail, inst->snapshots, bytes);
	r->reply_tail_len = (uint32_t)bytes;
	return 0;
}

int priv_snapshot_take_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct instance *inst = find(s, r->body.snapshot.instance, err);
	bool held;

	if (inst == NULL)
		return -1;
	if (cc_uuid_is_nil(r->body.snapshot.id))
		return cc_fail(err, INVALID, "a snapshot needs an id");
	if (inst->snapshot_count >= PRIV_SNAPSHOTS_MAX && !instances_has_snapshot(inst, r->body.snapshot.id))
		return cc_fail(err, QUOTA, "an instance has at most %d snapshots", PRIV_SNAPSHOTS_MAX);
	held = inst->now.state != PRIV_CT_STOPPED && snapshot_holds(s->node, &inst->rec);
	r->step = STEP_TAKE;
	return start_job(s, r, inst, work_take, held ? HELD_MS : COPY_MS, err);
}

bool priv_snapshot_yields(const struct request *r, uint32_t verb)
{
	return r->verb == PRIV_SNAPSHOT_TAKE && r->step == STEP_TAKE && (verb == PRIV_CT_STOP || verb == PRIV_CT_DELETE || verb == VERB_LEASE_OVER);
}

static void say_why(const struct request *r, struct cc_error *err)
{
	if (r->broken_off)
		cc_error_set(err, CC_CONFLICT, 0, CC_HERE, "it was broken off, because the instance was to be stopped");
	else if (err->code == CC_TIMEOUT)
		cc_error_set(err, CC_TIMEOUT, 0, CC_HERE,
		        "copying took longer than its programs may be held still (%d s); stop the instance, and take it then", HELD_MS / 1000);
}

/* What a killed child left: half a copy, and an instance that is held still. */
static int drop_rest(struct priv_server *s, struct request *r, const struct instance *inst, struct cc_error *err)
{
	struct cc_error ignored = { 0 };

	say_why(r, err);
	r->failure = *err;
	r->step = STEP_DROP;
	if (start_job(s, r, inst, work_drop, DROP_MS, &ignored) < 0)
		return -1;
	*err = (struct cc_error){ 0 };
	return 1;
}

int priv_snapshot_take_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.snapshot.instance);

	if (r->step == STEP_DROP) {
		*err = r->failure;
		return -1;
	}
	if (result == NULL)
		return drop_rest(s, r, inst, err);
	instances_add_snapshot(inst, r->body.snapshot.id);
	r->reply.snapshot.bytes = result->bytes;
	return 0;
}

int priv_snapshot_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct instance *inst = instances_find(&s->instances, r->body.snapshot.instance);

	return inst == NULL ? 0 : start_job(s, r, inst, work_drop, DROP_MS, err);
}

int priv_snapshot_delete_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)err;
	if (result == NULL)
		return -1;
	instances_drop_snapshot(instances_find(&s->instances, r->body.snapshot.instance), r->body.snapshot.id);
	return 0;
}

int priv_snapshot_restore_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_restore *q = &r->body.restore;
	struct instance *inst = find(s, q->instance, err);
	struct ct_record rec;

	if (inst == NULL)
		return -1;
	if (q->restore_sn == 0)
		return cc_fail(err, INVALID, "restores count from 1");
	if (inst->rec.restore_sn >= q->restore_sn && inst->rec.restoring[0] == '\0') {
		instances_describe(s->node, inst, &r->reply.ct);
		return 0;
	}
	if (inst->now.state != PRIV_CT_STOPPED)
		return cc_fail(err, CONFLICT, "the instance runs; it has to be stopped first");
	if (!instances_has_snapshot(inst, q->snapshot))
		return cc_fail(err, NOT_FOUND, "the snapshot is not on this node");
	rec = inst->rec;
	rec.restore_sn = q->restore_sn;
	cc_uuid_format(q->snapshot, rec.restoring);
	if (priv_server_start_job(s, r, &(struct job_spec){ .work = work_restore, .args = &rec, .timeout_ms = COPY_MS }, err) < 0)
		return -1;
	inst->rec = rec;
	return 1;
}

int priv_snapshot_restore_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.restore.instance);

	ct_restore_note(&inst->rec, result != NULL, err);
	if (result == NULL)
		return -1;
	instances_describe(s->node, inst, &r->reply.ct);
	return 0;
}
