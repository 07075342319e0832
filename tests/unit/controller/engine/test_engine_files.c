/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots and volumes as the zone decides about them. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <check.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo;

static void setup(void)
{
	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 1024);
	bo = a_node(&f, "bo", 4096);
	an_image(&f, "busybox");
}

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

static const struct command *refused(const struct command *cmd, enum cc_code code, const char *words)
{
	ck_assert_msg(cmd->error.code == code, "%s: %s", cc_code_info(cmd->error.code)->slug, cmd->error.msg);
	ck_assert_msg(strstr(cmd->error.msg, words) != NULL, "'%s' was expected in: %s", words, cmd->error.msg);
	return cmd;
}

static const struct command *done(const struct command *cmd)
{
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
	return cmd;
}

static const void *row_now(enum table t, struct cc_uuid id)
{
	const struct zone *z = engine_read_begin(f.engine);
	const void *row = zone_find(z, t, id);

	row = row != NULL ? cc_row_arena_copy(table_desc(t), row, f.arena) : NULL;
	engine_read_end(f.engine);
	return row;
}

static const struct volume *volume_now(const char *name)
{
	const struct zone *z = engine_read_begin(f.engine);
	const struct volume *v = zone_find_name(z, TABLE_VOLUME, name);

	v = v != NULL ? cc_row_arena_copy(&volume_desc, v, f.arena) : NULL;
	engine_read_end(f.engine);
	return v;
}

static struct node_orders orders(struct cc_uuid node, int64_t after)
{
	struct node_report r = { .revision = after };
	const struct zone *z = engine_read_begin(f.engine);
	struct node_orders o;

	orders_build(z, &r, node, &o, f.arena);
	engine_read_end(f.engine);
	return o;
}

/* ---- volumes ---- */

static const struct command *make_volume(struct principal who, const char *name, int64_t mib, const char *node)
{
	struct volume_spec spec = { .name = name, .size_mib = mib };
	struct cmd_volume_create args = { .spec = &spec, .id = engine_fixture_id(&f) };

	if (node != NULL)
		cc_set(&spec, volume_spec, node, node);
	return engine_run(&f, COMMAND_VOLUME_CREATE, who, &args);
}

static const struct command *grow_volume(const char *ref, int64_t mib)
{
	struct volume_change change = { 0 };

	cc_set(&change, volume_change, size_mib, mib);
	return engine_run(&f, COMMAND_VOLUME_CHANGE, as_admin, &(struct cmd_volume_change){ .ref = ref, .change = &change });
}

static const struct command *delete_volume(struct principal who, const char *ref, int64_t if_revision)
{
	return engine_run(&f, COMMAND_VOLUME_DELETE, who, &(struct cmd_volume_delete){ .ref = ref, .if_revision = if_revision });
}

static const struct command *see_volume(struct cc_uuid node, const char *name, enum stored state, const char *reason)
{
	struct node_stored seen = { .id = volume_now(name)->id, .state = state };
	struct node_report r = { .revision = volume_now(name)->revision, .has = CC_BIT(node_report_f_volumes), .volumes = { 1, &seen } };

	if (reason != NULL)
		cc_set(&seen, node_stored, reason, reason);
	return engine_run(&f, COMMAND_NODE_SYNC, as_node(node), &(struct cmd_node_sync){ .report = &r, .node = node });
}

static const struct command *create_using(struct principal who, const char *name, const char *node, size_t n, struct volume_use *uses)
{
	struct instance_spec spec = { .name = name, .image = "busybox", .has = CC_BIT(instance_spec_f_volumes), .volumes = { n, uses } };

	if (node != NULL)
		cc_set(&spec, instance_spec, node, node);
	return engine_run(&f, COMMAND_INSTANCE_CREATE, who, &(struct cmd_instance_create){ .spec = &spec, .id = engine_fixture_id(&f) });
}

static struct volume_use use(const char *volume, const char *path, bool read_only)
{
	struct volume_use u = { .volume = volume, .path = path };

	if (read_only)
		cc_set(&u, volume_use, read_only, true);
	return u;
}

static const struct command *create_with(const char *name, const char *volume, const char *path, bool read_only)
{
	struct volume_use u = use(volume, path, read_only);

	return create_using(as_admin, name, NULL, 1, &u);
}

static void gone(const char *name)
{
	const struct instance *inst;

	done(act(&f, as_admin, name, ACT_DELETE));
	inst = instance_now(&f, name);
	done(observe(&f, inst->node, inst, OBSERVED_GONE));
	ck_assert_ptr_null(instance_now(&f, name));
}

