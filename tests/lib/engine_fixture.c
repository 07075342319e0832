/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lib/engine_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct principal as_admin = { .who = WHO_ADMIN };

const struct engine_options engine_fixture_options = { .queue_max = 64,
	.batch_max = 16,
	.node_lease_ms = 60000,
	.idempotency_ms = 86400000,
	.overcommit_cpu_percent = 400,
	.overcommit_memory_percent = 100,
	.overcommit_disk_percent = 100 };

void engine_fixture_init(struct engine_fixture *f)
{
	*f = (struct engine_fixture){ .arena = cc_arena_new(0), .now_ms = 1000000 };
	f->engine = engine_new(&engine_fixture_options, zone_new("village", engine_fixture_id(f)));
	ck_assert_int_eq(engine_run(f, COMMAND_MEMBER_CREATE, as_admin,
	                         &(struct cmd_member_create){
	                                 .spec = &(struct member_spec){ .has = CC_BIT(member_spec_f_role), .name = "admin", .role = ROLE_ADMIN },
	                                 .id = engine_fixture_id(f),
	                                 .token_id = engine_fixture_id(f),
	                                 .secret_hash = "0" })
	                         ->error.code,
	        CC_OK);
}

void engine_fixture_done(struct engine_fixture *f)
{
	engine_free(f->engine);
	cc_arena_free(f->arena);
	free(f->touched);
}

void engine_fixture_reload(struct engine_fixture *f, const struct engine_options *opt)
{
	const struct zone *z = engine_read_begin(f->engine);
	struct zone *loaded = zone_new(zone_name(z), zone_id(z));
	struct effects fx = { 0 };
	const void *row;

	/* Rows of its own, as the database's are. */
	for (int t = 0; t < TABLE_MAX; t++)
		for (size_t at = 0; (row = zone_next(z, (enum table)t, &at)) != NULL;)
			effects_put(&fx, (enum table)t, row);
	zone_apply(loaded, &fx, 0);
	zone_set_revision(loaded, zone_revision(z));
	effects_clear(&fx);
	engine_read_end(f->engine);
	if (opt == NULL) {
		engine_reload(f->engine, loaded);
		return;
	}
	engine_free(f->engine);
	f->engine = engine_new(opt, loaded);
}

struct cc_uuid engine_fixture_id(struct engine_fixture *f)
{
	struct cc_uuid id = { .b = { [6] = 0x70, [8] = 0x80 } };
	int64_t n = ++f->ids;

	for (int i = 0; i < 6; i++)
		id.b[15 - i] = (uint8_t)(n >> (8 * i));
	return id;
}

struct principal as_member(struct cc_uuid id)
{
	return (struct principal){ .who = WHO_MEMBER, .id = id };
}

struct principal as_node(struct cc_uuid id)
{
	return (struct principal){ .who = WHO_NODE, .id = id };
}

static void on_done(struct command *cmd)
{
	((struct engine_fixture *)cmd->owner)->n_waiting--;
}

static void on_touch(void *arg, struct cc_uuid id)
{
	struct engine_fixture *f = arg;

	f->touched = cc_realloc(f->touched, (f->n_touched + 1) * sizeof(id));
	f->touched[f->n_touched++] = id;
}

void engine_run_many(struct engine_fixture *f)
{
	struct batch *batches[16];
	size_t n = 0;

	f->n_touched = 0;
	while ((batches[n] = engine_decide(f->engine)) != NULL)
		ck_assert_uint_lt(++n, CC_ARRAY_LEN(batches));
	for (size_t i = 0; i < n; i++)
		if (f->lose)
			engine_lost(f->engine, batches[i], "lost");
		else
			engine_committed(f->engine, batches[i], on_touch, f);
	if (n > 0 && f->lose)
		engine_fixture_reload(f, NULL);
	ck_assert_uint_eq(f->n_waiting, 0);
}

static struct command *run(struct engine_fixture *f, struct command *cmd)
{
	cmd->now_ms = cmd->boot_ms = f->now_ms;
	cmd->random = ++f->random;
	cmd->arena = f->arena;
	cmd->done = on_done;
	cmd->owner = f;
	f->n_waiting++;
	ck_assert(engine_push(f->engine, cmd));
	if (!f->gather)
		engine_run_many(f);
	return cmd;
}

