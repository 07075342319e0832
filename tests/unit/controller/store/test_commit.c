/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is committed is what is loaded; and what a batch may do to rows and to what is granted on a node. */
#include "common/clock.h"
#include "tests/lib/store_fixture.h"

#include "tests/lib/test.h"

#include <stdlib.h>

static struct store_fixture f;
static struct member *ada;
static struct node *node;
static struct image *image;

static void begin(void)
{
	store_fixture_init(&f);
	ada = store_fixture_member(&f, "ada");
	node = store_fixture_node(&f, "roof", ada);
	image = store_fixture_image(&f, "debian", ada);
	store_fixture_put(&f, TABLE_MEMBER, ada);
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_put(&f, TABLE_IMAGE, image);
	store_fixture_commit_ok(&f);
}

static void end(void)
{
	store_fixture_done(&f);
}

static struct instance *holder; /* of a snapshot and of a volume, which is: */
static struct volume *held;

static void put_holder(void)
{
	holder = store_fixture_instance(&f, "holder", image, node);
	held = store_fixture_volume(&f, "held", ada, NULL);
	store_fixture_put(&f, TABLE_INSTANCE, holder);
	store_fixture_put(&f, TABLE_VOLUME, held);
}

/* Sets what must refer to a row that is there, and what the database keeps by itself. */
static void *full_row(enum table t, int variant)
{
	const struct cc_desc *d = table_desc(t);
	void *row = cc_arena_alloc(f.arena, d->size);
	struct member_token *token = row;
	struct instance *inst = row;
	struct invite *invite = row;
	struct volume *volume = row;
	struct node *n = row;

	store_fixture_fill_row(&f, d, variant, row);
	switch (t) {
	case TABLE_MEMBER_TOKEN:
		token->member = ada->id;
		break;
	case TABLE_NODE:
		n->owner = ada->id;
		n->used_cpu_millis = n->used_memory_mib = n->used_disk_mib = n->used_instances = 0;
		break;
	case TABLE_INVITE:
		invite->owner = ada->id;
		invite->node = node->id;
		break;
	case TABLE_IMAGE:
		((struct image *)row)->member = ada->id;
		break;
	case TABLE_IMAGE_ALIAS:
		((struct image_alias *)row)->member = ada->id;
		break;
	case TABLE_INSTANCE:
		inst->member = ada->id;
		inst->image = image->id;
		inst->node = node->id;
		break;
	case TABLE_SNAPSHOT:
		((struct snapshot *)row)->member = ada->id;
		((struct snapshot *)row)->instance = holder->id;
		((struct snapshot *)row)->node = node->id;
		break;
	case TABLE_VOLUME:
		volume->member = ada->id;
		volume->node = node->id;
		volume->state = cc_has(volume, volume, node) ? VOLUME_READY : VOLUME_LOST;
		break;
	case TABLE_ATTACHMENT:
		((struct attachment *)row)->instance = holder->id;
		((struct attachment *)row)->volume = held->id;
		((struct attachment *)row)->path = cc_printf(f.arena, "/data%d \xc3\xbc", variant);
		break;
	default:
		break;
	}
	return row;
}

static void check_loaded(enum table t, const void *want)
{
	struct zone *z = store_fixture_load(&f);
	const void *got = zone_find(z, t, ((const struct row_head *)want)->id);

	ck_assert_msg(got != NULL, "the row of %s was not loaded", table_name(t));
	ck_assert_int_eq(zone_revision(z), f.revision);
	store_fixture_check_row(table_desc(t), got, want);
	zone_free(z);
}

static void set_revision(enum table t, void *row)
{
	const struct cc_field *fd = cc_desc_find(table_desc(t), "revision");

	*(int64_t *)((char *)row + fd->offset) = f.revision;
}

static struct snapshot *own; /* what the instance of the next test is about to become */

