/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ccctl snapshot and ccctl volume. */
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>

#define SNAPS "/v1/instances/hello/snapshots"

static const struct fake_row rows[] = {
	{ "POST", SNAPS, 201, SNAPSHOT_WANTED },
	{ "GET", SNAPS "/s0", 200, SNAPSHOT_READY },
	{ "GET", SNAPS, 200, SNAPSHOTS },
	{ "DELETE", SNAPS "/s0", 202, SNAPSHOT_READY },
	{ "DELETE", SNAPS "/s1", 204, "" },
	{ "POST", SNAPS "/s0/restore", 202,
	        INSTANCE_(ID_HELLO, "hello", "stopped", "stopped", "", "", "10", ON_ADA ",\"restore\":\"" ID_OTHER "\",\"restore_sn\":1") },
	{ "GET", "/v1/instances/hello", 200, HELLO_STOPPED },
	{ "GET", "/v1/version", 200, "{\"version\":\"1\",\"api\":\"v1\",\"zone\":\"village\"}" },
	{ "POST", "/v1/volumes", 201, VOLUME_WANTED },
	{ "GET", "/v1/volumes/data", 200, VOLUME_READY },
	{ "PATCH", "/v1/volumes/data", 200, VOLUME_WANTED },
	{ "GET", "/v1/volumes", 200, VOLUMES },
	{ "DELETE", "/v1/volumes/media", 204, "" },
	{ "DELETE", "/v1/volumes/used", 409, PROBLEM(409, "conflict", "the volume 'used' is used by the instance 'db'") },
	{ "POST", "/v1/instances", 201, HELLO_RUNNING },
	{ NULL },
};

static void start(void)
{
	fake_start(rows);
}

static struct ran must(struct ran r)
{
	ck_assert_msg(r.status == 0, "%s", r.err);
	return r;
}

START_TEST(a_snapshot_is_waited_for)
{
	ck_assert_str_eq(must(fake_run("ccctl snapshot create hello s0")).err, "hello: snapshot s0: ready, 1.1 MiB\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", SNAPS, 0)->body), "{\"name\":\"s0\"}");
	ck_assert_uint_eq(strlen(fake_seen("POST", SNAPS, 0)->key), 36);
	ck_assert_ptr_nonnull(strstr(fake_seen("GET", SNAPS "/s0", 0)->url, "?index=3&wait="));
	ck_assert_str_eq(must(fake_run("ccctl snapshot create hello --no-wait -o name")).out, "s0\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", SNAPS, 1)->body), "{}");
	ck_assert_int_eq(fake_run("ccctl snapshot create hello No_Label").status, 2);
	ck_assert_uint_eq(fake_count("POST", SNAPS), 2);
}
END_TEST

START_TEST(a_snapshot_that_failed_says_why)
{
	static const struct fake_row failing[] = { { "POST", SNAPS, 201, SNAPSHOT_WANTED }, { "GET", SNAPS "/s0", 200, SNAPSHOT_FAILED }, { NULL } };
	struct ran r;

	fake_stop();
	fake_start(failing);
	r = fake_run("ccctl snapshot create hello s0");
	ck_assert_int_eq(r.status, 1);
	ck_assert_str_eq(r.err, "ccctl: snapshot s1 of 'hello': the disk is full\n");
}
END_TEST

START_TEST(a_restore_is_waited_for_and_asks_for_a_restart_when_told)
{
	ck_assert_str_eq(must(fake_run("ccctl snapshot restore hello s0")).err, "hello: is as it was in snapshot s0\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", SNAPS "/s0/restore", 0)->body), "{}");
	must(fake_run("ccctl snapshot restore hello s0 --restart --no-wait"));
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", SNAPS "/s0/restore", 1)->body), "{\"restart\":true}");
}
END_TEST