struct command *engine_run(struct engine_fixture *f, enum command_kind kind, struct principal who, const void *args)
{
	struct command *cmd = cc_new(f->arena, struct command);

	cmd->kind = kind;
	cmd->who = who;
	cmd->args = args;
	return run(f, cmd);
}

struct command *engine_run_key(
        struct engine_fixture *f, enum command_kind kind, struct principal who, const void *args, const char *key, const char *request)
{
	struct command *cmd = cc_new(f->arena, struct command);

	cmd->kind = kind;
	cmd->who = who;
	cmd->args = args;
	cmd->idempotent = true;
	snprintf((char *)cmd->idempotency_id.b, sizeof(cmd->idempotency_id.b), "%s", key);
	snprintf(cmd->request_hash, sizeof(cmd->request_hash), "%s", request);
	return run(f, cmd);
}

struct cc_uuid a_member(struct engine_fixture *f, const char *name)
{
	struct member_spec spec = { .name = name };
	struct cmd_member_create args = { .spec = &spec, .id = engine_fixture_id(f), .token_id = engine_fixture_id(f) };
	const struct command *cmd;

	snprintf(args.secret_hash, sizeof(args.secret_hash), "token of %s", name);
	cmd = engine_run(f, COMMAND_MEMBER_CREATE, as_admin, &args);
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
	return args.id;
}

static void invite(struct engine_fixture *f, const char *name, const char *secret_hash)
{
	struct invite_spec spec = { .node_name = name };
	struct cmd_invite_create args = { .spec = &spec, .id = engine_fixture_id(f) };
	const struct command *cmd;

	snprintf(args.secret_hash, sizeof(args.secret_hash), "%s", secret_hash);
	cmd = engine_run(f, COMMAND_INVITE_CREATE, as_admin, &args);
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
}

struct cc_uuid a_node(struct engine_fixture *f, const char *name, int64_t memory_mib)
{
	struct join_request request = { 0 };
	struct cmd_node_join join = { .request = &request, .id = engine_fixture_id(f) };
	struct principal who = { .who = WHO_ANONYMOUS };
	const char *features[] = { "lxc", "snapshots", "volumes", "bandwidth-limit" };
	struct node_report r = { .arch = "amd64",
		.features = { 4, features },
		.cpu_millis = 4000,
		.memory_mib = memory_mib,
		.disk_mib = 10240,
		.offer_cpu_millis = 4000,
		.offer_memory_mib = memory_mib,
		.offer_disk_mib = 10240,
		.offer_instances = 64,
		.address = "192.168.1.5",
		.publish_from = 1024,
		.publish_to = 65535 };
	struct cmd_node_sync sync = { .report = &r, .node = join.id };
	const struct command *cmd;

	snprintf(join.secret_hash, sizeof(join.secret_hash), "secret of %s", name);
	snprintf(who.pin, sizeof(who.pin), "pin of %s", name);
	invite(f, name, join.secret_hash);
	cmd = engine_run(f, COMMAND_NODE_JOIN, who, &join);
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
	r.has = UINT64_MAX & ~(CC_BIT(node_report_f_instances) | CC_BIT(node_report_f_labels) | CC_BIT(node_report_f_agent_version) |
	                             CC_BIT(node_report_f_boot_id) | CC_BIT(node_report_f_closed));
	cmd = engine_run(f, COMMAND_NODE_SYNC, as_node(join.id), &sync);
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
	return join.id;
}

struct cc_uuid an_image(struct engine_fixture *f, const char *name)
{
	struct cmd_image_create args = {
		.id = engine_fixture_id(f), .name = name, .arch = "amd64", .bytes = 1000, .sha256 = cc_printf(f->arena, "%064lld", (long long)f->ids)
	};
	const struct command *cmd = engine_run(f, COMMAND_IMAGE_CREATE, as_admin, &args);

	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
	return args.id;
}

/* A copy that lives as long as the test: commands may be gathered. */
#define KEEP(f, value) memcpy(cc_arena_alloc((f)->arena, sizeof(value)), &(value), sizeof(value))

