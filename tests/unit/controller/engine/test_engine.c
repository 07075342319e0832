/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/orders.h"
#include "controller/engine/refusals.h"
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <check.h>

static struct engine_fixture f;
static struct cc_uuid ada;

static void setup(void)
{
	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 1024);
	an_image(&f, "busybox");
}

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

static void assert_code(const struct command *cmd, enum cc_code code)
{
	ck_assert_msg(cmd->error.code == code, "%s: %s", cc_code_info(cmd->error.code)->slug, cmd->error.msg);
}

static void assert_state(const char *name, enum inst_state state)
{
	const struct instance *inst = instance_now(&f, name);

	ck_assert_ptr_nonnull(inst);
	ck_assert_str_eq(cc_enum_slug(&inst_state_enum, (int)inst->state), cc_enum_slug(&inst_state_enum, (int)state));
}

static bool touched(struct cc_uuid id)
{
	for (size_t i = 0; i < f.n_touched; i++)
		if (cc_uuid_equal(f.touched[i], id))
			return true;
	return false;
}

START_TEST(a_created_instance_is_assigned_recorded_and_wakes_its_node)
{
	const struct command *cmd = create(&f, as_admin, "hello", "busybox", 256);
	const struct instance *inst = cmd->reply;

	assert_code(cmd, CC_OK);
	assert_state("hello", INST_ASSIGNED);
	ck_assert(cc_has(inst, instance, node) && cc_uuid_equal(inst->node, ada));
	ck_assert_int_gt(inst->revision, 0);
	ck_assert_ptr_nonnull(cmd->placement);
	ck_assert(touched(ada) && touched(inst->id));
	ck_assert_int_eq(node_now(&f, ada)->used_memory_mib, 256);
}
END_TEST

START_TEST(its_life_follows_what_the_node_sees)
{
	create(&f, as_admin, "hello", "busybox", 0);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_FETCHING);
	assert_state("hello", INST_STARTING);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	assert_state("hello", INST_RUNNING);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, started));
	assert_code(act(&f, as_admin, "hello", ACT_STOP), CC_OK);
	assert_state("hello", INST_STOPPING);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_STOPPED);
	assert_state("hello", INST_STOPPED);
	assert_code(act(&f, as_admin, "hello", ACT_START), CC_OK);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	assert_code(act(&f, as_admin, "hello", ACT_DELETE), CC_OK);
	assert_state("hello", INST_DELETING);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_GONE);
	ck_assert_ptr_null(instance_now(&f, "hello"));
	ck_assert_int_eq(node_now(&f, ada)->used_memory_mib, 0);
}
END_TEST

START_TEST(a_restart_waits_for_the_restarted_instance)
{
	struct instance old;

	create(&f, as_admin, "hello", "busybox", 0);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	old = *instance_now(&f, "hello");
	assert_code(act(&f, as_admin, "hello", ACT_RESTART), CC_OK);
	assert_state("hello", INST_STARTING);
	observe(&f, ada, &old, OBSERVED_RUNNING);
	assert_state("hello", INST_STARTING);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	assert_state("hello", INST_RUNNING);
	act(&f, as_admin, "hello", ACT_STOP);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_STOPPED);
	assert_code(act(&f, as_admin, "hello", ACT_RESTART), CC_CONFLICT);
}
END_TEST

START_TEST(a_failed_instance_is_tried_again_when_asked)
{
	create(&f, as_admin, "hello", "busybox", 0);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_FAILED);
	assert_state("hello", INST_FAILED);
	assert_code(act(&f, as_admin, "hello", ACT_START), CC_OK);
	ck_assert_int_eq(instance_now(&f, "hello")->boot_sn, 1);
	assert_state("hello", INST_ASSIGNED);
}
END_TEST

START_TEST(what_a_node_says_of_another_epoch_or_node_changes_nothing)
{
	struct cc_uuid bo = a_node(&f, "bo", 64);
	struct instance inst;

	create(&f, as_admin, "hello", "busybox", 0);
	inst = *instance_now(&f, "hello");
	inst.epoch = 7;
	observe(&f, ada, &inst, OBSERVED_RUNNING);
	assert_state("hello", INST_ASSIGNED);
	observe(&f, bo, instance_now(&f, "hello"), OBSERVED_RUNNING);
	assert_state("hello", INST_ASSIGNED);
}
END_TEST

START_TEST(refusals_say_what_is_wrong)
{
	struct cc_uuid eva = a_member(&f, "eva");

	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_CONFLICT);
	assert_code(create(&f, as_admin, "other", "nothing", 0), CC_NOT_FOUND);
	assert_code(create(&f, as_admin, "big", "busybox", 4096), CC_NO_CAPACITY);
	assert_code(act(&f, as_member(eva), "hello", ACT_DELETE), CC_NOT_FOUND);
	assert_code(act(&f, as_admin, "nobody", ACT_STOP), CC_NOT_FOUND);
	ck_assert_ptr_null(instance_now(&f, "big"));
}
END_TEST

/* Every node that was looked at either could take it or fell out once. */
static void check_adds_up(const struct placement *p)
{
	int64_t sum = p->feasible;

	for (size_t i = 0; i < p->fell.n; i++)
		sum += p->fell.items[i].nodes;
	ck_assert_int_eq(sum, p->considered);
	ck_assert(p->placed == (p->feasible > 0));
}

START_TEST(a_record_says_who_asked_for_what_and_who_was_compared)
{
	struct instance_spec spec = { .name = "hello", .image = "busybox" };
	struct cmd_instance_create args = { .spec = &spec, .id = engine_fixture_id(&f) };
	const struct placement *p;
	const struct command *cmd;

	cc_set(&spec, instance_spec, memory_mib, 64);
	cmd = engine_run(&f, COMMAND_INSTANCE_CREATE, as_admin, &args);
	assert_code(cmd, CC_OK);
	p = zone_find(engine_read_begin(f.engine), TABLE_PLACEMENT, args.id);
	ck_assert_ptr_nonnull(p);
	check_adds_up(p);
	ck_assert_str_eq(p->name, "hello");
	ck_assert_str_eq(p->member_name, "admin");
	ck_assert_uint_eq(p->asked.n, 1);
	ck_assert_int_eq(p->asked.items[0].memory_mib, 64);
	ck_assert(!cc_has(&p->asked.items[0], instance_spec, cpu_millis));
	ck_assert_uint_ge(p->candidates.n, 1);
	ck_assert(cc_uuid_equal(p->candidates.items[0].node, p->node));
	ck_assert_int_eq(p->candidates.items[0].score, p->score);
	ck_assert(!cc_has(&p->candidates.items[0], placement_candidate, fit));
	engine_read_end(f.engine);
}
END_TEST