/* Where it is going. */
static void goes(struct instance *inst)
{
	static struct node *second;

	if (!cc_has(inst, instance, other))
		return;
	if (second == NULL)
		second = store_fixture_node(&f, "second", ada);
	second->granted_cpu_millis = second->granted_memory_mib = second->granted_disk_mib = second->granted_instances = INT64_MAX;
	inst->other = second->id;
	inst->other_epoch = inst->epoch + 1;
	store_fixture_put(&f, TABLE_NODE, second);
}

static void only_grows(struct instance *inst, int64_t n)
{
	inst->epoch = n;
	goes(inst);
	if (cc_has(inst, instance, restore_sn))
		inst->restore_sn = n;
	if (!cc_has(inst, instance, restore))
		return;
	if (own == NULL)
		own = store_fixture_snapshot(&f, "own", inst);
	inst->restore = own->id;
	store_fixture_put(&f, TABLE_SNAPSHOT, own);
}

/* Each table: first put as variant 1, then changed to each of the others and back. */
START_TEST(what_was_committed_is_loaded)
{
	enum table t = (enum table)_i;
	static const int variants[] = { 1, 0, 2, 1 };
	struct cc_uuid id = store_fixture_id(&f);
	struct zone *z;

	if (!table_kept(t))
		return;
	node->granted_cpu_millis = node->granted_memory_mib = node->granted_disk_mib = node->granted_instances = INT64_MAX;
	store_fixture_put(&f, TABLE_NODE, node);
	if (t == TABLE_PLACEMENT) {
		struct instance *placed = store_fixture_instance(&f, "placed", image, NULL);

		placed->id = id;
		store_fixture_put(&f, TABLE_INSTANCE, placed);
	}
	if (t == TABLE_SNAPSHOT || t == TABLE_ATTACHMENT)
		put_holder();
	for (size_t i = 0; i < CC_ARRAY_LEN(variants); i++) {
		void *row = full_row(t, variants[i]);

		((struct row_head *)row)->id = id;
		if (t == TABLE_INSTANCE)
			only_grows(row, (int64_t)i);
		store_fixture_put(&f, t, row);
		store_fixture_commit_ok(&f);
		set_revision(t, row);
		check_loaded(t, row);
		store_fixture_reopen(&f);
		check_loaded(t, row);
	}
	store_fixture_remove(&f, t, id);
	if (own != NULL)
		store_fixture_remove(&f, TABLE_SNAPSHOT, own->id);
	store_fixture_commit_ok(&f);
	z = store_fixture_load(&f);
	ck_assert_ptr_null(zone_find(z, t, id));
	zone_free(z);
}
END_TEST

START_TEST(a_batch_of_many_rows_is_loaded)
{
	enum { MANY = 3000 }; /* more than the load takes in one portion, and than a socket takes at once */
	struct zone *z;

	for (int i = 0; i < MANY; i++) {
		struct instance *inst = store_fixture_instance(&f, cc_printf(f.arena, "i%d", i), image, NULL);

		inst->reason = cc_printf(f.arena, "%0900d", i);
		inst->address = cc_printf(f.arena, "10.0.%d.%d", i / 256, i % 256);
		store_fixture_put(&f, TABLE_INSTANCE, inst);
	}
	store_fixture_commit_ok(&f);
	z = store_fixture_load(&f);
	ck_assert_uint_eq(zone_count(z, TABLE_INSTANCE), MANY);
	for (int i = 0; i < MANY; i += 299) {
		const struct instance *inst = zone_find_name(z, TABLE_INSTANCE, cc_printf(f.arena, "i%d", i));

		ck_assert_str_eq(inst->reason, cc_printf(f.arena, "%0900d", i));
	}
	zone_free(z);
}
END_TEST

