/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk takes milliseconds to make a record durable, about as long as a container takes to start. A new instance has nothing to lose yet, so both happen at
 * once and the answer waits for both; the record of one that has data is durable before anything else happens. */
#include "agent/priv/ct_start.h"

#include "agent/driver/process.h"
#include "common/cleanup.h"

#include <errno.h>
#include <sys/wait.h>
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

/* Not a thread: liblxc clones this process meanwhile, and a clone would keep the locks of other threads for ever. Nor a child that shares the memory: it
 * would share errno too. */
static pid_t start_sync(const struct priv_node *node, int record)
{
	struct cc_error ignored = { 0 };
	pid_t parent = getpid(), pid = process_fork(0);

	if (pid != 0)
		return pid;
	process_end_with(parent);
	_exit(ct_record_sync(record, &ignored) < 0 || fsync(node->dirs.instances) < 0);
}

static int wait_sync(pid_t pid, struct cc_error *err)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : cc_fail(err, IO, "the record of the instance could not be brought to the disk");
}

static int start_new(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
        struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	struct cc_error ignored = { 0 };
	struct driver_status status;
	pid_t pid;
	int result;

	if (write_record(node, rec, false, err) < 0 || state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, err) < 0)
		return -1;
	pid = start_sync(node, dirfd);
	if (pid < 0)
		return cc_fail(err, BUSY, "the node can start no more processes now");
	result = node->driver->start(node, rec, mounts, &status, err);
	if (wait_sync(pid, result == 0 ? err : &ignored) < 0 && result == 0) {
		(void)node->driver->stop(node, rec->id, &status, 0, &ignored);
		return -1;
	}
	if (result == 0)
		*ret = status;
	return result;
}

int ct_start_record(const struct priv_node *node, const struct ct_record *rec, struct cc_error *err)
{
	return write_record(node, rec, true, err);
}

int ct_start_run(const struct priv_node *node, const struct ct_record *rec, const struct driver_mounts *mounts, struct driver_status *ret,
        struct cc_error *err)
{
	if (is_new(node, rec))
		return start_new(node, rec, mounts, ret, err);
	if (write_record(node, rec, true, err) < 0 || driver_sweep(node, rec, err) < 0)
		return -1;
	forget_exit(node, rec);
	return node->driver->start(node, rec, mounts, ret, err);
}
