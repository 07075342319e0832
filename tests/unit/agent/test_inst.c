/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/orders.h"
#include "agent/report.h"
#include "common/json.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/inst_fixture.h"

static struct inst_table t;

static void setup(void)
{
	t = (struct inst_table){ 0 };
}

static void teardown(void)
{
	inst_table_done(&t);
}

static struct orders_taken take(bool full, struct assignment *items, size_t n, struct cc_uuid *drop, size_t n_drop)
{
	struct node_orders o = { .full = full, .assignments = { n, items }, .drop = { n_drop, drop } };
	struct cc_error err = { 0 };

	ck_assert_msg(orders_check(&o, &err) == 0, "%s", err.msg);
	return orders_take(&t, &o);
}

static void take_one(struct assignment a)
{
	(void)take(false, &a, 1, NULL, 0);
}

static struct situation situation(int n, int64_t now_ms)
{
	return inst_situation(&t, inst_find(&t, test_id(n)), LEASE_KEEP, now_ms);
}

START_TEST(orders_that_name_an_instance_twice_are_refused)
{
	struct assignment twice[2] = { test_assignment(1, 1, 0, DESIRED_RUN), test_assignment(1, 2, 0, DESIRED_STOP) };
	struct cc_uuid drop = test_id(1);
	struct node_orders doubled = { .assignments = { 2, twice } }, both = { .assignments = { 1, twice }, .drop = { 1, &drop } };
	struct cc_error err = { 0 }, other = { 0 };

	ck_assert_int_eq(orders_check(&doubled, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_int_eq(orders_check(&both, &other), -1);
}
END_TEST

START_TEST(a_newer_epoch_replaces_and_an_older_one_does_not)
{
	struct assignment older = test_assignment(1, 4, 9, DESIRED_STOP);

	take_one(test_assignment(1, 5, 0, DESIRED_RUN));
	ck_assert_uint_eq(take(false, &older, 1, NULL, 0).refused, 1);
	ck_assert_int_eq(inst_find(&t, test_id(1))->want->epoch, 5);
	take_one(test_assignment(1, 6, 0, DESIRED_STOP));
	ck_assert_int_eq(inst_find(&t, test_id(1))->want->desired, DESIRED_STOP);
}
END_TEST

START_TEST(an_order_older_than_what_runs_is_refused_even_without_a_spool)
{
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 7, 0);
	struct assignment older = test_assignment(1, 6, 0, DESIRED_STOP);

	inst_saw_all(&t, &ct, 1);
	ck_assert_uint_eq(take(false, &older, 1, NULL, 0).refused, 1);
	ck_assert_ptr_null(inst_find(&t, test_id(1))->want);
}
END_TEST

START_TEST(restarts_are_counted_upwards_only)
{
	take_one(test_assignment(1, 1, 5, DESIRED_RUN));
	take_one(test_assignment(1, 1, 4, DESIRED_STOP));
	ck_assert_int_eq(inst_find(&t, test_id(1))->want->boot_sn, 5);
	ck_assert_int_eq(inst_find(&t, test_id(1))->want->desired, DESIRED_RUN);
}
END_TEST

START_TEST(an_assignment_that_is_only_repeated_need_not_be_saved)
{
	take_one(test_assignment(1, 1, 5, DESIRED_RUN));
	ck_assert(t.unsaved);
	t.unsaved = false;
	take_one(test_assignment(1, 1, 5, DESIRED_RUN));
	ck_assert(!t.unsaved);
	take_one(test_assignment(1, 1, 5, DESIRED_STOP));
	ck_assert(t.unsaved);
}
END_TEST

START_TEST(full_orders_forget_what_they_do_not_name_but_delete_nothing)
{
	struct assignment a = test_assignment(2, 1, 0, DESIRED_RUN);
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 1, 0);

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	inst_saw_all(&t, &ct, 1);
	ck_assert_uint_eq(take(true, &a, 1, NULL, 0).forgotten, 1);
	ck_assert_int_eq(situation(1, 0).want, WANT_NOTHING);
	ck_assert_int_eq(situation(1, 0).seen, SEEN_RUNNING);
	ck_assert_int_eq(situation(2, 0).want, WANT_RUN);
}
END_TEST

START_TEST(drop_deletes_and_a_later_assignment_takes_it_back)
{
	struct cc_uuid id = test_id(1);

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	ck_assert_uint_eq(take(false, NULL, 0, &id, 1).dropped, 1);
	t.ct_known = true;
	ck_assert_int_eq(situation(1, 0).want, WANT_DROP);
	take_one(test_assignment(1, 2, 0, DESIRED_RUN));
	ck_assert_int_eq(situation(1, 0).want, WANT_RUN);
}
END_TEST