START_TEST(a_volume_on_a_node_is_ordered_made_and_deleted)
{
	struct node_orders o;

	done(make_volume(as_admin, "data", 100, "ada"));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_WANTED);
	ck_assert_int_eq(node_now(&f, ada)->used_disk_mib, 100);
	o = orders(ada, 0);
	ck_assert_uint_eq(o.volumes.n, 1);
	ck_assert(!o.volumes.items[0].deleted && o.volumes.items[0].size_mib == 100);
	ck_assert_uint_eq(orders(bo, 0).volumes.n, 0);
	see_volume(bo, "data", STORED_READY, NULL); /* not bo's */
	ck_assert_int_eq(volume_now("data")->state, VOLUME_WANTED);
	see_volume(ada, "data", STORED_FAILED, "the disk is full");
	ck_assert_int_eq(volume_now("data")->state, VOLUME_FAILED);
	ck_assert_str_eq(volume_now("data")->reason, "the disk is full");
	see_volume(ada, "data", STORED_READY, NULL);
	ck_assert_int_eq(volume_now("data")->state, VOLUME_READY);
	ck_assert_str_eq(volume_now("data")->reason, "");
	ck_assert_uint_eq(orders(ada, volume_now("data")->revision).volumes.n, 0);
	refused(delete_volume(as_admin, "data", 1), CC_PRECONDITION, "changed");
	done(delete_volume(as_admin, "data", 0));
	done(delete_volume(as_admin, "data", 0));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_DELETING);
	ck_assert(orders(ada, o.revision).volumes.items[0].deleted);
	see_volume(ada, "data", STORED_READY, NULL); /* sent before it heard of it */
	ck_assert_int_eq(volume_now("data")->state, VOLUME_DELETING);
	see_volume(ada, "data", STORED_GONE, NULL);
	ck_assert_ptr_null(volume_now("data"));
	ck_assert_int_eq(node_now(&f, ada)->used_disk_mib, 0);
}
END_TEST

START_TEST(a_volume_follows_its_first_user_and_later_ones_follow_it)
{
	const struct command *cmd;
	struct volume_use both[2] = { use("data", "/data", false), use("other", "/other", false) };
	struct node_cap cap = { 0 };

	done(make_volume(as_admin, "data", 100, NULL));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_UNPLACED);
	cmd = done(create_with("one", "data", "/data", false)); /* bo has more memory */
	ck_assert(!cc_has(cmd->placement, placement, bound_by));
	ck_assert(cc_uuid_equal(volume_now("data")->node, bo));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_WANTED);
	ck_assert_int_eq(node_now(&f, bo)->used_disk_mib, 1024 + 100);
	ck_assert_uint_eq(orders(bo, 0).assignments.items[0].volumes.n, 1);
	ck_assert_str_eq(orders(bo, 0).assignments.items[0].volumes.items[0].path, "/data");
	gone("one");
	ck_assert_int_eq(volume_now("data")->state, VOLUME_WANTED);
	ck_assert_int_eq(node_now(&f, bo)->used_disk_mib, 100);
	/* Now ada is as good, but the volume is on bo. */
	for (int i = 0; i < 3; i++)
		done(create(&f, as_admin, cc_printf(f.arena, "load%d", i), "busybox", 1000));
	cmd = done(create_with("two", "data", "/data", false));
	ck_assert(cc_uuid_equal(instance_now(&f, "two")->node, bo));
	ck_assert_str_eq(cmd->placement->bound_by, "the volume 'data' is on bo, and volumes do not move");
	gone("two");
	cc_set(&cap, node_cap, memory_mib, 1);
	done(engine_run(&f, COMMAND_NODE_CAP, as_admin, &(struct cmd_node_cap){ "bo", &cap }));
	cmd = refused(create_with("three", "data", "/data", false), CC_NO_CAPACITY, "the volume 'data' is on bo");
	ck_assert(cc_has(cmd->placement, placement, bound_by));
	done(make_volume(as_admin, "other", 10, "ada"));
	refused(create_using(as_admin, "four", NULL, 2, both), CC_CONFLICT, "different nodes");
	refused(create_using(as_admin, "five", "ada", 1, both), CC_CONFLICT, "another node than 'ada'");
}
END_TEST

START_TEST(one_writes_or_several_read)
{
	done(make_volume(as_admin, "data", 10, NULL));
	done(create_with("writer", "data", "/data", false));
	refused(create_with("second", "data", "/data", false), CC_CONFLICT, "used by the instance 'writer'");
	refused(create_with("reader", "data", "/data", true), CC_CONFLICT, "used by the instance 'writer'");
	refused(delete_volume(as_admin, "data", 0), CC_CONFLICT, "used by the instance 'writer'");
	done(act(&f, as_admin, "writer", ACT_DELETE));
	/* Its files are its own until its node says that it is gone. */
	refused(create_with("second", "data", "/data", false), CC_CONFLICT, "'writer'");
	done(observe(&f, instance_now(&f, "writer")->node, instance_now(&f, "writer"), OBSERVED_GONE));
	done(create_with("reader", "data", "/data", true));
	done(create_with("other", "data", "/elsewhere", true));
	refused(create_with("writer", "data", "/data", false), CC_CONFLICT, "which reads it");
}
END_TEST