START_TEST(of_several_effects_on_a_row_the_last_counts)
{
	struct member *kept = store_fixture_member(&f, "first"), *gone = store_fixture_member(&f, "gone");
	struct zone *z;

	store_fixture_put(&f, TABLE_MEMBER, kept);
	store_fixture_remove(&f, TABLE_MEMBER, kept->id);
	kept->name = "last";
	store_fixture_put(&f, TABLE_MEMBER, kept);
	store_fixture_put(&f, TABLE_MEMBER, gone);
	store_fixture_remove(&f, TABLE_MEMBER, gone->id);
	/* The same id in another table is another row. */
	store_fixture_remove(&f, TABLE_IDEMPOTENCY, kept->id);
	store_fixture_commit_ok(&f);
	z = store_fixture_load(&f);
	ck_assert_str_eq(((const struct member *)zone_find(z, TABLE_MEMBER, kept->id))->name, "last");
	ck_assert_ptr_null(zone_find(z, TABLE_MEMBER, gone->id));
	zone_free(z);
}
END_TEST

START_TEST(a_name_can_change_hands_in_one_batch)
{
	struct instance *old = store_fixture_instance(&f, "a", image, node), *other = store_fixture_instance(&f, "b", image, node);
	struct instance *successor = store_fixture_instance(&f, "a", image, node);
	struct zone *z;

	store_fixture_put(&f, TABLE_INSTANCE, old);
	store_fixture_put(&f, TABLE_INSTANCE, other);
	store_fixture_commit_ok(&f);
	/* The new one comes before the old one goes, and two others swap theirs. */
	store_fixture_put(&f, TABLE_INSTANCE, successor);
	store_fixture_remove(&f, TABLE_INSTANCE, old->id);
	store_fixture_commit_ok(&f);
	successor->name = "b";
	other->name = "a";
	store_fixture_put(&f, TABLE_INSTANCE, successor);
	store_fixture_put(&f, TABLE_INSTANCE, other);
	store_fixture_commit_ok(&f);
	z = store_fixture_load(&f);
	ck_assert(cc_uuid_equal(((const struct instance *)zone_find_name(z, TABLE_INSTANCE, "a"))->id, other->id));
	ck_assert(cc_uuid_equal(((const struct instance *)zone_find_name(z, TABLE_INSTANCE, "b"))->id, successor->id));
	ck_assert_uint_eq(zone_count(z, TABLE_INSTANCE), 2);
	zone_free(z);
}
END_TEST

START_TEST(a_batch_without_effects_moves_the_revision)
{
	store_fixture_commit_ok(&f);
	store_fixture_reopen(&f);
	ck_assert_int_eq(f.revision, 2);
}
END_TEST

/* The invariants that the database keeps by itself: each refused batch also carries a good row, which must not stay. */
static void refuse_all(const char *why)
{
	struct member *good = store_fixture_member(&f, "good");
	int64_t members = store_fixture_count(&f, "SELECT count(*) FROM member");
	int64_t instances = store_fixture_count(&f, "SELECT count(*) FROM instance");

	store_fixture_put(&f, TABLE_MEMBER, good);
	store_fixture_commit_refused(&f, CC_INTERNAL, why);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM member"), members);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM instance"), instances);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT revision FROM zone"), f.revision);
	/* The session goes on. */
	store_fixture_put(&f, TABLE_MEMBER, good);
	store_fixture_commit_ok(&f);
	store_fixture_remove(&f, TABLE_MEMBER, good->id);
	store_fixture_commit_ok(&f);
}

static const struct {
	const char *constraint;
	size_t offset; /* of what is one too many in struct instance */
} limits[] = {
	{ "node_used_cpu_within_grant", offsetof(struct instance, cpu_millis) },
	{ "node_used_memory_within_grant", offsetof(struct instance, memory_mib) },
	{ "node_used_disk_within_grant", offsetof(struct instance, disk_mib) },
};

START_TEST(no_more_is_assigned_than_was_granted)
{
	struct instance *inst = store_fixture_instance(&f, "big", image, node);
	int64_t *amount = (int64_t *)((char *)inst + limits[_i].offset);

	*amount = 1001;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	refuse_all(limits[_i].constraint);
	*amount = 1000;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	store_fixture_commit_ok(&f);
	*amount = 1001;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	refuse_all(limits[_i].constraint);
}
END_TEST