START_TEST(what_runs_is_classified_against_its_assignment)
{
	static const struct {
		uint64_t epoch, boot_sn;
		enum seen seen;
	} cases[] = {
		{ 3, 2, SEEN_RUNNING },
		{ 2, 2, SEEN_RUNNING_OLDER },
		{ 3, 1, SEEN_RUNNING_OLDER },
		{ 4, 0, SEEN_RUNNING_NEWER },
		{ 2, 9, SEEN_RUNNING_OLDER },
		{ 3, 3, SEEN_RUNNING },
	};
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, cases[_i].epoch, cases[_i].boot_sn);

	take_one(test_assignment(1, 3, 2, DESIRED_RUN));
	ck_assert_int_eq(situation(1, 0).seen, SEEN_UNKNOWN);
	inst_saw_all(&t, &ct, 1);
	ck_assert_int_eq(situation(1, 0).seen, cases[_i].seen);
}
END_TEST

START_TEST(an_init_that_keeps_ending_waits_longer_each_time_and_says_so)
{
	struct priv_ct ct = test_ct(1, PRIV_CT_STOPPED, 1, 0);
	struct inst *i;

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	i = inst_find(&t, test_id(1));
	ct.exit_status = 3 << 8;
	ct.started_boottime_ms = 5000;
	inst_saw_all(&t, &ct, 1);
	for (int k = 0; k < 4; k++)
		inst_exited(i, &ct, 6000);
	ck_assert_str_eq(i->retry.reason, "init exited with status 3; next try in 8 s");
	ck_assert_int_eq(situation(1, 13999).retry, RETRY_LATER);
	ck_assert_int_eq(situation(1, 14000).retry, RETRY_NOW);
	ct.exit_status = 9;
	inst_exited(i, &ct, 5000 + 60000);
	ck_assert_str_eq(i->retry.reason, "init was ended by signal 9; next try in 1 s");
}
END_TEST

START_TEST(a_failed_start_never_holds_up_a_stop)
{
	struct inst *i;

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	i = inst_find(&t, test_id(1));
	inst_failed(i, DOING_START, false, 1000, "no");
	ck_assert_int_eq(inst_situation(&t, i, LEASE_HELD, 1500).retry, RETRY_LATER);
	ck_assert_int_eq(inst_situation(&t, i, LEASE_OVER, 1500).retry, RETRY_NOW);
}
END_TEST

START_TEST(a_failure_for_good_lasts_until_something_is_asked_anew)
{
	struct inst *i;

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	i = inst_find(&t, test_id(1));
	inst_failed(i, DOING_START, true, 1000, "image: damaged");
	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	ck_assert_int_eq(situation(1, 99999999).retry, RETRY_NEVER);
	take_one(test_assignment(1, 1, 1, DESIRED_RUN));
	ck_assert_int_eq(situation(1, 99999999).retry, RETRY_NOW);
}
END_TEST

START_TEST(an_end_during_the_start_is_not_lost)
{
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 1, 0), ended = ct;
	struct inst *i;

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	i = inst_find(&t, test_id(1));
	i->doing = DOING_START;
	ended.state = PRIV_CT_STOPPED;
	ended.exit_status = 0;
	inst_exited(i, &ended, 1001);
	ck_assert(!i->exists);
	i->doing = DOING_NOTHING;
	inst_started(i, &ct, 1002);
	ck_assert_int_eq(i->ct.state, PRIV_CT_STOPPED);
	ck_assert_str_eq(i->retry.reason, "init exited with status 0; next try in 1 s");
}
END_TEST

START_TEST(a_list_leaves_alone_what_is_under_way)
{
	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	inst_find(&t, test_id(1))->exists = true;
	inst_find(&t, test_id(1))->doing = DOING_START;
	inst_saw_all(&t, NULL, 0);
	ck_assert(inst_find(&t, test_id(1))->exists);
}
END_TEST

/* The report as the controller would read it. */
static struct node_report *report(bool full, struct cc_arena *a, uint64_t *ret_change)
{
	struct report_want want = { .full = full, .revision = 4 };
	struct node_report *r = cc_new(a, struct node_report);
	cc_auto_buf struct cc_buf text = { 0 };
	struct cc_error err = { 0 };

	*ret_change = report_build(&t, &want, &text);
	ck_assert_msg(cc_json_decode(&node_report_desc, text.data, text.len, CC_JSON_STRICT, r, a, &err) == 0, "%s", err.msg);
	return r;
}

START_TEST(a_report_carries_what_changed_until_it_is_confirmed)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 1, 0);
	struct node_report *r;
	uint64_t change;

	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	take_one(test_assignment(2, 1, 0, DESIRED_RUN));
	inst_saw_all(&t, &ct, 1);
	ck_assert(inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_RUNNING, NULL, 0));
	ck_assert(inst_report(&t, inst_find(&t, test_id(2)), OBSERVED_FETCHING, "image: 404", 0));
	r = report(false, a, &change);
	ck_assert_uint_eq(r->instances.n, 2);
	ck_assert_str_eq(r->instances.items[0].address, "10.0.0.2");
	ck_assert_str_eq(r->instances.items[1].reason, "image: 404");
	ck_assert(!inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_RUNNING, NULL, 0));
	ck_assert(inst_report(&t, inst_find(&t, test_id(2)), OBSERVED_STARTING, NULL, 0));
	report_confirmed(&t, change);
	r = report(false, a, &change);
	ck_assert_uint_eq(r->instances.n, 1);
	ck_assert_int_eq(r->instances.items[0].state, OBSERVED_STARTING);
	report_confirmed(&t, change);
	ck_assert_int_eq(report_due_ms(&t), INT64_MAX);
	ck_assert(!cc_has(report(false, a, &change), node_report, instances));
	ck_assert_uint_eq(report(true, a, &change)->instances.n, 2);
}
END_TEST

