/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instances on their way from one node to another, and nodes that are drained. The random test drives nodes that do what their orders say, in whatever order and
 * with whatever gaps, and asks for what must hold: one node has the instance in the end, and as long as it should run one runs it. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#include <string.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo, cleo;
static struct principal eva;

static void setup(void)
{
	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 4096);
	bo = a_node(&f, "bo", 1024);
	an_image(&f, "busybox");
	eva = as_member(a_member(&f, "eva"));
}

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

#define ASSERT_CODE(cmd, wanted) assert_code(cmd, wanted, __LINE__)

static void assert_code(const struct command *cmd, enum cc_code wanted, int line)
{
	ck_assert_msg(cmd->error.code == wanted, "line %d: %d instead of %d: %s", line, cmd->error.code, wanted, cmd->error.msg);
}

static struct command *create_on(const char *name, const char *node, bool stateless)
{
	struct instance_spec *spec = cc_new(f.arena, struct instance_spec);
	struct cmd_instance_create *args = cc_new(f.arena, struct cmd_instance_create);

	spec->name = name;
	spec->image = "busybox";
	cc_set(spec, instance_spec, memory_mib, 128);
	cc_set(spec, instance_spec, node, node);
	if (stateless)
		cc_set(spec, instance_spec, stateless, true);
	*args = (struct cmd_instance_create){ .spec = spec, .id = engine_fixture_id(&f) };
	return engine_run(&f, COMMAND_INSTANCE_CREATE, eva, args);
}

static struct command *move_to(struct principal who, const char *name, const char *to)
{
	struct cmd_instance_move *args = cc_new(f.arena, struct cmd_instance_move);

	*args = (struct cmd_instance_move){ .ref = name, .to = to };
	return engine_run(&f, COMMAND_INSTANCE_MOVE, who, args);
}

static struct command *drain_with(const char *ref, const struct node_drain *drain)
{
	struct cmd_node_drain *args = cc_new(f.arena, struct cmd_node_drain);

	*args = (struct cmd_node_drain){ .ref = ref, .reason = "", .drain = drain };
	return engine_run(&f, COMMAND_NODE_DRAIN, as_admin, args);
}

static struct command *open_node(const char *ref, bool no_return)
{
	struct cmd_node_drain *args = cc_new(f.arena, struct cmd_node_drain);

	*args = (struct cmd_node_drain){ .ref = ref, .no_return = no_return };
	return engine_run(&f, COMMAND_NODE_DRAIN, as_admin, args);
}

/* The copy with this epoch, as its node sees it. */
static void sees(struct cc_uuid node, const char *name, int64_t epoch, enum observed state, const char *reason)
{
	struct node_instance *seen = cc_new(f.arena, struct node_instance);
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);

	*seen = (struct node_instance){
		.id = instance_now(&f, name)->id, .epoch = epoch, .boot_sn = instance_now(&f, name)->boot_sn, .state = state
	};
	if (reason != NULL)
		cc_set(seen, node_instance, reason, reason);
	*r = (struct node_report){ .instances = { 1, seen } };
	*args = (struct cmd_node_sync){ .report = r, .node = node };
	ASSERT_CODE(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), args), CC_OK);
}

/* What the node is told of it; NULL: nothing. */
static const struct assignment *ordered(struct cc_uuid node, const char *name)
{
	struct node_orders *o = cc_new(f.arena, struct node_orders);
	struct node_report all = { 0 };

	orders_build(engine_read_begin(f.engine), &all, node, o, f.arena);
	engine_read_end(f.engine);
	for (size_t i = 0; i < o->assignments.n; i++)
		if (strcmp(o->assignments.items[i].name, name) == 0)
			return &o->assignments.items[i];
	return NULL;
}

static bool is_on(const char *name, struct cc_uuid node)
{
	return cc_uuid_equal(instance_now(&f, name)->node, node);
}

