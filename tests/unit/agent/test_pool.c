/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every pool promises (pool.h), with the files a guest could leave. Needs root: for owners, whiteouts and trusted attributes. */
#include "common/cleanup.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/pool_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static void setup_overlay(void)
{
	pool_fixture_open("overlay", 0);
}

static void setup_btrfs(void)
{
	pool_fixture_open("btrfs", POOL_FIXTURE_GIB);
}

static void make_odd_files(int upper)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	cc_auto_close int hole = openat(upper, "hole", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cc_auto_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pool_fixture_write(upper, "setuid", "x");
	ck_assert_int_eq(fchownat(upper, "setuid", POOL_FIXTURE_OWNER + 7, POOL_FIXTURE_OWNER + 8, 0), 0);
	ck_assert_int_eq(fchmodat(upper, "setuid", 06755, 0), 0);
	ck_assert_int_eq(linkat(upper, "setuid", upper, "second", 0), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", upper, "link"), 0);
	ck_assert_int_eq(mkfifoat(upper, "fifo", 0640), 0);
	ck_assert_int_eq(mknodat(upper, "whiteout", S_IFCHR | 0600, makedev(0, 0)), 0);
	ck_assert_int_eq(mknodat(upper, "null", S_IFCHR | 0666, makedev(1, 3)), 0);
	ck_assert_int_eq(mkdirat(upper, "opaque", 0711), 0);
	ck_assert_int_eq(ftruncate(hole, 1 << 30), 0);
	ck_assert_int_eq(pwrite(hole, "end", 3, (1 << 30) - 3), 3);
	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/sock", upper);
	ck_assert_int_eq(bind(sock, (const struct sockaddr *)&at, sizeof(at)), 0);
}

static void set_attributes(int upper)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/opaque", upper);
	ck_assert_int_eq(setxattr(path, "trusted.overlay.opaque", "y", 1, 0), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/link", upper);
	ck_assert_int_eq(lsetxattr(path, "trusted.overlay.origin", "abc", 3, 0), 0);
}

START_TEST(a_copy_has_all_that_a_guest_can_leave)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2);
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	cc_auto_close int upper = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cc_error err = { 0 };
	char buf[256], path[POOL_PATH_MAX + 32], base[POOL_PATH_MAX];

	make_odd_files(upper);
	set_attributes(upper);
	ck_assert_msg(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "upper").st_mode & 07777, 0751);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "upper").st_uid, POOL_FIXTURE_OWNER);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "upper/setuid").st_mode & 07777, 06755);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "upper/setuid").st_gid, POOL_FIXTURE_OWNER + 8);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "upper/setuid").st_ino, pool_fixture_stat(&snap, "upper/second").st_ino);
	ck_assert(S_ISLNK(pool_fixture_stat(&snap, "upper/link").st_mode) && S_ISFIFO(pool_fixture_stat(&snap, "upper/fifo").st_mode));
	ck_assert(S_ISCHR(pool_fixture_stat(&snap, "upper/whiteout").st_mode) && pool_fixture_stat(&snap, "upper/whiteout").st_rdev == 0);
	ck_assert_int_eq(pool_fixture_stat(&snap, "upper/hole").st_size, 1 << 30);
	ck_assert_int_lt(pool_fixture_stat(&snap, "upper/hole").st_blocks, 1 << 10);
	ck_assert_int_eq(pool_fixture_stat(&snap, "upper/hole").st_mtim.tv_nsec, pool_fixture_stat(&layer, "upper/hole").st_mtim.tv_nsec);
	ck_assert_str_eq(pool_fixture_read(&snap, "upper/setuid", buf), "x");
	snprintf(path, sizeof(path), "%s/upper/opaque", pool_fixture.pool->path(&pool_fixture.node, &snap, base));
	ck_assert_int_eq(lgetxattr(path, "trusted.overlay.opaque", buf, 1), 1);
	snprintf(path, sizeof(path), "%s/upper/link", base);
	ck_assert_int_eq(lgetxattr(path, "trusted.overlay.origin", buf, 3), 3);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 2);
}
END_TEST

START_TEST(a_copy_is_made_once_and_keeps_its_moment)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2), none = pool_layer(pool_fixture_id(9)),
	                 other = pool_fixture_snapshot(1, 3);
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	struct cc_error err = { 0 };
	char buf[256];

	pool_fixture_write(fd, "upper/f", "old");
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
	pool_fixture_write(fd, "upper/f", "new");
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
	ck_assert_str_eq(pool_fixture_read(&snap, "upper/f", buf), "old");
	ck_assert_int_lt(pool_fixture.pool->copy(&pool_fixture.node, &none, &other, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 2);
}
END_TEST