START_TEST(what_is_only_under_way_may_wait_a_little)
{
	take_one(test_assignment(1, 1, 0, DESIRED_RUN));
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_STARTING, NULL, 1000);
	ck_assert_int_gt(report_due_ms(&t), 1000);
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_RUNNING, NULL, 1001);
	ck_assert_int_eq(report_due_ms(&t), 0);
}
END_TEST

START_TEST(what_is_gone_is_told_once_and_then_forgotten)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	uint64_t change;

	take_one(test_assignment(1, 1, 0, DESIRED_DELETE));
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_GONE, NULL, 0);
	ck_assert_int_eq(report(false, a, &change)->instances.items[0].state, OBSERVED_GONE);
	t.unsaved = false;
	report_confirmed(&t, change);
	ck_assert_ptr_null(inst_find(&t, test_id(1)));
	ck_assert(t.unsaved);
}
END_TEST

START_TEST(what_is_wanted_again_meanwhile_is_not_forgotten)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	uint64_t change;

	take_one(test_assignment(1, 1, 0, DESIRED_DELETE));
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_GONE, NULL, 0);
	(void)report(false, a, &change);
	take_one(test_assignment(1, 2, 0, DESIRED_RUN));
	report_confirmed(&t, change);
	ck_assert_ptr_nonnull(inst_find(&t, test_id(1)));
}
END_TEST

START_TEST(a_running_instance_is_told_by_its_own_numbers)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct priv_ct ct = test_ct(1, PRIV_CT_RUNNING, 1, 2);
	uint64_t change;

	take_one(test_assignment(1, 1, 3, DESIRED_RUN));
	inst_saw_all(&t, &ct, 1);
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_RUNNING, NULL, 0);
	ck_assert_int_eq(report(false, a, &change)->instances.items[0].boot_sn, 2);
	(void)inst_report(&t, inst_find(&t, test_id(1)), OBSERVED_FAILED, "no", 0);
	ck_assert_int_eq(report(false, a, &change)->instances.items[0].boot_sn, 3);
}
END_TEST

START_TEST(waits_double_up_to_a_minute_and_chance_shortens_them)
{
	struct backoff b = { 0 };
	static const int64_t want[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };

	for (size_t i = 0; i < CC_ARRAY_LEN(want); i++)
		ck_assert_int_eq(backoff_fail(&b, 0, 0), want[i]);
	for (uint32_t chance = 1; chance < 100000; chance += 997) {
		int64_t ms = backoff_fail(&b, 0, chance);

		ck_assert_int_ge(ms, 30000);
		ck_assert_int_le(ms, 60000);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inst");
	TCase *tc = tcase_create("inst");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, orders_that_name_an_instance_twice_are_refused);
	tcase_add_test(tc, a_newer_epoch_replaces_and_an_older_one_does_not);
	tcase_add_test(tc, an_order_older_than_what_runs_is_refused_even_without_a_spool);
	tcase_add_test(tc, restarts_are_counted_upwards_only);
	tcase_add_test(tc, an_assignment_that_is_only_repeated_need_not_be_saved);
	tcase_add_test(tc, full_orders_forget_what_they_do_not_name_but_delete_nothing);
	tcase_add_test(tc, drop_deletes_and_a_later_assignment_takes_it_back);
	tcase_add_loop_test(tc, what_runs_is_classified_against_its_assignment, 0, 6);
	tcase_add_test(tc, an_init_that_keeps_ending_waits_longer_each_time_and_says_so);
	tcase_add_test(tc, a_failed_start_never_holds_up_a_stop);
	tcase_add_test(tc, a_failure_for_good_lasts_until_something_is_asked_anew);
	tcase_add_test(tc, an_end_during_the_start_is_not_lost);
	tcase_add_test(tc, a_list_leaves_alone_what_is_under_way);
	tcase_add_test(tc, a_report_carries_what_changed_until_it_is_confirmed);
	tcase_add_test(tc, what_is_only_under_way_may_wait_a_little);
	tcase_add_test(tc, what_is_gone_is_told_once_and_then_forgotten);
	tcase_add_test(tc, what_is_wanted_again_meanwhile_is_not_forgotten);
	tcase_add_test(tc, a_running_instance_is_told_by_its_own_numbers);
	tcase_add_test(tc, waits_double_up_to_a_minute_and_chance_shortens_them);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
