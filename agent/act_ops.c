/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the privileged half about one instance or image, and what their answers mean. */
#include "agent/act_parts.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request to the privileged half about one instance. While it is open inst->doing is set, so the record stays. */
struct op {
	struct act *act;
	struct inst *inst;
	int64_t epoch; /* of the assignment then */
	int64_t boot_sn;
	bool limits; /* a start that only sets others on what runs */
};
struct image_op {
	struct act *act;
	char sha256[PRIV_SHA256_TEXT];
};

void act_reply_error(const struct priv_reply *r, struct cc_error *ret)
{
	cc_error_set(ret, r->code, 0, CC_HERE, "%.*s", (int)(r->tail_len < 400 ? r->tail_len : 400), (const char *)r->tail);
}

static enum doing doing_by(enum priv_verb verb)
{
	return verb == PRIV_CT_START ? DOING_START : verb == PRIV_CT_STOP ? DOING_STOP : DOING_DELETE;
}

static void op_failed(struct op *op, const struct priv_reply *r, const char *what)
{
	struct inst *i = op->inst;
	struct cc_error err = { 0 };
	char reason[INST_REASON];

	act_reply_error(r, &err);
	if (r->verb == PRIV_CT_START && r->code == CC_NOT_FOUND && i->want != NULL) {
		/* The image is not there after all. */
		struct local_image *m = local_image_find(op->act->images, i->want->image_sha256);

		if (m != NULL && m->state == IMAGE_READY)
			m->state = IMAGE_ABSENT;
	}
	snprintf(reason, sizeof(reason), "%s: %.200s", what, err.msg);
	/* What was asked for meanwhile has not failed. */
	if (i->want == NULL || (i->want->epoch == op->epoch && i->want->boot_sn == op->boot_sn))
		inst_failed(i, doing_by(r->verb), r->code == CC_INVALID || r->code == CC_DENIED || r->code == CC_TOO_LARGE, cc_boottime_ms(), reason);
	cc_log(WARNING, INSTANCE_FAILED, kv_uuid("instance", i->id), kv_text("doing", what), kv_err(&err));
}

static void started(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = op->inst;

	i->doing = DOING_NOTHING;
	op->act->again = true;
	if (r->code != CC_OK) {
		op_failed(op, r, op->limits ? "new limits" : "start");
	} else {
		inst_succeeded(i);
		inst_started(i, r->body, cc_boottime_ms());
		if (op->limits)
			cc_log(INFO, INSTANCE_LIMITS, kv_uuid("instance", i->id));
		else
			cc_log(INFO, INSTANCE_STARTED, kv_uuid("instance", i->id), kv_text("address", i->ct.address));
	}
	free(op);
}

static void stopped(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = op->inst;

	i->doing = DOING_NOTHING;
	op->act->again = true;
	if (r->code != CC_OK) {
		op_failed(op, r, "stop");
	} else {
		inst_succeeded(i);
		i->ct.state = PRIV_CT_STOPPED;
		i->ct.init_pid = 0;
		i->ct.memory_bytes = 0;
		cc_log(INFO, INSTANCE_STOPPED, kv_uuid("instance", i->id));
	}
	free(op);
}

static void deleted(void *user, const struct priv_reply *r)
{
	struct op *op = user;
	struct inst *i = op->inst;

	i->doing = DOING_NOTHING;
	op->act->again = true;
	if (r->code != CC_OK) {
		op_failed(op, r, "delete");
	} else {
		inst_succeeded(i);
		inst_saw(i, NULL);
		cc_log(INFO, INSTANCE_DELETED, kv_uuid("instance", i->id));
	}
	free(op);
}

static void send_op(struct act *a, struct inst *i, const struct priv_request *r, priv_reply_fn *on_reply)
{
	struct op *op = cc_calloc(1, sizeof(*op));
	struct cc_error err = { 0 };

	*op = (struct op){ a, i, i->want != NULL ? i->want->epoch : 0, i->want != NULL ? i->want->boot_sn : 0, false };
	op->limits = r->verb == PRIV_CT_START && i->ct.state == PRIV_CT_RUNNING && i->exists && (int64_t)i->ct.epoch == op->epoch &&
	             (int64_t)i->ct.boot_sn == op->boot_sn;
	if (priv_client_send(a->priv, r, on_reply, op, NULL, &err) < 0) {
		/* BUSY: too many requests are open; every answer leads back here. */
		if (err.code != CC_BUSY)
			inst_failed(i, doing_by(r->verb), false, cc_boottime_ms(), err.msg);
		free(op);
		return;
	}
	i->doing = doing_by(r->verb);
	a->ops++;
}