static const struct {
	const char *volume, *path, *second;
	enum cc_code code;
	const char *words;
} bad_uses[] = {
	{ "data", "data", NULL, CC_INVALID, "not absolute" },
	{ "data", "/", NULL, CC_INVALID, "whole file system" },
	{ "data", "/a/", NULL, CC_INVALID, "not plain" },
	{ "data", "//a", NULL, CC_INVALID, "not plain" },
	{ "data", "/a/../b", NULL, CC_INVALID, "not plain" },
	{ "data", "/.", NULL, CC_INVALID, "not plain" },
	{ "data", "/a\nb", NULL, CC_INVALID, "not plain" },
	{ "data", "/proc", NULL, CC_INVALID, "kernel's own" },
	{ "data", "/sys/fs", NULL, CC_INVALID, "kernel's own" },
	{ "data", "/dev/shm", NULL, CC_INVALID, "kernel's own" },
	{ "dtaa", "/a", NULL, CC_NOT_FOUND, "no volume 'dtaa'" },
	{ "data", "/a", "/a", CC_INVALID, "the same or one inside the other" },
	{ "data", "/a", "/a/b", CC_INVALID, "the same or one inside the other" },
	{ "data", "/a/b", "/a", CC_INVALID, "the same or one inside the other" },
};

START_TEST(nonsense_about_volumes_is_refused)
{
	struct volume_use uses[2] = { use(bad_uses[_i].volume, bad_uses[_i].path, false), use("other", bad_uses[_i].second, false) };

	done(make_volume(as_admin, "data", 10, NULL));
	done(make_volume(as_admin, "other", 10, NULL));
	refused(create_using(as_admin, "x", NULL, bad_uses[_i].second != NULL ? 2 : 1, uses), bad_uses[_i].code, bad_uses[_i].words);
	ck_assert_ptr_null(instance_now(&f, "x"));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_UNPLACED);
}
END_TEST

START_TEST(a_volume_twice_or_too_many_are_refused)
{
	struct volume_use uses[20];

	done(make_volume(as_admin, "data", 10, NULL));
	for (size_t i = 0; i < CC_ARRAY_LEN(uses); i++)
		uses[i] = use("data", cc_printf(f.arena, "/v%zu", i), false);
	refused(create_using(as_admin, "x", NULL, 2, uses), CC_INVALID, "named twice");
	refused(create_using(as_admin, "x", NULL, 17, uses), CC_INVALID, "can have 16");
	/* The like of a prefix is no inside. */
	done(make_volume(as_admin, "other", 10, NULL));
	uses[0].path = "/v";
	uses[1] = use("other", "/v1", false);
	done(create_using(as_admin, "x", NULL, 2, uses));
}
END_TEST

START_TEST(anothers_volume_is_as_if_not_there)
{
	struct principal eva = as_member(a_member(&f, "eva")), tom = as_member(a_member(&f, "tom"));
	struct volume_use u = use("data", "/data", false);

	done(make_volume(eva, "data", 10, NULL));
	refused(create_using(tom, "x", NULL, 1, &u), CC_NOT_FOUND, "no volume 'data'");
	refused(delete_volume(tom, "data", 0), CC_NOT_FOUND, "no volume 'data'");
	refused(make_volume(tom, "data", 10, NULL), CC_CONFLICT, "already");
	done(create_using(eva, "x", NULL, 1, &u));
	u.volume = "data";
	refused(create_using(as_admin, "y", NULL, 1, &u), CC_CONFLICT, "'x'");
	refused(engine_run(&f, COMMAND_MEMBER_REMOVE, as_admin, &(struct cmd_member_remove){ .ref = "eva" }), CC_CONFLICT, "owns");
	gone("x");
	refused(engine_run(&f, COMMAND_MEMBER_REMOVE, as_admin, &(struct cmd_member_remove){ .ref = "eva" }), CC_CONFLICT, "1 volume");
	done(delete_volume(as_admin, "data", 0)); /* bo made it never, but it has a node */
}
END_TEST