static void runs(const char *name, struct cc_uuid node)
{
	sees(node, name, instance_now(&f, name)->epoch, OBSERVED_RUNNING, NULL);
}

static const struct node_drain moves = { .has = CC_BIT(node_drain_f_move), .move = true };

START_TEST(it_starts_elsewhere_first_and_ends_then)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(eva, "web", NULL), CC_OK);
	ck_assert(is_on("web", ada));
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_RUNNING);
	check_books(&f);
	ck_assert_int_eq(ordered(ada, "web")->desired, DESIRED_RUN);
	ck_assert_int_eq(ordered(ada, "web")->epoch, 1);
	ck_assert_int_eq(ordered(bo, "web")->desired, DESIRED_RUN);
	ck_assert_int_eq(ordered(bo, "web")->epoch, 2);
	sees(bo, "web", 2, OBSERVED_STARTING, NULL);
	ck_assert(is_on("web", ada));
	sees(bo, "web", 2, OBSERVED_RUNNING, NULL);
	ck_assert(is_on("web", bo));
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_RUNNING);
	ck_assert_int_eq(instance_now(&f, "web")->epoch, 2);
	ck_assert_int_eq(ordered(ada, "web")->desired, DESIRED_DELETE);
	ck_assert_int_eq(ordered(ada, "web")->epoch, 1);
	ck_assert_int_eq(node_now(&f, ada)->used_instances, 1);
	ASSERT_CODE(move_to(eva, "web", "ada"), CC_CONFLICT);
	sees(ada, "web", 1, OBSERVED_GONE, NULL);
	ck_assert_ptr_null(ordered(ada, "web"));
	ck_assert_int_eq(node_now(&f, ada)->used_instances, 0);
	/* And back, under a number that nobody has had. */
	ASSERT_CODE(move_to(eva, "web", "ada"), CC_OK);
	ck_assert_int_eq(ordered(ada, "web")->epoch, 3);
}
END_TEST

START_TEST(what_cannot_be_started_there_stays_and_is_cleared_there)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	sees(bo, "web", 2, OBSERVED_FAILED, "no room on the disk");
	ck_assert(is_on("web", ada));
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_RUNNING);
	ck_assert_str_eq(instance_now(&f, "web")->stays, "it could not be started on bo: no room on the disk");
	ck_assert_int_eq(ordered(bo, "web")->desired, DESIRED_DELETE);
	/* Late news of a copy that is being cleared. */
	sees(bo, "web", 2, OBSERVED_RUNNING, NULL);
	ck_assert(is_on("web", ada));
	sees(bo, "web", 2, OBSERVED_GONE, NULL);
	ck_assert_ptr_null(ordered(bo, "web"));
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	ck_assert_int_eq(ordered(bo, "web")->epoch, 3);
}
END_TEST

static const struct stay_case {
	const char *what;
	const char *told;
} stay_cases[] = {
	{ "stateful", "files of the instance 'db' are on the node 'ada'" },
	{ "volume", "uses the volume 'data', which is on the node 'ada', and volumes do not move" },
	{ "snapshot", "has snapshots" },
	{ "stopping", "is stopping" },
};

