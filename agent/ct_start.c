/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk takes milliseconds to make a record durable, about as long as a container takes to start. A new instance has nothing to lose yet, so both happen at
 * once and the answer waits for both; the record of one that has data is durable before anything else happens. */
#include "agent/ct_start.h"

#include "common/cleanup.h"

#include <pthread.h>
#include <unistd.h>

static int write_record(const struct priv_node *node, const struct ct_record *rec, bool durable, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;

	if (state_dir_open_instance(&node->dirs, rec->id, true, &dirfd, err) < 0 || ct_record_write(dirfd, rec, durable, err) < 0)
		return -1;
	return durable && fsync(node->dirs.instances) < 0 ? cc_fail_errno(err, "syncing the instances") : 0;
}

/* The last end is none of the run that begins. */
static void forget_exit(const struct priv_node *node, const struct ct_record *rec)
{
	cc_auto_close int dirfd = -1;
	struct cc_error ignored = { 0 };

	if (state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, &ignored) == 0)
		(void)unlinkat(dirfd, CT_EXIT_NAME, 0);
}

static bool is_new(const struct priv_node *node, const struct ct_record *rec)
{
	cc_auto_close int dirfd = -1;
	struct cc_error ignored = { 0 };

	return state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, &ignored) < 0;
}

struct syncing {
	const struct priv_node *node;
	const struct ct_record *rec;
	struct cc_error err;
	int result;
};

static void *sync_record(void *arg)
{
	struct syncing *s = arg;
	cc_auto_close int dirfd = -1;

	s->result = -1;
	if (state_dir_open_instance(&s->node->dirs, s->rec->id, false, &dirfd, &s->err) < 0 || ct_record_sync(dirfd, &s->err) < 0)
		return NULL;
	s->result = fsync(s->node->dirs.instances) < 0 ? cc_fail_errno(&s->err, "syncing the instances") : 0;
	return NULL;
}

static int start_new(const struct priv_node *node, const struct ct_record *rec, struct driver_status *ret, struct cc_error *err)
{
	struct syncing syncing = { .node = node, .rec = rec };
	struct cc_error ignored = { 0 };
	struct driver_status status;
	pthread_t thread;
	int result;

	if (write_record(node, rec, false, err) < 0)
		return -1;
	if (pthread_create(&thread, NULL, sync_record, &syncing) != 0)
		return cc_fail(err, BUSY, "the node can start no more threads now");
	result = node->driver->start(node, rec, &status, err);
	pthread_join(thread, NULL);
	if (result < 0)
		return -1;
	if (syncing.result < 0) {
		(void)node->driver->stop(node, rec->id, &status, 0, &ignored);
		*err = syncing.err;
		return cc_wrap(err, "recording the instance");
	}
	*ret = status;
	return 0;
}

int ct_start_record(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return write_record(node, rec, true, err);
}

int ct_start_run(const struct priv_node *node, const struct ct_record *rec, struct driver_status *ret, struct cc_error *err)
{
	if (is_new(node, rec))
		return start_new(node, rec, ret, err);
	if (write_record(node, rec, true, err) < 0 || driver_sweep(node, rec, err) < 0)
		return -1;
	forget_exit(node, rec);
	return node->driver->start(node, rec, ret, err);
}
