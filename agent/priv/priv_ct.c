/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about instances. Each compares what is with what is asked and does the difference, so a repeated request is done at once. */
#include "agent/driver/node_identity.h"
#include "agent/image/image_store.h"
#include "agent/net/net_listeners.h"
#include "agent/priv/ct_delete.h"
#include "agent/priv/ct_restore.h"
#include "agent/priv/ct_start.h"
#include "agent/priv/priv_state.h"
#include "agent/storage/pool.h"
#include "agent/storage/volume.h"
#include "common/cleanup.h"

#include <string.h>

#define START_MS       30000
#define MAKE_MS        (60 * 60 * 1000) /* slow disks are slow, not broken */
#define STOP_MARGIN_MS 25000
#define SWEEP_MS       20000
#define CHANGE_MS      15000

#define MEMORY_MIN (UINT64_C(4) << 20)
#define MEMORY_MAX (UINT64_C(1) << 50)
#define CPU_MIN    10
#define CPU_MAX    1000000
#define PIDS_MIN   4
#define PIDS_MAX   4194304

enum start_step { STEP_RESTART = 1, STEP_MAKE, STEP_PORTS, STEP_NET, STEP_START, STEP_CLEAN, STEP_UPDATE, STEP_REACH };

/* What the children are given. */
struct stop_args {
	struct ct_record rec;
	struct driver_status now;
	uint32_t grace_ms;
};

struct update_args {
	struct ct_record rec;
	struct ports had;
};

/* Of the descriptors those count that are still open here. */
static struct stop_args stop_args_of(const struct instance *inst, uint32_t grace_ms)
{
	struct stop_args args = { inst->rec, inst->now, grace_ms };

	args.now.init_fd = inst->init.fd;
	args.now.monitor_fd = inst->monitor.fd;
	return args;
}

struct start_args {
	struct ct_record rec;
	struct driver_mounts mounts;
};

static int work_start(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct start_args *a = args;

	(void)channel;
	return ct_start_run(node, &a->rec, &a->mounts, &ret->status, err);
}

/* A restore that was broken off. */
static bool is_restoring(const struct ct_record *rec)
{
	return rec->restoring[0] != '\0';
}

static int work_make(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	/* Before anything belongs to the slot's ids it is known whose slot it is. */
	if (ct_start_record(node, args, err) < 0 || (!driver_is_made(node, args) && node->driver->make(node, args, err) < 0))
		return -1;
	return is_restoring(args) ? ct_restore_run(node, args, err) : 0;
}

static int check_ports(const struct priv_node *node, const struct ports *ports, const struct ports *had, struct cc_error *err)
{
	return driver_has_network(node) ? net_listeners_check(ports, had, node->slots.network + 1, err) : 0;
}

static int work_ports(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct ct_record *rec = args;

	(void)channel, (void)ret;
	return check_ports(node, &rec->ports, NULL, err);
}

static int work_update(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct update_args *a = args;

	(void)channel, (void)ret;
	/* The record last: what it says was done. But for the ports, which follow from it. */
	if (check_ports(node, &a->rec.ports, &a->had, err) < 0 || driver_limit(node, &a->rec, err) < 0)
		return -1;
	return ct_start_record(node, &a->rec, err);
}

static int work_stop(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct stop_args *a = args;

	(void)channel, (void)ret;
	if (node->driver->stop(node, a->rec.id, &a->now, a->grace_ms, err) < 0)
		return -1;
	return driver_sweep(node, &a->rec, err);
}

static int work_sweep(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return driver_sweep(node, args, err);
}

static int work_delete(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct stop_args *a = args;

	(void)channel, (void)ret;
	return ct_delete_run(node, &a->rec, &a->now, err);
}

int priv_work_look(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel;
	return node->driver->inspect(node, *(const struct cc_uuid *)args, &ret->status, err);
}

/* Every request about instances begins with the id. */
int priv_ct_key(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	if (cc_uuid_is_nil(r->body.ct_ref.id))
		return cc_fail(err, INVALID, "an instance needs an id");
	cc_uuid_format(r->body.ct_ref.id, key);
	return 0;
}

static int check_limits(const struct priv_limits *l, struct cc_error *err)
{
	if (l->memory_bytes < MEMORY_MIN || l->memory_bytes > MEMORY_MAX)
		return cc_fail(err, INVALID, "an instance needs a memory limit of at least %d MiB", (int)(MEMORY_MIN >> 20));
	if (l->cpu_millis < CPU_MIN || l->cpu_millis > CPU_MAX)
		return cc_fail(err, INVALID, "an instance needs a cpu limit from %d to %d thousandths", CPU_MIN, CPU_MAX);
	if (l->pids < PIDS_MIN || l->pids > PIDS_MAX)
		return cc_fail(err, INVALID, "an instance needs a limit of at least %d processes", PIDS_MIN);
	return 0;
}