START_TEST(a_refused_placement_is_explained)
{
	const struct command *cmd = create(&f, as_admin, "big", "busybox", 4096);

	ck_assert_ptr_nonnull(cmd->placement);
	ck_assert(!cmd->placement->placed);
	ck_assert_uint_ge(cmd->placement->fell.n, 1);
	check_adds_up(cmd->placement);
	ck_assert_uint_eq(cmd->placement->changes.n, 1);
	ck_assert_str_eq(cmd->placement->changes.items[0].what, "with at most 1024 MiB of memory");
	ck_assert_int_eq(cmd->placement->changes.items[0].amount, 1024);
	ck_assert(cc_has(&cmd->placement->changes.items[0], placement_change, node_name));
	ck_assert_str_eq(cmd->placement->would_fit, cmd->error.msg);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "1024"));
}
END_TEST

static size_t refused_now(const char *name)
{
	const struct zone *z = engine_read_begin(f.engine);
	const struct refused *r;
	size_t n = 0;

	for (size_t at = 0; (r = zone_next(z, TABLE_REFUSED, &at)) != NULL;) {
		check_adds_up((const struct placement *)r);
		n += name == NULL || strcmp(r->name, name) == 0;
	}
	engine_read_end(f.engine);
	return n;
}

static void refuse(struct principal who, const char *name)
{
	struct instance_spec spec = { .name = name, .image = "busybox" };
	struct cmd_instance_create args = { .spec = &spec, .id = engine_fixture_id(&f) };

	cc_set(&spec, instance_spec, memory_mib, 4096);
	assert_code(engine_run(&f, COMMAND_INSTANCE_CREATE, who, &args), CC_NO_CAPACITY);
}

START_TEST(few_refusals_are_written_at_once_and_many_by_the_next_tick)
{
	struct instance_spec spec = { .name = "asked", .image = "busybox" };
	struct cmd_instance_plan plan = { .spec = &spec };
	size_t at_once;

	cc_set(&spec, instance_spec, memory_mib, 4096);
	tick(&f, 1);
	refuse(as_admin, "big");
	ck_assert_uint_eq(refused_now("big"), 1);
	for (int i = 0; i < 20; i++)
		refuse(as_admin, "many");
	assert_code(engine_run(&f, COMMAND_INSTANCE_PLAN, as_admin, &plan), CC_NO_CAPACITY);
	at_once = refused_now("many");
	ck_assert_uint_lt(at_once, 5);
	tick(&f, 1);
	ck_assert_uint_eq(refused_now("many"), 20);
	ck_assert_uint_eq(refused_now("asked"), 0);
	engine_fixture_reload(&f, NULL);
	tick(&f, 1);
	ck_assert_uint_eq(refused_now(NULL), 21);
}
END_TEST

START_TEST(who_floods_loses_their_own_refusals)
{
	struct principal eva = as_member(a_member(&f, "eva"));

	for (int i = 0; i < 5; i++)
		refuse(as_admin, "flood");
	refuse(eva, "rare");
	for (int i = 0; i < 3 * REFUSALS_WAIT_MAX; i++)
		refuse(as_admin, "flood");
	refuse(as_admin, "last");
	tick(&f, 1);
	ck_assert_uint_eq(refused_now(NULL), REFUSALS_MEMBER_MAX + 1);
	ck_assert_uint_eq(refused_now("rare"), 1);
	ck_assert_uint_eq(refused_now("last"), 1);
	for (int i = 0; i < 2 * REFUSALS_MEMBER_MAX; i++) {
		refuse(as_admin, "more");
		tick(&f, 1);
	}
	ck_assert_uint_eq(refused_now("more"), REFUSALS_MEMBER_MAX);
	ck_assert_uint_eq(refused_now("rare"), 1);
	ck_assert_uint_eq(refused_now(NULL), REFUSALS_MEMBER_MAX + 1);
}
END_TEST

START_TEST(one_key_has_its_effect_once)
{
	struct instance_spec spec = { .name = "hello", .image = "busybox" };
	struct cmd_instance_create first = { .spec = &spec, .id = engine_fixture_id(&f) };
	struct cmd_instance_create again = { .spec = &spec, .id = engine_fixture_id(&f) };
	const struct command *cmd;

	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &first, "k", "body"), CC_OK);
	cmd = engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &again, "k", "body");
	assert_code(cmd, CC_OK);
	ck_assert(cmd->replayed);
	ck_assert(cc_uuid_equal(((const struct instance *)cmd->reply)->id, first.id));
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &again, "k", "another body"), CC_KEY_REUSED);
	act(&f, as_admin, "hello", ACT_DELETE);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_GONE);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &again, "k", "body"), CC_GONE);
	tick(&f, 2 * 86400000);
	a_node(&f, "cy", 1024);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &again, "k", "another body"), CC_OK);
}
END_TEST

START_TEST(a_refused_command_leaves_no_key_behind)
{
	struct instance_spec spec = { .name = "hello", .image = "later" };
	struct cmd_instance_create args = { .spec = &spec, .id = engine_fixture_id(&f) };

	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &args, "k", "body"), CC_NOT_FOUND);
	an_image(&f, "later");
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_CREATE, as_admin, &args, "k", "body"), CC_OK);
}
END_TEST

START_TEST(a_silent_node_makes_its_instances_unreachable_and_back)
{
	create(&f, as_admin, "hello", "busybox", 0);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	tick(&f, 59000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_READY);
	tick(&f, 2000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_SILENT);
	assert_state("hello", INST_UNREACHABLE);
	assert_code(create(&f, as_admin, "second", "busybox", 0), CC_NO_CAPACITY);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_READY);
	assert_state("hello", INST_RUNNING);
}
END_TEST

