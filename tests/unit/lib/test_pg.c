/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fixture itself: each database is a copy of the template, the fault verbs keep what was acknowledged, and nothing is left behind. */
#include "tests/lib/pg.h"

#include "tests/lib/test.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fill_schema(const char *conninfo)
{
	struct pg_db db = { .name = "cc_template" };

	strncpy(db.conninfo, conninfo, sizeof(db.conninfo) - 1);
	pg_exec(&db, "CREATE TABLE word (w text PRIMARY KEY); INSERT INTO word VALUES ('filled')");
	return 0;
}

static void check_words(const struct pg_db *db, const char *want)
{
	char *got = pg_value(db, "SELECT string_agg(w, ' ' ORDER BY w) FROM word");

	ck_assert_str_eq(got, want);
	free(got);
}

START_TEST(each_database_is_a_copy_of_the_template)
{
	struct pg_db a, b;

	pg_database_new(&a);
	pg_database_new(&b);
	pg_exec(&a, "INSERT INTO word VALUES ('only-a')");
	check_words(&a, "filled only-a");
	check_words(&b, "filled");
	pg_database_drop(&a);
}
END_TEST

START_TEST(what_was_committed_survives_kill_9)
{
	struct pg_db db;

	pg_database_new(&db);
	pg_exec(&db, "INSERT INTO word VALUES ('kept')");
	pg_server_kill();
	pg_server_start();
	check_words(&db, "filled kept");
}
END_TEST

START_TEST(the_server_stops_and_starts)
{
	struct pg_db db;

	pg_database_new(&db);
	pg_server_stop();
	pg_server_stop();
	pg_server_start();
	check_words(&db, "filled");
}
END_TEST

/* Starts this program again as one that only holds a cluster, and says where that is. */
static pid_t start_holder(const char *mode, char *ret_dir, size_t size)
{
	int fd[2];
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fd[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_pg", mode, NULL);
		_exit(127);
	}
	close(fd[1]);
	n = read(fd[0], ret_dir, size - 1);
	ck_assert_int_gt(n, 0);
	ret_dir[n] = '\0';
	close(fd[0]);
	return pid;
}

static bool gone_within(const char *path, int seconds)
{
	struct timespec step = { .tv_nsec = 20000000 };

	for (int n = seconds * 50; n > 0 && access(path, F_OK) == 0; n--)
		nanosleep(&step, NULL);
	return access(path, F_OK) != 0;
}

static const struct {
	const char *mode;
	int signo;
} ends[] = {
	{ "hold", SIGKILL },       /* as ctest does after its time limit */
	{ "hold", SIGINT },        /* as a person does */
	{ "hold-killed", SIGKILL } /* with a server that was killed too */
};

START_TEST(nothing_stays_when_the_program_dies)
{
	char dir[64], command[128];
	pid_t pid = start_holder(ends[_i].mode, dir, sizeof(dir));

	ck_assert_int_eq(kill(pid, ends[_i].signo), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_msg(gone_within(dir, 20), "%s is still there", dir);
	snprintf(command, sizeof(command), "! ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -F %s/", dir);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	int status;
	waitpid(pid, &status, 0);
	ck_assert_msg(status == 0, "a server of %s is still running", dir);
}
END_TEST

CC_NORETURN static void hold(bool killed)
{
	pg_cluster_begin(NULL);
	if (killed)
		pg_server_kill();
	printf("%s", pg_cluster_dir());
	fflush(stdout);
	for (;;)
		pause();
}

static Suite *pg_suite(void)
{
	Suite *s = suite_create("pg");
	TCase *tc = tcase_create("cluster");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_database_is_a_copy_of_the_template);
	tcase_add_test(tc, what_was_committed_survives_kill_9);
	tcase_add_test(tc, the_server_stops_and_starts);
	tcase_add_loop_test(tc, nothing_stays_when_the_program_dies, 0, CC_ARRAY_LEN(ends));
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		hold(strcmp(argv[1], "hold-killed") == 0);
	pg_cluster_begin(fill_schema);
	return test_run(pg_suite());
}
