/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/instances.h"

#include "agent/driver/small_file.h"
#include "agent/storage/pool.h"
#include "agent/storage/storage.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DAMAGED ".damaged"

static struct instance *append(struct instances *all, const struct ct_record *rec)
{
	struct instance *inst = cc_calloc(1, sizeof(*inst));

	CC_PRE(all->count < SLOTS_MAX);
	inst->rec = *rec;
	inst->exit_status = -1;
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

/* The ids tell whose slot it was when no record does. False when nothing of it was ever used. */
static bool find_slot(const struct priv_node *node, int dirfd, uint32_t *ret)
{
	uint32_t first = slot_first_id(&node->slots, 0);
	struct stat st;

	if (fstatat(dirfd, "upper", &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid < first)
		return false;
	*ret = (st.st_uid - first) / SLOT_IDS;
	return true;
}

static int set_aside(const struct priv_node *node, struct cc_uuid id, const char *why, struct cc_error *err)
{
	char name[CC_UUID_TEXT], aside[CC_UUID_TEXT + 24];

	snprintf(aside, sizeof(aside), "%s" DAMAGED, cc_uuid_format(id, name));
	for (int i = 2; renameat2(node->dirs.instances, name, node->dirs.instances, aside, RENAME_NOREPLACE) < 0; i++) {
		if (errno != EEXIST)
			return cc_fail_errno(err, "setting the damaged instance %s aside", name);
		snprintf(aside, sizeof(aside), "%s" DAMAGED "-%d", name, i);
	}
	if (pool_set_aside(node, id, aside + strlen(name), err) < 0)
		return -1;
	fprintf(stderr, "<3>cc-agent-priv: instance %s: %s; its files are kept in %s/instances/%s: save what is needed, then remove that directory\n",
	        name, why, node->dirs.path, aside);
	return 0;
}

/* What was set aside now or at an earlier start. */
static int keep_slot(struct instances *all, const struct priv_node *node, const char *name, struct cc_error *err)
{
	cc_auto_close int dirfd = openat(node->dirs.instances, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint32_t slot;

	if (dirfd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : cc_fail_errno(err, "opening '%s'", name);
	if (find_slot(node, dirfd, &slot) && slot < node->slots.count)
		all->kept[slot] = 1;
	return 0;
}

static int take_damaged(const struct priv_node *node, struct cc_uuid id, int dirfd, const struct cc_error *bad, struct cc_error *err)
{
	uint32_t slot;

	if (bad->code == CC_IO)
		return cc_error_set(err, CC_IO, bad->sys_errno, bad->where, "%s", bad->msg);
	if (bad->code == CC_NOT_FOUND || !find_slot(node, dirfd, &slot))
		return storage_delete(node, id, err);
	return set_aside(node, id, bad->msg, err);
}

static int32_t read_exit(int dirfd)
{
	struct cc_error ignored = { 0 };
	char text[16];
	int status;

	/* Without its line end it was cut. */
	if (small_file_read(dirfd, CT_EXIT_NAME, text, sizeof(text), &ignored) <= 0 || strchr(text, '\n') == NULL || sscanf(text, "%d", &status) != 1)
		return -1;
	return status;
}

static void found_snapshot(void *user, struct cc_uuid id)
{
	instances_add_snapshot(user, id);
}

static int load_snapshots(const struct priv_node *node, struct instance *inst, struct cc_error *err)
{
	const struct pool *pool = pool_find(node, inst->rec.pool);

	return pool != NULL ? pool->list(node, POOL_SNAPSHOT, inst->rec.id, found_snapshot, inst, err) : 0;
}

static int load_one(struct instances *all, const struct priv_node *node, struct cc_uuid id, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;
	struct cc_error bad = { 0 };
	struct instance *inst;
	struct ct_record rec;
	char text[CC_UUID_TEXT];

	if (state_dir_open_instance(&node->dirs, id, false, &dirfd, err) < 0)
		return -1;
	if (ct_record_read(dirfd, id, &rec, &bad) < 0)
		return take_damaged(node, id, dirfd, &bad, err);
	if (rec.slot >= node->slots.count)
		return cc_fail(err, INVALID, "instance %s has slot %u, but instances_max is %u; raise it again", cc_uuid_format(id, text),
		        (uint32_t)rec.slot, node->slots.count);
	if (slot_is_taken(all, rec.slot))
		return cc_fail(err, INTERNAL, "two instances have slot %u; one of them is %s", (uint32_t)rec.slot, cc_uuid_format(id, text));
	inst = append(all, &rec);
	inst->exit_status = read_exit(dirfd);
	return load_snapshots(node, inst, err);
}

static int load_entry(struct instances *all, const struct priv_node *node, const char *name, struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	char id_text[CC_UUID_TEXT];
	struct cc_uuid id;

	snprintf(id_text, sizeof(id_text), "%s", name);
	if (cc_uuid_parse(id_text, &id, &ignored) < 0)
		return 0;
	if (name[strlen(id_text)] == '\0')
		return load_one(all, node, id, err);
	return strncmp(name + strlen(id_text), DAMAGED, strlen(DAMAGED)) == 0 ? keep_slot(all, node, name, err) : 0;
}

/* A second pass for what the first one set aside. */
static int load_all(struct instances *all, const struct priv_node *node, DIR *dir, struct cc_error *err)
{
	const struct dirent *d;

	for (int pass = 0; pass < 2; pass++, rewinddir(dir))
		while ((d = readdir(dir)) != NULL)
			if ((pass == 0 || strstr(d->d_name, DAMAGED) != NULL) && load_entry(all, node, d->d_name, err) < 0)
				return -1;
	return 0;
}

int instances_load(struct instances *all, const struct priv_node *node, struct cc_error *err)
{
	int fd = openat(node->dirs.instances, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cc_auto(closedir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL)
		return cc_fail_errno(err, "reading the instances");
	return load_all(all, node, dir, err);
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
	struct ct_record rec = { .id = id };
	uint8_t taken[SLOTS_MAX];
	uint32_t slot;

	memcpy(taken, all->kept, sizeof(taken));
	for (uint32_t i = 0; i < all->count; i++)
		taken[all->at[i]->rec.slot] = 1;
	if (slot_find_free(plan, taken, &slot, err) < 0)
		return NULL;
	rec.slot = slot;
	return append(all, &rec);
}

void instances_note_exit(const struct priv_node *node, struct instance *inst, int exit_status)
{
	cc_auto_close int dirfd = -1;
	struct cc_error ignored = { 0 };
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", exit_status);

	inst->exit_status = exit_status;
	/* A lost exit status is no loss of an instance; that is why it is not in the record. */
	if (!inst->being_deleted && state_dir_open_instance(&node->dirs, inst->rec.id, false, &dirfd, &ignored) == 0)
		(void)small_file_replace(dirfd, CT_EXIT_NAME, text, (size_t)len, false, &ignored);
}

static void free_instance(struct instance *inst)
{
	if (inst->init.fd >= 0)
		close(inst->init.fd);
	if (inst->monitor.fd >= 0)
		close(inst->monitor.fd);
	free(inst->snapshots);
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

static uint32_t snapshot_at(const struct instance *inst, struct cc_uuid id)
{
	uint32_t i = 0;

	while (i < inst->snapshot_count && !cc_uuid_equal(inst->snapshots[i], id))
		i++;
	return i;
}

bool instances_has_snapshot(const struct instance *inst, struct cc_uuid id)
{
	return snapshot_at(inst, id) < inst->snapshot_count;
}

void instances_add_snapshot(struct instance *inst, struct cc_uuid id)
{
	if (instances_has_snapshot(inst, id))
		return;
	inst->snapshots = cc_realloc(inst->snapshots, (inst->snapshot_count + 1) * sizeof(id));
	inst->snapshots[inst->snapshot_count++] = id;
}

void instances_drop_snapshot(struct instance *inst, struct cc_uuid id)
{
	uint32_t i = snapshot_at(inst, id);

	if (i < inst->snapshot_count)
		inst->snapshots[i] = inst->snapshots[--inst->snapshot_count];
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
	const struct pool *pool = pool_find(node, inst->rec.pool);
	struct priv_ct ct = {
		.id = inst->rec.id,
		.state = inst->now.state,
		.epoch = inst->rec.epoch,
		.boot_sn = inst->rec.boot_sn,
		.restore_sn = inst->rec.restore_sn - (inst->rec.restoring[0] != '\0'),
		.started_boottime_ms = inst->now.started_boottime_ms,
		.slot = (uint32_t)inst->rec.slot,
		.exit_status = inst->exit_status,
	};

	if (ct.state == PRIV_CT_RUNNING) {
		ct.init_pid = inst->now.init_pid;
		node->driver->usage(node, &inst->rec, ct.started_boottime_ms, &ct.memory_bytes, &ct.cpu_usec);
	}
	ct.ports_sum = ports_sum(&inst->rec.ports);
	ct.disk_bytes = inst->disk_bytes;
	ct.disk_advisory = pool == NULL || !pool->enforces;
	slot_address(&node->slots, ct.slot, ct.address);
	slot_address6(&node->slots, ct.slot, ct.address6);
	memcpy(ct.image_sha256, inst->rec.image_sha256, sizeof(ct.image_sha256));
	ct.limits = (struct priv_limits){ .memory_bytes = inst->rec.memory_bytes, .disk_bytes = inst->rec.disk_bytes };
	ct.limits.cpu_millis = (uint32_t)inst->rec.cpu_millis;
	ct.limits.pids = (uint32_t)inst->rec.pids;
	ct.limits.bandwidth_kbit = (uint32_t)inst->rec.bandwidth_kbit;
	*ret = ct;
}
