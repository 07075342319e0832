/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real containers that write to a real btrfs, in a file: what guests see of their limit, and what outlives kills, restarts and other settings. */
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static const char *const on_btrfs[] = { "--pool", "btrfs", "--pool-loop", "1GiB", NULL };
static const char *const on_overlay[] = { "--pool", "overlay", NULL };

static void setup(void)
{
	priv_lxc_setup();
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(on_btrfs);
}

static int start(unsigned n, uint64_t disk_mib, uint64_t boot_sn, struct cc_error *err)
{
	struct priv_ct_start q = priv_fixture_request(n, priv_lxc_image);
	struct priv_ct ct;

	q.limits.disk_bytes = disk_mib * MIB;
	q.boot_sn = boot_sn;
	return priv_fixture_call(PRIV_CT_START, &q, &ct, err);
}

static void run(unsigned n, uint64_t disk_mib)
{
	struct cc_error err = { 0 };

	ck_assert_msg(start(n, disk_mib, 1, &err) == 0, "%s", err.msg);
}

/* Of a guest's dd: whether all was written. */
static bool writes(unsigned n, const char *file, unsigned mib)
{
	char command[128];

	snprintf(command, sizeof(command), "dd if=/dev/zero of=%s bs=1048576 count=%u conv=fsync", file, mib);
	return priv_fixture_sh(n, command, NULL, 0) == 0;
}