static int64_t told_heard_ms;

static int64_t tell_heard(void *arg, struct cc_uuid node)
{
	(void)arg;
	return cc_uuid_equal(node, ada) ? told_heard_ms : 0;
}

START_TEST(a_node_that_listens_is_not_silent_until_its_signs_end)
{
	engine_set_heard(f.engine, tell_heard, NULL);
	tick(&f, 50000);
	told_heard_ms = f.now_ms;
	tick(&f, 50000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_READY);
	ck_assert_int_eq(engine_node_heard_ms(f.engine, ada), told_heard_ms);
	told_heard_ms = 0; /* whoever listened is gone, and what was known is kept */
	tick(&f, 9000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_READY);
	tick(&f, 2000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_SILENT);
}
END_TEST

static const struct command *report_closed(const char *closed)
{
	struct node_report r = { 0 };
	struct cmd_node_sync args = { .report = &r, .node = ada };

	cc_set(&r, node_report, closed, closed);
	return engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args);
}

static void report_members(const char *allow, const char *deny)
{
	struct node_report r = { 0 };
	struct cmd_node_sync args = { .report = &r, .node = ada };

	cc_set(&r, node_report, allow_members, ((struct cc_texts){ allow != NULL, &allow }));
	cc_set(&r, node_report, deny_members, ((struct cc_texts){ deny != NULL, &deny }));
	assert_code(engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args), CC_OK);
}

static bool is_own(const char *name)
{
	struct node_report r = { 0 };
	struct node_orders o;

	orders_build(engine_read_begin(f.engine), &r, ada, &o, f.arena);
	engine_read_end(f.engine);
	for (size_t i = 0; i < o.assignments.n; i++)
		if (strcmp(o.assignments.items[i].name, name) == 0)
			return cc_has(&o.assignments.items[i], assignment, own);
	ck_abort_msg("no assignment of %s", name);
}

START_TEST(whom_the_owner_does_not_let_in_is_placed_elsewhere_or_told_why)
{
	struct principal maria = as_member(a_member(&f, "maria"));
	const struct command *cmd;
	struct cc_uuid bo;

	report_members(NULL, "maria");
	cmd = create(&f, maria, "hello", "busybox", 0);
	assert_code(cmd, CC_NO_CAPACITY);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "does not let this member in"));
	ck_assert_str_eq(cmd->placement->fell.items[0].reason, "its owner does not let this member in");
	assert_code(create(&f, as_admin, "owners", "busybox", 0), CC_OK);
	report_members("nobody-else", NULL);
	assert_code(create(&f, maria, "hello", "busybox", 0), CC_NO_CAPACITY);
	assert_code(create(&f, as_admin, "owners-too", "busybox", 0), CC_OK);
	bo = a_node(&f, "bo", 1024);
	assert_code(create(&f, maria, "hello", "busybox", 0), CC_OK);
	ck_assert(cc_uuid_equal(instance_now(&f, "hello")->node, bo));
	report_members(NULL, NULL);
	ck_assert(!cc_has(node_now(&f, ada), node, allow_members) && !cc_has(node_now(&f, ada), node, deny_members));
	assert_code(create(&f, maria, "here", "busybox", 512), CC_OK);
	ck_assert(cc_uuid_equal(instance_now(&f, "here")->node, ada) || cc_uuid_equal(instance_now(&f, "here")->node, bo));
	ck_assert(is_own("owners"));
}
END_TEST

static const struct command *set_limits(const char *ref, int64_t memory_mib)
{
	struct instance_change *c = cc_new(f.arena, struct instance_change);
	struct cmd_instance_change *args = cc_new(f.arena, struct cmd_instance_change);

	cc_set(c, instance_change, memory_mib, memory_mib);
	*args = (struct cmd_instance_change){ .ref = ref, .change = c };
	return engine_run(&f, COMMAND_INSTANCE_CHANGE, as_admin, args);
}

/* The node says what the instance runs with and uses; limit 0: it does not say, as older agents. */
static void tell_use(const char *name, int64_t limit_mib, int64_t used_mib, const char *reason)
{
	const struct instance *inst = instance_now(&f, name);
	struct node_instance *seen = cc_new(f.arena, struct node_instance);
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	*seen = (struct node_instance){ .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = OBSERVED_RUNNING };
	cc_set(seen, node_instance, memory_bytes, used_mib << 20);
	if (limit_mib > 0)
		cc_set(seen, node_instance, limit_memory_mib, limit_mib);
	if (reason != NULL)
		cc_set(seen, node_instance, reason, reason);
	*r = (struct node_report){ .revision = inst->revision, .instances = { 1, seen } };
	*args = (struct cmd_node_sync){ .report = r, .node = ada };
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), args);
}

START_TEST(new_limits_are_on_their_way_until_the_node_has_them)
{
	create(&f, as_admin, "hello", "busybox", 256);
	tell_use("hello", 256, 20, NULL);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
	ck_assert_int_eq(instance_now(&f, "hello")->used_memory_mib, 20);
	assert_code(set_limits("hello", 512), CC_OK);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, changing));
	tell_use("hello", 256, 20, "new limits: no");
	ck_assert(cc_has(instance_now(&f, "hello"), instance, changing));
	ck_assert_str_eq(instance_now(&f, "hello")->reason, "new limits: no");
	tell_use("hello", 512, 20, NULL);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
	ck_assert_str_eq(instance_now(&f, "hello")->reason, "");
	/* An older agent says nothing of limits. */
	assert_code(set_limits("hello", 300), CC_OK);
	tell_use("hello", 0, 20, NULL);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
}
END_TEST

static const struct command *set_bandwidth(const char *ref, int64_t kbit)
{
	struct instance_change *c = cc_new(f.arena, struct instance_change);
	struct cmd_instance_change *args = cc_new(f.arena, struct cmd_instance_change);

	cc_set(c, instance_change, bandwidth_kbit, kbit);
	*args = (struct cmd_instance_change){ .ref = ref, .change = c };
	return engine_run(&f, COMMAND_INSTANCE_CHANGE, as_admin, args);
}

