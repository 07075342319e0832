/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cc-agent-priv finds again, sweeps and refuses after kill -9, failed starts and dead monitors. */
#include "agent/driver/process.h"
#include "common/clock.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(after_kill_9_running_containers_are_found_again)
{
	struct priv_ct before = priv_fixture_run(1, priv_lxc_image), after;
	struct cc_error err = { 0 };

	priv_fixture_run(2, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_stop_ct(2, 0, &err), 0);
	priv_fixture_stop(SIGKILL);
	ck_assert(priv_lxc_alive(before.init_pid));
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_find(1, &after));
	ck_assert_uint_eq(after.state, PRIV_CT_RUNNING);
	ck_assert_int_eq(after.init_pid, before.init_pid);
	ck_assert_uint_eq(after.started_boottime_ms, before.started_boottime_ms);
	ck_assert_str_eq(after.address, before.address);
	ck_assert_int_eq(priv_fixture_run(1, priv_lxc_image).init_pid, before.init_pid);
	ck_assert_int_eq(priv_fixture_sh(1, "exit 6", NULL, 0), 6);
	ck_assert(priv_fixture_find(2, &after));
	ck_assert_uint_eq(after.state, PRIV_CT_STOPPED);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

START_TEST(a_container_found_again_is_watched)
{
	char sha256[PRIV_SHA256_TEXT];

	priv_fixture_image(archive_fixture_busybox_init("#!/bin/sh\nsleep 1\nexit 3\n"), sha256);
	priv_fixture_run(1, sha256);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_wait_event(1, 10000));
	ck_assert(cc_uuid_equal(priv_fixture.events[0].id, priv_fixture_id(1)));
}
END_TEST

START_TEST(what_ended_while_nobody_watched_is_known_to_be_stopped)
{
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image);

	priv_fixture_stop(SIGKILL);
	kill(ct.init_pid, SIGKILL);
	priv_fixture_start(NULL);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	priv_fixture_run(1, priv_lxc_image);
}
END_TEST

/* The requests of one round, killed in the middle at a moment that the round chooses. */
static void send_some_and_kill(int delay_us)
{
	struct cc_error err = { 0 };

	for (unsigned n = 1; n <= 3; n++) {
		struct priv_ct_start q = priv_fixture_request(n, priv_lxc_image);
		struct priv_ct_ref ref = { q.id };

		(void)priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_CT_START, .body = &q }, NULL, NULL, NULL, &err);
		if (n == 2)
			(void)priv_client_send(
			        priv_fixture.client, &(struct priv_request){ .verb = PRIV_CT_DELETE, .body = &ref }, NULL, NULL, NULL, &err);
	}
	usleep(delay_us);
	priv_fixture_stop(SIGKILL);
}

START_TEST(kill_9_at_any_moment_leaves_nothing_half)
{
	unsigned seed = (unsigned)cc_now_ms();
	struct cc_error err = { 0 };

	if (getenv("CC_SEED") != NULL)
		seed = (unsigned)atoi(getenv("CC_SEED"));
	printf("seed %u\n", seed);
	fflush(stdout);
	for (int round = 0; round < 25; round++) {
		send_some_and_kill(rand_r(&seed) % 60000);
		priv_fixture_start(NULL);
		for (unsigned n = 1; n <= 3; n++) {
			struct priv_ct ct;

			if (priv_fixture_find(n, &ct))
				ck_assert_msg(ct.state == PRIV_CT_STOPPED || priv_lxc_alive(ct.init_pid), "c%u runs and is dead", n);
		}
		if (round % 5 == 0)
			priv_fixture_run(1, priv_lxc_image);
	}
	for (unsigned n = 1; n <= 3; n++)
		ck_assert_int_eq(priv_fixture_delete_ct(n, &err), 0);
	for (unsigned n = 1; n <= 3; n++)
		ck_assert_int_eq(priv_lxc_leftovers(n), 0);
}
END_TEST

START_TEST(a_failed_start_says_why_and_leaves_nothing)
{
	static const struct archive_fixture_entry entries[] = {
		{ ".", S_IFDIR, NULL, 0, 0, 0 },
		{ "etc", S_IFDIR, NULL, 0, 0, 0 },
		{ "dev", S_IFDIR, NULL, 0, 0, 0 },
		{ "proc", S_IFDIR, NULL, 0, 0, 0 },
		{ "sys", S_IFDIR, NULL, 0, 0, 0 },
	};
	struct cc_error err = { 0 };
	struct priv_ct_start q;
	char sha256[PRIV_SHA256_TEXT];
	struct priv_ct ct;

	priv_fixture_image(archive_fixture_make(entries, CC_ARRAY_LEN(entries), NULL), sha256);
	q = priv_fixture_request(1, sha256);
	for (int i = 0; i < 3; i++) {
		err = (struct cc_error){ 0 };
		ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
		ck_assert_int_eq(err.code, CC_UNAVAILABLE);
		ck_assert_msg(strstr(err.msg, "/sbin/init") != NULL, "%s", err.msg);
	}
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

START_TEST(an_image_that_is_not_there_is_not_found_and_takes_no_slot)
{
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	memset(q.image_sha256, 'b', 64);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert(!priv_fixture_find(1, &ct));
}
END_TEST

START_TEST(a_killed_monitor_ends_its_container)
{
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image);

	kill(process_parent(ct.init_pid), SIGKILL);
	ck_assert(priv_fixture_wait_event(1, 10000));
	for (int i = 0; i < 100 && priv_lxc_alive(ct.init_pid); i++)
		usleep(10000);
	ck_assert(!priv_lxc_alive(ct.init_pid));
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "true", NULL, 0), 0);
}
END_TEST

START_TEST(half_made_directories_are_swept_at_start)
{
	char path[256], uuid[CC_UUID_TEXT];

	priv_fixture_run(1, priv_lxc_image);
	priv_fixture_stop(SIGKILL);
	snprintf(path, sizeof(path), "%s/instances/%s", priv_fixture_dir(), cc_uuid_format(priv_fixture_id(9), uuid));
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/upper");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/images/%064d.new", priv_fixture_dir(), 7);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	priv_fixture_start(NULL);
	ck_assert_int_ne(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/instances/%s", priv_fixture_dir(), uuid);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(two_on_one_state_directory_do_not_meet)
{
	char command[512];

	struct priv_ct before = priv_fixture_run(1, priv_lxc_image);

	/* 124: it still waited for its turn when `timeout` ended it; that it gives up as busy is tested with the lock. */
	snprintf(command, sizeof(command), "timeout 1 %s --state-dir %s --driver sim --teardown 2>/dev/null", CC_AGENT_PRIV, priv_fixture_dir());
	ck_assert_int_eq(WEXITSTATUS(system(command)), 124);
	ck_assert_int_eq(priv_fixture_run(1, priv_lxc_image).init_pid, before.init_pid);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, after_kill_9_running_containers_are_found_again);
	tcase_add_test(t, a_container_found_again_is_watched);
	tcase_add_test(t, what_ended_while_nobody_watched_is_known_to_be_stopped);
	tcase_add_test(t, kill_9_at_any_moment_leaves_nothing_half);
	tcase_add_test(t, a_failed_start_says_why_and_leaves_nothing);
	tcase_add_test(t, an_image_that_is_not_there_is_not_found_and_takes_no_slot);
	tcase_add_test(t, a_killed_monitor_ends_its_container);
	tcase_add_test(t, half_made_directories_are_swept_at_start);
	tcase_add_test(t, two_on_one_state_directory_do_not_meet);
}

int main(void)
{
	return priv_lxc_main("priv_faults", add);
}