START_TEST(what_cannot_move_says_why)
{
	const struct stay_case *c = &stay_cases[_i];
	const struct command *cmd;
	struct instance_spec spec = { .name = "db", .image = "busybox" };
	struct volume_use use = { .volume = "data", .path = "/data" };
	struct snapshot_spec snap = { 0 };

	cc_set(&spec, instance_spec, node, "ada");
	if (strcmp(c->what, "stateful") != 0)
		cc_set(&spec, instance_spec, stateless, true);
	if (strcmp(c->what, "volume") == 0) {
		struct volume_spec v = { .name = "data", .size_mib = 10 };

		ASSERT_CODE(
		        engine_run(&f, COMMAND_VOLUME_CREATE, eva, &(struct cmd_volume_create){ .spec = &v, .id = engine_fixture_id(&f) }), CC_OK);
		spec.has |= CC_BIT(instance_spec_f_volumes);
		spec.volumes.n = 1;
		spec.volumes.items = &use;
	}
	ASSERT_CODE(engine_run(&f, COMMAND_INSTANCE_CREATE, eva, &(struct cmd_instance_create){ .spec = &spec, .id = engine_fixture_id(&f) }), CC_OK);
	runs("db", ada);
	if (strcmp(c->what, "snapshot") == 0)
		ASSERT_CODE(engine_run(&f, COMMAND_SNAPSHOT_CREATE, eva,
		                    &(struct cmd_snapshot_create){ .instance = "db", .spec = &snap, .id = engine_fixture_id(&f) }),
		        CC_OK);
	if (strcmp(c->what, "stopping") == 0)
		ASSERT_CODE(act(&f, eva, "db", ACT_STOP), CC_OK);
	cmd = move_to(eva, "db", "bo");
	ASSERT_CODE(cmd, CC_CONFLICT);
	ck_assert_msg(strstr(cmd->error.msg, c->told) != NULL, "%s", cmd->error.msg);
	/* A drain says the same of it, but for what is about to end anyway. */
	ASSERT_CODE(drain_with("ada", &moves), CC_OK);
	tick(&f, 500);
	ck_assert(is_on("db", ada));
	if (strcmp(c->what, "stopping") != 0)
		ck_assert_msg(strstr(instance_now(&f, "db")->stays, c->told) != NULL, "%s", instance_now(&f, "db")->stays);
	ASSERT_CODE(open_node("ada", false), CC_OK);
	ck_assert(!cc_has(instance_now(&f, "db"), instance, stays));
}
END_TEST

START_TEST(a_move_needs_a_node_that_fits)
{
	const struct command *cmd;
	struct principal bob = as_member(a_member(&f, "bob"));

	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(bob, "web", "bo"), CC_NOT_FOUND);
	ASSERT_CODE(move_to(eva, "nothing", "bo"), CC_NOT_FOUND);
	ASSERT_CODE(move_to(eva, "web", "nowhere"), CC_NOT_FOUND);
	cmd = move_to(eva, "web", "ada");
	ASSERT_CODE(cmd, CC_NO_CAPACITY);
	ck_assert_msg(strstr(cmd->error.msg, "is where it is now") != NULL, "%s", cmd->error.msg);
	ASSERT_CODE(create(&f, as_admin, "big", "busybox", 1000), CC_OK);
	ASSERT_CODE(create(&f, as_admin, "big2", "busybox", 3800), is_on("big", bo) ? CC_OK : CC_NO_CAPACITY);
	if (is_on("big", bo)) {
		cmd = move_to(eva, "web", NULL);
		ASSERT_CODE(cmd, CC_NO_CAPACITY);
		ck_assert_msg(strstr(cmd->error.msg, "memory") != NULL, "%s", cmd->error.msg);
	}
}
END_TEST

START_TEST(a_stopped_one_is_elsewhere_at_once)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(act(&f, eva, "web", ACT_STOP), CC_OK);
	sees(ada, "web", 1, OBSERVED_STOPPED, NULL);
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	ck_assert(is_on("web", bo));
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_STOPPED);
	ck_assert_int_eq(ordered(ada, "web")->desired, DESIRED_DELETE);
	ck_assert_int_eq(ordered(bo, "web")->desired, DESIRED_STOP);
	sees(ada, "web", 1, OBSERVED_GONE, NULL);
	ck_assert_int_eq(node_now(&f, ada)->used_instances, 0);
}
END_TEST