START_TEST(a_volume_grows_within_bounds)
{
	struct member_change limits = { 0 };

	refused(make_volume(as_admin, "huge", 100000, "ada"), CC_NO_CAPACITY, "has room for 10240 at most");
	done(make_volume(as_admin, "data", 100, "ada"));
	see_volume(ada, "data", STORED_READY, NULL);
	refused(grow_volume("data", 99), CC_CONFLICT, "only grow");
	refused(grow_volume("data", 10241), CC_NO_CAPACITY, "10240 at most");
	done(grow_volume("data", 100));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_READY);
	done(grow_volume("data", 300));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_WANTED);
	ck_assert_int_eq(orders(ada, 0).volumes.items[0].size_mib, 300);
	ck_assert_int_eq(node_now(&f, ada)->used_disk_mib, 300);
	cc_set(&limits, member_change, limit_disk_mib, 400);
	done(engine_run(&f, COMMAND_MEMBER_CHANGE, as_admin, &(struct cmd_member_change){ "admin", &limits, 0 }));
	refused(grow_volume("data", 401), CC_QUOTA, "admin uses 300 of at most 400");
	refused(make_volume(as_admin, "more", 101, NULL), CC_QUOTA, "admin uses 300 of at most 400");
	done(make_volume(as_admin, "more", 100, NULL));
	refused(create(&f, as_admin, "x", "busybox", 0), CC_QUOTA, "disk");
}
END_TEST

START_TEST(a_node_that_is_closed_or_old_takes_no_volume)
{
	const char *features[] = { "lxc" };
	struct node_report r = { .has = CC_BIT(node_report_f_features), .features = { 1, features } };
	struct volume_use u = use("data", "/data", false);

	done(engine_run(&f, COMMAND_NODE_DRAIN, as_admin, &(struct cmd_node_drain){ "ada", "new disk" }));
	refused(make_volume(as_admin, "data", 10, "ada"), CC_NO_CAPACITY, "takes nothing new");
	refused(make_volume(as_admin, "data", 10, "nowhere"), CC_NOT_FOUND, "no node 'nowhere'");
	done(make_volume(as_admin, "data", 10, NULL));
	done(engine_run(&f, COMMAND_NODE_SYNC, as_node(bo), &(struct cmd_node_sync){ .report = &r, .node = bo }));
	refused(make_volume(as_admin, "other", 10, "bo"), CC_NO_CAPACITY, "too old");
	refused(create_using(as_admin, "x", NULL, 1, &u), CC_NO_CAPACITY, "cannot run this kind");
	done(create(&f, as_admin, "y", "busybox", 0));
}
END_TEST

START_TEST(a_removed_node_takes_its_volumes_along)
{
	struct volume_use u = use("data", "/data", false);

	done(make_volume(as_admin, "data", 10, "ada"));
	refused(engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "ada", false }), CC_CONFLICT, "1 volumes are on the node");
	done(create_using(as_admin, "x", NULL, 1, &u));
	done(make_volume(as_admin, "going", 10, "ada"));
	done(delete_volume(as_admin, "going", 0));
	done(engine_run(&f, COMMAND_NODE_DRAIN, as_admin, &(struct cmd_node_drain){ "ada", "gone" }));
	done(engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "ada", true }));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_LOST);
	ck_assert(!cc_has(volume_now("data"), volume, node));
	ck_assert_ptr_null(volume_now("going"));
	refused(create_using(as_admin, "y", NULL, 1, &u), CC_CONFLICT, "lost");
	refused(grow_volume("data", 20), CC_CONFLICT, "went with its node");
	refused(delete_volume(as_admin, "data", 0), CC_CONFLICT, "'x'");
	done(act(&f, as_admin, "x", ACT_DELETE));
	done(delete_volume(as_admin, "data", 0));
	ck_assert_ptr_null(volume_now("data"));
}
END_TEST

START_TEST(whom_an_owner_does_not_let_in_keeps_volumes_and_gets_no_new_ones)
{
	struct principal tom = as_member(a_member(&f, "tom"));
	struct volume_use u = use("data", "/data", false);
	const char *name = "tom";
	struct node_report r = { 0 };

	done(make_volume(tom, "data", 100, "ada"));
	see_volume(ada, "data", STORED_READY, NULL);
	cc_set(&r, node_report, deny_members, ((struct cc_texts){ 1, &name }));
	done(engine_run(&f, COMMAND_NODE_SYNC, as_node(ada), &(struct cmd_node_sync){ .report = &r, .node = ada }));
	refused(make_volume(tom, "more", 100, "ada"), CC_NO_CAPACITY, "the owner of the node 'ada' does not let tom in; name another");
	refused(create_using(tom, "x", NULL, 1, &u), CC_NO_CAPACITY, "does not let");
	done(create(&f, tom, "elsewhere", "busybox", 0));
	ck_assert(cc_uuid_equal(instance_now(&f, "elsewhere")->node, bo));
	ck_assert_int_eq(volume_now("data")->state, VOLUME_READY);
	ck_assert_int_eq(node_now(&f, ada)->used_disk_mib, 100);
	done(delete_volume(tom, "data", 0));
	see_volume(ada, "data", STORED_GONE, NULL);
	ck_assert_ptr_null(volume_now("data"));
}
END_TEST

