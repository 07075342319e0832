/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-agent-priv with real containers. */
#include "tests/lib/test.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_fixture.h"

#include <signal.h>

static char image[PRIV_SHA256_TEXT];

static void setup(void)
{
	priv_fixture_start(NULL);
	priv_fixture_image(archive_fixture_busybox("gzip"), image);
}

static void teardown(void)
{
	if (priv_fixture.pid == 0)
		priv_fixture_start(NULL);
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
}

START_TEST(a_container_starts_and_runs_programs)
{
	char out[1024];
	struct cc_error err = { 0 };

	priv_fixture_run(1, image);
	ck_assert_int_eq(priv_fixture_sh(1, "hostname; id -u; exit 7", out, sizeof(out)), 7);
	ck_assert_str_eq(out, "c1\n0\n");
	ck_assert_int_eq(priv_fixture_stop_ct(1, 5000, &err), 0);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("priv_lxc");
	TCase *t = tcase_create("lxc");
	int failed;

	priv_fixture_init("lxc");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_container_starts_and_runs_programs);
	suite_add_tcase(s, t);
	failed = test_run(s);
	priv_fixture_done();
	return failed;
}