START_TEST(a_guest_meets_its_limit_and_its_neighbour_does_not)
{
	struct cc_error err = { 0 };

	run(1, 32);
	run(2, 128);
	ck_assert(writes(1, "/a", 16));
	ck_assert(!writes(1, "/b", 32));
	ck_assert(writes(2, "/a", 64));
	/* It can help itself, and its other files are whole. */
	ck_assert_int_eq(priv_fixture_sh(1, "rm /b && sync && echo ok >/ok && cmp -n 1048576 /a /dev/zero", NULL, 0), 0);
	/* More is granted while it runs; less than it uses is not. */
	ck_assert_msg(start(1, 96, 1, &err) == 0, "%s", err.msg);
	ck_assert(writes(1, "/b", 48));
	ck_assert_int_lt(start(1, 48, 1, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_msg(strstr(err.msg, "48 MiB") != NULL && strstr(err.msg, "are used") != NULL, "%s", err.msg);
	ck_assert(writes(1, "/c", 16));
}
END_TEST

START_TEST(images_are_unpacked_beside_the_pool)
{
	char first[PRIV_SHA256_TEXT];

	memcpy(first, priv_lxc_image, sizeof(first));
	priv_fixture_image(archive_fixture_busybox("xz"), priv_lxc_image);
	ck_assert_str_ne(first, priv_lxc_image);
	run(1, 32);
	ck_assert(!writes(1, "/a", 40));
}
END_TEST

START_TEST(what_was_written_outlives_kills_and_restarts)
{
	struct cc_error err = { 0 };
	struct priv_ct before, after;
	char out[64];

	run(1, 64);
	ck_assert(priv_fixture_find(1, &before));
	ck_assert_int_eq(priv_fixture_sh(1, "echo kept >/etc/kept", NULL, 0), 0);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(on_btrfs);
	ck_assert(priv_fixture_find(1, &after));
	ck_assert_int_eq(after.init_pid, before.init_pid);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /etc/kept", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "kept\n");
	/* One that starts now is on the very file system that the first kept alive. */
	run(2, 32);
	ck_assert(!writes(2, "/b", 48));
	ck_assert_msg(start(1, 64, 2, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /etc/kept", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "kept\n");
}
END_TEST

static bool has_layer(const char *base, unsigned n)
{
	char path[300], uuid[CC_UUID_TEXT];

	snprintf(path, sizeof(path), "/proc/%d/root%s%s/instances/%s/upper", priv_fixture.pid, priv_fixture_dir(), base,
	        cc_uuid_format(priv_fixture_id(n), uuid));
	return access(path, F_OK) == 0;
}

START_TEST(another_setting_is_for_new_instances_only)
{
	struct cc_error err = { 0 };

	priv_fixture_stop(SIGTERM);
	priv_fixture_start(on_overlay);
	run(1, 16);
	ck_assert(has_layer("", 1));
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(on_btrfs);
	run(2, 16);
	ck_assert(has_layer("/btrfs", 2) && !has_layer("", 2));
	/* Both go on, each where it is; only the second has a limit that holds. */
	ck_assert_msg(start(1, 16, 2, &err) == 0, "%s", err.msg);
	ck_assert(has_layer("", 1) && !has_layer("/btrfs", 1));
	ck_assert(writes(1, "/a", 32));
	ck_assert(!writes(2, "/a", 32));
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(on_overlay);
	ck_assert_msg(start(2, 16, 2, &err) == 0, "%s", err.msg);
	ck_assert(has_layer("/btrfs", 2) && !writes(2, "/c", 32));
}
END_TEST

static unsigned count_entries(const char *folder)
{
	char path[256];
	cc_auto(closedir) DIR *dir = NULL;
	struct dirent *d;
	unsigned n = 0;

	snprintf(path, sizeof(path), "/proc/%d/root%s/%s", priv_fixture.pid, priv_fixture_dir(), folder);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.';
	return n;
}

START_TEST(what_is_deleted_is_gone_and_the_image_is_there_once)
{
	unsigned images = count_entries("images");
	struct cc_error err = { 0 };

	for (unsigned n = 1; n <= 3; n++)
		run(n, 64);
	ck_assert_uint_eq(count_entries("images"), images);
	ck_assert_uint_eq(count_entries("btrfs/instances"), 3);
	for (unsigned n = 1; n <= 3; n++)
		ck_assert_msg(priv_fixture_delete_ct(n, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(count_entries("btrfs/instances"), 0);
	ck_assert_uint_eq(count_entries("instances"), 0);
	for (unsigned n = 1; n <= 3; n++)
		ck_assert_int_eq(priv_lxc_leftovers(n), 0);
}
END_TEST

/* The list asks for a measurement; a later one has it. */
static struct priv_ct measured(unsigned n)
{
	int64_t deadline = cc_boottime_ms() + 60000;
	struct priv_ct ct = { 0 };

	while (priv_fixture_find(n, &ct) && ct.disk_bytes == 0 && cc_boottime_ms() < deadline)
		usleep(20000);
	return ct;
}

START_TEST(what_is_used_is_told_and_whether_the_limit_holds)
{
	struct priv_ct ct;

	run(1, 64);
	ck_assert(writes(1, "/a", 20));
	ck_assert_int_eq(priv_fixture_sh(1, "sync", NULL, 0), 0);
	ct = measured(1);
	ck_assert_uint_eq(ct.disk_advisory, 0);
	ck_assert_uint_ge(ct.disk_bytes, 20 * MIB);
	ck_assert_uint_lt(ct.disk_bytes, 24 * MIB);
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(on_overlay);
	run(2, 64);
	ck_assert(writes(2, "/a", 20));
	ct = measured(2);
	ck_assert_uint_eq(ct.disk_advisory, 1);
	ck_assert_uint_ge(ct.disk_bytes, 20 * MIB);
	ck_assert_uint_lt(ct.disk_bytes, 24 * MIB);
	ck_assert_uint_eq(measured(1).disk_advisory, 0);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_guest_meets_its_limit_and_its_neighbour_does_not);
	tcase_add_test(t, images_are_unpacked_beside_the_pool);
	tcase_add_test(t, what_was_written_outlives_kills_and_restarts);
	tcase_add_test(t, another_setting_is_for_new_instances_only);
	tcase_add_test(t, what_is_used_is_told_and_whether_the_limit_holds);
	tcase_add_test(t, what_is_deleted_is_gone_and_the_image_is_there_once);
}

int main(void)
{
	Suite *s = suite_create("priv_pool");
	TCase *t = tcase_create("btrfs");
	int failed;

	priv_fixture_init("lxc");
	tcase_add_checked_fixture(t, setup, priv_lxc_teardown);
	tcase_set_timeout(t, 120);
	add(t);
	suite_add_tcase(s, t);
	failed = test_run(s);
	return priv_fixture_done() < 0 ? 1 : failed;
}