START_TEST(who_stops_or_deletes_it_on_its_way_gets_that)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	ASSERT_CODE(act(&f, eva, "web", ACT_STOP), CC_OK);
	ck_assert_int_eq(ordered(bo, "web")->desired, DESIRED_DELETE);
	ck_assert_int_eq(ordered(ada, "web")->desired, DESIRED_STOP);
	sees(bo, "web", 2, OBSERVED_GONE, NULL);
	sees(ada, "web", 1, OBSERVED_STOPPED, NULL);
	ASSERT_CODE(act(&f, eva, "web", ACT_START), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	ASSERT_CODE(act(&f, eva, "web", ACT_DELETE), CC_OK);
	ck_assert_int_eq(ordered(ada, "web")->desired, DESIRED_DELETE);
	ck_assert_int_eq(ordered(bo, "web")->desired, DESIRED_DELETE);
	sees(ada, "web", 1, OBSERVED_GONE, NULL);
	ck_assert_ptr_null(instance_now(&f, "web"));
}
END_TEST

START_TEST(nodes_that_fall_silent_or_are_removed_hold_nothing_up)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(move_to(eva, "web", "bo"), CC_OK);
	tick(&f, 40000);
	runs("web", ada);
	tick(&f, 30000);
	ck_assert_int_eq(node_now(&f, bo)->state, NODE_SILENT);
	ck_assert_int_eq(instance_now(&f, "web")->transfer, TRANSFER_CLEARING);
	ck_assert_str_eq(instance_now(&f, "web")->stays, "bo fell silent before it ran there");
	ASSERT_CODE(engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ .ref = "bo", .force = true }), CC_OK);
	ck_assert(!cc_has(instance_now(&f, "web"), instance, other));
	cleo = a_node(&f, "cleo", 1024);
	ASSERT_CODE(move_to(eva, "web", "cleo"), CC_OK);
	ASSERT_CODE(drain_with("ada", NULL), CC_OK);
	ASSERT_CODE(engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ .ref = "ada", .force = true }), CC_OK);
	ck_assert(is_on("web", cleo));
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_STARTING);
	ck_assert(!cc_has(instance_now(&f, "web"), instance, other));
	runs("web", cleo);
	ck_assert_int_eq(instance_now(&f, "web")->state, INST_RUNNING);
}
END_TEST

/* bo sees what is ordered run, ada removes what it is to remove. */
static void settle(int n)
{
	for (int i = 0; i < n; i++) {
		const char *name = cc_printf(f.arena, "web%d", i);
		struct cc_uuid nodes[] = { ada, bo };

		for (int k = 0; k < 2; k++) {
			const struct assignment *a = ordered(nodes[k], name);

			if (a != NULL)
				sees(nodes[k], name, a->epoch, a->desired == DESIRED_RUN ? OBSERVED_RUNNING : OBSERVED_GONE, NULL);
		}
	}
}

static int count_on(struct cc_uuid node, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += is_on(cc_printf(f.arena, "web%d", i), node);
	return count;
}

static int on_their_way(int n)
{
	int count = 0;

	for (int i = 0; i < n; i++) {
		const struct instance *inst = instance_now(&f, cc_printf(f.arena, "web%d", i));

		count += cc_has(inst, instance, transfer) && inst->transfer == TRANSFER_STARTING;
	}
	return count;
}

START_TEST(a_drain_moves_some_at_a_time_and_opening_brings_them_back)
{
	enum { N = 7 };
	bool no_return = _i;

	for (int i = 0; i < N; i++)
		ASSERT_CODE(create_on(cc_printf(f.arena, "web%d", i), "ada", true), CC_OK);
	settle(N);
	ASSERT_CODE(drain_with("ada", &moves), CC_OK);
	for (int i = 0; i < N; i++)
		tick(&f, 500);
	ck_assert_int_eq(on_their_way(N), 4);
	for (int i = 0; i < 3 * N; i++) {
		settle(N);
		tick(&f, 500);
		check_books(&f);
	}
	ck_assert_int_eq(count_on(bo, N), N);
	ck_assert_int_eq(node_now(&f, ada)->used_instances, 0);
	ASSERT_CODE(open_node("ada", no_return), CC_OK);
	for (int i = 0; i < 3 * N; i++) {
		tick(&f, 500);
		settle(N);
	}
	ck_assert_int_eq(count_on(ada, N), no_return ? 0 : N);
	ck_assert_int_eq(on_their_way(N), 0);
	ck_assert(!cc_has(instance_now(&f, "web0"), instance, home));
}
END_TEST