/* ---- snapshots ---- */

static const struct command *take(struct principal who, const char *instance, const char *name)
{
	struct snapshot_spec spec = { 0 };

	if (name != NULL)
		cc_set(&spec, snapshot_spec, name, name);
	return engine_run(
	        &f, COMMAND_SNAPSHOT_CREATE, who, &(struct cmd_snapshot_create){ .instance = instance, .spec = &spec, .id = engine_fixture_id(&f) });
}

static const struct command *restore(const char *instance, const char *name, bool restart)
{
	return engine_run(&f, COMMAND_SNAPSHOT_RESTORE, as_admin, &(struct cmd_snapshot_restore){ instance, name, restart });
}

static const struct command *drop(const char *instance, const char *name, int64_t if_revision)
{
	return engine_run(&f, COMMAND_SNAPSHOT_DELETE, as_admin, &(struct cmd_snapshot_delete){ instance, name, if_revision });
}

static const struct snapshot *snapshot_now(const char *name)
{
	const struct zone *z = engine_read_begin(f.engine);
	const struct snapshot *s;

	for (size_t at = 0; (s = zone_next(z, TABLE_SNAPSHOT, &at)) != NULL;)
		if (strcmp(s->name, name) == 0) {
			s = cc_row_arena_copy(&snapshot_desc, s, f.arena);
			break;
		}
	engine_read_end(f.engine);
	return s;
}

static int64_t revision_now(void)
{
	const struct zone *z = engine_read_begin(f.engine);
	int64_t revision = zone_revision(z);

	engine_read_end(f.engine);
	return revision;
}

/* The node says what it has of hello's. */
static const struct command *see(enum observed state, size_t n, struct node_stored *items, int64_t restore_sn, const char *restore_failed)
{
	const struct instance *inst = instance_now(&f, "hello");
	struct node_instance seen = { .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = state };
	struct node_report r = { .revision = revision_now(), .has = CC_BIT(node_report_f_instances), .instances = { 1, &seen } };

	if (items != NULL) {
		seen.snapshots.n = n;
		seen.snapshots.items = items;
		seen.has |= CC_BIT(node_instance_f_snapshots);
	}
	if (restore_sn > 0)
		cc_set(&seen, node_instance, restore_sn, restore_sn);
	if (restore_failed != NULL)
		cc_set(&seen, node_instance, restore_failed, restore_failed);
	return done(engine_run(&f, COMMAND_NODE_SYNC, as_node(inst->node), &(struct cmd_node_sync){ .report = &r, .node = inst->node }));
}

static struct assignment assigned(void)
{
	return orders(instance_now(&f, "hello")->node, 0).assignments.items[0];
}

static void a_ready_snapshot(const char *name)
{
	struct node_stored s;

	done(take(as_admin, "hello", name));
	s = (struct node_stored){ .id = snapshot_now(name)->id, .state = STORED_READY };
	cc_set(&s, node_stored, bytes, 4096);
	see(OBSERVED_RUNNING, 1, &s, 0, NULL);
}

static void hello_runs(void)
{
	done(create(&f, as_admin, "hello", "busybox", 0));
	see(OBSERVED_RUNNING, 0, NULL, 0, NULL);
}

START_TEST(a_snapshot_is_ordered_until_its_node_has_it)
{
	struct node_stored s = { .state = STORED_READY };
	struct cc_uuid node;
	int64_t before;

	hello_runs();
	node = instance_now(&f, "hello")->node;
	before = revision_now();
	done(take(as_admin, "hello", NULL));
	ck_assert_int_eq(snapshot_now("snap0")->state, SNAPSHOT_WANTED);
	ck_assert_uint_eq(orders(node, before).assignments.n, 1);
	ck_assert_uint_eq(assigned().snapshots.n, 1);
	ck_assert_uint_eq(assigned().take.n, 1);
	see(OBSERVED_RUNNING, 0, &s, 0, NULL); /* not yet */
	ck_assert_int_eq(snapshot_now("snap0")->state, SNAPSHOT_WANTED);
	s.id = snapshot_now("snap0")->id;
	cc_set(&s, node_stored, bytes, 4096);
	see(OBSERVED_RUNNING, 1, &s, 0, NULL);
	ck_assert_int_eq(snapshot_now("snap0")->state, SNAPSHOT_READY);
	ck_assert_int_eq(snapshot_now("snap0")->bytes, 4096);
	ck_assert_uint_eq(assigned().snapshots.n, 1);
	ck_assert_uint_eq(assigned().take.n, 0);
	done(take(as_admin, "hello", NULL));
	ck_assert_ptr_nonnull(snapshot_now("snap1"));
	ck_assert_uint_eq(assigned().take.n, 1);
	/* A report of an older agent says nothing of them. */
	before = revision_now();
	see(OBSERVED_RUNNING, 0, NULL, 0, NULL);
	ck_assert_int_eq(revision_now(), before);
	gone("hello");
	ck_assert_ptr_null(snapshot_now("snap0"));
	ck_assert_ptr_null(snapshot_now("snap1"));
}
END_TEST

