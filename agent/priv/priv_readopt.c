/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coming up and going away: what runs is found again by asking the driver about every record; what no running instance owns is swept. */
#include "agent/priv/priv_readopt.h"

#include "agent/driver/node_identity.h"
#include "agent/image/image_store.h"
#include "agent/priv/ct_delete.h"
#include "agent/priv/names_process.h"
#include "agent/priv/priv_state.h"
#include "agent/storage/pool.h"
#include "agent/storage/pool_loop.h"

#include <stdio.h>

#define LOCK_WAIT_MS 15000
#define PREPARE_MS   60000

int priv_node_open(const struct priv_settings *set, struct priv_node *ret, struct cc_error *err)
{
	struct priv_node node = { .set = *set, .driver = driver_find(set->driver) };

	if (node.driver == NULL)
		return cc_fail(err, INVALID, "driver: there is no '%.40s'; choose lxc or sim", set->driver);
	if (slot_plan_init(set, &node.slots, err) < 0 || ports_range_parse(set->publish_ports, &node.publish, err) < 0)
		return -1;
	if ((node.driver->has_rights && pool_loop_enter(set, err) < 0) || state_dir_open(set->state_dir, &node.dirs, err) < 0)
		return -1;
	node.features = node.driver->features;
	if (state_dir_lock(&node.dirs, LOCK_WAIT_MS, err) < 0 || node.driver->open(&node, err) < 0 || pool_open_all(&node, err) < 0) {
		state_dir_close(&node.dirs);
		return -1;
	}
	node_identity_load(&node);
	node_find_ipv6(&node);
	*ret = node;
	return 0;
}

void priv_node_close(struct priv_node *node)
{
	pool_close_all(node);
	state_dir_close(&node->dirs);
}

/* In the child: the list is the parent's, copied by fork. */
static bool runs(void *user, struct cc_uuid id)
{
	const struct instance *inst = instances_find(user, id);

	return inst != NULL && inst->now.state != PRIV_CT_STOPPED;
}

static bool exists(void *user, struct cc_uuid id)
{
	return instances_find(user, id) != NULL;
}

static int work_sweep_others(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	if (image_sweep(&node->dirs, err) < 0 || pool_sweep_all(node, exists, (void *)args, err) < 0)
		return -1;
	return driver_sweep_others(node, runs, (void *)args, err);
}

/* What was held still for a snapshot goes on first: nobody else would let it. */
static int work_find(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct cc_uuid *id = args;

	if (driver_freeze(node, *id, false, err) < 0)
		return -1;
	return priv_work_look(node, args, channel, ret, err);
}

/* One instance that cannot be looked at must not keep the node from serving the others: it is asked about again later. */
static void look_at(struct priv_server *s, struct instance *inst)
{
	struct job_spec spec = { .work = work_find, .args = &inst->rec.id, .timeout_ms = PRIV_LOOK_MS };
	struct job_result result;
	struct cc_error err = { 0 };
	char id[CC_UUID_TEXT];

	if (job_run(s->node, &spec, &s->ended, &result, &err) < 0) {
		fprintf(stderr, "<4>cc-agent-priv: looking at instance %s: %s; it is tried again\n", cc_uuid_format(inst->rec.id, id), err.msg);
		priv_watch_doubt(inst);
		return;
	}
	if (result.status.state == PRIV_CT_RUNNING)
		priv_watch_adopt(s, inst, &result.status);
	else if (result.status.exit_status != -1)
		inst->exit_status = result.status.exit_status;
}

int priv_readopt(struct priv_server *s, struct cc_error *err)
{
	struct job_spec sweep = { .work = work_sweep_others, .args = &s->instances, .timeout_ms = PREPARE_MS };
	struct job_result result;
	struct cc_error resists = { 0 };

	if (instances_load(&s->instances, s->node, err) < 0)
		return -1;
	for (uint32_t i = 0; i < s->instances.count; i++)
		look_at(s, s->instances.at[i]);
	/* One process that will not die must not keep the node from serving the others. */
	if (job_run(s->node, &sweep, &s->ended, &result, &resists) < 0)
		fprintf(stderr, "<4>cc-agent-priv: sweeping leftovers: %s\n", resists.msg);
	return priv_net_open(s, err);
}

static int work_end(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct instance *inst = args;
	struct driver_status now;

	(void)channel, (void)ret;
	if (node->driver->inspect(node, inst->rec.id, &now, err) < 0)
		return -1;
	if (node->set.teardown)
		return ct_delete_run(node, &inst->rec, &now, err);
	if (now.state != PRIV_CT_STOPPED && node->driver->stop(node, inst->rec.id, &now, 0, err) < 0)
		return -1;
	return driver_sweep(node, &inst->rec, err);
}

static bool keeps_nothing(void *user, struct cc_uuid id)
{
	(void)user, (void)id;
	return false;
}

static int work_retire(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)args, (void)channel, (void)ret;
	if (node->driver->has_rights && (names_process_stop(node, err) < 0 || cgroup_sweep_others(&node->cgroups, keeps_nothing, NULL, err) < 0))
		return -1;
	if (node->set.teardown && pool_retire_all(node, err) < 0)
		return -1;
	return driver_retire(node, err);
}

int priv_node_teardown(struct priv_node *node, struct cc_error *err)
{
	struct job_spec retire = { .work = work_retire, .timeout_ms = PREPARE_MS };
	struct instances all = { 0 };
	struct job_ended ended = { 0 };
	struct job_result result;
	int failed = instances_load(&all, node, err);

	for (uint32_t i = 0; failed == 0 && i < all.count; i++) {
		struct job_spec end = { .work = work_end, .args = all.at[i], .timeout_ms = CT_DELETE_MS };

		failed = job_run(node, &end, &ended, &result, err);
	}
	instances_free(&all);
	return failed == 0 ? job_run(node, &retire, &ended, &result, err) : -1;
}