START_TEST(what_finds_no_room_is_said_and_leaves_when_there_is)
{
	ASSERT_CODE(create_on("web", "ada", true), CC_OK);
	runs("web", ada);
	ASSERT_CODE(drain_with("bo", NULL), CC_OK);
	ASSERT_CODE(drain_with("ada", &moves), CC_OK);
	tick(&f, 500);
	ck_assert_msg(strstr(instance_now(&f, "web")->stays, "drained by an admin") != NULL, "%s", instance_now(&f, "web")->stays);
	ck_assert_int_eq(instance_now(&f, "web")->revision, (tick(&f, 500), instance_now(&f, "web")->revision));
	ASSERT_CODE(open_node("bo", false), CC_OK);
	tick(&f, 500);
	ck_assert_int_eq(instance_now(&f, "web")->transfer, TRANSFER_STARTING);
	ck_assert(!cc_has(instance_now(&f, "web"), instance, stays));
	/* One that failed is tried again, but not at once. */
	sees(bo, "web", 2, OBSERVED_FAILED, "no");
	sees(bo, "web", 2, OBSERVED_GONE, NULL);
	tick(&f, 30000);
	ck_assert(!cc_has(instance_now(&f, "web"), instance, transfer));
	observe(&f, bo, instance_now(&f, "web"), OBSERVED_GONE);
	observe(&f, ada, instance_now(&f, "web"), OBSERVED_RUNNING);
	tick(&f, 31000);
	ck_assert_int_eq(instance_now(&f, "web")->transfer, TRANSFER_STARTING);
}
END_TEST

START_TEST(at_the_deadline_the_rest_stays_or_is_stopped)
{
	struct node_drain drain = moves;
	bool stop = _i;

	cc_set(&drain, node_drain, stop, stop);
	if (stop)
		ASSERT_CODE(drain_with("ada", &drain), CC_INVALID);
	cc_set(&drain, node_drain, deadline_s, 0);
	ASSERT_CODE(drain_with("ada", &drain), CC_INVALID);
	cc_set(&drain, node_drain, deadline_s, 20);
	ASSERT_CODE(create_on("db", "ada", false), CC_OK);
	runs("db", ada);
	ASSERT_CODE(drain_with("ada", &drain), CC_OK);
	tick(&f, 19000);
	ck_assert(cc_has(node_now(&f, ada), node, draining));
	ck_assert_int_eq(instance_now(&f, "db")->desired, DESIRED_RUN);
	tick(&f, 1000);
	ck_assert(!cc_has(node_now(&f, ada), node, draining));
	ck_assert(cc_has(node_now(&f, ada), node, drained));
	ck_assert_int_eq(instance_now(&f, "db")->desired, stop ? DESIRED_STOP : DESIRED_RUN);
}
END_TEST

/* ---- whatever happens ---- */

#define NODES 3
#define INSTS 4

static struct cc_uuid all_nodes[NODES];
/* What a node has; it does what it last read, at once or later. */
struct copy {
	bool there, running, known;
	int64_t epoch, boot_sn;
	enum inst_desired desired;
};
static struct copy copies[NODES][INSTS];
static struct cc_uuid ids[INSTS];
static int64_t read_revision[NODES];

static int number_of(struct cc_uuid id)
{
	for (int i = 0; i < INSTS; i++)
		if (cc_uuid_equal(ids[i], id))
			return i;
	return -1;
}

static void work(struct copy *c)
{
	if (!c->known)
		return;
	if (c->desired == DESIRED_DELETE) {
		c->there = c->running = false;
		return;
	}
	c->there = c->there || c->desired == DESIRED_RUN;
	c->running = c->desired == DESIRED_RUN;
}