static int check_mounts(const struct request *r, struct cc_error *err)
{
	const struct priv_mount *m = (const void *)r->tail;
	size_t n = r->tail_len / sizeof(*m);

	if (r->tail_len % sizeof(*m) != 0)
		return cc_fail(err, INVALID, "the tail is no list of volumes");
	for (size_t i = 0; i < n; i++)
		if (cc_uuid_is_nil(m[i].volume) || !volume_valid_path(m[i].path))
			return cc_fail(err, INVALID, "a volume has no id, or its path in the instance is not plain");
	return 0;
}

int priv_ct_start_check(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	const struct priv_ct_start *q = &r->body.ct_start;

	if (priv_ct_key(r, key, err) < 0 || check_limits(&q->limits, err) < 0)
		return -1;
	if (!image_valid_sha256(q->image_sha256))
		return cc_fail(err, INVALID, "the image's sha256 is not 64 lower-case hex digits");
	if (!node_is_label(q->hostname))
		return cc_fail(err, INVALID, "the host name is not a DNS label");
	return ports_check(&q->ports, err) < 0 ? -1 : check_mounts(r, err);
}

static int reply_ct(struct priv_server *s, struct request *r, const struct instance *inst)
{
	instances_describe(s->node, inst, &r->reply.ct);
	return 0;
}

static void take_request(struct ct_record *rec, const struct priv_ct_start *q)
{
	rec->epoch = q->epoch;
	rec->boot_sn = q->boot_sn;
	rec->memory_bytes = q->limits.memory_bytes;
	rec->disk_bytes = q->limits.disk_bytes;
	rec->cpu_millis = q->limits.cpu_millis;
	rec->pids = q->limits.pids;
	rec->bandwidth_kbit = q->limits.bandwidth_kbit;
	rec->ports = q->ports;
	rec->member = q->member;
	memcpy(rec->image_sha256, q->image_sha256, sizeof(rec->image_sha256));
	memcpy(rec->hostname, q->hostname, sizeof(q->hostname));
}

static bool is_as_asked(const struct instance *inst, const struct priv_ct_start *q)
{
	return !inst->half_changed && inst->rec.epoch == q->epoch && inst->rec.memory_bytes == q->limits.memory_bytes &&
	       inst->rec.disk_bytes == q->limits.disk_bytes && inst->rec.cpu_millis == q->limits.cpu_millis && inst->rec.pids == q->limits.pids &&
	       inst->rec.bandwidth_kbit == q->limits.bandwidth_kbit && ports_same(&inst->rec.ports, &q->ports) &&
	       cc_uuid_equal(inst->rec.member, q->member);
}

static int start_reachable(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	struct start_args args = { .rec = inst->rec, .mounts.count = r->tail_len / (uint32_t)sizeof(struct priv_mount) };

	memcpy(args.mounts.at, r->tail, r->tail_len);
	priv_net_set(s, inst, true);
	r->step = STEP_START;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_start, .args = &args, .timeout_ms = START_MS }, err);
}

static int start_checked(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	if (priv_net_is_ready(s, inst))
		return start_reachable(s, r, inst, err);
	priv_net_set(s, inst, true);
	r->step = STEP_NET;
	return priv_net_wait(s, r);
}

static int start_made(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	if (inst->rec.ports.count == 0)
		return start_checked(s, r, inst, err);
	r->step = STEP_PORTS;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_ports, .args = &inst->rec, .timeout_ms = CHANGE_MS }, err);
}

static int start_now(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	take_request(&inst->rec, &r->body.ct_start);
	priv_names_changed(s);
	if (driver_is_made(s->node, &inst->rec) && !is_restoring(&inst->rec))
		return start_made(s, r, inst, err);
	r->step = STEP_MAKE;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_make, .args = &inst->rec, .timeout_ms = MAKE_MS }, err);
}

static int stop_now(struct priv_server *s, struct request *r, struct instance *inst, uint32_t grace_ms, struct cc_error *err)
{
	struct stop_args args = stop_args_of(inst, grace_ms);
	struct job_spec spec = { .work = work_stop,
		.args = &args,
		.fds = { inst->init.fd, inst->monitor.fd },
		.fd_count = 2,
		.timeout_ms = (int)grace_ms + STOP_MARGIN_MS };

	if (priv_server_start_job(s, r, &spec, err) < 0)
		return -1;
	inst->end_expected = true;
	inst->now.state = PRIV_CT_STOPPING;
	return 1;
}

