/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real btrfs, in a file: limits that hold, nothing left behind, growth, kills, and what is said where it cannot be. */
#include "agent/storage/btrfs.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/pool_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define MIB POOL_FIXTURE_MIB
#define GIB POOL_FIXTURE_GIB

static struct priv_node *const node = &pool_fixture.node;

static void setup(void)
{
	pool_fixture_open("btrfs", GIB);
}

/* Writes up to so many MiB to `name` in the tree's upper; 0 when all fit, else errno. */
static int fill(int tree, const char *name, unsigned mib)
{
	static char block[1 << 20];
	char path[64];
	cc_auto_close int fd = -1;

	snprintf(path, sizeof(path), "upper/%s", name);
	fd = openat(tree, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	memset(block, 7, sizeof(block));
	for (uint64_t left = mib * MIB; left > 0;) {
		ssize_t n = write(fd, block, left < MIB ? left : MIB);

		if (n < 0)
			return errno;
		left -= (uint64_t)n;
	}
	return fsync(fd) < 0 ? errno : 0;
}

static uint64_t used_by(const struct pool_tree *tree)
{
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX];
	cc_auto_close int fd = open(pool_fixture.pool->path(node, tree, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t used = 0;

	ck_assert_int_eq(syncfs(fd), 0);
	ck_assert_msg(pool_fixture.pool->usage(node, tree, &used, &err) == 0, "%s", err.msg);
	return used;
}

static int base_fd(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/btrfs", pool_fixture.dir);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* How many subvolumes of up to this number have a quota group, but for the file system's own. */
static unsigned count_groups(void)
{
	cc_auto_close int base = base_fd();
	unsigned n = 0;

	for (uint64_t id = 256; id < 2000; id++) {
		struct cc_error none = { 0 };
		uint64_t used, limit;

		n += btrfs_quota_usage(base, id, &used, &limit, &none) == 0;
	}
	return n;
}

/* The kernel frees subvolumes in its own time, soon after a commit; a removal takes what groups it leaves. */
static bool groups_become(unsigned want)
{
	int64_t deadline = cc_boottime_ms() + 60000;
	char path[80];

	snprintf(path, sizeof(path), "%s/btrfs", pool_fixture.dir);
	ck_assert_int_eq(mount(NULL, path, NULL, MS_REMOUNT | MS_NODEV | MS_NOATIME, "commit=1"), 0);
	while (count_groups() != want && cc_boottime_ms() < deadline) {
		struct cc_error err = { 0 };
		struct pool_tree none = pool_layer(pool_fixture_id(99));

		ck_assert_int_eq(pool_fixture.pool->remove(node, &none, &err), 0);
		usleep(20000);
	}
	return count_groups() == want;
}

START_TEST(a_tree_cannot_outgrow_its_limit_and_others_do_not_notice)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1)), b = pool_layer(pool_fixture_id(2));
	cc_auto_close int fa = pool_fixture_make(&a, "upper"), fb = pool_fixture_make(&b, "upper");
	struct cc_error err = { 0 };

	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 32 * MIB, &err), 0);
	ck_assert_int_eq(fill(fa, "f", 24), 0);
	ck_assert_int_eq(fill(fa, "g", 24), EDQUOT);
	ck_assert_uint_le(used_by(&a), 32 * MIB);
	ck_assert_int_eq(fill(fb, "f", 64), 0);
	/* Who is at the limit can still make room. */
	ck_assert_int_eq(unlinkat(fa, "upper/f", 0), 0);
	(void)used_by(&a);
	ck_assert_int_eq(fill(fa, "h", 16), 0);
}
END_TEST

START_TEST(a_limit_changes_at_once_but_not_below_what_is_used)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1));
	cc_auto_close int fd = pool_fixture_make(&a, "upper");
	struct cc_error err = { 0 };

	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 16 * MIB, &err), 0);
	ck_assert_int_eq(fill(fd, "f", 64), EDQUOT);
	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 64 * MIB, &err), 0);
	ck_assert_int_eq(fill(fd, "g", 24), 0);
	ck_assert_int_lt(pool_fixture.pool->limit(node, &a, 32 * MIB, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_msg(strstr(err.msg, "cannot be 32 MiB") != NULL && strstr(err.msg, "MiB are used") != NULL, "%s", err.msg);
	ck_assert_int_eq(fill(fd, "h", 8), 0);
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 60 * MIB, &err), 0);
	ck_assert_int_eq(fill(fd, "i", 24), EDQUOT);
	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 0, &err), 0);
	ck_assert_int_eq(fill(fd, "i", 24), 0);
}
END_TEST

