/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assignments are kept in the form in which they came: orders that list everything. */
#include "agent/spool.h"

#include "agent/orders.h"
#include "agent/statefile.h"
#include "agent/volumes.h"
#include "common/clock.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#define IDENTITY    "join.json"
#define ASSIGNMENTS "assignments.json"
#define LEASE       "lease.json"
#define NETWORK     "network.json"
#define NAMES       "names.json"

const char *const spool_files[] = { IDENTITY, ASSIGNMENTS, LEASE, NETWORK, NAMES, NULL };

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(agent/e.def)
#define ENTITY spool_identity
#include "common/model/define.inc"
#define ENTITY spool_lease
#include "common/model/define.inc"
#define ENTITY spool_network
#include "common/model/define.inc"
#define ENTITY spool_names
#include "common/model/define.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

static int load(const char *dir, const char *name, const struct cc_desc *desc, void *ret, struct cc_arena *a, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	if (statefile_read(dir, name, &text, err) < 0)
		return -1;
	if (cc_json_decode(desc, cc_buf_str(&text), text.len, CC_JSON_LENIENT, ret, a, err) < 0)
		return cc_wrap(err, "file '%s/%s'", dir, name);
	return 0;
}

static int save(const char *dir, const char *name, const struct cc_desc *desc, const void *row, bool durable, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };

	cc_json_encode(desc, row, &text);
	cc_buf_addc(&text, '\n');
	return statefile_write(dir, name, &text, durable, err);
}

int spool_load_identity(const char *dir, struct spool_identity **ret, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct spool_identity who;

	if (load(dir, IDENTITY, &spool_identity_desc, &who, a, err) < 0)
		return -1;
	*ret = cc_row_heap_copy(&spool_identity_desc, &who);
	return 0;
}

int spool_save_identity(const char *dir, const struct spool_identity *who, struct cc_error *err)
{
	return save(dir, IDENTITY, &spool_identity_desc, who, true, err);
}

int spool_load_assignments(const char *dir, struct inst_table *t, int64_t *ret_revision, struct cc_error *err)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_orders o;

	if (load(dir, ASSIGNMENTS, &node_orders_desc, &o, a, err) < 0)
		return -1;
	if (orders_check(&o, err) < 0)
		return cc_wrap(err, "file '%s/%s'", dir, ASSIGNMENTS);
	for (size_t k = 0; k < o.assignments.n; k++)
		(void)inst_set_want(t, inst_get(t, o.assignments.items[k].id), &o.assignments.items[k]);
	volumes_take(t, &o);
	t->unsaved = false;
	*ret_revision = o.revision;
	return 0;
}

int spool_save_assignments(const char *dir, struct inst_table *t, int64_t revision, struct cc_error *err)
{
	struct node_orders o = { .revision = revision, .full = true };
	cc_auto_free struct assignment *items = cc_calloc(t->n + 1, sizeof(*items));
	cc_auto_free struct volume_order *volumes = NULL;

	for (size_t k = 0; k < t->n; k++)
		if (t->items[k]->want != NULL)
			items[o.assignments.n++] = *t->items[k]->want;
	o.assignments.items = items;
	o.volumes.n = volumes_orders(t, &volumes);
	o.volumes.items = volumes;
	o.has |= CC_BIT(node_orders_f_volumes);
	if (save(dir, ASSIGNMENTS, &node_orders_desc, &o, true, err) < 0)
		return -1;
	t->unsaved = false;
	return 0;
}

int64_t spool_load_lease(const char *dir)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct spool_lease lease;
	struct cc_error ignored = { 0 };

	if (load(dir, LEASE, &spool_lease_desc, &lease, a, &ignored) < 0 || cc_boot_id()[0] == '\0' || strcmp(lease.boot_id, cc_boot_id()) != 0)
		return 0;
	return lease.until_ms;
}

int spool_save_lease(const char *dir, int64_t until_ms, struct cc_error *err)
{
	struct spool_lease lease = { .boot_id = cc_boot_id(), .until_ms = until_ms };

	return save(dir, LEASE, &spool_lease_desc, &lease, false, err);
}

bool spool_load_network(const char *dir, struct spool_network *ret, struct cc_arena *a)
{
	struct cc_error ignored = { 0 };

	return load(dir, NETWORK, &spool_network_desc, ret, a, &ignored) == 0;
}

int spool_save_network(const char *dir, const struct spool_network *network, struct cc_error *err)
{
	return save(dir, NETWORK, &spool_network_desc, network, false, err);
}

bool spool_load_names(const char *dir, struct spool_names *ret, struct cc_arena *a)
{
	struct cc_error ignored = { 0 };

	return load(dir, NAMES, &spool_names_desc, ret, a, &ignored) == 0;
}

int spool_save_names(const char *dir, const struct spool_names *names, struct cc_error *err)
{
	return save(dir, NAMES, &spool_names_desc, names, false, err);
}