/* Takes note of a stop's outcome. A failed one leaves an instance that may still run. */
static int note_stop(struct priv_server *s, struct instance *inst, const struct job_result *result)
{
	priv_watch_check(s, inst);
	if (result != NULL) {
		priv_watch_end(s, inst, -1);
		return 0;
	}
	if (inst->now.state == PRIV_CT_STOPPING && inst->now.init_pid > 0)
		inst->now.state = PRIV_CT_RUNNING;
	inst->end_expected = false;
	return -1;
}

/* The controller sees to it that no two instances of a node have the same port; but orders are taken in one by one. */
static int check_free(const struct priv_server *s, const struct priv_ct_start *q, struct cc_error *err)
{
	for (uint32_t i = 0; i < s->instances.count; i++) {
		const struct instance *other = s->instances.at[i];

		for (uint32_t k = 0; k < q->ports.count && other->on_net && !cc_uuid_equal(other->rec.id, q->id); k++)
			if (ports_find(&other->rec.ports, &q->ports.at[k]) != NULL)
				return cc_fail(err, CONFLICT, "port %u/%s leads to another instance still", q->ports.at[k].node_port,
				        ports_kind_word(q->ports.at[k].kind));
	}
	return ports_check_range(&q->ports, &s->node->publish, err);
}

static int check_against(const struct instance *inst, const struct priv_ct_start *q, struct cc_error *err)
{
	if (q->epoch < inst->rec.epoch)
		return cc_fail(err, CONFLICT, "this assignment is older than the one the instance has (epoch %llu < %llu)",
		        (unsigned long long)q->epoch, (unsigned long long)inst->rec.epoch);
	if (strcmp(q->image_sha256, inst->rec.image_sha256) != 0)
		return cc_fail(
		        err, CONFLICT, "the instance is built on image %.12s, not %.12s; delete it first", inst->rec.image_sha256, q->image_sha256);
	return 0;
}

static int change_running(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	const struct priv_ct_start *q = &r->body.ct_start;
	struct update_args args = { inst->rec, inst->rec.ports };

	if (inst->now.state == PRIV_CT_STOPPING || q->boot_sn > inst->rec.boot_sn) {
		r->step = STEP_RESTART;
		return stop_now(s, r, inst, inst->now.state == PRIV_CT_STOPPING ? 0 : s->node->set.restart_grace_ms, err);
	}
	if (is_as_asked(inst, q))
		return reply_ct(s, r, inst);
	take_request(&args.rec, q);
	r->step = STEP_UPDATE;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_update, .args = &args, .timeout_ms = CHANGE_MS }, err);
}

/* A change that failed may have been made in part, so neither the old limits nor the new ones are known to hold. */
static int note_change(struct priv_server *s, struct request *r, struct instance *inst, const struct job_result *result)
{
	inst->half_changed = result == NULL;
	if (result == NULL)
		return -1;
	take_request(&inst->rec, &r->body.ct_start);
	if (priv_net_is_ready(s, inst))
		return reply_ct(s, r, inst);
	r->step = STEP_REACH;
	return priv_net_wait(s, r);
}

static int note_reach(struct priv_server *s, struct request *r, struct instance *inst, const struct job_result *result)
{
	inst->half_changed = result == NULL;
	return result == NULL ? -1 : reply_ct(s, r, inst);
}

static struct instance *add_instance(struct priv_server *s, struct cc_uuid id, struct cc_error *err)
{
	struct instance *inst = instances_add(&s->instances, &s->node->slots, id, err);

	if (inst != NULL)
		inst->rec.pool = s->node->pool->kind;
	return inst;
}

int priv_ct_start_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_ct_start *q = &r->body.ct_start;
	struct instance *inst = instances_find(&s->instances, q->id);

	if ((inst != NULL && check_against(inst, q, err) < 0) || check_free(s, q, err) < 0)
		return -1;
	if (inst != NULL && inst->now.state != PRIV_CT_STOPPED)
		return change_running(s, r, inst, err);
	if (!image_exists(&s->node->dirs, q->image_sha256))
		return cc_fail(err, NOT_FOUND, "image %.12s is not unpacked on this node", q->image_sha256);
	if (inst == NULL)
		inst = add_instance(s, q->id, err);
	return inst == NULL ? -1 : start_now(s, r, inst, err);
}