START_TEST(no_more_instances_are_assigned_than_were_granted)
{
	for (int i = 0; i < 10; i++)
		store_fixture_put(&f, TABLE_INSTANCE, store_fixture_instance(&f, cc_printf(f.arena, "i%d", i), image, node));
	store_fixture_commit_ok(&f);
	node->granted_cpu_millis = node->granted_memory_mib = node->granted_disk_mib = 5000;
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_put(&f, TABLE_INSTANCE, store_fixture_instance(&f, "one-more", image, node));
	refuse_all("node_used_instances_within_grant");
}
END_TEST

/* Ten instances of 100 fill the node; then in one batch it is raised, lowered, emptied and filled. */
START_TEST(granting_and_assigning_go_together_in_one_batch)
{
	struct instance *inst[10];
	struct instance *late;

	for (int i = 0; i < 10; i++) {
		inst[i] = store_fixture_instance(&f, cc_printf(f.arena, "i%d", i), image, node);
		store_fixture_put(&f, TABLE_INSTANCE, inst[i]);
	}
	store_fixture_commit_ok(&f);
	/* Lower than what is used before, but not after. */
	node->granted_cpu_millis = node->granted_memory_mib = node->granted_disk_mib = 900;
	node->granted_instances = 9;
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_remove(&f, TABLE_INSTANCE, inst[0]->id);
	store_fixture_commit_ok(&f);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT granted_memory_mib FROM node"), 900);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT used_memory_mib FROM node"), 900);
	/* On a full node one shrinks and another comes. */
	late = store_fixture_instance(&f, "late", image, node);
	late->memory_mib = 50;
	inst[1]->memory_mib = 50;
	inst[2]->cpu_millis = inst[3]->cpu_millis = 50;
	inst[2]->disk_mib = inst[3]->disk_mib = 50;
	node->granted_instances = 10;
	store_fixture_put(&f, TABLE_INSTANCE, late);
	for (int i = 1; i < 4; i++)
		store_fixture_put(&f, TABLE_INSTANCE, inst[i]);
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_commit_ok(&f);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT used_instances FROM node"), 10);
	/* Raised for what comes with it. */
	late = store_fixture_instance(&f, "later", image, node);
	node->granted_cpu_millis = node->granted_memory_mib = node->granted_disk_mib = 1000;
	node->granted_instances = 11;
	store_fixture_put(&f, TABLE_INSTANCE, late);
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_commit_ok(&f);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT used_instances FROM node"), 11);
}
END_TEST

START_TEST(a_grant_is_not_lowered_below_its_use)
{
	store_fixture_put(&f, TABLE_INSTANCE, store_fixture_instance(&f, "i", image, node));
	store_fixture_commit_ok(&f);
	node->granted_memory_mib = 99;
	store_fixture_put(&f, TABLE_NODE, node);
	refuse_all("node_used_memory_within_grant");
	ck_assert_int_eq(store_fixture_count(&f, "SELECT granted_memory_mib FROM node"), 1000);
	node->granted_memory_mib = 100;
	store_fixture_put(&f, TABLE_NODE, node);
	store_fixture_commit_ok(&f);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT granted_memory_mib FROM node"), 100);
}
END_TEST

START_TEST(an_epoch_never_decreases)
{
	struct instance *inst = store_fixture_instance(&f, "i", image, node);

	inst->epoch = 7;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	store_fixture_commit_ok(&f);
	inst->epoch = 6;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	refuse_all("instance_epoch_grows");
	inst->epoch = 7;
	store_fixture_put(&f, TABLE_INSTANCE, inst);
	store_fixture_commit_ok(&f);
}
END_TEST

START_TEST(the_revision_never_decreases)
{
	f.revision -= 2;
	store_fixture_commit_refused(&f, CC_INTERNAL, "zone_revision_grows");
}
END_TEST