START_TEST(a_layer_is_put_back_whole)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2);
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	struct cc_error err = { 0 };
	char buf[256];

	pool_fixture_write(fd, "upper/f", "old");
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
	pool_fixture_write(fd, "upper/f", "new");
	pool_fixture_write(fd, "upper/more", "new");
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(pool_fixture.pool->replace(&pool_fixture.node, &snap, &layer, &err) == 0, "%s", err.msg);
		ck_assert_str_eq(pool_fixture_read(&layer, "upper/f", buf), "old");
		ck_assert_str_eq(pool_fixture_read(&layer, "upper/more", buf), "");
		ck_assert_uint_eq(pool_fixture_stat(&layer, "upper").st_uid, POOL_FIXTURE_OWNER);
	}
	/* And one that does not exist yet. */
	layer = pool_layer(pool_fixture_id(5));
	ck_assert_msg(pool_fixture.pool->replace(&pool_fixture.node, &snap, &layer, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(pool_fixture_read(&layer, "upper/f", buf), "old");
}
END_TEST

START_TEST(what_is_removed_is_gone_and_may_be_removed_again)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), a = pool_fixture_snapshot(1, 2), b = pool_fixture_snapshot(1, 3),
	                 other = pool_fixture_snapshot(4, 5);
	struct pool_tree volume = { .kind = POOL_VOLUME, .id = pool_fixture_id(6) };
	cc_auto_close int data = pool_fixture_make(&volume, "data");
	struct cc_error err = { 0 };
	char buf[256];

	close(pool_fixture_make(&layer, "upper"));
	pool_fixture_write(data, "data/f", "kept");
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &a, &err), 0);
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &b, &err), 0);
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &volume, &other, &err), 0);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 2 + 3);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pool_fixture.pool->remove(&pool_fixture.node, &a, &err), 0);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 3);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pool_remove_instance(&pool_fixture.node, pool_fixture_id(1), &err), 0);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 0);
	ck_assert_uint_eq(pool_fixture_stat(&layer, "upper").st_mode, 0);
	ck_assert_str_eq(pool_fixture_read(&other, "data/f", buf), "kept");
	ck_assert_str_eq(pool_fixture_read(&volume, "data/f", buf), "kept");
	ck_assert_int_eq(pool_fixture.pool->remove(&pool_fixture.node, &volume, &err), 0);
	ck_assert_uint_eq(pool_fixture_stat(&volume, "data").st_mode, 0);
}
END_TEST

static bool keeps_all(void *user, struct cc_uuid id)
{
	(void)user, (void)id;
	return true;
}

START_TEST(a_sweep_takes_what_is_half_made_and_nothing_else)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2), half = pool_fixture_snapshot(1, 3);
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX], new[POOL_PATH_MAX + 8];

	close(pool_fixture_make(&layer, "upper"));
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &half, &err), 0);
	snprintf(new, sizeof(new), "%s.new", pool_fixture.pool->path(&pool_fixture.node, &half, path));
	ck_assert_int_eq(rename(path, new), 0);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 2);
	ck_assert_msg(pool_sweep_all(&pool_fixture.node, keeps_all, NULL, &err) == 0, "%s", err.msg);
	ck_assert_int_ne(access(new, F_OK), 0);
	ck_assert_uint_eq(pool_fixture_snapshots(1), 2);
	ck_assert_uint_ne(pool_fixture_stat(&layer, "upper").st_mode, 0);
}
END_TEST

