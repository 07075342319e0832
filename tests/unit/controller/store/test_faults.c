/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server dies, hangs or is cut off while a batch commits: the store says FAILED, and what the next session loads is the batch wholly or not at all. */
#include "tests/lib/store_fixture.h"

#include "common/clock.h"
#include "controller/store/session.h"
#include "tests/lib/test.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 2000 };

static struct store_fixture f;

static void begin(void)
{
	struct member *m;

	store_fixture_init(&f);
	m = store_fixture_member(&f, "ada");
	store_fixture_put(&f, TABLE_MEMBER, m);
	store_fixture_commit_ok(&f);
}

static void end(void)
{
	store_fixture_done(&f);
}

static void put_rows(const char *prefix)
{
	for (int i = 0; i < ROWS; i++)
		store_fixture_put(&f, TABLE_MEMBER, store_fixture_member(&f, cc_printf(f.arena, "%s%d", prefix, i)));
}

static int64_t backend_pid(void)
{
	return store_fixture_count(&f, "SELECT backend_pid FROM controller_heartbeat");
}

static void pause_us(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

/* All rows of the batch or none, and the revision that goes with it. True: all. */
static bool check_all_or_nothing(int64_t before, size_t rows_before)
{
	struct zone *z = store_fixture_load(&f);
	size_t n = zone_count(z, TABLE_MEMBER);
	bool all = n == rows_before + ROWS;

	ck_assert_msg(all || n == rows_before, "%zu rows of %d are there", n - rows_before, ROWS);
	ck_assert_int_eq(zone_revision(z), all ? before + 1 : before);
	ck_assert_int_eq(f.revision, zone_revision(z));
	zone_free(z);
	return all;
}

enum how { BACKEND_TERM, BACKEND_KILL, SERVER_KILL, SERVER_STOP };

/* The postmaster ends all sessions when it sees one killed: from then on connections are those of the time after. */
static void kill_backend(int64_t pid, struct store *witness)
{
	struct cc_error err = { 0 };

	kill((pid_t)pid, SIGKILL);
	while (store_step(witness, &err) == STORE_IDLE) {
		struct pollfd p = { .fd = store_fd(witness), .events = store_events(witness) };

		ck_assert_int_eq(poll(&p, 1, 10000), 1);
	}
}

static void break_it(enum how how, int64_t pid, struct store *witness)
{
	switch (how) {
	case BACKEND_TERM:
		kill((pid_t)pid, SIGTERM);
		break;
	case BACKEND_KILL:
		kill_backend(pid, witness);
		break;
	case SERVER_KILL:
		pg_server_kill();
		pg_server_start();
		break;
	case SERVER_STOP:
		pg_server_stop();
		pg_server_start();
		break;
	}
}

/* Opens until the server has recovered. */
static void reopen(void)
{
	struct cc_error err = { 0 };
	struct store *s = NULL;

	for (int i = 0; i < 200 && store_open(f.db.conninfo, &s, &err) < 0; i++)
		pause_us(50000);
	ck_assert_msg(s != NULL, "%s", err.msg);
	store_close(s);
	store_fixture_reopen(&f);
}

/* A commit that is cut off after a while, from before its first byte is answered to after its end. */
START_TEST(a_commit_that_is_cut_off_is_there_wholly_or_not_at_all)
{
	enum how how = (enum how)_i;
	int rounds = how == BACKEND_TERM ? 24 : how == BACKEND_KILL ? 6 : 3;
	int failed = 0, kept = 0;

	for (int round = 0; round < rounds; round++) {
		struct cc_error err = { 0 };
		int64_t before = f.revision, pid = backend_pid();
		size_t rows = (size_t)store_fixture_count(&f, "SELECT count(*) FROM member");
		enum store_state st = STORE_FAILED;
		cc_auto(store_close) struct store *witness = NULL;

		ck_assert_msg(store_open(f.db.conninfo, &witness, &err) == 0, "%s", err.msg);
		put_rows(cc_printf(f.arena, "r%d-", round));
		if (store_commit_begin(f.store, &f.fx, before + 1, &err) == 0) {
			pause_us(round * 1500);
			break_it(how, pid, witness);
			st = store_fixture_wait(f.store, &err);
		}
		effects_clear(&f.fx);
		if (st == STORE_FAILED) {
			failed++;
			ck_assert_int_eq(err.code, CC_UNAVAILABLE);
			ck_assert_msg(store_lost(f.store), "%s", err.msg);
		}
		reopen();
		if (check_all_or_nothing(before, rows))
			kept++;
		else
			ck_assert_msg(st == STORE_FAILED, "an acknowledged batch is gone");
	}
	printf("cut off in way %d: %d of %d failed, %d kept\n", (int)how, failed, rounds, kept);
	ck_assert_int_gt(failed, 0);
}
END_TEST

START_TEST(the_end_of_an_idle_session_is_noticed)
{
	struct cc_error err = { 0 };
	enum store_state st = STORE_IDLE;

	ck_assert_int_eq(store_step(f.store, &err), STORE_IDLE);
	ck_assert_int_eq(store_timeout_ms(f.store), -1);
	kill((pid_t)backend_pid(), SIGTERM);
	for (int i = 0; i < 10 && st == STORE_IDLE; i++) {
		struct pollfd p = { .fd = store_fd(f.store), .events = store_events(f.store) };

		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		st = store_step(f.store, &err);
	}
	ck_assert_int_eq(st, STORE_FAILED);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert(store_lost(f.store));
	put_rows("late");
	ck_assert_int_eq(store_commit_begin(f.store, &f.fx, f.revision + 1, &err), -1);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	effects_clear(&f.fx);
	reopen();
}
END_TEST

/* A server that stands still: steps return at once, and the deadline is there to be polled for. */
START_TEST(a_silent_server_does_not_hold_the_caller)
{
	struct cc_error err = { 0 };
	pid_t pid = (pid_t)backend_pid();
	int64_t start = cc_boottime_ms();
	int left;

	kill(pid, SIGSTOP);
	/* Far more than the socket takes in. */
	for (int i = 0; i < 10; i++)
		put_rows(cc_printf(f.arena, "s%d-", i));
	ck_assert_int_eq(store_commit_begin(f.store, &f.fx, f.revision + 1, &err), 0);
	effects_clear(&f.fx);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(store_step(f.store, &err), STORE_PENDING);
	ck_assert(store_events(f.store) & POLLOUT);
	left = store_timeout_ms(f.store);
	ck_assert_int_gt(left, 0);
	ck_assert_int_le(left, STORE_COMMIT_MS);
	ck_assert_int_lt(cc_boottime_ms() - start, 2000);
	kill(pid, SIGCONT);
	ck_assert_msg(store_fixture_wait(f.store, &err) == STORE_OK, "%s", err.msg);
	ck_assert_int_eq(store_fixture_count(&f, "SELECT count(*) FROM member"), 10 * ROWS + 1);
}
END_TEST

START_TEST(a_commit_that_is_not_answered_in_time_is_lost)
{
	struct cc_error err = { 0 };
	pid_t pid = (pid_t)backend_pid();

	kill(pid, SIGSTOP);
	put_rows("t");
	ck_assert_int_eq(store_commit_begin(f.store, &f.fx, f.revision + 1, &err), 0);
	effects_clear(&f.fx);
	ck_assert_int_eq(store_step(f.store, &err), STORE_PENDING);
	f.store->commit.deadline_ms = cc_boottime_ms();
	ck_assert_int_eq(store_timeout_ms(f.store), 0);
	ck_assert_int_eq(store_step(f.store, &err), STORE_FAILED);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert(store_lost(f.store));
	kill(pid, SIGCONT);
	reopen();
	(void)check_all_or_nothing(1, 1);
}
END_TEST

/* The session hangs in its batch, another controller wants the zone: the batch ends first or never. */
START_TEST(a_new_term_waits_for_no_half_batch)
{
	struct cc_error err = { 0 };
	struct store *next;
	struct store_zone z;
	pid_t pid = (pid_t)backend_pid();
	int64_t before = f.revision;

	put_rows("h");
	kill(pid, SIGSTOP);
	ck_assert_int_eq(store_commit_begin(f.store, &f.fx, before + 1, &err), 0);
	effects_clear(&f.fx);
	next = store_fixture_session(&f.db);
	ck_assert_int_eq(store_take(next, "valley", (struct cc_uuid){ { 9 } }, 0, &z, &err), -1);
	ck_assert_int_eq(err.code, CC_TIMEOUT);
	kill(pid, SIGCONT);
	ck_assert_int_eq(store_fixture_wait(f.store, &err), STORE_OK);
	store_close(f.store);
	ck_assert_int_eq(store_take(next, "valley", (struct cc_uuid){ { 9 } }, 0, &z, &err), 0);
	ck_assert_int_eq(z.revision, before + 1);
	f.store = next;
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_commit_that_is_cut_off_is_there_wholly_or_not_at_all, BACKEND_TERM, SERVER_STOP + 1);
	tcase_add_test(tc, the_end_of_an_idle_session_is_noticed);
	tcase_add_test(tc, a_silent_server_does_not_hold_the_caller);
	tcase_add_test(tc, a_commit_that_is_not_answered_in_time_is_lost);
	tcase_add_test(tc, a_new_term_waits_for_no_half_batch);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	pg_cluster_begin(store_fixture_fill);
	return test_run(suite());
}