static void tell_bandwidth(const char *name, int64_t kbit)
{
	const struct instance *inst = instance_now(&f, name);
	struct node_instance *seen = cc_new(f.arena, struct node_instance);
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	*seen = (struct node_instance){ .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = OBSERVED_RUNNING };
	cc_set(seen, node_instance, limit_memory_mib, inst->memory_mib);
	cc_set(seen, node_instance, limit_bandwidth_kbit, kbit);
	*r = (struct node_report){ .revision = inst->revision, .instances = { 1, seen } };
	*args = (struct cmd_node_sync){ .report = r, .node = ada };
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), args);
}

START_TEST(bandwidth_is_limited_where_the_node_can)
{
	static const char *const features[] = { "lxc" };
	struct node_report r = { .features = { 1, (const char **)features } };
	struct cmd_node_sync args = { .report = &r, .node = ada };
	const struct command *cmd;

	create(&f, as_admin, "hello", "busybox", 256);
	tell_bandwidth("hello", 0);
	assert_code(set_bandwidth("hello", 5000), CC_OK);
	ck_assert_int_eq(instance_now(&f, "hello")->bandwidth_kbit, 5000);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, changing));
	tell_bandwidth("hello", 5000);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
	assert_code(set_bandwidth("hello", 0), CC_OK);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, bandwidth_kbit));
	tell_bandwidth("hello", 0);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
	/* An older agent would not hold it, and say nothing. */
	cc_set(&r, node_report, features, r.features);
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args);
	cmd = set_bandwidth("hello", 5000);
	assert_code(cmd, CC_CONFLICT);
	ck_assert_msg(strstr(cmd->error.msg, "the node 'ada' cannot limit it") != NULL, "%s", cmd->error.msg);
}
END_TEST

START_TEST(memory_is_not_set_below_what_is_used)
{
	const struct command *cmd;

	create(&f, as_admin, "hello", "busybox", 256);
	tell_use("hello", 256, 100, NULL);
	cmd = set_limits("hello", 64);
	assert_code(cmd, CC_CONFLICT);
	ck_assert_msg(strstr(cmd->error.msg, "uses 100 of its 256 MiB") != NULL && strstr(cmd->error.msg, "64 were asked for") != NULL, "%s",
	        cmd->error.msg);
	assert_code(set_limits("hello", 100), CC_OK);
	act(&f, as_admin, "hello", ACT_STOP);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_STOPPED);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, used_memory_mib));
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, changing));
	assert_code(set_limits("hello", 64), CC_OK);
}
END_TEST

static const struct command *set_disk(const char *ref, int64_t disk_mib)
{
	struct instance_change *c = cc_new(f.arena, struct instance_change);
	struct cmd_instance_change *args = cc_new(f.arena, struct cmd_instance_change);

	cc_set(c, instance_change, disk_mib, disk_mib);
	*args = (struct cmd_instance_change){ .ref = ref, .change = c };
	return engine_run(&f, COMMAND_INSTANCE_CHANGE, as_admin, args);
}

/* limit 0: as an older agent, which says nothing of disks. */
static void tell_disk(const char *name, int64_t limit_mib, int64_t used_bytes, bool advisory)
{
	const struct instance *inst = instance_now(&f, name);
	struct node_instance *seen = cc_new(f.arena, struct node_instance);
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	*seen = (struct node_instance){ .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = OBSERVED_RUNNING };
	if (limit_mib > 0) {
		cc_set(seen, node_instance, limit_memory_mib, inst->memory_mib);
		cc_set(seen, node_instance, limit_disk_mib, limit_mib);
	}
	if (used_bytes > 0)
		cc_set(seen, node_instance, disk_bytes, used_bytes);
	if (advisory)
		cc_set(seen, node_instance, disk_advisory, true);
	*r = (struct node_report){ .revision = inst->revision, .instances = { 1, seen } };
	*args = (struct cmd_node_sync){ .report = r, .node = ada };
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), args);
}

START_TEST(a_disk_shrinks_to_what_is_used_and_no_further)
{
	const struct command *cmd;
	int64_t had;

	create(&f, as_admin, "hello", "busybox", 256);
	had = instance_now(&f, "hello")->disk_mib;
	tell_disk("hello", had, 0, false);
	cmd = set_disk("hello", had - 1);
	assert_code(cmd, CC_CONFLICT);
	ck_assert_msg(strstr(cmd->error.msg, "can only grow") != NULL, "%s", cmd->error.msg);
	/* Begun MiB count as whole ones. */
	tell_disk("hello", had, (INT64_C(200) << 20) + 1, false);
	ck_assert_int_eq(instance_now(&f, "hello")->used_disk_mib, 201);
	cmd = set_disk("hello", 200);
	assert_code(cmd, CC_CONFLICT);
	ck_assert_msg(
	        strstr(cmd->error.msg, "uses 201 of its") != NULL && strstr(cmd->error.msg, "200 were asked for") != NULL, "%s", cmd->error.msg);
	assert_code(set_disk("hello", 201), CC_OK);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, changing));
	/* A stop frees nothing. */
	tell_disk("hello", 201, 0, false);
	act(&f, as_admin, "hello", ACT_STOP);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_STOPPED);
	assert_code(set_disk("hello", 150), CC_CONFLICT);
	assert_code(set_disk("hello", 300), CC_OK);
}
END_TEST

START_TEST(it_is_known_whether_a_disk_limit_holds)
{
	create(&f, as_admin, "hello", "busybox", 256);
	tell_disk("hello", 1024, 0, true);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, disk_advisory));
	/* An older agent says nothing of it. */
	tell_disk("hello", 0, 0, false);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, disk_advisory));
	tell_disk("hello", 1024, 0, false);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, disk_advisory));
}
END_TEST

START_TEST(small_changes_of_use_are_not_written_down)
{
	int64_t revision;

	create(&f, as_admin, "hello", "busybox", 256);
	tell_use("hello", 256, 100, NULL);
	revision = instance_now(&f, "hello")->revision;
	tell_use("hello", 256, 131, NULL);
	ck_assert_int_eq(instance_now(&f, "hello")->revision, revision);
	tell_use("hello", 256, 132, NULL);
	ck_assert_int_eq(instance_now(&f, "hello")->used_memory_mib, 132);
	ck_assert_int_gt(instance_now(&f, "hello")->revision, revision);
}
END_TEST

