/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leases in cc-agent-priv, with the simulated driver: what may run no longer ends although nobody asks. */
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_fixture.h"

#include <signal.h>
#include <unistd.h>

static char image[PRIV_SHA256_TEXT];

static int say_lease(int64_t until_ms, const unsigned *named, size_t n)
{
	struct priv_lease body = { .until_ms = until_ms };
	struct cc_uuid ids[4];
	struct cc_error err = { 0 };
	struct priv_none none;

	for (size_t i = 0; i < n; i++)
		ids[i] = priv_fixture_id(named[i]);
	return priv_client_call(priv_fixture.client,
	        &(struct priv_request){ .verb = PRIV_LEASE, .body = &body, .tail = ids, .tail_len = n * sizeof(ids[0]) }, 10000, &none, NULL, &err);
}

static void setup(void)
{
	priv_fixture_start(NULL);
	ck_assert_int_eq(say_lease(0, NULL, 0), 0);
	priv_fixture_delete_all();
	priv_fixture_image(archive_fixture_busybox("gzip"), image);
}

static void teardown(void)
{
	priv_fixture_stop(SIGTERM);
}

static uint32_t state_of(unsigned n)
{
	struct priv_ct ct;

	ck_assert(priv_fixture_find(n, &ct));
	return ct.state;
}

static const unsigned one[] = { 1, 3 };

START_TEST(a_lease_ends_what_it_names_although_nobody_asks)
{
	priv_fixture_run(1, image);
	priv_fixture_run(2, image);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 300, one, 2), 0);
	usleep(100000);
	ck_assert_uint_eq(state_of(1), PRIV_CT_RUNNING);
	ck_assert(priv_fixture_wait_event(1, 10000));
	ck_assert(cc_uuid_equal(priv_fixture.events[0].id, priv_fixture_id(1)));
	ck_assert_uint_eq(state_of(1), PRIV_CT_STOPPED);
	ck_assert_uint_eq(state_of(2), PRIV_CT_RUNNING);
}
END_TEST

START_TEST(a_lease_that_is_renewed_or_not_needed_any_more_ends_nothing)
{
	priv_fixture_run(1, image);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 400, one, 1), 0);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 60000, one, 1), 0);
	usleep(600000);
	ck_assert_uint_eq(state_of(1), PRIV_CT_RUNNING);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 400, one, 1), 0);
	ck_assert_int_eq(say_lease(0, NULL, 0), 0);
	usleep(600000);
	ck_assert_uint_eq(state_of(1), PRIV_CT_RUNNING);
}
END_TEST

START_TEST(a_lease_holds_over_kill_9)
{
	priv_fixture_run(1, image);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 1500, one, 1), 0);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_uint_eq(state_of(1), PRIV_CT_RUNNING);
	ck_assert(priv_fixture_wait_event(1, 10000));
	ck_assert_uint_eq(state_of(1), PRIV_CT_STOPPED);
}
END_TEST

START_TEST(nothing_is_started_when_its_lease_is_over)
{
	struct priv_ct_start q = priv_fixture_request(1, image);
	struct priv_ct ct;
	struct cc_error err = { 0 };

	ck_assert_int_eq(say_lease(cc_boottime_ms() - 1, one, 1), 0);
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), -1);
	ck_assert_int_eq(err.code, CC_PRECONDITION);
	priv_fixture_run(2, image);
	ck_assert_int_eq(say_lease(cc_boottime_ms() + 60000, one, 1), 0);
	priv_fixture_run(1, image);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("priv_lease");
	TCase *tc = tcase_create("lease");
	int failed;

	priv_fixture_init("sim");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_lease_ends_what_it_names_although_nobody_asks);
	tcase_add_test(tc, a_lease_that_is_renewed_or_not_needed_any_more_ends_nothing);
	tcase_add_test(tc, a_lease_holds_over_kill_9);
	tcase_add_test(tc, nothing_is_started_when_its_lease_is_over);
	suite_add_tcase(suite, tc);
	failed = test_run(suite);
	return priv_fixture_done() < 0 ? 1 : failed;
}