static void two_members_of_a_name(void)
{
	store_fixture_put(&f, TABLE_MEMBER, store_fixture_member(&f, "ada"));
}
static void two_nodes_of_a_pin(void)
{
	struct node *n = store_fixture_node(&f, "cellar", ada);

	n->pin = node->pin;
	store_fixture_put(&f, TABLE_NODE, n);
}
static void two_tokens_of_a_secret(void)
{
	for (int i = 0; i < 2; i++) {
		struct member_token *t = full_row(TABLE_MEMBER_TOKEN, 1);

		t->secret_hash = node->pin;
		store_fixture_put(&f, TABLE_MEMBER_TOKEN, t);
	}
}
static void two_invites_of_a_secret(void)
{
	for (int i = 0; i < 2; i++) {
		struct invite *v = full_row(TABLE_INVITE, 1);

		v->secret_hash = node->pin;
		store_fixture_put(&f, TABLE_INVITE, v);
	}
}
static void an_instance_of_no_image(void)
{
	struct instance *i = store_fixture_instance(&f, "i", image, node);

	i->image = store_fixture_id(&f);
	store_fixture_put(&f, TABLE_INSTANCE, i);
}
static void an_instance_on_no_node(void)
{
	struct instance *i = store_fixture_instance(&f, "i", image, node);

	i->node = store_fixture_id(&f);
	store_fixture_put(&f, TABLE_INSTANCE, i);
}
static void a_member_who_owns_leaves(void)
{
	store_fixture_remove(&f, TABLE_MEMBER, ada->id);
}
static void a_placement_of_nothing(void)
{
	store_fixture_put(&f, TABLE_PLACEMENT, full_row(TABLE_PLACEMENT, 1));
}
static void two_snapshots_of_a_name(void)
{
	put_holder();
	for (int i = 0; i < 2; i++)
		store_fixture_put(&f, TABLE_SNAPSHOT, store_fixture_snapshot(&f, "same", holder));
}
static void a_snapshot_of_no_instance(void)
{
	holder = store_fixture_instance(&f, "gone", image, node);
	store_fixture_put(&f, TABLE_SNAPSHOT, store_fixture_snapshot(&f, "s", holder));
}
static void a_restore_of_anothers_snapshot(void)
{
	struct instance *other = store_fixture_instance(&f, "other", image, NULL);
	struct snapshot *s;

	put_holder();
	s = store_fixture_snapshot(&f, "s", holder);
	cc_set(other, instance, restore, s->id);
	store_fixture_put(&f, TABLE_SNAPSHOT, s);
	store_fixture_put(&f, TABLE_INSTANCE, other);
}
static void two_volumes_of_a_name(void)
{
	for (int i = 0; i < 2; i++)
		store_fixture_put(&f, TABLE_VOLUME, store_fixture_volume(&f, "same", ada, node));
}
static void a_ready_volume_that_is_nowhere(void)
{
	struct volume *v = store_fixture_volume(&f, "v", ada, NULL);

	v->state = VOLUME_READY;
	store_fixture_put(&f, TABLE_VOLUME, v);
}
static void a_volume_larger_than_its_node(void)
{
	struct volume *v = store_fixture_volume(&f, "v", ada, node);

	v->size_mib = node->granted_disk_mib + 1;
	store_fixture_put(&f, TABLE_VOLUME, v);
}
static void attach(const struct instance *inst, const char *path, bool read_only)
{
	store_fixture_put(&f, TABLE_ATTACHMENT,
	        &(struct attachment){ .id = store_fixture_id(&f), .instance = inst->id, .volume = held->id, .path = path, .read_only = read_only });
}
static void two_writers_of_a_volume(void)
{
	struct instance *other = store_fixture_instance(&f, "other", image, NULL);

	put_holder();
	store_fixture_put(&f, TABLE_INSTANCE, other);
	attach(holder, "/data", false);
	attach(other, "/data", false);
}
static void a_volume_in_two_places(void)
{
	put_holder();
	attach(holder, "/a", true);
	attach(holder, "/b", true);
}
static void a_volume_in_the_place_of_all(void)
{
	put_holder();
	attach(holder, "/", true);
}
static void a_used_volume_goes(void)
{
	put_holder();
	attach(holder, "/data", false);
	store_fixture_commit_ok(&f);
	store_fixture_remove(&f, TABLE_VOLUME, held->id);
}
static void a_state_that_is_none(void)
{
	struct instance *i = store_fixture_instance(&f, "i", image, node);

	i->state = INST_MAX;
	store_fixture_put(&f, TABLE_INSTANCE, i);
}