static const struct command *drain(const char *ref, const char *reason)
{
	return engine_run(&f, COMMAND_NODE_DRAIN, as_admin, &(struct cmd_node_drain){ .ref = ref, .reason = reason });
}

static const struct command *remove_node(const char *ref, bool force)
{
	return engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ ref, force });
}

START_TEST(what_a_commit_takes_is_a_mean_that_forgets)
{
	ck_assert_int_eq(engine_commit_ms(f.engine), 0);
	for (int i = 0; i < 50; i++)
		engine_took(f.engine, 800);
	ck_assert_int_ge(engine_commit_ms(f.engine), 790);
	for (int i = 0; i < 50; i++)
		engine_took(f.engine, 3);
	ck_assert_int_le(engine_commit_ms(f.engine), 10);
}
END_TEST

START_TEST(a_node_that_leaves_gives_its_instances_up_even_while_they_run)
{
	struct cmd_node_remove args = { .ref = "ada", .leaves = true };
	const struct instance *inst;

	create(&f, as_admin, "hello", "busybox", 256);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	assert_code(engine_run(&f, COMMAND_NODE_REMOVE, as_node(ada), &args), CC_OK);
	inst = instance_now(&f, "hello");
	assert_state("hello", INST_FAILED);
	ck_assert_ptr_nonnull(strstr(inst->reason, "'ada' was purged by its owner"));
	ck_assert(!cc_has(inst, instance, node));
	assert_code(act(&f, as_admin, "hello", ACT_DELETE), CC_OK);
	ck_assert_ptr_null(instance_now(&f, "hello"));
}
END_TEST

START_TEST(a_paused_node_takes_nothing_new_and_says_why)
{
	struct instance_spec spec = { .name = "second", .image = "busybox" };
	struct cmd_instance_create args = { .spec = &spec };
	const struct command *cmd;

	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
	assert_code(report_closed("its owner paused it until noon"), CC_OK);
	ck_assert_str_eq(node_now(&f, ada)->closed, "its owner paused it until noon");
	assert_state("hello", INST_ASSIGNED);
	cmd = create(&f, as_admin, "second", "busybox", 0);
	assert_code(cmd, CC_NO_CAPACITY);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "1 is paused by its owner"));
	args.id = engine_fixture_id(&f);
	cc_set(&spec, instance_spec, node, "ada");
	cmd = engine_run(&f, COMMAND_INSTANCE_CREATE, as_admin, &args);
	assert_code(cmd, CC_NO_CAPACITY);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "its owner paused it until noon"));
	assert_code(report_closed(""), CC_OK);
	ck_assert(!cc_has(node_now(&f, ada), node, closed));
	assert_code(create(&f, as_admin, "second", "busybox", 0), CC_OK);
}
END_TEST

START_TEST(a_drained_node_takes_nothing_new_until_it_is_opened)
{
	const struct command *cmd;

	assert_code(drain("nobody", ""), CC_NOT_FOUND);
	assert_code(drain("ada", "new disk"), CC_OK);
	assert_code(drain("ada", "new disk"), CC_OK);
	cmd = create(&f, as_admin, "hello", "busybox", 0);
	assert_code(cmd, CC_NO_CAPACITY);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "drained by an admin"));
	ck_assert_msg(strstr(cmd->error.msg, "; ada: new disk") != NULL, "%s", cmd->error.msg);
	assert_code(drain("ada", NULL), CC_OK);
	assert_code(drain("ada", NULL), CC_OK);
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
}
END_TEST

START_TEST(a_cap_lowers_what_is_granted_and_never_what_is_used)
{
	struct node_cap cap = { 0 };
	struct cmd_node_cap args = { .ref = "ada", .cap = &cap };

	assert_code(create(&f, as_admin, "hello", "busybox", 512), CC_OK);
	cc_set(&cap, node_cap, memory_mib, 256);
	cc_set(&cap, node_cap, instances, 2);
	assert_code(engine_run(&f, COMMAND_NODE_CAP, as_admin, &args), CC_OK);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 512);
	ck_assert_int_eq(node_now(&f, ada)->granted_instances, 2);
	assert_code(create(&f, as_admin, "second", "busybox", 128), CC_NO_CAPACITY);
	cc_set(&cap, node_cap, memory_mib, 1 << 30);
	assert_code(engine_run(&f, COMMAND_NODE_CAP, as_admin, &args), CC_OK);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 1024);
	assert_code(create(&f, as_admin, "second", "busybox", 128), CC_OK);
	assert_code(create(&f, as_admin, "third", "busybox", 128), CC_NO_CAPACITY);
	cap = (struct node_cap){ 0 };
	assert_code(engine_run(&f, COMMAND_NODE_CAP, as_admin, &args), CC_OK);
	assert_code(create(&f, as_admin, "third", "busybox", 128), CC_OK);
	args.ref = "nobody";
	assert_code(engine_run(&f, COMMAND_NODE_CAP, as_admin, &args), CC_NOT_FOUND);
}
END_TEST

START_TEST(a_node_is_removed_when_it_is_empty_or_given_up)
{
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
	assert_code(create(&f, as_admin, "going", "busybox", 0), CC_OK);
	assert_code(act(&f, as_admin, "going", ACT_DELETE), CC_OK);
	assert_code(remove_node("nobody", true), CC_NOT_FOUND);
	assert_code(remove_node("ada", false), CC_CONFLICT);
	assert_code(remove_node("ada", true), CC_CONFLICT);
	tick(&f, 0);
	tick(&f, 70000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_SILENT);
	assert_code(remove_node("ada", false), CC_CONFLICT);
	assert_code(remove_node("ada", true), CC_OK);
	ck_assert_ptr_null(node_now(&f, ada));
	ck_assert_ptr_null(instance_now(&f, "going"));
	assert_state("hello", INST_FAILED);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, node));
	ck_assert_ptr_nonnull(strstr(instance_now(&f, "hello")->reason, "'ada' was removed"));
	assert_code(act(&f, as_admin, "hello", ACT_START), CC_CONFLICT);
	assert_code(act(&f, as_admin, "hello", ACT_STOP), CC_CONFLICT);
	assert_code(act(&f, as_admin, "hello", ACT_DELETE), CC_OK);
	ck_assert_ptr_null(instance_now(&f, "hello"));
	ada = a_node(&f, "ada", 1024);
	assert_code(remove_node("ada", false), CC_OK);
}
END_TEST

