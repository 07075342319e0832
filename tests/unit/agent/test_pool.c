/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every pool promises (pool.h), with the files a guest could leave. Needs root: for owners, whiteouts and trusted attributes. */
#include "agent/pool.h"
#include "agent/tree_remove.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

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

#define OWNER 1900000000u

static struct priv_node node;
static const struct pool *pool;
static char dir[64];

static struct cc_uuid id_of(unsigned n)
{
	return (struct cc_uuid){ .b = { [0] = 0xee, [15] = (uint8_t)n } };
}

static struct pool_tree snapshot_of(unsigned instance, unsigned n)
{
	return (struct pool_tree){ .kind = POOL_SNAPSHOT, .id = id_of(n), .of = id_of(instance) };
}

static void setup(void)
{
	struct cc_error err = { 0 };

	snprintf(dir, sizeof(dir), "/tmp/cc-pool-%d-XXXXXX", getpid());
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(state_dir_open(dir, &node.dirs, &err), 0);
	ck_assert_msg(pool_open_all(&node, &err) == 0, "%s", err.msg);
	pool = node.pool;
}

static void teardown(void)
{
	struct cc_error err = { 0 };

	pool_close_all(&node);
	state_dir_close(&node.dirs);
	ck_assert_msg(tree_remove(AT_FDCWD, dir, &err) == 0, "%s", err.msg);
}

/* Opens a tree, made with an empty `part` that belongs to a guest. */
static int make_tree(const struct pool_tree *tree, const char *part)
{
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX];
	int fd;

	ck_assert_msg(pool->make(&node, tree, &err) == 0, "%s", err.msg);
	fd = open(pool->path(&node, tree, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, part, 0751), 0);
	ck_assert_int_eq(fchownat(fd, part, OWNER, OWNER, 0), 0);
	return fd;
}

static void write_file(int dirfd, const char *name, const char *text)
{
	cc_auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
}