struct command *create(struct engine_fixture *f, struct principal who, const char *name, const char *image, int64_t memory_mib)
{
	struct instance_spec spec = { .name = name, .image = image };
	struct cmd_instance_create args = { .id = engine_fixture_id(f) };

	if (memory_mib != 0)
		cc_set(&spec, instance_spec, memory_mib, memory_mib);
	args.spec = KEEP(f, spec);
	return engine_run(f, COMMAND_INSTANCE_CREATE, who, KEEP(f, args));
}

struct command *act(struct engine_fixture *f, struct principal who, const char *name, enum instance_act what)
{
	struct cmd_instance_act args = { .ref = name, .act = what };

	return engine_run(f, COMMAND_INSTANCE_ACT, who, KEEP(f, args));
}

struct command *observe(struct engine_fixture *f, struct cc_uuid node, const struct instance *inst, enum observed state)
{
	struct node_instance seen = { .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = state };
	struct node_report r = { .revision = inst->revision, .instances = { 1, KEEP(f, seen) } };
	struct cmd_node_sync args = { .report = KEEP(f, r), .node = node };

	return engine_run(f, COMMAND_NODE_SYNC, as_node(node), KEEP(f, args));
}

struct command *tick(struct engine_fixture *f, int64_t later_ms)
{
	struct cmd_tick args = { .expire = true };

	f->now_ms += later_ms;
	return engine_run(f, COMMAND_TICK, as_admin, KEEP(f, args));
}

const struct instance *instance_now(struct engine_fixture *f, const char *name)
{
	const struct zone *z = engine_read_begin(f->engine);
	const struct instance *row = zone_find_name(z, TABLE_INSTANCE, name);

	row = row != NULL ? cc_row_arena_copy(&instance_desc, row, f->arena) : NULL;
	engine_read_end(f->engine);
	return row;
}

const struct node *node_now(struct engine_fixture *f, struct cc_uuid id)
{
	const struct zone *z = engine_read_begin(f->engine);
	const struct node *row = zone_find(z, TABLE_NODE, id);

	row = row != NULL ? cc_row_arena_copy(&node_desc, row, f->arena) : NULL;
	engine_read_end(f->engine);
	return row;
}

void check_books(struct engine_fixture *f)
{
	const struct zone *z = engine_read_begin(f->engine);
	const struct node *n;

	for (size_t at = 0; (n = zone_next(z, TABLE_NODE, &at)) != NULL;) {
		int64_t memory = 0, cpu = 0, disk = 0, count = 0;
		const struct instance *inst;
		const struct volume *v;
		const struct snapshot *s;

		for (size_t i = 0; (inst = zone_next(z, TABLE_INSTANCE, &i)) != NULL;)
			if ((cc_has(inst, instance, node) && cc_uuid_equal(inst->node, n->id)) ||
			        (cc_has(inst, instance, other) && cc_uuid_equal(inst->other, n->id))) {
				memory += inst->memory_mib;
				cpu += inst->cpu_millis;
				disk += inst->disk_mib;
				count++;
			}
		for (size_t i = 0; (v = zone_next(z, TABLE_VOLUME, &i)) != NULL;)
			disk += cc_has(v, volume, node) && cc_uuid_equal(v->node, n->id) ? v->size_mib : 0;
		for (size_t i = 0; (s = zone_next(z, TABLE_SNAPSHOT, &i)) != NULL;)
			disk += cc_uuid_equal(s->node, n->id) ? s->size_mib : 0;
		ck_assert_int_eq(n->used_memory_mib, memory);
		ck_assert_int_eq(n->used_cpu_millis, cpu);
		ck_assert_int_eq(n->used_disk_mib, disk);
		ck_assert_int_eq(n->used_instances, count);
		ck_assert_int_le(n->used_memory_mib, n->granted_memory_mib);
		ck_assert_int_le(n->used_cpu_millis, n->granted_cpu_millis);
		ck_assert_int_le(n->used_disk_mib, n->granted_disk_mib);
		ck_assert_int_le(n->used_instances, n->granted_instances);
	}
	engine_read_end(f->engine);
}
