/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of real containers: start, stop, restart, delete, ends of their own, and that each verb may be repeated. */
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(start_makes_a_running_container_with_a_name_and_an_address)
{
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image);
	struct priv_ct listed;
	char out[256];

	ck_assert_int_gt(ct.init_pid, 1);
	ck_assert(priv_lxc_alive(ct.init_pid));
	ck_assert_uint_gt(ct.memory_bytes, 0);
	ck_assert_uint_gt(ct.started_boottime_ms, 0);
	ck_assert_str_eq(ct.address, "10.201.0.2");
	ck_assert_int_eq(ct.exit_status, -1);
	ck_assert_int_eq(priv_fixture_sh(1, "hostname; cat /etc/hostname; grep c1 /etc/hosts", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "c1\nc1\n10.201.0.2 c1\n");
	ck_assert(priv_fixture_find(1, &listed));
	ck_assert_int_eq(listed.init_pid, ct.init_pid);
}
END_TEST

START_TEST(start_stop_and_delete_may_be_repeated)
{
	struct priv_ct first = priv_fixture_run(1, priv_lxc_image);
	struct priv_ct again = priv_fixture_run(1, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	ck_assert_int_eq(first.init_pid, again.init_pid);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
		ck_assert(priv_fixture_find(1, &ct));
		ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	}
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
		ck_assert(!priv_fixture_find(1, &ct));
	}
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

START_TEST(delete_of_a_running_container_leaves_nothing)
{
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image);
	struct cc_error err = { 0 };

	ck_assert_int_eq(priv_fixture_sh(1, "mkdir -p /a/b; echo x >/a/b/c; chmod 0 /a/b; ln -s /etc /a/l", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert(!priv_lxc_alive(ct.init_pid));
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
	ck_assert_uint_eq(priv_fixture.event_count, 0);
}
END_TEST

START_TEST(files_outlive_a_stop_and_start)
{
	struct cc_error err = { 0 };
	char out[64];

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "echo kept >/root/f; hostname other; echo other >/etc/hostname", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /root/f /etc/hostname", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "kept\nother\n");
}
END_TEST

static const char asks_first[] = "#!/bin/sh\ntrap 'echo asked >/asked; exit 0' PWR\nwhile :; do sleep 0.05; done\n";
static const char deaf[] = "#!/bin/sh\ntrap '' PWR\nwhile :; do sleep 0.05; done\n";

static void run_init(unsigned n, const char *script, char sha256[PRIV_SHA256_TEXT])
{
	priv_fixture_image(archive_fixture_busybox_init(script), sha256);
	priv_fixture_run(n, sha256);
}

START_TEST(a_graceful_stop_asks_init_first)
{
	struct cc_error err = { 0 };
	char sha256[PRIV_SHA256_TEXT], out[64];

	run_init(1, asks_first, sha256);
	ck_assert_int_eq(priv_fixture_sh(1, "sleep 0.1", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 5000, &err), 0);
	priv_fixture_run(1, sha256);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /asked", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "asked\n");
	ck_assert_uint_eq(priv_fixture.event_count, 0);
}
END_TEST

START_TEST(an_init_that_does_not_listen_is_killed_after_the_grace)
{
	struct cc_error err = { 0 };
	char sha256[PRIV_SHA256_TEXT];
	struct priv_ct ct;

	run_init(1, deaf, sha256);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 300, &err), 0);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	if (ct.exit_status != -1) /* kernels before 6.15 do not tell */
		ck_assert_int_eq(ct.exit_status, SIGKILL);
}
END_TEST

START_TEST(a_higher_boot_sn_restarts_and_an_equal_one_does_not)
{
	struct priv_ct first = priv_fixture_run(1, priv_lxc_image), ct;
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error err = { 0 };

	q.boot_sn = 2;
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	ck_assert_int_ne(ct.init_pid, first.init_pid);
	ck_assert_uint_eq(ct.boot_sn, 2);
	first = ct;
	q.epoch = 5;
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	ck_assert_int_eq(ct.init_pid, first.init_pid);
	ck_assert_uint_eq(ct.epoch, 5);
	ck_assert_uint_eq(priv_fixture.event_count, 0);
}
END_TEST