static char *read_file(const struct pool_tree *tree, const char *name, char buf[256])
{
	char path[POOL_PATH_MAX], full[POOL_PATH_MAX + 64];
	cc_auto_close int fd = -1;
	ssize_t n;

	snprintf(full, sizeof(full), "%s/%s", pool->path(&node, tree, path), name);
	fd = open(full, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd >= 0 ? read(fd, buf, 255) : -1;
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static struct stat stat_of(const struct pool_tree *tree, const char *name)
{
	char path[POOL_PATH_MAX], full[POOL_PATH_MAX + 64];
	struct stat st = { 0 };

	snprintf(full, sizeof(full), "%s/%s", pool->path(&node, tree, path), name);
	(void)lstat(full, &st);
	return st;
}

static void add_name(void *user, struct cc_uuid id)
{
	*(unsigned *)user += id.b[15];
}

/* The sum of the numbers of all snapshots. */
static unsigned snapshots(unsigned instance)
{
	struct cc_error err = { 0 };
	unsigned sum = 0;

	ck_assert_int_eq(pool->list(&node, POOL_SNAPSHOT, id_of(instance), add_name, &sum, &err), 0);
	return sum;
}

static void make_odd_files(int upper)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	cc_auto_close int hole = openat(upper, "hole", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cc_auto_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	write_file(upper, "setuid", "x");
	ck_assert_int_eq(fchownat(upper, "setuid", OWNER + 7, OWNER + 8, 0), 0);
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
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2);
	cc_auto_close int fd = make_tree(&layer, "upper");
	cc_auto_close int upper = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cc_error err = { 0 };
	char buf[256], path[POOL_PATH_MAX + 32], base[POOL_PATH_MAX];

	make_odd_files(upper);
	set_attributes(upper);
	ck_assert_msg(pool->copy(&node, &layer, &snap, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stat_of(&snap, "upper").st_mode & 07777, 0751);
	ck_assert_uint_eq(stat_of(&snap, "upper").st_uid, OWNER);
	ck_assert_uint_eq(stat_of(&snap, "upper/setuid").st_mode & 07777, 06755);
	ck_assert_uint_eq(stat_of(&snap, "upper/setuid").st_gid, OWNER + 8);
	ck_assert_uint_eq(stat_of(&snap, "upper/setuid").st_ino, stat_of(&snap, "upper/second").st_ino);
	ck_assert(S_ISLNK(stat_of(&snap, "upper/link").st_mode) && S_ISFIFO(stat_of(&snap, "upper/fifo").st_mode));
	ck_assert(S_ISCHR(stat_of(&snap, "upper/whiteout").st_mode) && stat_of(&snap, "upper/whiteout").st_rdev == 0);
	ck_assert_int_eq(stat_of(&snap, "upper/hole").st_size, 1 << 30);
	ck_assert_int_lt(stat_of(&snap, "upper/hole").st_blocks, 1 << 10);
	ck_assert_int_eq(stat_of(&snap, "upper/hole").st_mtim.tv_nsec, stat_of(&layer, "upper/hole").st_mtim.tv_nsec);
	ck_assert_str_eq(read_file(&snap, "upper/setuid", buf), "x");
	snprintf(path, sizeof(path), "%s/upper/opaque", pool->path(&node, &snap, base));
	ck_assert_int_eq(lgetxattr(path, "trusted.overlay.opaque", buf, 1), 1);
	snprintf(path, sizeof(path), "%s/upper/link", base);
	ck_assert_int_eq(lgetxattr(path, "trusted.overlay.origin", buf, 3), 3);
	ck_assert_uint_eq(snapshots(1), 2);
}
END_TEST

START_TEST(a_copy_is_made_once_and_keeps_its_moment)
{
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2), none = pool_layer(id_of(9)), other = snapshot_of(1, 3);
	cc_auto_close int fd = make_tree(&layer, "upper");
	struct cc_error err = { 0 };
	char buf[256];

	write_file(fd, "upper/f", "old");
	ck_assert_int_eq(pool->copy(&node, &layer, &snap, &err), 0);
	write_file(fd, "upper/f", "new");
	ck_assert_int_eq(pool->copy(&node, &layer, &snap, &err), 0);
	ck_assert_str_eq(read_file(&snap, "upper/f", buf), "old");
	ck_assert_int_lt(pool->copy(&node, &none, &other, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_uint_eq(snapshots(1), 2);
}
END_TEST

START_TEST(a_layer_is_put_back_whole)
{
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2);
	cc_auto_close int fd = make_tree(&layer, "upper");
	struct cc_error err = { 0 };
	char buf[256];

	write_file(fd, "upper/f", "old");
	ck_assert_int_eq(pool->copy(&node, &layer, &snap, &err), 0);
	write_file(fd, "upper/f", "new");
	write_file(fd, "upper/more", "new");
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(pool->replace(&node, &snap, &layer, &err) == 0, "%s", err.msg);
		ck_assert_str_eq(read_file(&layer, "upper/f", buf), "old");
		ck_assert_str_eq(read_file(&layer, "upper/more", buf), "");
		ck_assert_uint_eq(stat_of(&layer, "upper").st_uid, OWNER);
	}
	/* And one that does not exist yet. */
	layer = pool_layer(id_of(5));
	ck_assert_msg(pool->replace(&node, &snap, &layer, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(read_file(&layer, "upper/f", buf), "old");
}
END_TEST

START_TEST(what_is_removed_is_gone_and_may_be_removed_again)
{
	struct pool_tree layer = pool_layer(id_of(1)), a = snapshot_of(1, 2), b = snapshot_of(1, 3), other = snapshot_of(4, 5);
	struct pool_tree volume = { .kind = POOL_VOLUME, .id = id_of(6) };
	cc_auto_close int fd = make_tree(&layer, "upper");
	cc_auto_close int data = make_tree(&volume, "data");
	struct cc_error err = { 0 };
	char buf[256];

	write_file(data, "data/f", "kept");
	ck_assert_int_eq(pool->copy(&node, &layer, &a, &err), 0);
	ck_assert_int_eq(pool->copy(&node, &layer, &b, &err), 0);
	ck_assert_int_eq(pool->copy(&node, &volume, &other, &err), 0);
	ck_assert_uint_eq(snapshots(1), 2 + 3);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pool->remove(&node, &a, &err), 0);
	ck_assert_uint_eq(snapshots(1), 3);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pool_remove_instance(&node, id_of(1), &err), 0);
	ck_assert_uint_eq(snapshots(1), 0);
	ck_assert_uint_eq(stat_of(&layer, "upper").st_mode, 0);
	ck_assert_str_eq(read_file(&other, "data/f", buf), "kept");
	ck_assert_str_eq(read_file(&volume, "data/f", buf), "kept");
	ck_assert_int_eq(pool->remove(&node, &volume, &err), 0);
	ck_assert_uint_eq(stat_of(&volume, "data").st_mode, 0);
}
END_TEST

static bool keeps_all(void *user, struct cc_uuid id)
{
	(void)user, (void)id;
	return true;
}

START_TEST(a_sweep_takes_what_is_half_made_and_nothing_else)
{
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2), half = snapshot_of(1, 3);
	cc_auto_close int fd = make_tree(&layer, "upper");
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX], new[POOL_PATH_MAX + 8];

	ck_assert_int_eq(pool->copy(&node, &layer, &snap, &err), 0);
	ck_assert_int_eq(pool->copy(&node, &layer, &half, &err), 0);
	snprintf(new, sizeof(new), "%s.new", pool->path(&node, &half, path));
	ck_assert_int_eq(rename(path, new), 0);
	ck_assert_uint_eq(snapshots(1), 2);
	ck_assert_msg(pool_sweep_all(&node, keeps_all, NULL, &err) == 0, "%s", err.msg);
	ck_assert_int_ne(access(new, F_OK), 0);
	ck_assert_uint_eq(snapshots(1), 2);
	ck_assert_uint_ne(stat_of(&layer, "upper").st_mode, 0);
}
END_TEST