void act_start(struct act *a, struct inst *i)
{
	struct priv_ct_start body = {
		.id = i->id,
		.epoch = (uint64_t)i->want->epoch,
		.boot_sn = (uint64_t)i->want->boot_sn,
		.ports = inst_ports(i->want),
		.limits = {
			.memory_bytes = (uint64_t)i->want->memory_mib << 20,
			.disk_bytes = (uint64_t)i->want->disk_mib << 20,
			.cpu_millis = (uint32_t)i->want->cpu_millis,
			.pids = (uint32_t)i->want->pids,
			.bandwidth_kbit = inst_bandwidth(i->want),
		},
	};

	struct priv_mount mounts[PRIV_MOUNTS_MAX] = { 0 };
	size_t n = i->want->volumes.n < PRIV_MOUNTS_MAX ? i->want->volumes.n : PRIV_MOUNTS_MAX;

	if (inst_is_leased(i) && !act_say_lease(a))
		return;
	if (cc_has(i->want, assignment, member))
		body.member = i->want->member;
	for (size_t k = 0; k < n; k++) {
		mounts[k].volume = i->want->volumes.items[k].volume;
		mounts[k].read_only = i->want->volumes.items[k].read_only;
		snprintf(mounts[k].path, sizeof(mounts[k].path), "%s", i->want->volumes.items[k].path);
	}
	snprintf(body.image_sha256, sizeof(body.image_sha256), "%s", i->want->image_sha256);
	snprintf(body.hostname, sizeof(body.hostname), "%s", i->want->name);
	send_op(a, i,
	        &(struct priv_request){ .verb = PRIV_CT_START, .body = &body, .tail = mounts, .tail_len = n * sizeof(mounts[0]), .release = free },
	        started);
}

void act_stop(struct act *a, struct inst *i)
{
	struct priv_ct_stop body = { .id = i->id, .grace_ms = (uint32_t)a->opt.stop_grace_ms };

	send_op(a, i, &(struct priv_request){ .verb = PRIV_CT_STOP, .body = &body, .release = free }, stopped);
}

void act_delete(struct act *a, struct inst *i)
{
	struct priv_ct_ref body = { .id = i->id };

	send_op(a, i, &(struct priv_request){ .verb = PRIV_CT_DELETE, .body = &body, .release = free }, deleted);
}

static void unpacked(void *user, const struct priv_reply *r)
{
	struct image_op *op = user;
	struct local_image *m = local_image_find(op->act->images, op->sha256);
	struct cc_error err = { 0 };

	op->act->again = true;
	if (m != NULL && r->code == CC_OK) {
		local_image_ready(m);
		cc_log(INFO, IMAGE_UNPACKED, kv_text("sha256", m->sha256));
	} else if (m != NULL) {
		act_reply_error(r, &err);
		local_image_failed(m, &err, cc_boottime_ms());
		cc_log(WARNING, IMAGE_REFUSED, kv_text("sha256", m->sha256), kv_err(&err));
	}
	free(op);
}

void act_unpack(struct act *a, struct local_image *m, int64_t now_ms)
{
	struct image_op *op = cc_calloc(1, sizeof(*op));
	struct priv_image_unpack body = {
		.archive_bytes = (uint64_t)m->bytes,
		.unpacked_max_bytes = (uint64_t)a->opt.image_unpacked_max_bytes,
		.entries_max = (uint64_t)a->opt.image_entries_max,
	};
	struct cc_error err = { 0 };

	op->act = a;
	memcpy(op->sha256, m->sha256, sizeof(op->sha256));
	memcpy(body.sha256, m->sha256, sizeof(body.sha256));
	if (priv_client_send(a->priv, &(struct priv_request){ .verb = PRIV_IMAGE_UNPACK, .body = &body, .fds = &m->fd, .release = free }, unpacked,
	            op, NULL, &err) == 0) {
		m->state = IMAGE_UNPACKING;
		a->ops++;
		return;
	}
	free(op);
	if (err.code != CC_BUSY)
		local_image_failed(m, &err, now_ms);
}