START_TEST(a_drained_node_that_still_reports_may_be_given_up)
{
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
	assert_code(drain("ada", ""), CC_OK);
	assert_code(remove_node("ada", true), CC_OK);
	assert_state("hello", INST_FAILED);
}
END_TEST

START_TEST(a_reload_gives_every_node_a_new_lease)
{
	f.now_ms += 10 * 60000;
	engine_fixture_reload(&f, NULL);
	tick(&f, 0);
	tick(&f, 59000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_READY);
	tick(&f, 2000);
	ck_assert_int_eq(node_now(&f, ada)->state, NODE_SILENT);
}
END_TEST

START_TEST(changed_overcommit_reaches_nodes_that_report_nothing_new)
{
	struct engine_options opt = engine_fixture_options;

	opt.overcommit_memory_percent = 200;
	engine_fixture_reload(&f, &opt);
	tick(&f, 0);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 2048);
	assert_code(create(&f, as_admin, "big", "busybox", 2000), CC_OK);
	opt.overcommit_memory_percent = 100;
	engine_fixture_reload(&f, &opt);
	tick(&f, 0);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 2000);
}
END_TEST

START_TEST(remembered_keys_are_bounded_for_each_caller)
{
	struct principal eva = as_member(a_member(&f, "eva"));
	struct engine_options opt = engine_fixture_options;
	struct cmd_instance_act args = { .ref = "hello", .act = ACT_START };

	opt.idempotency_max = 2;
	engine_fixture_reload(&f, &opt);
	create(&f, eva, "hello", "busybox", 0);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_ACT, eva, &args, "the-eva 1", "a"), CC_OK);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_ACT, eva, &args, "the-eva 2", "a"), CC_OK);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_ACT, eva, &args, "the-eva 3", "a"), CC_BUSY);
	/* What is remembered is answered still, others have room of their own, and without a key it goes on. */
	ck_assert(engine_run_key(&f, COMMAND_INSTANCE_ACT, eva, &args, "the-eva 2", "a")->replayed);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_ACT, as_admin, &args, "the-adm 1", "a"), CC_OK);
	assert_code(engine_run(&f, COMMAND_INSTANCE_ACT, eva, &args), CC_OK);
	tick(&f, 2 * 86400000);
	assert_code(engine_run_key(&f, COMMAND_INSTANCE_ACT, eva, &args, "the-eva 4", "a"), CC_OK);
}
END_TEST

START_TEST(a_report_that_names_an_instance_twice_is_refused)
{
	struct node_instance seen[2];
	struct node_report r = { .instances = { 2, seen } };
	struct cmd_node_sync args = { .report = &r, .node = ada };
	const struct instance *inst;

	create(&f, as_admin, "hello", "busybox", 0);
	inst = instance_now(&f, "hello");
	seen[0] = seen[1] = (struct node_instance){ .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = OBSERVED_RUNNING };
	seen[1].state = OBSERVED_FAILED;
	assert_code(engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args), CC_INVALID);
	assert_state("hello", INST_ASSIGNED);
}
END_TEST

START_TEST(an_idle_report_changes_nothing)
{
	const struct zone *z;
	int64_t before;

	create(&f, as_admin, "hello", "busybox", 0);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	z = engine_read_begin(f.engine);
	before = zone_revision(z);
	engine_read_end(f.engine);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	z = engine_read_begin(f.engine);
	ck_assert_int_eq(zone_revision(z), before);
	engine_read_end(f.engine);
}
END_TEST

START_TEST(a_lowered_offer_keeps_what_is_used_and_never_grows)
{
	struct node_report r = { .has = CC_BIT(node_report_f_offer_memory_mib), .offer_memory_mib = 100 };
	struct cmd_node_sync args = { .report = &r, .node = ada };

	create(&f, as_admin, "a", "busybox", 300);
	create(&f, as_admin, "b", "busybox", 300);
	engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &args);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 600);
	assert_code(create(&f, as_admin, "c", "busybox", 10), CC_NO_CAPACITY);
	act(&f, as_admin, "a", ACT_DELETE);
	observe(&f, ada, instance_now(&f, "a"), OBSERVED_GONE);
	ck_assert_int_eq(node_now(&f, ada)->granted_memory_mib, 300);
	assert_code(create(&f, as_admin, "c", "busybox", 10), CC_NO_CAPACITY);
}
END_TEST

START_TEST(a_token_serves_one_node)
{
	struct invite_spec spec = { .node_name = "bo" };
	struct cmd_invite_create inv = { .spec = &spec, .id = engine_fixture_id(&f), .secret_hash = "s" };
	struct join_request request = { 0 };
	struct cmd_node_join join = { .request = &request, .id = engine_fixture_id(&f), .secret_hash = "s" };
	struct principal bo = { .who = WHO_ANONYMOUS, .pin = "pin of bo" }, thief = { .who = WHO_ANONYMOUS, .pin = "pin of thief" };
	struct cmd_node_join forged = { .request = &request, .id = engine_fixture_id(&f), .secret_hash = "guess" };

	assert_code(engine_run(&f, COMMAND_INVITE_CREATE, as_admin, &inv), CC_OK);
	assert_code(engine_run(&f, COMMAND_NODE_JOIN, bo, &forged), CC_UNAUTHENTICATED);
	assert_code(engine_run(&f, COMMAND_NODE_JOIN, bo, &join), CC_OK);
	assert_code(engine_run(&f, COMMAND_NODE_JOIN, thief, &join), CC_CONFLICT);
	/* The node asks again because the answer was lost. */
	join.id = engine_fixture_id(&f);
	assert_code(engine_run(&f, COMMAND_NODE_JOIN, bo, &join), CC_OK);
}
END_TEST