START_TEST(usage_counts_what_was_written)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), none = pool_layer(pool_fixture_id(9));
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	cc_auto_close int file = openat(fd, "upper/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static char block[1 << 20];
	struct cc_error err = { 0 };
	uint64_t before, after;

	ck_assert_int_eq(pool_fixture.pool->usage(&pool_fixture.node, &layer, &before, &err), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(write(file, block, sizeof(block)), sizeof(block));
	ck_assert_int_eq(syncfs(file), 0);
	ck_assert_int_eq(pool_fixture.pool->usage(&pool_fixture.node, &layer, &after, &err), 0);
	ck_assert_uint_ge(after - before, 8 << 20);
	ck_assert_uint_lt(after - before, 9 << 20);
	ck_assert_int_lt(pool_fixture.pool->usage(&pool_fixture.node, &none, &after, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
}
END_TEST

START_TEST(a_tree_without_end_is_refused_and_leaves_nothing)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2);
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	int at = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX], new[POOL_PATH_MAX + 8];

	for (int i = 0; i < 1000; i++, at = next) {
		ck_assert_int_eq(mkdirat(at, "d", 0700), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
	}
	close(at);
	if (pool_fixture.pool->instant) {
		ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
		return;
	}
	ck_assert_int_lt(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err), 0);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	snprintf(new, sizeof(new), "%s.new", pool_fixture.pool->path(&pool_fixture.node, &snap, path));
	ck_assert_int_ne(access(new, F_OK), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* A guest that swaps what a name means, as fast as it can. */
static void swap_names(int upper)
{
	(void)mkdirat(upper, "real", 0700);
	pool_fixture_write(upper, "real/hostname", "guest");
	(void)symlinkat("/etc", upper, "lure");
	for (;;)
		(void)renameat2(upper, "real", upper, "lure", RENAME_EXCHANGE);
}

START_TEST(a_guest_that_swaps_names_gets_nothing_of_the_node)
{
	struct pool_tree layer = pool_layer(pool_fixture_id(1)), snap = pool_fixture_snapshot(1, 2);
	cc_auto_close int fd = pool_fixture_make(&layer, "upper");
	cc_auto_close int upper = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cc_error err = { 0 };
	pid_t guest = fork();

	if (guest == 0)
		swap_names(upper);
	for (int i = 0; i < (pool_fixture.pool->instant ? 10 : 200); i++) {
		ck_assert_msg(pool_fixture.pool->copy(&pool_fixture.node, &layer, &snap, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(pool_fixture_stat(&snap, "upper/real/passwd").st_ino * S_ISDIR(pool_fixture_stat(&snap, "upper/real").st_mode), 0);
		ck_assert_uint_eq(pool_fixture_stat(&snap, "upper/lure/passwd").st_ino * S_ISDIR(pool_fixture_stat(&snap, "upper/lure").st_mode), 0);
		ck_assert_int_eq(pool_fixture.pool->remove(&pool_fixture.node, &snap, &err), 0);
	}
	kill(guest, SIGKILL);
	ck_assert_int_eq(waitpid(guest, NULL, 0), guest);
}
END_TEST

START_TEST(a_node_that_is_taken_down_leaves_nothing)
{
	struct pool_tree snap = pool_fixture_snapshot(1, 2), volume = { .kind = POOL_VOLUME, .id = pool_fixture_id(6) };
	struct cc_error err = { 0 };

	close(pool_fixture_make(&volume, "data"));
	ck_assert_int_eq(pool_fixture.pool->copy(&pool_fixture.node, &volume, &snap, &err), 0);
	ck_assert_msg(pool_retire_all(&pool_fixture.node, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(pool_fixture_stat(&volume, "data").st_mode, 0);
	ck_assert_uint_eq(pool_fixture_stat(&snap, "data").st_mode, 0);
	ck_assert_int_ne(faccessat(pool_fixture.node.dirs.root, "pool.btrfs", F_OK, 0), 0);
}
END_TEST

static void add_promises(TCase *t)
{
	tcase_add_test(t, a_copy_has_all_that_a_guest_can_leave);
	tcase_add_test(t, a_copy_is_made_once_and_keeps_its_moment);
	tcase_add_test(t, a_layer_is_put_back_whole);
	tcase_add_test(t, what_is_removed_is_gone_and_may_be_removed_again);
	tcase_add_test(t, a_sweep_takes_what_is_half_made_and_nothing_else);
	tcase_add_test(t, usage_counts_what_was_written);
	tcase_add_test(t, a_tree_without_end_is_refused_and_leaves_nothing);
	tcase_add_test(t, a_guest_that_swaps_names_gets_nothing_of_the_node);
	tcase_add_test(t, a_node_that_is_taken_down_leaves_nothing);
}

static void add_case(Suite *s, const char *name, SFun setup, void (*add)(TCase *t))
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, pool_fixture_close);
	tcase_set_timeout(t, 120);
	add(t);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("pool");

	add_case(s, "overlay", setup_overlay, add_promises);
	add_case(s, "btrfs", setup_btrfs, add_promises);
	return test_run(s);
}