/* Kernels differ in whether a copy inherits a limit. */
START_TEST(a_copy_gets_a_limit_of_its_own)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2);
	cc_auto_close int fd = pool_fixture_make(&a, "upper"), again = -1;
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX];

	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 16 * MIB, &err), 0);
	ck_assert_int_eq(fill(fd, "f", 8), 0);
	ck_assert_int_eq(pool_fixture.pool->copy(node, &a, &snap, &err), 0);
	ck_assert_int_eq(pool_fixture.pool->replace(node, &snap, &a, &err), 0);
	again = open(pool_fixture.pool->path(node, &a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(pool_fixture.pool->limit(node, &a, 24 * MIB, &err), 0);
	ck_assert_int_eq(fill(again, "g", 12), 0);
	ck_assert_int_eq(fill(again, "h", 12), EDQUOT);
	/* A snapshot is not written to. */
	close(again);
	again = open(pool_fixture.pool->path(node, &snap, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(fill(again, "g", 1), EROFS);
}
END_TEST

START_TEST(what_is_removed_leaves_no_subvolume_and_no_group)
{
	struct cc_error err = { 0 };

	for (unsigned i = 1; i <= 5; i++) {
		struct pool_tree a = pool_layer(pool_fixture_id(i)), s = pool_fixture_snapshot(i, 7);
		cc_auto_close int fd = pool_fixture_make(&a, "upper");

		ck_assert_int_eq(fill(fd, "f", 2), 0);
		ck_assert_int_eq(pool_fixture.pool->copy(node, &a, &s, &err), 0);
		ck_assert_int_eq(pool_fixture.pool->replace(node, &s, &a, &err), 0);
	}
	ck_assert_uint_ge(count_groups(), 10);
	for (unsigned i = 1; i <= 5; i++)
		ck_assert_msg(pool_remove_instance(node, pool_fixture_id(i), &err) == 0, "%s", err.msg);
	ck_assert(groups_become(0));
}
END_TEST

static bool keeps_second(void *user, struct cc_uuid id)
{
	(void)user;
	return id.b[15] == 2;
}

START_TEST(layers_that_nobody_owns_are_swept)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1)), b = pool_layer(pool_fixture_id(2));
	struct cc_error err = { 0 };

	/* What is open is not freed. */
	close(pool_fixture_make(&a, "upper"));
	close(pool_fixture_make(&b, "upper"));
	ck_assert_int_eq(pool_sweep_all(node, keeps_second, NULL, &err), 0);
	ck_assert_uint_eq(pool_fixture_stat(&a, "upper").st_mode, 0);
	ck_assert_uint_ne(pool_fixture_stat(&b, "upper").st_mode, 0);
	ck_assert(groups_become(1));
}
END_TEST

static uint64_t pool_bytes(void)
{
	cc_auto_close int base = base_fd();
	struct statvfs st;

	ck_assert_int_eq(fstatvfs(base, &st), 0);
	return (uint64_t)st.f_blocks * st.f_frsize;
}