START_TEST(an_expired_token_says_so)
{
	struct invite_spec spec = { .has = CC_BIT(invite_spec_f_expires_s), .node_name = "bo", .expires_s = 60 };
	struct cmd_invite_create inv = { .spec = &spec, .id = engine_fixture_id(&f), .secret_hash = "s" };
	struct join_request request = { 0 };
	struct cmd_node_join join = { .request = &request, .id = engine_fixture_id(&f), .secret_hash = "s" };
	struct principal bo = { .who = WHO_ANONYMOUS, .pin = "pin of bo" };

	engine_run(&f, COMMAND_INVITE_CREATE, as_admin, &inv);
	f.now_ms += 60000;
	assert_code(engine_run(&f, COMMAND_NODE_JOIN, bo, &join), CC_GONE);
}
END_TEST

static size_t invites(void)
{
	const struct zone *z = engine_read_begin(f.engine);
	size_t n = zone_count(z, TABLE_INVITE);

	engine_read_end(f.engine);
	return n;
}

START_TEST(a_key_that_was_forgotten_makes_no_second_invitation)
{
	struct invite_spec spec = { .node_name = "bo" };
	struct cmd_invite_create first = { .spec = &spec, .id = engine_fixture_id(&f), .secret_hash = "s" };
	struct cmd_invite_create again = { .spec = &spec, .id = engine_fixture_id(&f), .secret_hash = "s" };

	assert_code(engine_run_key(&f, COMMAND_INVITE_CREATE, as_admin, &first, "k", "body"), CC_OK);
	tick(&f, 2 * 86400000);
	assert_code(engine_run_key(&f, COMMAND_INVITE_CREATE, as_admin, &again, "k", "body"), CC_KEY_REUSED);
	ck_assert_uint_eq(invites(), 2);
	tick(&f, 7 * 86400000);
	ck_assert_uint_eq(invites(), 0);
	assert_code(engine_run_key(&f, COMMAND_INVITE_CREATE, as_admin, &again, "k", "body"), CC_OK);
}
END_TEST

START_TEST(two_members_do_not_share_a_token)
{
	struct member_spec eva = { .name = "eva" }, eve = { .name = "eve" };
	struct cmd_member_create first = { .spec = &eva, .id = engine_fixture_id(&f), .token_id = engine_fixture_id(&f), .secret_hash = "s" };
	struct cmd_member_create second = { .spec = &eve, .id = engine_fixture_id(&f), .token_id = engine_fixture_id(&f), .secret_hash = "s" };

	assert_code(engine_run(&f, COMMAND_MEMBER_CREATE, as_admin, &first), CC_OK);
	assert_code(engine_run(&f, COMMAND_MEMBER_CREATE, as_admin, &second), CC_KEY_REUSED);
}
END_TEST

START_TEST(an_id_is_no_name)
{
	char id[CC_UUID_TEXT];
	struct member_spec member = { .name = id };
	struct invite_spec invite = { .node_name = id };
	struct cmd_member_create m = { .spec = &member, .id = engine_fixture_id(&f), .token_id = engine_fixture_id(&f), .secret_hash = "m" };
	struct cmd_invite_create inv = { .spec = &invite, .id = engine_fixture_id(&f), .secret_hash = "i" };
	struct cmd_image_create img = { .id = engine_fixture_id(&f), .name = id, .arch = "amd64", .sha256 = "x" };

	cc_uuid_format(ada, id);
	assert_code(engine_run(&f, COMMAND_MEMBER_CREATE, as_admin, &m), CC_INVALID);
	assert_code(engine_run(&f, COMMAND_INVITE_CREATE, as_admin, &inv), CC_INVALID);
	assert_code(engine_run(&f, COMMAND_IMAGE_CREATE, as_admin, &img), CC_INVALID);
	assert_code(create(&f, as_admin, id, "busybox", 0), CC_INVALID);
}
END_TEST

START_TEST(an_image_of_an_unknown_architecture_is_refused)
{
	struct cmd_image_create img = { .id = engine_fixture_id(&f), .name = "odd", .arch = "pdp11", .sha256 = "x" };

	assert_code(engine_run(&f, COMMAND_IMAGE_CREATE, as_admin, &img), CC_INVALID);
}
END_TEST

START_TEST(a_refused_deletion_does_not_name_what_others_run)
{
	struct principal eva = as_member(a_member(&f, "eva"));
	struct cmd_image_create img = { .id = engine_fixture_id(&f), .name = "evas", .arch = "amd64", .sha256 = "x" };
	struct cmd_image_delete args = { .ref = "evas" };
	const struct command *cmd;

	assert_code(engine_run(&f, COMMAND_IMAGE_CREATE, eva, &img), CC_OK);
	create(&f, as_admin, "secret", "evas", 0);
	cmd = engine_run(&f, COMMAND_IMAGE_DELETE, eva, &args);
	assert_code(cmd, CC_CONFLICT);
	ck_assert_ptr_null(strstr(cmd->error.msg, "secret"));
	cmd = engine_run(&f, COMMAND_IMAGE_DELETE, as_admin, &args);
	ck_assert_ptr_nonnull(strstr(cmd->error.msg, "secret"));
}
END_TEST

START_TEST(an_image_in_use_stays)
{
	struct cmd_image_delete args = { .ref = "busybox" };

	create(&f, as_admin, "hello", "busybox", 0);
	assert_code(engine_run(&f, COMMAND_IMAGE_DELETE, as_admin, &args), CC_CONFLICT);
	act(&f, as_admin, "hello", ACT_DELETE);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_GONE);
	assert_code(engine_run(&f, COMMAND_IMAGE_DELETE, as_member(a_member(&f, "eva")), &args), CC_DENIED);
	assert_code(engine_run(&f, COMMAND_IMAGE_DELETE, as_admin, &args), CC_OK);
}
END_TEST

START_TEST(a_lost_batch_is_answered_unavailable_and_not_published)
{
	f.lose = true;
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_UNAVAILABLE);
	ck_assert_ptr_null(instance_now(&f, "hello"));
	f.lose = false;
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
}
END_TEST