START_TEST(what_is_destroyed_is_asked_about_with_the_zone)
{
	struct ran r = fake_run("ccctl snapshot delete hello s1");

	ck_assert_int_eq(r.status, 2);
	ck_assert_ptr_nonnull(strstr(r.err, "--yes"));
	r = fake_run("echo n | script -qec 'ccctl volume delete media' /dev/null");
	ck_assert_msg(strstr(r.out, "Delete volume media with all files, in zone village? [y/N]") != NULL, "%s", r.out);
	ck_assert_uint_eq(fake_count("DELETE", "/v1/volumes/media"), 0);
	ck_assert_str_eq(must(fake_run("ccctl snapshot delete hello s1 --yes")).err, "hello: snapshot s1: deleted\n");
	ck_assert_str_eq(must(fake_run("ccctl snapshot delete hello s0 --yes --no-wait")).err, "hello: snapshot s0: deleting\n");
	ck_assert_str_eq(must(fake_run("ccctl volume delete media -y")).err, "media: deleted\n");
	r = fake_run("ccctl volume delete used media -y");
	ck_assert_int_eq(r.status, 5);
	ck_assert_ptr_nonnull(strstr(r.err, "used by the instance 'db'"));
	ck_assert_ptr_nonnull(strstr(r.err, "media: deleted"));
}
END_TEST

START_TEST(a_volume_is_made_and_grows)
{
	ck_assert_str_eq(must(fake_run("ccctl volume create data --size 10GiB --node ada")).err, "data: ready on ada\n");
	ck_assert_str_eq(cc_buf_str(&fake_seen("POST", "/v1/volumes", 0)->body), "{\"name\":\"data\",\"size_mib\":10240,\"node\":\"ada\"}");
	must(fake_run("ccctl volume grow data --size 20GiB"));
	ck_assert_str_eq(fake_seen("PATCH", "/v1/volumes/data", 0)->match, "\"5\"");
	ck_assert_str_eq(cc_buf_str(&fake_seen("PATCH", "/v1/volumes/data", 0)->body), "{\"size_mib\":20480}");
	ck_assert_str_eq(must(fake_run("ccctl volume list -o name")).out, "data\nmedia\n");
	ck_assert_int_eq(fake_run("ccctl volume create data").status, 2);
	ck_assert_int_eq(fake_run("ccctl volume create data --size 0").status, 2);
	ck_assert_int_eq(fake_run("ccctl volume create data --size 2000TiB").status, 2);
	ck_assert_int_eq(fake_run("ccctl volume create data --size many").status, 2);
}
END_TEST

START_TEST(volumes_of_a_new_instance_are_sent)
{
	static const char *const bad[] = { "data", "data:", ":/x", "data:x", "data:ro" };

	must(fake_run("ccctl create hello --image busybox -v data:/srv/data --volume media:/media:ro"));
	ck_assert_msg(
	        strstr(cc_buf_str(&fake_seen("POST", "/v1/instances", 0)->body),
	                "\"volumes\":[{\"volume\":\"data\",\"path\":\"/srv/data\"},{\"volume\":\"media\",\"path\":\"/media\",\"read_only\":true}]") !=
	                NULL,
	        "%s", cc_buf_str(&fake_seen("POST", "/v1/instances", 0)->body));
	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(fake_run("ccctl create hello --image busybox --volume %s", bad[i]).status, 2);
	ck_assert_uint_eq(fake_count("POST", "/v1/instances"), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli files");
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, start, fake_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_snapshot_is_waited_for);
	tcase_add_test(tc, a_snapshot_that_failed_says_why);
	tcase_add_test(tc, a_restore_is_waited_for_and_asks_for_a_restart_when_told);
	tcase_add_test(tc, what_is_destroyed_is_asked_about_with_the_zone);
	tcase_add_test(tc, a_volume_is_made_and_grows);
	tcase_add_test(tc, volumes_of_a_new_instance_are_sent);
	suite_add_tcase(s, tc);
	return test_run(s);
}
