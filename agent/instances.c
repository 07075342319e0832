/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/instances.h"

#include "agent/storage.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static struct instance *append(struct instances *all, const struct ct_record *rec)
{
	struct instance *inst = cc_calloc(1, sizeof(*inst));

	CC_PRE(all->count < SLOTS_MAX);
	inst->rec = *rec;
	inst->now = DRIVER_STATUS_NONE;
	inst->init.fd = inst->monitor.fd = -1;
	all->at[all->count++] = inst;
	return inst;
}

static bool slot_is_taken(const struct instances *all, uint64_t slot)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->at[i]->rec.slot == slot)
			return true;
	return false;
}

static int load_one(struct instances *all, const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	struct cc_error bad = { 0 };
	struct ct_record rec;
	char text[CC_UUID_TEXT];

	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, err) < 0)
		return -1;
	if (ct_record_read(dirfd, id, &rec, &bad) < 0)
		return bad.code == CC_IO ? cc_error_set(err, CC_IO, bad.sys_errno, bad.where, "%s", bad.msg) : storage_delete(&node->dirs, id, err);
	if (rec.slot >= node->slots.count)
		return cc_fail(err, INVALID, "instance %s has slot %u, but instances_max is %u; raise it again", cc_uuid_format(id, text),
		        (uint32_t)rec.slot, node->slots.count);
	if (slot_is_taken(all, rec.slot))
		return cc_fail(err, INTERNAL, "two instances have slot %u; one of them is %s", (uint32_t)rec.slot, cc_uuid_format(id, text));
	append(all, &rec);
	return 0;
}

int instances_load(struct instances *all, const struct priv_node *node, struct cc_error *err)
{
	int fd = openat(node->dirs.instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct cc_error ignored = { 0 };
	struct cc_uuid id;
	struct dirent *d;

	if (dir == NULL)
		return cc_fail_errno(err, "reading the instances");
	while ((d = readdir(dir)) != NULL)
		if (cc_uuid_parse(d->d_name, &id, &ignored) == 0 && load_one(all, node, id, err) < 0)
			return -1;
	return 0;
}

struct instance *instances_find(const struct instances *all, struct cc_uuid id)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (cc_uuid_equal(all->at[i]->rec.id, id))
			return all->at[i];
	return NULL;
}

struct instance *instances_add(struct instances *all, const struct slot_plan *plan, struct cc_uuid id, struct cc_error *err)
{
	struct ct_record rec = { .id = id, .exit_status = -1 };
	uint8_t taken[SLOTS_MAX] = { 0 };
	uint32_t slot;

	for (uint32_t i = 0; i < all->count; i++)
		taken[all->at[i]->rec.slot] = 1;
	if (slot_find_free(plan, taken, &slot, err) < 0)
		return NULL;
	rec.slot = slot;
	return append(all, &rec);
}

static void free_instance(struct instance *inst)
{
	if (inst->init.fd >= 0)
		close(inst->init.fd);
	if (inst->monitor.fd >= 0)
		close(inst->monitor.fd);
	free(inst);
}

void instances_remove(struct instances *all, struct instance *inst)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->at[i] == inst) {
			all->at[i] = all->at[--all->count];
			free_instance(inst);
			return;
		}
}

void instances_free(struct instances *all)
{
	while (all->count > 0)
		free_instance(all->at[--all->count]);
}

uint32_t instances_count_users(const struct instances *all, const char *sha256)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->count; i++)
		n += strcmp(all->at[i]->rec.image_sha256, sha256) == 0;
	return n;
}

void instances_describe(const struct priv_node *node, const struct instance *inst, struct priv_ct *ret)
{
	struct priv_ct ct = {
		.id = inst->rec.id,
		.state = inst->now.state,
		.epoch = inst->rec.epoch,
		.boot_sn = inst->rec.boot_sn,
		.started_boottime_ms = inst->now.started_boottime_ms,
		.slot = (uint32_t)inst->rec.slot,
		.exit_status = (int32_t)inst->rec.exit_status,
	};

	if (ct.state == PRIV_CT_RUNNING) {
		ct.init_pid = inst->now.init_pid;
		node->driver->usage(node, &inst->rec, ct.started_boottime_ms, &ct.memory_bytes, &ct.cpu_usec);
	}
	slot_address(&node->slots, ct.slot, ct.address);
	memcpy(ct.image_sha256, inst->rec.image_sha256, sizeof(ct.image_sha256));
	ct.limits = (struct priv_limits){ .memory_bytes = inst->rec.memory_bytes, .disk_bytes = inst->rec.disk_bytes };
	ct.limits.cpu_millis = (uint32_t)inst->rec.cpu_millis;
	ct.limits.pids = (uint32_t)inst->rec.pids;
	*ret = ct;
}