START_TEST(without_a_database_commands_are_refused_at_once)
{
	engine_set_available(f.engine, false, "no database");
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_UNAVAILABLE);
	engine_set_available(f.engine, true, NULL);
	assert_code(create(&f, as_admin, "hello", "busybox", 0), CC_OK);
}
END_TEST

START_TEST(orders_are_deltas_and_drop_strangers)
{
	struct node_instance stranger = { .id = engine_fixture_id(&f), .epoch = 1, .state = OBSERVED_RUNNING };
	struct node_report r = { .instances = { 1, &stranger } };
	struct node_orders o;
	const struct zone *z;

	create(&f, as_admin, "hello", "busybox", 0);
	z = engine_read_begin(f.engine);
	ck_assert_int_eq(orders_build(z, &r, ada, &o, f.arena), 1);
	ck_assert(o.full && o.assignments.n == 1 && o.drop.n == 1);
	r.revision = o.revision;
	r.instances.n = 0;
	ck_assert_int_eq(orders_build(z, &r, ada, &o, f.arena), 0);
	r.revision = o.revision + 1000;
	ck_assert_int_eq(orders_build(z, &r, ada, &o, f.arena), 1);
	ck_assert(o.full);
	engine_read_end(f.engine);
}
END_TEST

START_TEST(what_a_node_reports_is_not_ordered_back)
{
	struct node_report r = { 0 };
	struct node_orders o;
	const struct zone *z;

	create(&f, as_admin, "hello", "busybox", 0);
	z = engine_read_begin(f.engine);
	orders_build(z, &r, ada, &o, f.arena);
	engine_read_end(f.engine);
	observe(&f, ada, instance_now(&f, "hello"), OBSERVED_RUNNING);
	r.revision = o.revision;
	z = engine_read_begin(f.engine);
	ck_assert_int_eq(orders_build(z, &r, ada, &o, f.arena), 0);
	engine_read_end(f.engine);
	act(&f, as_admin, "hello", ACT_STOP);
	z = engine_read_begin(f.engine);
	ck_assert_int_eq(orders_build(z, &r, ada, &o, f.arena), 1);
	ck_assert_int_eq(o.assignments.items[0].desired, DESIRED_STOP);
	engine_read_end(f.engine);
}
END_TEST

static Suite *engine_suite(void)
{
	Suite *s = suite_create("engine");
	TCase *tc = tcase_create("zone");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_created_instance_is_assigned_recorded_and_wakes_its_node);
	tcase_add_test(tc, its_life_follows_what_the_node_sees);
	tcase_add_test(tc, what_a_commit_takes_is_a_mean_that_forgets);
	tcase_add_test(tc, a_node_that_leaves_gives_its_instances_up_even_while_they_run);
	tcase_add_test(tc, new_limits_are_on_their_way_until_the_node_has_them);
	tcase_add_test(tc, bandwidth_is_limited_where_the_node_can);
	tcase_add_test(tc, memory_is_not_set_below_what_is_used);
	tcase_add_test(tc, a_disk_shrinks_to_what_is_used_and_no_further);
	tcase_add_test(tc, it_is_known_whether_a_disk_limit_holds);
	tcase_add_test(tc, small_changes_of_use_are_not_written_down);
	tcase_add_test(tc, a_restart_waits_for_the_restarted_instance);
	tcase_add_test(tc, a_failed_instance_is_tried_again_when_asked);
	tcase_add_test(tc, what_a_node_says_of_another_epoch_or_node_changes_nothing);
	tcase_add_test(tc, refusals_say_what_is_wrong);
	tcase_add_test(tc, a_record_says_who_asked_for_what_and_who_was_compared);
	tcase_add_test(tc, a_refused_placement_is_explained);
	tcase_add_test(tc, few_refusals_are_written_at_once_and_many_by_the_next_tick);
	tcase_add_test(tc, who_floods_loses_their_own_refusals);
	tcase_add_test(tc, one_key_has_its_effect_once);
	tcase_add_test(tc, a_refused_command_leaves_no_key_behind);
	tcase_add_test(tc, a_silent_node_makes_its_instances_unreachable_and_back);
	tcase_add_test(tc, whom_the_owner_does_not_let_in_is_placed_elsewhere_or_told_why);
	tcase_add_test(tc, a_node_that_listens_is_not_silent_until_its_signs_end);
	tcase_add_test(tc, a_paused_node_takes_nothing_new_and_says_why);
	tcase_add_test(tc, a_drained_node_takes_nothing_new_until_it_is_opened);
	tcase_add_test(tc, a_cap_lowers_what_is_granted_and_never_what_is_used);
	tcase_add_test(tc, a_node_is_removed_when_it_is_empty_or_given_up);
	tcase_add_test(tc, a_drained_node_that_still_reports_may_be_given_up);
	tcase_add_test(tc, a_reload_gives_every_node_a_new_lease);
	tcase_add_test(tc, changed_overcommit_reaches_nodes_that_report_nothing_new);
	tcase_add_test(tc, remembered_keys_are_bounded_for_each_caller);
	tcase_add_test(tc, a_report_that_names_an_instance_twice_is_refused);
	tcase_add_test(tc, an_idle_report_changes_nothing);
	tcase_add_test(tc, a_lowered_offer_keeps_what_is_used_and_never_grows);
	tcase_add_test(tc, a_token_serves_one_node);
	tcase_add_test(tc, an_expired_token_says_so);
	tcase_add_test(tc, a_key_that_was_forgotten_makes_no_second_invitation);
	tcase_add_test(tc, two_members_do_not_share_a_token);
	tcase_add_test(tc, an_id_is_no_name);
	tcase_add_test(tc, an_image_of_an_unknown_architecture_is_refused);
	tcase_add_test(tc, a_refused_deletion_does_not_name_what_others_run);
	tcase_add_test(tc, an_image_in_use_stays);
	tcase_add_test(tc, a_lost_batch_is_answered_unavailable_and_not_published);
	tcase_add_test(tc, without_a_database_commands_are_refused_at_once);
	tcase_add_test(tc, orders_are_deltas_and_drop_strangers);
	tcase_add_test(tc, what_a_node_reports_is_not_ordered_back);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(engine_suite());
}