START_TEST(an_older_assignment_or_another_image_is_a_conflict)
{
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error older = { 0 }, other = { 0 };
	struct priv_ct ct;

	q.epoch = 7;
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &older), 0);
	q.epoch = 6;
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &older), 0);
	ck_assert_int_eq(older.code, CC_CONFLICT);
	q.epoch = 7;
	memset(q.image_sha256, 'a', 64);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &other), 0);
	ck_assert_int_eq(other.code, CC_CONFLICT);
}
END_TEST

START_TEST(an_init_that_ends_by_itself_is_told)
{
	char sha256[PRIV_SHA256_TEXT];
	struct priv_ct ct;

	run_init(1, "#!/bin/sh\nsleep 0.2\nexit 3\n", sha256);
	ck_assert(priv_fixture_wait_event(1, 10000));
	ct = priv_fixture.events[0];
	ck_assert(cc_uuid_equal(ct.id, priv_fixture_id(1)));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	ck_assert_int_eq(ct.init_pid, 0);
	if (ct.exit_status != -1)
		ck_assert_int_eq(WEXITSTATUS(ct.exit_status), 3);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_STOPPED);
	priv_fixture_run(1, sha256);
}
END_TEST

START_TEST(a_reboot_from_inside_goes_on_running)
{
	struct priv_ct before = priv_fixture_run(1, priv_lxc_image), after = before;

	ck_assert_int_ge(priv_fixture_sh(1, "reboot -f", NULL, 0), 0);
	for (int i = 0; i < 100 && (after.init_pid == before.init_pid || after.state != PRIV_CT_RUNNING); i++) {
		usleep(100000);
		ck_assert(priv_fixture_find(1, &after));
	}
	ck_assert_uint_eq(after.state, PRIV_CT_RUNNING);
	ck_assert_int_ne(after.init_pid, before.init_pid);
	ck_assert_int_eq(priv_fixture_sh(1, "true", NULL, 0), 0);
	ck_assert_uint_eq(priv_fixture.event_count, 0);
}
END_TEST

START_TEST(slots_are_distinct_and_free_again_after_deletion_only)
{
	struct cc_error err = { 0 }, full = { 0 };
	struct priv_ct_start q;
	struct priv_ct ct;

	for (unsigned n = 0; n < 20; n++)
		ck_assert_uint_eq(priv_fixture_run(n, priv_lxc_image).slot, n);
	q = priv_fixture_request(20, priv_lxc_image);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &full), 0);
	ck_assert_int_eq(full.code, CC_NO_CAPACITY);
	ck_assert_int_eq(priv_fixture_stop_ct(7, 0, &err), 0);
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &ct, &full), 0);
	ck_assert_int_eq(priv_fixture_delete_ct(7, &err), 0);
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	ck_assert_uint_eq(ct.slot, 7);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, start_makes_a_running_container_with_a_name_and_an_address);
	tcase_add_test(t, start_stop_and_delete_may_be_repeated);
	tcase_add_test(t, delete_of_a_running_container_leaves_nothing);
	tcase_add_test(t, files_outlive_a_stop_and_start);
	tcase_add_test(t, a_graceful_stop_asks_init_first);
	tcase_add_test(t, an_init_that_does_not_listen_is_killed_after_the_grace);
	tcase_add_test(t, a_higher_boot_sn_restarts_and_an_equal_one_does_not);
	tcase_add_test(t, an_older_assignment_or_another_image_is_a_conflict);
	tcase_add_test(t, an_init_that_ends_by_itself_is_told);
	tcase_add_test(t, a_reboot_from_inside_goes_on_running);
	tcase_add_test(t, slots_are_distinct_and_free_again_after_deletion_only);
}

int main(void)
{
	return priv_lxc_main("priv_lxc", add);
}