static enum observed state_of(const struct copy *c)
{
	if (c->running)
		return OBSERVED_RUNNING;
	if (c->known && c->desired == DESIRED_STOP)
		return OBSERVED_STOPPED;
	return c->there ? OBSERVED_STOPPED : OBSERVED_GONE;
}

/* One exchange; `lost`: the answer does not arrive. */
static void exchange(struct test_random *random, int n, bool full, bool lost)
{
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *args = cc_new(f.arena, struct cmd_node_sync);
	struct node_orders o;

	*r = (struct node_report){ .full = full, .revision = full && test_random_below(random, 2) ? 0 : read_revision[n] };
	r->instances.items = cc_new_array(f.arena, INSTS, struct node_instance);
	for (int i = 0; i < INSTS; i++) {
		const struct copy *c = &copies[n][i];

		if (c->known || c->there)
			r->instances.items[r->instances.n++] =
			        (struct node_instance){ .id = ids[i], .epoch = c->epoch, .boot_sn = c->boot_sn, .state = state_of(c) };
	}
	*args = (struct cmd_node_sync){ .report = r, .node = all_nodes[n] };
	if (engine_run(&f, COMMAND_NODE_SYNC, as_node(all_nodes[n]), args)->error.code != CC_OK || lost)
		return;
	orders_build(engine_read_begin(f.engine), r, all_nodes[n], &o, f.arena);
	engine_read_end(f.engine);
	read_revision[n] = o.revision;
	for (size_t k = 0; k < o.assignments.n; k++) {
		const struct assignment *a = &o.assignments.items[k];
		int i = number_of(a->id);

		if (i < 0 || (copies[n][i].known && a->epoch < copies[n][i].epoch))
			continue;
		copies[n][i].known = true;
		copies[n][i].epoch = a->epoch;
		copies[n][i].boot_sn = a->boot_sn;
		copies[n][i].desired = a->desired;
	}
	for (size_t k = 0; k < o.drop.n; k++)
		if (number_of(o.drop.items[k]) >= 0)
			copies[n][number_of(o.drop.items[k])] = (struct copy){ 0 };
	for (size_t k = 0; k < r->instances.n; k++) {
		struct copy *c = &copies[n][number_of(r->instances.items[k].id)];

		/* What is gone and told is forgotten. */
		if (c->known && c->desired == DESIRED_DELETE && r->instances.items[k].state == OBSERVED_GONE &&
		        r->instances.items[k].epoch == c->epoch)
			c->known = false;
	}
}

static void something_happens(struct test_random *r)
{
	const char *name = cc_printf(f.arena, "i%u", test_random_below(r, INSTS));
	const char *node = cc_printf(f.arena, "n%u", test_random_below(r, NODES));
	int n = (int)test_random_below(r, NODES);

	f.lose = test_random_below(r, 20) == 0;
	switch (test_random_below(r, 12)) {
	case 0:
		move_to(eva, name, test_random_below(r, 2) ? node : NULL);
		break;
	case 1:
		act(&f, eva, name, test_random_below(r, 2) ? ACT_STOP : ACT_START);
		break;
	case 2:
		act(&f, eva, name, ACT_RESTART);
		break;
	case 3:
		drain_with(node, test_random_below(r, 3) ? &moves : NULL);
		break;
	case 4:
		open_node(node, test_random_below(r, 3) == 0);
		break;
	case 5:
	case 6:
		tick(&f, test_random_below(r, 8) == 0 ? 61000 : 500);
		break;
	case 7:
		for (int i = 0; i < INSTS; i++)
			work(&copies[n][i]);
		break;
	default:
		exchange(r, n, test_random_below(r, 4) == 0, test_random_below(r, 5) == 0);
	}
	f.lose = false;
}

