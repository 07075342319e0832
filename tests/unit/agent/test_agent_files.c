/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots and volumes in the half without rights: what it asks of the other half, whom this test plays, and what it tells. */
#include "agent/act.h"
#include "agent/orders.h"
#include "agent/priv_frame.h"
#include "agent/report.h"
#include "agent/snapshots.h"
#include "agent/spool.h"
#include "common/clock.h"
#include "common/json.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/inst_fixture.h"

#include <stdlib.h>
#include <unistd.h>

static struct inst_table t;
static struct local_images images;
static struct act act;
static int priv; /* the other half's end */
static int64_t now_ms;
static struct cc_arena *a;

/* What was asked last. */
static struct asked {
	struct priv_frame frame;
	_Alignas(8) char buf[65536];
} asked;

/* The next request, or false when there is none. */
static bool next(void)
{
	struct cc_error err = { 0 };

	act_all(&act, now_ms);
	ck_assert_int_eq(priv_client_step(act.priv, &err), 0);
	return priv_frame_recv(priv, asked.buf, sizeof(asked.buf), &asked.frame, &err) == 1;
}

static void expect(enum priv_verb verb)
{
	ck_assert_msg(next(), "nothing was asked instead of verb %d", verb);
	ck_assert_uint_eq(asked.frame.head.verb, verb);
}

static void expect_nothing(void)
{
	if (next())
		ck_abort_msg("verb %u was asked", asked.frame.head.verb);
}

static void reply(enum cc_code code, const void *body, uint32_t body_len, const void *tail, uint32_t tail_len)
{
	struct priv_frame f = {
		.head = { .verb = asked.frame.head.verb, .seq = asked.frame.head.seq, .code = code, .body = body_len, .tail = tail_len },
		.body = body,
		.tail = tail,
	};
	struct cc_error err = { 0 };

	ck_assert_int_eq(priv_frame_send(priv, &f, &err), 1);
	ck_assert_int_eq(priv_client_step(act.priv, &err), 0);
}

static void reply_none(void)
{
	reply(CC_OK, &(struct priv_none){ 0 }, sizeof(struct priv_none), NULL, 0);
}

static void setup(void)
{
	struct cc_error err = { 0 };
	int pair[2];

	t = (struct inst_table){ .ct_known = true };
	images = (struct local_images){ 0 };
	a = cc_arena_new(0);
	now_ms = cc_boottime_ms();
	ck_assert_int_eq(priv_frame_socketpair(pair, &err), 0);
	priv = pair[1];
	act = (struct act){ .insts = &t, .images = &images, .priv = priv_client_new(pair[0], NULL, NULL) };
	act.policy = (struct policy){ .offer = { 4000, 4096, 4096, 10 }, .cpu_percent = 100, .memory_percent = 100, .disk_percent = 100 };
	act.list_backoff.next_ms = INT64_MAX;
	local_image_ready(local_image_get(&images, TEST_SHA));
	expect(PRIV_LEASE);
	reply_none();
}

static void teardown(void)
{
	priv_client_free(act.priv);
	close(priv);
	inst_table_done(&t);
	local_image_table_done(&images);
	cc_arena_free(a);
}

static void reply_list(struct cc_uuid *ids, uint32_t n)
{
	reply(CC_OK, &(struct priv_list_reply){ n }, sizeof(struct priv_list_reply), ids, n * (uint32_t)sizeof(*ids));
}

static void reply_failed(enum cc_code code, const char *why)
{
	reply(code, NULL, 0, why, (uint32_t)strlen(why));
}

/* Orders about instance 1, which has these snapshots, the last `take` of them to be taken. */
static struct assignment wanted(struct cc_uuid *snapshots, size_t n, size_t take)
{
	struct assignment w = test_assignment(1, 1, 0, DESIRED_RUN);

	cc_set(&w, assignment, snapshots, ((struct cc_uuids){ n, snapshots }));
	if (take > 0)
		cc_set(&w, assignment, take, ((struct cc_uuids){ take, snapshots + n - take }));
	return w;
}

static void order(const struct assignment *w)
{
	struct node_orders o = { .assignments = { 1, (struct assignment *)w } };

	(void)orders_take(&t, &o);
}

static void runs(void)
{
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 1, 0);

	inst_saw(inst_get(&t, test_id(1)), &ct);
}

static struct node_instance *told(void)
{
	struct report_want want = { .full = true };
	struct node_report *r = cc_new(a, struct node_report);
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_error err = { 0 };

