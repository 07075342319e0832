/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/spool.h"
#include "agent/statefile.h"
#include "common/clock.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/inst_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static struct inst_table t;

static void setup(void)
{
	strcpy(dir, "/tmp/cc-spool-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	t = (struct inst_table){ 0 };
}

static void teardown(void)
{
	char command[128];

	inst_table_done(&t);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void want_two(void)
{
	struct assignment a = test_assignment(1, 3, 1, DESIRED_RUN), b = test_assignment(2, 1, 0, DESIRED_STOP);

	b.on_disconnect = ON_DISCONNECT_STOP;
	inst_set_want(&t, inst_get(&t, a.id), &a);
	inst_set_want(&t, inst_get(&t, b.id), &b);
}

static void save(int64_t revision)
{
	struct cc_error err = { 0 };

	ck_assert_msg(spool_save_assignments(dir, &t, revision, &err) == 0, "%s", err.msg);
}

/* Loads into an empty table; the code, CC_OK when it worked. */
static enum cc_code load(struct inst_table *into, int64_t *ret_revision)
{
	struct cc_error err = { 0 };

	*into = (struct inst_table){ 0 };
	return spool_load_assignments(dir, into, ret_revision, &err) == 0 ? CC_OK : err.code;
}

static size_t read_file(const char *path, char *to, size_t size)
{
	cc_auto(fclose) FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	return fread(to, 1, size, f);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	cc_auto(fclose) FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
}

START_TEST(assignments_come_back_as_they_were)
{
	struct inst_table back;
	int64_t revision;

	want_two();
	save(42);
	ck_assert(!t.unsaved);
	ck_assert_int_eq(load(&back, &revision), CC_OK);
	ck_assert_int_eq(revision, 42);
	ck_assert_uint_eq(back.n, 2);
	ck_assert(!back.unsaved);
	ck_assert_int_eq(inst_find(&back, test_id(1))->want->boot_sn, 1);
	ck_assert_int_eq(inst_find(&back, test_id(2))->want->on_disconnect, ON_DISCONNECT_STOP);
	ck_assert_str_eq(inst_find(&back, test_id(2))->want->image_sha256, TEST_SHA);
	inst_table_done(&back);
}
END_TEST

START_TEST(no_file_is_not_a_damaged_file)
{
	struct inst_table back;
	int64_t revision;

	ck_assert_int_eq(load(&back, &revision), CC_NOT_FOUND);
}
END_TEST

START_TEST(a_file_torn_at_any_byte_is_set_aside_and_nothing_is_taken_from_it)
{
	static char whole[8192];
	char damaged[160];
	size_t len;
	struct inst_table back;
	int64_t revision;

	want_two();
	save(1);
	len = read_file(path_of("assignments.json"), whole, sizeof(whole));
	snprintf(damaged, sizeof(damaged), "%s", path_of("assignments.json.damaged"));
	for (size_t cut = 0; cut < len; cut++) {
		write_file(path_of("assignments.json"), whole, cut);
		ck_assert_msg(load(&back, &revision) == CC_INVALID, "cut at %zu", cut);
		ck_assert_uint_eq(back.n, 0);
		ck_assert_int_eq(access(path_of("assignments.json"), F_OK), -1);
		ck_assert_int_eq(unlink(damaged), 0);
	}
}
END_TEST

START_TEST(a_changed_byte_anywhere_is_noticed)
{
	static char whole[8192];
	size_t len;
	struct inst_table back;
	int64_t revision;

	want_two();
	save(1);
	len = read_file(path_of("assignments.json"), whole, sizeof(whole));
	for (size_t at = 0; at < len; at++) {
		whole[at] ^= 1;
		write_file(path_of("assignments.json"), whole, len);
		ck_assert_msg(load(&back, &revision) == CC_INVALID, "byte %zu", at);
		whole[at] ^= 1;
	}
	write_file(path_of("assignments.json"), whole, len);
	ck_assert_int_eq(load(&back, &revision), CC_OK);
	inst_table_done(&back);
}
END_TEST

START_TEST(a_file_in_another_ones_place_is_noticed)
{
	struct inst_table back;
	int64_t revision;
	struct cc_error err = { 0 };
	char lease[128];

	ck_assert_int_eq(spool_save_lease(dir, 5, &err), 0);
	snprintf(lease, sizeof(lease), "%s", path_of("lease.json"));
	ck_assert_int_eq(rename(lease, path_of("assignments.json")), 0);
	ck_assert_int_eq(load(&back, &revision), CC_INVALID);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
	struct rlimit none = { 100, RLIM_INFINITY };
	struct cc_error err = { 0 };
	struct inst_table back;
	int64_t revision;
	int result;

	want_two();
	save(1);
	signal(SIGXFSZ, SIG_IGN);
	t.unsaved = true;
	setrlimit(RLIMIT_FSIZE, &none);
	result = spool_save_assignments(dir, &t, 2, &err);
	none.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &none);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(err.code, CC_IO);
	ck_assert(t.unsaved);
	ck_assert_int_eq(load(&back, &revision), CC_OK);
	ck_assert_int_eq(revision, 1);
	ck_assert_int_eq(access(path_of("assignments.json.new"), F_OK), -1);
	inst_table_done(&back);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_an_error_that_names_it)
{
	struct cc_error err = { 0 };

	want_two();
	ck_assert_int_eq(spool_save_assignments("/proc", &t, 2, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "/proc"));
}
END_TEST

START_TEST(a_kill_at_any_moment_leaves_the_old_or_the_new)
{
	for (int round = 0; round < 20; round++) {
		struct inst_table back;
		int64_t revision;
		pid_t pid;

		want_two();
		save(1);
		pid = fork();
		if (pid == 0) {
			struct cc_error err = { 0 };

			for (;;)
				(void)spool_save_assignments(dir, &t, 2, &err);
		}
		usleep(500 + 700 * round);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		ck_assert_int_eq(load(&back, &revision), CC_OK);
		ck_assert(revision == 1 || revision == 2);
		ck_assert_uint_eq(back.n, 2);
		inst_table_done(&back);
	}
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
	struct stat st;
	struct cc_error err = { 0 };

	ck_assert_int_eq(statefile_make_dir(path_of("a/b/c"), &err), 0);
	ck_assert_int_eq(statefile_make_dir(path_of("a/b/c"), &err), 0);
	ck_assert_int_eq(stat(path_of("a/b/c"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	save(1);
	ck_assert_int_eq(stat(path_of("assignments.json"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_lease_counts_in_the_boot_it_was_given_in_only)
{
	struct cc_error err = { 0 };
	struct cc_buf body = { 0 };

	ck_assert_int_eq(spool_load_lease(dir), 0);
	ck_assert_int_eq(spool_save_lease(dir, 123456, &err), 0);
	ck_assert_int_eq(spool_load_lease(dir), 123456);
	cc_buf_adds(&body, "{\"boot_id\":\"another\",\"until_ms\":99}");
	ck_assert_int_eq(statefile_write(dir, "lease.json", &body, false, &err), 0);
	ck_assert_int_eq(spool_load_lease(dir), 0);
	cc_buf_free(&body);
}
END_TEST

START_TEST(the_node_knows_itself_again)
{
	const char *addresses[] = { "a.example:8443", "[fd00::1]:8443" };
	struct spool_identity who = { .node = test_id(9), .node_name = "attic", .zone = "hill", .controllers = { 2, addresses }, .pin = TEST_SHA };
	struct spool_identity *back;
	struct cc_error err = { 0 };

	ck_assert_int_eq(spool_load_identity(dir, &back, &err), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(spool_save_identity(dir, &who, &err), 0);
	ck_assert_int_eq(spool_load_identity(dir, &back, &err), 0);
	ck_assert_str_eq(back->node_name, "attic");
	ck_assert_uint_eq(back->controllers.n, 2);
	ck_assert_str_eq(back->controllers.items[1], "[fd00::1]:8443");
	free(back);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tc = tcase_create("spool");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, assignments_come_back_as_they_were);
	tcase_add_test(tc, no_file_is_not_a_damaged_file);
	tcase_add_test(tc, a_file_torn_at_any_byte_is_set_aside_and_nothing_is_taken_from_it);
	tcase_add_test(tc, a_changed_byte_anywhere_is_noticed);
	tcase_add_test(tc, a_file_in_another_ones_place_is_noticed);
	tcase_add_test(tc, a_full_disk_leaves_the_old_file);
	tcase_add_test(tc, a_place_that_cannot_be_written_is_an_error_that_names_it);
	tcase_add_test(tc, a_kill_at_any_moment_leaves_the_old_or_the_new);
	tcase_add_test(tc, files_are_for_their_owner_alone);
	tcase_add_test(tc, a_lease_counts_in_the_boot_it_was_given_in_only);
	tcase_add_test(tc, the_node_knows_itself_again);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