static const struct {
	void (*put)(void);
	const char *why;
} refusals[] = {
	{ two_members_of_a_name, "member_name_unique" },
	{ two_nodes_of_a_pin, "node_pin_unique" },
	{ two_tokens_of_a_secret, "member_token_secret_unique" },
	{ two_invites_of_a_secret, "invite_secret_unique" },
	{ an_instance_of_no_image, "instance_image_fkey" },
	{ an_instance_on_no_node, "instance_node_fkey" },
	{ a_member_who_owns_leaves, "node_owner_fkey" },
	{ a_placement_of_nothing, "placement_id_fkey" },
	{ two_snapshots_of_a_name, "snapshot_name_unique" },
	{ a_snapshot_of_no_instance, "snapshot_instance_fkey" },
	{ a_restore_of_anothers_snapshot, "instance_restore_is_own" },
	{ two_volumes_of_a_name, "volume_name_unique" },
	{ a_ready_volume_that_is_nowhere, "volume_is_somewhere" },
	{ a_volume_larger_than_its_node, "node_used_disk_within_grant" },
	{ two_writers_of_a_volume, "attachment_one_writer" },
	{ a_volume_in_two_places, "attachment_once" },
	{ a_volume_in_the_place_of_all, "attachment_path_absolute" },
	{ a_used_volume_goes, "attachment_volume_fkey" },
	{ a_state_that_is_none, "instance_state_check" },
};

START_TEST(a_batch_against_the_rules_changes_nothing)
{
	refusals[_i].put();
	refuse_all(refusals[_i].why);
}
END_TEST

static struct audit *an_entry(const char *who, const char *target, int64_t time_ms)
{
	struct audit *e = cc_new(f.arena, struct audit);

	*e = (struct audit){ .id = cc_uuid_new(time_ms),
		.time = time_ms,
		.role = "member",
		.who_name = who,
		.origin = "10.0.0.1",
		.action = "instance_create",
		.target = target,
		.outcome = "ok",
		.detail = "",
		.request_id = "r" };
	store_fixture_put(&f, TABLE_AUDIT, e);
	return e;
}

static struct audit_list read_log(struct store_audit_query q)
{
	struct audit_list list = { 0 };
	struct cc_error err = { 0 };

	if (cc_uuid_is_nil(q.before))
		memset(q.before.b, 0xff, sizeof(q.before.b));
	q.member = q.member != NULL ? q.member : "";
	q.resource = q.resource != NULL ? q.resource : "";
	q.until_ms = q.until_ms != 0 ? q.until_ms : INT64_MAX;
	q.most = q.most != 0 ? q.most : 100;
	if (store_audit(f.db.conninfo, &q, f.arena, &list, &err) < 0)
		ck_abort_msg("%s", err.msg);
	return list;
}