	(void)report_build(&t, &want, &text);
	ck_assert_msg(cc_json_decode(&node_report_desc, text.data, text.len, CC_JSON_STRICT, r, a, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(r->instances.n, 1);
	return &r->instances.items[0];
}

static struct cc_list told_volumes(void)
{
	struct report_want want = { 0 };
	struct node_report *r = cc_new(a, struct node_report);
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_error err = { 0 };

	(void)report_build(&t, &want, &text);
	ck_assert_int_eq(cc_json_decode(&node_report_desc, text.data, text.len, CC_JSON_STRICT, r, a, &err), 0);
	return (struct cc_list){ r->volumes.n, r->volumes.items };
}

START_TEST(a_snapshot_is_taken_once_and_told)
{
	struct cc_uuid ids[] = { test_id(50), test_id(51) };
	struct assignment w = wanted(ids, 2, 1);
	const struct priv_snapshot *q;

	runs();
	order(&w);
	expect(PRIV_CT_SNAPSHOTS);
	ck_assert(!cc_has(told(), node_instance, snapshots));
	reply_list(ids, 1);
	expect(PRIV_SNAPSHOT_TAKE);
	q = asked.frame.body;
	ck_assert(cc_uuid_equal(q->id, ids[1]) && cc_uuid_equal(q->instance, test_id(1)));
	ck_assert_uint_eq(told()->snapshots.n, 1);
	expect_nothing();
	reply(CC_OK, &(struct priv_snapshot_reply){ 4096 }, sizeof(struct priv_snapshot_reply), NULL, 0);
	expect_nothing();
	ck_assert_uint_eq(told()->snapshots.n, 2);
	ck_assert_int_eq(told()->snapshots.items[1].state, STORED_READY);
	ck_assert_int_eq(told()->snapshots.items[1].bytes, 4096);
	ck_assert_int_eq(snapshots_mib(&t), 1);
	t.items[0]->snapshots[1].bytes = INT64_MAX >> 1;
	ck_assert_int_eq(snapshots_mib(&t), w.disk_mib);
	order(&w);
	expect_nothing();
}
END_TEST

START_TEST(what_is_kept_is_never_taken_and_what_is_not_named_is_deleted)
{
	struct cc_uuid ids[] = { test_id(50), test_id(51) };
	struct assignment w = wanted(ids, 2, 0);

	runs();
	order(&w);
	expect(PRIV_CT_SNAPSHOTS);
	reply_list(ids, 1);
	expect_nothing(); /* 51 is lost, and not taken anew */
	ck_assert_uint_eq(told()->snapshots.n, 1);
	w = wanted(ids, 0, 0);
	order(&w);
	expect(PRIV_SNAPSHOT_DELETE);
	reply_failed(CC_IO, "the disk is broken");
	expect_nothing();
	ck_assert_uint_eq(told()->snapshots.n, 1);
	now_ms += 3600000;
	expect(PRIV_SNAPSHOT_DELETE);
	reply_none();
	expect_nothing();
	ck_assert_uint_eq(told()->snapshots.n, 0);
	ck_assert(cc_has(told(), node_instance, snapshots));
	/* An older controller does not speak of them: then nothing is deleted. */
	w = wanted(ids, 1, 1);
	order(&w);
	expect(PRIV_SNAPSHOT_TAKE);
	reply(CC_OK, &(struct priv_snapshot_reply){ 0 }, sizeof(struct priv_snapshot_reply), NULL, 0);
	w = test_assignment(1, 1, 0, DESIRED_RUN);
	order(&w);
	expect_nothing();
}
END_TEST

START_TEST(a_failed_snapshot_is_not_tried_again_unless_the_failure_passes)
{
	struct cc_uuid ids[] = { test_id(50) };
	struct assignment w = wanted(ids, 1, 1);

	runs();
	order(&w);
	expect(PRIV_CT_SNAPSHOTS);
	reply_list(NULL, 0);
	expect(PRIV_SNAPSHOT_TAKE);
	reply_failed(CC_BUSY, "later");
	expect_nothing();
	now_ms += 3600000;
	expect(PRIV_SNAPSHOT_TAKE);
	reply_failed(CC_NO_CAPACITY, "the disk is full");
	now_ms += 3600000;
	expect_nothing();
	ck_assert_int_eq(told()->snapshots.items[0].state, STORED_FAILED);
	ck_assert_str_eq(told()->snapshots.items[0].reason, "the disk is full");
	w = wanted(ids, 0, 0);
	order(&w);
	expect_nothing();
	ck_assert_uint_eq(told()->snapshots.n, 0);
}
END_TEST

START_TEST(an_instance_that_never_ran_has_nothing_to_keep)
{
	struct cc_uuid ids[] = { test_id(50) };
	struct assignment w = wanted(ids, 1, 1);

	w.desired = DESIRED_STOP;
	order(&w);
	expect_nothing();
	ck_assert_int_eq(told()->snapshots.items[0].state, STORED_FAILED);
}
END_TEST

static void reply_ct(enum priv_ct_state state, uint64_t restore_sn)
{
	struct priv_ct ct = test_ct(1, state, 1, 0);

	ct.restore_sn = restore_sn;
	reply(CC_OK, &ct, sizeof(ct), NULL, 0);
}

static struct assignment restoring(struct cc_uuid *id, int64_t sn)
{
	struct assignment w = wanted(id, 1, 0);

	cc_set(&w, assignment, restore, *id);
	cc_set(&w, assignment, restore_sn, sn);
	return w;
}

START_TEST(a_restore_stops_restores_and_starts)
{
	struct cc_uuid id = test_id(50);
	struct assignment w = wanted(&id, 1, 0);

	runs();
	order(&w);
	expect(PRIV_CT_SNAPSHOTS);
	reply_list(&id, 1);
	w = restoring(&id, 1);
	order(&w);
	expect(PRIV_CT_STOP);
	reply_none();
	expect(PRIV_CT_RESTORE);
	ck_assert_uint_eq(((const struct priv_restore *)asked.frame.body)->restore_sn, 1);
	ck_assert_int_eq(told()->state, OBSERVED_STOPPED);
	reply_ct(PRIV_CT_STOPPED, 1);
	expect(PRIV_CT_START);
	ck_assert_int_eq(told()->restore_sn, 1);
	ck_assert(!cc_has(told(), node_instance, restore_failed));
	reply_ct(PRIV_CT_RUNNING, 1);
	order(&w); /* the same again, or after a restart of this program */
	expect_nothing();
	ck_assert_int_eq(told()->state, OBSERVED_RUNNING);
}
END_TEST

START_TEST(a_failed_restore_is_told_and_the_instance_goes_on)
{
	struct cc_uuid id = test_id(50);
	struct assignment w = restoring(&id, 2);
	struct priv_ct ct = test_ct(1, PRIV_CT_STOPPED, 1, 0);

	w.desired = DESIRED_STOP;
	inst_saw(inst_get(&t, test_id(1)), &ct);
	order(&w);
	expect(PRIV_CT_RESTORE);
	reply_failed(CC_BUSY, "later");
	expect(PRIV_CT_SNAPSHOTS);
	reply_list(&id, 1);
	expect_nothing();
	now_ms += 3600000;
	expect(PRIV_CT_RESTORE);
	reply_failed(CC_NO_CAPACITY, "the disk is full");
	now_ms += 3600000;
	expect_nothing();
	ck_assert_int_eq(told()->restore_sn, 2);
	ck_assert_str_eq(told()->restore_failed, "the disk is full");
	w = restoring(&id, 3);
	order(&w);
	expect(PRIV_CT_RESTORE);
	reply_ct(PRIV_CT_STOPPED, 3);
	ck_assert_int_eq(told()->restore_sn, 3);
	ck_assert(!cc_has(told(), node_instance, restore_failed));
}
END_TEST

/* ---- volumes ---- */

static void order_volumes(bool full, struct volume_order *items, size_t n)
{
	struct node_orders o = { .full = full, .has = CC_BIT(node_orders_f_volumes), .volumes = { n, items } };

	(void)orders_take(&t, &o);
}

START_TEST(a_volume_is_made_grown_and_deleted)
{
	struct volume_order v = { .id = test_id(60), .size_mib = 100 };
	struct node_stored *seen;

	order_volumes(false, &v, 1);
	expect(PRIV_VOLUME_MAKE);
	ck_assert_uint_eq(((const struct priv_volume *)asked.frame.body)->bytes, UINT64_C(100) << 20);
	ck_assert_uint_eq(told_volumes().n, 0);
	reply_none();
	expect_nothing();
	ck_assert_uint_eq(told_volumes().n, 1);
	ck_assert_int_eq(report_due_ms(&t), 0);
	report_confirmed(&t, t.change);
	ck_assert_uint_eq(told_volumes().n, 0);
	/* Ordered as it is: whoever does has not heard. */
	order_volumes(false, &v, 1);
	expect_nothing();
	ck_assert_uint_eq(told_volumes().n, 1);
	v.size_mib = 200;
	order_volumes(false, &v, 1);
	ck_assert_uint_eq(told_volumes().n, 0);
	expect(PRIV_VOLUME_MAKE);
	reply_failed(CC_NO_CAPACITY, "the disk is full");
	expect_nothing();
	seen = told_volumes().items;
	ck_assert_int_eq(seen->state, STORED_FAILED);
	ck_assert_str_eq(seen->reason, "the disk is full");
	now_ms += 3600000;
	expect(PRIV_VOLUME_MAKE);
	reply_none();
	ck_assert_int_eq(((struct node_stored *)told_volumes().items)->state, STORED_READY);
	v.deleted = true;
	order_volumes(false, &v, 1);
	expect(PRIV_VOLUME_DELETE);
	reply_none();
	ck_assert_int_eq(((struct node_stored *)told_volumes().items)->state, STORED_GONE);
	report_confirmed(&t, t.change);
	ck_assert_uint_eq(t.n_volumes, 0);
	expect_nothing();
}
END_TEST

START_TEST(an_instance_waits_for_its_volumes_and_gets_them)
{
	struct volume_mount mount = { .volume = test_id(60), .path = "/srv", .read_only = true };
	struct volume_order v = { .id = test_id(60), .size_mib = 100 };
	struct assignment w = test_assignment(1, 1, 0, DESIRED_RUN);
	const struct priv_mount *m;

	w.volumes.n = 1;
	w.volumes.items = &mount;
	w.has |= CC_BIT(assignment_f_volumes);
	order(&w);
	expect_nothing();
	ck_assert_int_eq(told()->state, OBSERVED_STARTING);
	ck_assert(strstr(told()->reason, "its volume for /srv is not there yet") != NULL);
	order_volumes(false, &v, 1);
	expect(PRIV_VOLUME_MAKE);
	reply_none();
	expect(PRIV_CT_START);
	ck_assert_uint_eq(asked.frame.head.tail, sizeof(*m));
	m = asked.frame.tail;
	ck_assert_str_eq(m->path, "/srv");
	ck_assert(m->read_only == 1 && cc_uuid_equal(m->volume, test_id(60)));
	reply_ct(PRIV_CT_RUNNING, 0);
	/* While somebody has it, it stays. */
	v.deleted = true;
	order_volumes(false, &v, 1);
	expect_nothing();
}
END_TEST

START_TEST(a_volume_beyond_what_the_owner_offers_is_refused_here)
{
	struct volume_order v = { .id = test_id(60), .size_mib = 5000 };

	order_volumes(false, &v, 1);
	expect_nothing();
	ck_assert(strstr(((struct node_stored *)told_volumes().items)->reason, "offers less disk") != NULL);
}
END_TEST

START_TEST(volumes_are_in_the_spool_and_silence_deletes_none)
{
	char dir[] = "/tmp/cc-agent-files-XXXXXX", file[64];
	struct volume_order v[2] = { { .id = test_id(60), .size_mib = 100 }, { .id = test_id(61), .size_mib = 7, .deleted = true } };
	struct inst_table back = { 0 };
	struct cc_error err = { 0 };
	int64_t revision;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	order_volumes(false, v, 2);
	ck_assert(t.unsaved);
	ck_assert_int_eq(spool_save_assignments(dir, &t, 5, &err), 0);
	ck_assert_int_eq(spool_load_assignments(dir, &back, &revision, &err), 0);
	ck_assert_uint_eq(back.n_volumes, 2);
	ck_assert(back.volumes[1].deleted && back.volumes[0].want_mib == 100 && !back.unsaved);
	inst_table_done(&back);
	/* All orders without them, as an older controller sends: they are let be. */
	order_volumes(true, NULL, 0);
	ck_assert_uint_eq(t.n_volumes, 0);
	expect_nothing();
	snprintf(file, sizeof(file), "%s/assignments.json", dir);
	unlink(file);
	rmdir(dir);
}
END_TEST

static void count(void *user)
{
	++*(int *)user;
}

START_TEST(what_is_asked_when_the_agent_ends_is_released)
{
	struct priv_ct_ref body = { .id = test_id(1) };
	int pair[2], released = 0;
	struct cc_error err = { 0 };
	struct priv_client *c;

	ck_assert_int_eq(priv_frame_socketpair(pair, &err), 0);
	c = priv_client_new(pair[0], NULL, NULL);
	ck_assert_int_eq(
	        priv_client_send(c, &(struct priv_request){ .verb = PRIV_CT_DELETE, .body = &body, .release = count }, NULL, &released, NULL, &err),
	        0);
	ck_assert_int_eq(released, 0);
	priv_client_free(c);
	ck_assert_int_eq(released, 1);
	close(pair[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_files");
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_snapshot_is_taken_once_and_told);
	tcase_add_test(tc, what_is_kept_is_never_taken_and_what_is_not_named_is_deleted);
	tcase_add_test(tc, a_failed_snapshot_is_not_tried_again_unless_the_failure_passes);
	tcase_add_test(tc, an_instance_that_never_ran_has_nothing_to_keep);
	tcase_add_test(tc, a_restore_stops_restores_and_starts);
	tcase_add_test(tc, a_failed_restore_is_told_and_the_instance_goes_on);
	tcase_add_test(tc, a_volume_is_made_grown_and_deleted);
	tcase_add_test(tc, an_instance_waits_for_its_volumes_and_gets_them);
	tcase_add_test(tc, a_volume_beyond_what_the_owner_offers_is_refused_here);
	tcase_add_test(tc, volumes_are_in_the_spool_and_silence_deletes_none);
	tcase_add_test(tc, what_is_asked_when_the_agent_ends_is_released);
	suite_add_tcase(s, tc);
	return test_run(s);
}