START_TEST(a_failed_or_lost_snapshot_says_why_and_is_not_taken_again)
{
	struct node_stored s = { .state = STORED_FAILED };

	hello_runs();
	done(take(as_admin, "hello", "a"));
	s.id = snapshot_now("a")->id;
	cc_set(&s, node_stored, reason, "the disk is full");
	see(OBSERVED_RUNNING, 1, &s, 0, NULL);
	ck_assert_int_eq(snapshot_now("a")->state, SNAPSHOT_FAILED);
	ck_assert_str_eq(snapshot_now("a")->reason, "the disk is full");
	ck_assert_uint_eq(assigned().take.n, 0);
	refused(restore("hello", "a", true), CC_CONFLICT, "is failed");
	done(drop("hello", "a", 0));
	ck_assert_ptr_null(snapshot_now("a"));
	a_ready_snapshot("b");
	see(OBSERVED_RUNNING, 0, &s, 0, NULL);
	ck_assert_int_eq(snapshot_now("b")->state, SNAPSHOT_FAILED);
	ck_assert(strstr(snapshot_now("b")->reason, "does not have it") != NULL);
	ck_assert_uint_eq(assigned().take.n, 0);
	ck_assert_uint_eq(assigned().snapshots.n, 1);
	/* It was there after all. */
	s = (struct node_stored){ .id = snapshot_now("b")->id, .state = STORED_READY };
	see(OBSERVED_RUNNING, 1, &s, 0, NULL);
	ck_assert_int_eq(snapshot_now("b")->state, SNAPSHOT_READY);
}
END_TEST

START_TEST(a_snapshot_goes_when_its_node_says_so)
{
	struct node_stored s;
	int64_t old;

	hello_runs();
	a_ready_snapshot("a");
	s = (struct node_stored){ .id = snapshot_now("a")->id, .state = STORED_READY };
	refused(drop("hello", "a", 1), CC_PRECONDITION, "changed");
	old = snapshot_now("a")->revision;
	done(drop("hello", "a", old));
	done(drop("hello", "a", 0));
	ck_assert_int_eq(snapshot_now("a")->state, SNAPSHOT_DELETING);
	ck_assert_uint_eq(assigned().snapshots.n, 0);
	ck_assert((assigned().has & CC_BIT(assignment_f_snapshots)) != 0);
	see(OBSERVED_RUNNING, 1, &s, 0, NULL);
	ck_assert_int_eq(snapshot_now("a")->state, SNAPSHOT_DELETING);
	see(OBSERVED_RUNNING, 0, &s, 0, NULL);
	ck_assert_ptr_null(snapshot_now("a"));
	done(take(as_admin, "hello", "b"));
	done(drop("hello", "b", 0)); /* nobody has it */
	ck_assert_ptr_null(snapshot_now("b"));
}
END_TEST

START_TEST(a_restore_has_a_number_and_one_end)
{
	struct node_stored s;

	hello_runs();
	a_ready_snapshot("a");
	s = (struct node_stored){ .id = snapshot_now("a")->id, .state = STORED_READY };
	refused(restore("hello", "a", false), CC_CONFLICT, "stop it first (ccctl stop hello)");
	done(act(&f, as_admin, "hello", ACT_STOP));
	see(OBSERVED_STOPPED, 1, &s, 0, NULL);
	done(restore("hello", "a", false));
	ck_assert_int_eq(instance_now(&f, "hello")->restore_sn, 1);
	ck_assert_int_eq(assigned().restore_sn, 1);
	ck_assert(cc_uuid_equal(assigned().restore, s.id));
	refused(restore("hello", "a", false), CC_CONFLICT, "just being restored");
	refused(take(as_admin, "hello", "b"), CC_CONFLICT, "just being restored");
	refused(drop("hello", "a", 0), CC_CONFLICT, "just being restored");
	see(OBSERVED_STOPPED, 1, &s, 0, NULL);
	ck_assert(cc_has(instance_now(&f, "hello"), instance, restore));
	see(OBSERVED_STOPPED, 1, &s, 1, NULL);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, restore));
	ck_assert_int_eq(instance_now(&f, "hello")->state, INST_STOPPED);
	ck_assert((assigned().has & CC_BIT(assignment_f_restore)) == 0);
	ck_assert_str_eq(snapshot_now("a")->reason, "");
	done(restore("hello", "a", false));
	see(OBSERVED_STOPPED, 1, &s, 1, NULL); /* the one before */
	ck_assert(cc_has(instance_now(&f, "hello"), instance, restore));
	see(OBSERVED_STOPPED, 1, &s, 2, "the disk is full");
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, restore));
	ck_assert_str_eq(snapshot_now("a")->reason, "could not be restored: the disk is full");
	ck_assert_int_eq(snapshot_now("a")->state, SNAPSHOT_READY);
	done(restore("hello", "a", false));
	ck_assert_str_eq(snapshot_now("a")->reason, "");
}
END_TEST