START_TEST(usage_counts_what_was_written)
{
	struct pool_tree layer = pool_layer(id_of(1)), none = pool_layer(id_of(9));
	cc_auto_close int fd = make_tree(&layer, "upper");
	cc_auto_close int file = openat(fd, "upper/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static char block[1 << 20];
	struct cc_error err = { 0 };
	uint64_t before, after;

	ck_assert_int_eq(pool->usage(&node, &layer, &before, &err), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(write(file, block, sizeof(block)), sizeof(block));
	ck_assert_int_eq(syncfs(file), 0);
	ck_assert_int_eq(pool->usage(&node, &layer, &after, &err), 0);
	ck_assert_uint_ge(after - before, 8 << 20);
	ck_assert_uint_lt(after - before, 9 << 20);
	ck_assert_int_lt(pool->usage(&node, &none, &after, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
}
END_TEST

START_TEST(a_tree_without_end_is_refused_and_leaves_nothing)
{
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2);
	cc_auto_close int fd = make_tree(&layer, "upper");
	int at = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	struct cc_error err = { 0 };
	char path[POOL_PATH_MAX], new[POOL_PATH_MAX + 8];

	for (int i = 0; i < 1000; i++, at = next) {
		ck_assert_int_eq(mkdirat(at, "d", 0700), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
	}
	close(at);
	if (pool->instant) {
		ck_assert_int_eq(pool->copy(&node, &layer, &snap, &err), 0);
		return;
	}
	ck_assert_int_lt(pool->copy(&node, &layer, &snap, &err), 0);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	snprintf(new, sizeof(new), "%s.new", pool->path(&node, &snap, path));
	ck_assert_int_ne(access(new, F_OK), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* A guest that swaps what a name means, as fast as it can. */
static void swap_names(int upper)
{
	(void)mkdirat(upper, "real", 0700);
	write_file(upper, "real/hostname", "guest");
	(void)symlinkat("/etc", upper, "lure");
	for (;;)
		(void)renameat2(upper, "real", upper, "lure", RENAME_EXCHANGE);
}

START_TEST(a_guest_that_swaps_names_gets_nothing_of_the_node)
{
	struct pool_tree layer = pool_layer(id_of(1)), snap = snapshot_of(1, 2);
	cc_auto_close int fd = make_tree(&layer, "upper");
	cc_auto_close int upper = openat(fd, "upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cc_error err = { 0 };
	pid_t guest = fork();

	if (guest == 0)
		swap_names(upper);
	for (int i = 0; i < 200; i++) {
		ck_assert_msg(pool->copy(&node, &layer, &snap, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(stat_of(&snap, "upper/real/passwd").st_ino * S_ISDIR(stat_of(&snap, "upper/real").st_mode), 0);
		ck_assert_uint_eq(stat_of(&snap, "upper/lure/passwd").st_ino * S_ISDIR(stat_of(&snap, "upper/lure").st_mode), 0);
		ck_assert_int_eq(pool->remove(&node, &snap, &err), 0);
	}
	kill(guest, SIGKILL);
	ck_assert_int_eq(waitpid(guest, NULL, 0), guest);
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
}

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("overlay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	add_promises(t);
	suite_add_tcase(s, t);
	return test_run(s);
}