static void check_all(void)
{
	check_books(&f);
	for (int i = 0; i < INSTS; i++) {
		const struct instance *inst = instance_now(&f, cc_printf(f.arena, "i%d", i));

		ck_assert_ptr_nonnull(inst);
		ck_assert(cc_has(inst, instance, node));
		ck_assert(cc_has(inst, instance, other) == cc_has(inst, instance, transfer));
		if (!cc_has(inst, instance, other))
			continue;
		ck_assert(!cc_uuid_equal(inst->other, inst->node));
		ck_assert_int_ne(inst->epoch, inst->other_epoch);
	}
}

static void check_settled(void)
{
	for (int i = 0; i < INSTS; i++) {
		const struct instance *inst = instance_now(&f, cc_printf(f.arena, "i%d", i));

		ck_assert_msg(!cc_has(inst, instance, transfer), "%s is %s, on node %d still %s, epochs %d and %d", inst->name,
		        cc_enum_slug(&inst_state_enum, (int)inst->state), (int)inst->node.b[15], cc_enum_slug(&transfer_enum, (int)inst->transfer),
		        (int)inst->epoch, (int)inst->other_epoch);
		for (int n = 0; n < NODES; n++) {
			bool here = cc_uuid_equal(inst->node, all_nodes[n]);

			ck_assert_msg(
			        copies[n][i].running == (here && inst->desired == DESIRED_RUN), "i%d on n%d runs: %d", i, n, copies[n][i].running);
			ck_assert_msg(here || !copies[n][i].there, "i%d is still on n%d", i, n);
		}
	}
}

START_TEST(whatever_happens_one_node_has_it_in_the_end)
{
	struct test_random r = test_random_new();

	ASSERT_CODE(drain_with("ada", NULL), CC_OK);
	ASSERT_CODE(drain_with("bo", NULL), CC_OK);
	for (int n = 0; n < NODES; n++)
		all_nodes[n] = a_node(&f, cc_printf(f.arena, "n%d", n), 600);
	for (int i = 0; i < INSTS; i++) {
		ASSERT_CODE(create_on(cc_printf(f.arena, "i%d", i), cc_printf(f.arena, "n%d", i % NODES), true), CC_OK);
		ids[i] = instance_now(&f, cc_printf(f.arena, "i%d", i))->id;
	}
	for (int round = 0; round < 30; round++) {
		for (int step = 0; step < 60; step++) {
			something_happens(&r);
			check_all();
		}
		for (int n = 0; n < NODES; n++)
			open_node(cc_printf(f.arena, "n%d", n), true);
		for (int k = 0; k < 12; k++)
			for (int n = 0; n < NODES; n++) {
				exchange(&r, n, true, false);
				for (int i = 0; i < INSTS; i++)
					work(&copies[n][i]);
			}
		check_settled();
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("transfer");
	TCase *tc = tcase_create("transfer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, it_starts_elsewhere_first_and_ends_then);
	tcase_add_test(tc, what_cannot_be_started_there_stays_and_is_cleared_there);
	tcase_add_loop_test(tc, what_cannot_move_says_why, 0, CC_ARRAY_LEN(stay_cases));
	tcase_add_test(tc, a_move_needs_a_node_that_fits);
	tcase_add_test(tc, a_stopped_one_is_elsewhere_at_once);
	tcase_add_test(tc, who_stops_or_deletes_it_on_its_way_gets_that);
	tcase_add_test(tc, nodes_that_fall_silent_or_are_removed_hold_nothing_up);
	tcase_add_loop_test(tc, a_drain_moves_some_at_a_time_and_opening_brings_them_back, 0, 2);
	tcase_add_test(tc, what_finds_no_room_is_said_and_leaves_when_there_is);
	tcase_add_loop_test(tc, at_the_deadline_the_rest_stays_or_is_stopped, 0, 2);
	tcase_add_test(tc, whatever_happens_one_node_has_it_in_the_end);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