START_TEST(a_restore_over_a_running_instance_restarts_it)
{
	struct node_stored s;

	hello_runs();
	a_ready_snapshot("a");
	s = (struct node_stored){ .id = snapshot_now("a")->id, .state = STORED_READY };
	done(restore("hello", "a", true));
	ck_assert_int_eq(assigned().desired, DESIRED_RUN);
	see(OBSERVED_STOPPED, 1, &s, 0, NULL);
	ck_assert_int_eq(instance_now(&f, "hello")->state, INST_STARTING);
	see(OBSERVED_RUNNING, 1, &s, 1, NULL);
	ck_assert_int_eq(instance_now(&f, "hello")->state, INST_RUNNING);
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, restore));
}
END_TEST

START_TEST(refusals_about_snapshots_say_what_is_wrong)
{
	struct principal tom = as_member(a_member(&f, "tom"));
	const char *features[] = { "lxc" };
	struct node_report r = { .has = CC_BIT(node_report_f_features), .features = { 1, features } };
	struct cc_uuid node;

	hello_runs();
	node = instance_now(&f, "hello")->node;
	refused(take(as_admin, "helo", "a"), CC_NOT_FOUND, "no instance 'helo'");
	refused(take(tom, "hello", "a"), CC_NOT_FOUND, "no instance 'hello'");
	refused(take(as_admin, "hello", "0192aaaa-0000-7000-8000-000000000001"), CC_INVALID, "looks like an id");
	refused(restore("hello", "a", true), CC_NOT_FOUND, "no snapshot 'a'");
	for (int i = 0; i < ENGINE_SNAPSHOTS_USUAL; i++)
		done(take(as_admin, "hello", NULL));
	refused(take(as_admin, "hello", NULL), CC_QUOTA, "has 16 snapshots");
	refused(restore("hello", "snap3", true), CC_CONFLICT, "is wanted");
	done(drop("hello", "snap3", 0));
	refused(take(as_admin, "hello", "snap0"), CC_CONFLICT, "already");
	done(take(as_admin, "hello", NULL));
	ck_assert_ptr_nonnull(snapshot_now("snap3"));
	done(drop("hello", "snap3", 0));
	done(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), &(struct cmd_node_sync){ .report = &r, .node = node }));
	refused(take(as_admin, "hello", "a"), CC_CONFLICT, "newer agent");
	done(act(&f, as_admin, "hello", ACT_DELETE));
	refused(take(as_admin, "hello", "a"), CC_CONFLICT, "being deleted");
}
END_TEST

/* What hello uses, and what its snapshots take. */
static void see_bytes(int64_t used, size_t n, struct node_stored *items)
{
	const struct instance *inst = instance_now(&f, "hello");
	struct node_instance seen = { .id = inst->id, .epoch = inst->epoch, .boot_sn = inst->boot_sn, .state = OBSERVED_RUNNING };
	struct node_report r = { .revision = revision_now(), .has = CC_BIT(node_report_f_instances), .instances = { 1, &seen } };

	cc_set(&seen, node_instance, disk_bytes, used);
	seen.snapshots.n = n;
	seen.snapshots.items = items;
	seen.has |= CC_BIT(node_instance_f_snapshots);
	done(engine_run(&f, COMMAND_NODE_SYNC, as_node(inst->node), &(struct cmd_node_sync){ .report = &r, .node = inst->node }));
}

static struct node_stored ready(const char *name, int64_t bytes)
{
	struct node_stored s = { .id = snapshot_now(name)->id, .state = STORED_READY };

	cc_set(&s, node_stored, bytes, bytes);
	return s;
}