START_TEST(the_audit_log_is_read_by_member_thing_and_time)
{
	int64_t now = cc_now_ms();
	struct audit *first = an_entry("ada", "web", now - 3000);
	struct audit_list l;

	an_entry("bob", "web", now - 2000);
	an_entry("ada", "db'; DROP TABLE audit; --", now - 1000);
	store_fixture_commit_ok(&f);
	l = read_log((struct store_audit_query){ 0 });
	ck_assert_uint_eq(l.items.n, 3);
	ck_assert_str_eq(l.items.items[0].target, "db'; DROP TABLE audit; --");
	first->revision = f.revision;
	store_fixture_check_row(&audit_desc, &l.items.items[2], first);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .member = "ada" }).items.n, 2);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .member = "ada", .resource = "web" }).items.n, 1);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .resource = "db'; DROP TABLE audit; --" }).items.n, 1);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .since_ms = now - 2000, .until_ms = now - 1000 }).items.n, 1);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .before = l.items.items[1].id }).items.n, 1);
	ck_assert_uint_eq(read_log((struct store_audit_query){ .most = 2 }).items.n, 2);
}
END_TEST

/* Statements that would alter what was written. */
static const char *const alterations[] = { "UPDATE audit SET who_name = 'nobody'", "DELETE FROM audit", "TRUNCATE audit" };

START_TEST(the_audit_log_is_only_added_to)
{
	cc_auto_free char *got = NULL;

	an_entry("ada", "web", cc_now_ms() - 29 * (int64_t)86400000);
	store_fixture_commit_ok(&f);
	got = pg_value(&f.db, cc_printf(f.arena,
	                              "DO $$ BEGIN %s; EXCEPTION WHEN raise_exception THEN PERFORM set_config('t.refused', SQLERRM, false); END $$; "
	                              "SELECT current_setting('t.refused')",
	                              alterations[_i]));
	ck_assert_str_eq(got, "the audit log is only added to");
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM audit"), 1);
}
END_TEST

START_TEST(what_is_old_leaves_the_audit_log)
{
	int64_t now = cc_now_ms(), day = 86400000;
	struct cc_uuid before = cc_uuid_new(now - 365 * day);

	an_entry("ada", "old", now - 366 * day);
	an_entry("ada", "new", now - 364 * day);
	store_fixture_commit_ok(&f);
	store_fixture_remove(&f, TABLE_AUDIT, before);
	store_fixture_commit_ok(&f);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM audit"), 1);
	ck_assert_str_eq(read_log((struct store_audit_query){ 0 }).items.items[0].target, "new");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("commit");
	TCase *rows = tcase_create("rows"), *rules = tcase_create("rules");

	tcase_add_checked_fixture(rows, begin, end);
	tcase_set_timeout(rows, 60);
	tcase_add_loop_test(rows, what_was_committed_is_loaded, 0, TABLE_MAX);
	tcase_add_test(rows, the_audit_log_is_read_by_member_thing_and_time);
	tcase_add_loop_test(rows, the_audit_log_is_only_added_to, 0, CC_ARRAY_LEN(alterations));
	tcase_add_test(rows, what_is_old_leaves_the_audit_log);
	tcase_add_test(rows, a_batch_of_many_rows_is_loaded);
	tcase_add_test(rows, of_several_effects_on_a_row_the_last_counts);
	tcase_add_test(rows, a_name_can_change_hands_in_one_batch);
	tcase_add_test(rows, a_batch_without_effects_moves_the_revision);
	suite_add_tcase(s, rows);
	tcase_add_checked_fixture(rules, begin, end);
	tcase_set_timeout(rules, 60);
	tcase_add_loop_test(rules, no_more_is_assigned_than_was_granted, 0, CC_ARRAY_LEN(limits));
	tcase_add_test(rules, no_more_instances_are_assigned_than_were_granted);
	tcase_add_test(rules, granting_and_assigning_go_together_in_one_batch);
	tcase_add_test(rules, a_grant_is_not_lowered_below_its_use);
	tcase_add_test(rules, an_epoch_never_decreases);
	tcase_add_test(rules, the_revision_never_decreases);
	tcase_add_loop_test(rules, a_batch_against_the_rules_changes_nothing, 0, CC_ARRAY_LEN(refusals));
	suite_add_tcase(s, rules);
	return s;
}

int main(void)
{
	pg_cluster_begin(store_fixture_fill);
	return test_run(suite());
}