/* What a failed start left is swept by a child of its own: the one that failed stands in the way (see driver_lxc.c). */
static int clean_up(struct priv_server *s, struct request *r, struct instance *inst, struct cc_error *err)
{
	struct cc_error ignored = { 0 };

	r->failure = *err;
	r->step = STEP_CLEAN;
	priv_net_set(s, inst, false);
	if (priv_server_start_job(s, r, &(struct job_spec){ .work = work_sweep, .args = &inst->rec, .timeout_ms = SWEEP_MS }, &ignored) < 0)
		return -1;
	*err = (struct cc_error){ 0 };
	return 1;
}

int priv_ct_start_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.ct_start.id);

	switch (r->step) {
	case STEP_RESTART:
		return note_stop(s, inst, result) < 0 ? cc_wrap(err, "restarting") : start_now(s, r, inst, err);
	case STEP_MAKE:
		if (is_restoring(&inst->rec))
			ct_restore_note(&inst->rec, result != NULL, err);
		return result == NULL ? cc_wrap(err, "making the instance's files") : start_made(s, r, inst, err);
	case STEP_PORTS:
		return result == NULL ? -1 : start_checked(s, r, inst, err);
	case STEP_NET:
		if (result == NULL)
			priv_net_set(s, inst, false);
		return result == NULL ? -1 : start_reachable(s, r, inst, err);
	case STEP_START:
		if (result == NULL)
			return clean_up(s, r, inst, err);
		priv_watch_adopt(s, inst, &result->status);
		return reply_ct(s, r, inst);
	case STEP_CLEAN:
		*err = r->failure;
		return -1;
	case STEP_REACH:
		return note_reach(s, r, inst, result);
	default:
		return note_change(s, r, inst, result);
	}
}

int priv_ct_stop_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_ct_stop *q = &r->body.ct_stop;
	struct instance *inst = instances_find(&s->instances, q->id);

	if (q->grace_ms > 3600 * 1000)
		return cc_fail(err, INVALID, "a grace of more than an hour is none");
	if (inst == NULL || inst->now.state == PRIV_CT_STOPPED)
		return 0;
	return stop_now(s, r, inst, q->grace_ms, err);
}

int priv_ct_stop_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)err;
	return note_stop(s, instances_find(&s->instances, r->body.ct_stop.id), result);
}

int priv_ct_delete_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.ct_ref.id);
	struct stop_args args;

	if (inst == NULL)
		return 0;
	args = stop_args_of(inst, 0);
	if (priv_server_start_job(s, r,
	            &(struct job_spec){ .work = work_delete,
	                    .args = &args,
	                    .fds = { inst->init.fd, inst->monitor.fd },
	                    .fd_count = 2,
	                    .timeout_ms = CT_DELETE_MS },
	            err) < 0)
		return -1;
	inst->end_expected = true;
	inst->being_deleted = true;
	priv_names_changed(s);
	return 1;
}

int priv_ct_delete_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.ct_ref.id);

	(void)err;
	inst->being_deleted = false;
	if (result == NULL) {
		priv_names_changed(s);
		return note_stop(s, inst, NULL);
	}
	priv_watch_forget(s, inst);
	return 0;
}

int priv_ct_list_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct priv_ct *list = cc_calloc(s->instances.count, sizeof(*list));

	(void)err;
	priv_measure_ask(s);
	for (uint32_t i = 0; i < s->instances.count; i++)
		instances_describe(s->node, s->instances.at[i], &list[i]);
	r->reply.list.count = s->instances.count;
	r->reply_tail = (char *)list;
	r->reply_tail_len = (uint32_t)(s->instances.count * sizeof(*list));
	return 0;
}

int priv_settle_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.ct_ref.id);

	if (inst == NULL || inst->now.state != PRIV_CT_STOPPED)
		return 0;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = work_sweep, .args = &inst->rec, .timeout_ms = SWEEP_MS }, err);
}

int priv_settle_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)err;
	priv_watch_send_exit(s, instances_find(&s->instances, r->body.ct_ref.id));
	return result == NULL ? -1 : 0;
}

int priv_look_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	if (instances_find(&s->instances, r->body.ct_ref.id) == NULL)
		return 0;
	return priv_server_start_job(s, r, &(struct job_spec){ .work = priv_work_look, .args = &r->body.ct_ref.id, .timeout_ms = PRIV_LOOK_MS }, err);
}

int priv_look_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	struct instance *inst = instances_find(&s->instances, r->body.ct_ref.id);

	(void)err;
	if (result == NULL)
		return -1;
	priv_watch_check(s, inst);
	if (result->status.state == PRIV_CT_RUNNING && inst->now.state != PRIV_CT_STOPPED)
		priv_watch_adopt(s, inst, &result->status);
	else {
		driver_status_close(&result->status);
		if (inst->monitor.fd < 0)
			priv_watch_end(s, inst, result->status.exit_status);
	}
	return 0;
}