START_TEST(a_snapshot_counts_with_what_it_takes)
{
	struct node_stored s[2];
	struct cc_uuid node;

	hello_runs(); /* of 1024 MiB at most */
	node = instance_now(&f, "hello")->node;
	done(take(as_admin, "hello", "early")); /* nobody knows yet */
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024);
	s[0] = ready("early", (1 << 20) + 1);
	see_bytes(INT64_C(300) << 20, 1, s);
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2);
	done(take(as_admin, "hello", "late"));
	ck_assert_int_eq(snapshot_now("late")->size_mib, 300);
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2 + 300);
	/* Less than was thought gives nothing back, more counts, and nonsense is worth the instance's limit. */
	s[1] = ready("late", 4096);
	see_bytes(INT64_C(300) << 20, 2, s);
	ck_assert_int_eq(snapshot_now("late")->size_mib, 300);
	done(take(as_admin, "hello", "huge"));
	s[0] = ready("huge", INT64_MAX >> 10);
	see_bytes(INT64_C(300) << 20, 1, s); /* and the others are not there any more */
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2 + 300 + 1024);
	done(drop("hello", "late", 0));
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2 + 1024);
	done(drop("hello", "huge", 0));
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2 + 1024); /* until its node says so */
	see_bytes(INT64_C(300) << 20, 0, NULL);
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 1024 + 2);
	gone("hello");
	ck_assert_int_eq(node_now(&f, node)->used_disk_mib, 0);
}
END_TEST

START_TEST(a_snapshot_for_which_there_is_no_room_is_refused)
{
	struct member_change limits = { 0 };

	hello_runs();
	see_bytes(INT64_C(500) << 20, 0, NULL);
	cc_set(&limits, member_change, limit_disk_mib, 1600);
	done(engine_run(&f, COMMAND_MEMBER_CHANGE, as_admin, &(struct cmd_member_change){ "admin", &limits, 0 }));
	done(take(as_admin, "hello", "one"));
	refused(take(as_admin, "hello", "two"), CC_QUOTA, "admin uses 1524 of at most 1600 MiB of disk, and this takes 500");
	limits.limit_disk_mib = 100000;
	done(engine_run(&f, COMMAND_MEMBER_CHANGE, as_admin, &(struct cmd_member_change){ "admin", &limits, 0 }));
	done(make_volume(as_admin, "data", 10240 - 1524 - 499, "bo"));
	ck_assert(cc_uuid_equal(instance_now(&f, "hello")->node, bo));
	refused(take(as_admin, "hello", "two"), CC_NO_CAPACITY, "MiB of the snapshot: the node 'bo' has room for 499 at most, 500 were asked for");
}
END_TEST

START_TEST(a_lost_node_takes_snapshots_along)
{
	hello_runs();
	a_ready_snapshot("a");
	done(restore("hello", "a", true));
	done(engine_run(&f, COMMAND_NODE_DRAIN, as_admin, &(struct cmd_node_drain){ "bo", "gone" }));
	done(engine_run(&f, COMMAND_NODE_REMOVE, as_admin, &(struct cmd_node_remove){ "bo", true }));
	ck_assert_ptr_null(snapshot_now("a"));
	ck_assert(!cc_has(instance_now(&f, "hello"), instance, restore));
	refused(take(as_admin, "hello", "b"), CC_CONFLICT, "no node any more");
	ck_assert_ptr_null(row_now(TABLE_NODE, bo));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("engine_files");
	TCase *tc = tcase_create("volumes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_volume_on_a_node_is_ordered_made_and_deleted);
	tcase_add_test(tc, a_volume_follows_its_first_user_and_later_ones_follow_it);
	tcase_add_test(tc, one_writes_or_several_read);
	tcase_add_loop_test(tc, nonsense_about_volumes_is_refused, 0, CC_ARRAY_LEN(bad_uses));
	tcase_add_test(tc, a_volume_twice_or_too_many_are_refused);
	tcase_add_test(tc, anothers_volume_is_as_if_not_there);
	tcase_add_test(tc, a_volume_grows_within_bounds);
	tcase_add_test(tc, a_node_that_is_closed_or_old_takes_no_volume);
	tcase_add_test(tc, whom_an_owner_does_not_let_in_keeps_volumes_and_gets_no_new_ones);
	tcase_add_test(tc, a_removed_node_takes_its_volumes_along);
	suite_add_tcase(s, tc);
	tc = tcase_create("snapshots");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_snapshot_is_ordered_until_its_node_has_it);
	tcase_add_test(tc, a_failed_or_lost_snapshot_says_why_and_is_not_taken_again);
	tcase_add_test(tc, a_snapshot_goes_when_its_node_says_so);
	tcase_add_test(tc, a_restore_has_a_number_and_one_end);
	tcase_add_test(tc, a_restore_over_a_running_instance_restarts_it);
	tcase_add_test(tc, refusals_about_snapshots_say_what_is_wrong);
	tcase_add_test(tc, a_lost_node_takes_snapshots_along);
	tcase_add_test(tc, a_snapshot_counts_with_what_it_takes);
	tcase_add_test(tc, a_snapshot_for_which_there_is_no_room_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