START_TEST(the_file_grows_with_the_setting_and_never_shrinks)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1));
	struct cc_error err = { 0 };
	char buf[256];

	pool_fixture_write(pool_fixture_make(&a, "upper"), "upper/f", "kept");
	ck_assert_uint_eq(pool_bytes(), GIB);
	pool_close_all(node);
	ck_assert_msg(pool_fixture_try("auto", 2 * GIB, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(pool_bytes(), 2 * GIB);
	ck_assert_str_eq(pool_fixture_read(&a, "upper/f", buf), "kept");
	pool_close_all(node);
	ck_assert_int_lt(pool_fixture_try("auto", GIB, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_msg(strstr(err.msg, "at least 2048 MiB") != NULL, "%s", err.msg);
	/* While something of before still runs it is the same file system, larger. */
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(pool_fixture_try("auto", 2 * GIB, &err), 0);
	{
		cc_auto_close int held = base_fd();

		pool_close_all(node);
		ck_assert_msg(pool_fixture_try("auto", 3 * GIB, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(pool_bytes(), 3 * GIB);
		ck_assert(faccessat(held, "instances", F_OK, 0) == 0);
	}
	/* Without the setting what is there stays in use. */
	pool_close_all(node);
	ck_assert_int_eq(pool_fixture_try("overlay", 0, &err), 0);
	ck_assert_str_eq(pool_fixture.pool->name, "overlay");
	ck_assert_ptr_nonnull(pool_find(node, POOL_BTRFS));
	pool_fixture.pool = pool_find(node, POOL_BTRFS);
	ck_assert_str_eq(pool_fixture_read(&a, "upper/f", buf), "kept");
}
END_TEST

static void setup_small(void)
{
	pool_fixture_open("btrfs", 160 * MIB);
}

START_TEST(a_full_pool_says_so)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1));
	cc_auto_close int fd = pool_fixture_make(&a, "upper");
	cc_auto_close int base = base_fd();
	struct cc_error err = { 0 };
	char name[64];
	int result = 0;

	ck_assert_int_eq(fill(fd, "f", 2048), ENOSPC);
	for (int i = 0; i < 200000; i++) {
		cc_auto_close int one = -1;

		snprintf(name, sizeof(name), "upper/small-%d", i);
		one = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (one < 0 || pwrite(one, name, 1, 1500) != 1)
			break;
	}
	(void)syncfs(base);
	for (unsigned i = 2; i < 250 && result == 0; i++) {
		struct pool_tree next = pool_layer(pool_fixture_id(i));

		result = pool_fixture.pool->make(node, &next, &err);
	}
	ck_assert_int_lt(result, 0);
	ck_assert_int_eq(err.code, CC_NO_CAPACITY);
	ck_assert_msg(strstr(err.msg, "pool") != NULL && strstr(err.msg, "full") != NULL, "%s", err.msg);
	/* And it can be emptied again. */
	err = (struct cc_error){ 0 };
	ck_assert_msg(pool_remove_instance(node, pool_fixture_id(1), &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(where_the_disk_is_btrfs_no_file_is_needed)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1));
	struct priv_node native = { 0 };
	struct cc_error err = { 0 };
	char path[80];

	priv_settings_init(&native.set);
	snprintf(path, sizeof(path), "%s/btrfs/native", pool_fixture.dir);
	ck_assert_int_eq(state_dir_open(path, &native.dirs, &err), 0);
	ck_assert_msg(pool_open_all(&native, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(native.pool->name, "btrfs");
	ck_assert_msg(native.pool->make(&native, &a, &err) == 0, "%s", err.msg);
	ck_assert_msg(native.pool->limit(&native, &a, MIB, &err) == 0, "%s", err.msg);
	pool_close_all(&native);
	native.set.pool_loop = GIB;
	ck_assert_int_lt(pool_open_all(&native, &err), 0);
	ck_assert_msg(err.code == CC_INVALID && strstr(err.msg, "leave pool_loop out") != NULL, "%s", err.msg);
	/* Groups that were there before the node stay when it goes. */
	native.set.pool_loop = 0;
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(pool_open_all(&native, &err), 0);
	ck_assert_msg(pool_retire_all(&native, &err) == 0, "%s", err.msg);
	ck_assert_int_ne(faccessat(native.dirs.root, "btrfs", F_OK, 0), 0);
	ck_assert(btrfs_quota_enabled(native.dirs.root));
	/* Those that came with it go with it. */
	ck_assert_int_eq(btrfs_quota_disable(native.dirs.root, &err), 0);
	ck_assert_int_eq(pool_open_all(&native, &err), 0);
	ck_assert(btrfs_quota_enabled(native.dirs.root));
	ck_assert_msg(pool_retire_all(&native, &err) == 0, "%s", err.msg);
	ck_assert(!btrfs_quota_enabled(native.dirs.root));
	state_dir_close(&native.dirs);
}
END_TEST

static const struct {
	const char *pool;
	uint64_t loop;
	enum cc_code code;
	const char *why;
} bad[] = {
	{ "zfs", 0, CC_INVALID, "none of auto, overlay, btrfs" },
	{ "btrfs", 0, CC_INVALID, "set pool_loop to a size, or pool to overlay" },
	{ "btrfs", GIB << 20, CC_NO_CAPACITY, "the disk could hold a pool of" },
};

START_TEST(settings_that_cannot_be_are_refused_with_advice)
{
	struct cc_error err = { 0 };
	struct statvfs st;

	/* The second is about directories that are not on btrfs. */
	ck_assert_int_eq(statvfs("/tmp", &st), 0);
	pool_close_all(node);
	ck_assert_int_lt(pool_fixture_try(bad[_i].pool, bad[_i].loop, &err), 0);
	ck_assert_int_eq(err.code, bad[_i].code);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_int_ne(faccessat(node->dirs.root, "pool.btrfs", F_OK, 0), 0);
}
END_TEST

static void open_elsewhere(void)
{
	pool_fixture_open("overlay", 0);
}

/* As on a machine without the package: nobody can run what is there. */
static void hide_mkfs(void)
{
	static const char *const places[] = { "/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs", "/usr/bin/mkfs.btrfs" };

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	for (size_t i = 0; i < CC_ARRAY_LEN(places); i++)
		(void)mount("/dev/null", places[i], NULL, MS_BIND, NULL);
}

START_TEST(a_missing_package_is_named)
{
	struct cc_error err = { 0 };

	hide_mkfs();
	ck_assert_int_lt(pool_fixture_try("btrfs", GIB, &err), 0);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert_msg(strstr(err.msg, "install the package btrfs-progs") != NULL, "%s", err.msg);
}
END_TEST

START_TEST(a_kernel_without_btrfs_is_named)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct cc_error err = { 0 };

	/* What such a kernel says to a mount that is none of a mere flag. */
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENODEV), SCMP_SYS(mount), 1, SCMP_A3(SCMP_CMP_EQ, MS_NODEV | MS_NOATIME)), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	ck_assert_int_lt(pool_fixture_try("btrfs", GIB, &err), 0);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert_msg(strstr(err.msg, "this kernel has no btrfs") != NULL, "%s", err.msg);
	seccomp_release(filter);
}
END_TEST

/* How many loop devices have the pool's file. */
static int count_devices(void)
{
	char path[64];
	struct stat st;
	int n = 0;

	if (fstatat(node->dirs.root, "pool.btrfs", &st, 0) < 0)
		return 0;
	for (int i = 0; i < 64; i++) {
		cc_auto_close int fd = -1;
		struct loop_info64 info;

		snprintf(path, sizeof(path), "/dev/loop%d", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n += fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0 && info.lo_device == st.st_dev && info.lo_inode == st.st_ino;
	}
	return n;
}

static bool devices_become(int want)
{
	int64_t deadline = cc_boottime_ms() + 30000;

	while (count_devices() != want && cc_boottime_ms() < deadline)
		usleep(10000);
	return count_devices() == want;
}

/* What a node does, over and over. */
static void use_pool(void)
{
	struct pool_tree a = pool_layer(pool_fixture_id(1)), s = pool_fixture_snapshot(1, 2);
	struct cc_error err = { 0 };

	if (pool_fixture_try("btrfs", GIB, &err) < 0)
		_exit(1);
	for (;;) {
		cc_auto_close int fd = -1;
		char path[POOL_PATH_MAX];

		err = (struct cc_error){ 0 };
		(void)pool_fixture.pool->make(node, &a, &err);
		fd = open(pool_fixture.pool->path(node, &a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)mkdirat(fd, "upper", 0755);
		(void)pool_fixture.pool->limit(node, &a, 64 * MIB, &err);
		(void)pool_fixture.pool->copy(node, &a, &s, &err);
		(void)pool_fixture.pool->replace(node, &s, &a, &err);
		(void)pool_remove_instance(node, pool_fixture_id(1), &err);
	}
}

static bool keeps_none(void *user, struct cc_uuid id)
{
	(void)user, (void)id;
	return false;
}

/* The delays grow from nothing to more than making the pool takes, so kills fall on every part of it. */
START_TEST(a_kill_at_any_moment_leaves_nothing_that_the_next_start_does_not_mend)
{
	struct cc_error err = { 0 };

	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (pid == 0)
			use_pool();
		usleep((useconds_t)(i * 6000));
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		ck_assert(devices_become(0));
	}
	ck_assert_msg(pool_fixture_try("btrfs", GIB, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(count_devices(), 1);
	ck_assert_msg(pool_sweep_all(node, keeps_none, NULL, &err) == 0, "%s", err.msg);
	ck_assert_msg(pool_remove_instance(node, pool_fixture_id(1), &err) == 0, "%s", err.msg);
	ck_assert(groups_become(0));
	pool_close_all(node);
	ck_assert(devices_become(0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool_btrfs");
	TCase *t = tcase_create("file"), *u = tcase_create("none"), *v = tcase_create("small");

	tcase_add_checked_fixture(t, setup, pool_fixture_close);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_tree_cannot_outgrow_its_limit_and_others_do_not_notice);
	tcase_add_test(t, a_limit_changes_at_once_but_not_below_what_is_used);
	tcase_add_test(t, a_copy_gets_a_limit_of_its_own);
	tcase_add_test(t, what_is_removed_leaves_no_subvolume_and_no_group);
	tcase_add_test(t, layers_that_nobody_owns_are_swept);
	tcase_add_test(t, the_file_grows_with_the_setting_and_never_shrinks);
	tcase_add_test(t, where_the_disk_is_btrfs_no_file_is_needed);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(v, setup_small, pool_fixture_close);
	tcase_set_timeout(v, 120);
	tcase_add_test(v, a_full_pool_says_so);
	suite_add_tcase(s, v);
	tcase_add_checked_fixture(u, open_elsewhere, pool_fixture_close);
	tcase_set_timeout(u, 120);
	tcase_add_loop_test(u, settings_that_cannot_be_are_refused_with_advice, 0, CC_ARRAY_LEN(bad));
	tcase_add_test(u, a_missing_package_is_named);
	tcase_add_test(u, a_kernel_without_btrfs_is_named);
	tcase_add_test(u, a_kill_at_any_moment_leaves_nothing_that_the_next_start_does_not_mend);
	suite_add_tcase(s, u);
	return test_run(s);
}
