/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-controller as a program: its settings, its signals, and two of it on one database. */
#include "common/clock.h"
#include "tests/lib/pg.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *controller;
static char dir[64];

struct program {
	pid_t pid;
	int fd; /* its stderr */
	char said[16384];
	size_t n;
};

static void write_config(const char *name, const struct pg_db *db, const char *more)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.yaml", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "zone: village\nstate_dir: %s/%s\nhttp_listen: \"\"\nhttp_socket: %s/%s.sock\ndatabase: \"%s\"\n%s", dir, name, dir, name,
	        db->conninfo, more);
	fclose(f);
}

/* `files`: the most that it may open; 0: as usual. */
static struct program run(const char *name, const char *option, rlim_t files)
{
	struct rlimit l = { files, files };
	struct program p = { 0 };
	char path[128];
	int fds[2];

	snprintf(path, sizeof(path), "%s/%s.yaml", dir, name);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	p.pid = fork();
	if (p.pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		if (files != 0)
			setrlimit(RLIMIT_NOFILE, &l);
		execl(controller, controller, "--config", path, option, NULL);
		_exit(127);
	}
	close(fds[1]);
	p.fd = fds[0];
	return p;
}

/* Reads on until the text was said. */
static void await(struct program *p, const char *text)
{
	int64_t until = cc_boottime_ms() + 30000;

	while (strstr(p->said, text) == NULL) {
		struct pollfd fd = { .fd = p->fd, .events = POLLIN };
		ssize_t k = poll(&fd, 1, 1000) > 0 ? read(p->fd, p->said + p->n, sizeof(p->said) - 1 - p->n) : 0;

		ck_assert_msg(k >= 0 && cc_boottime_ms() < until && (k > 0 || fd.revents == 0), "never said '%s': %s", text, p->said);
		p->n += (size_t)k;
	}
}

static int ended(struct program *p)
{
	int status;

	close(p->fd);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int stop(struct program *p)
{
	kill(p->pid, SIGTERM);
	return ended(p);
}

START_TEST(hup_changes_the_level_of_the_log_and_bad_settings_change_nothing)
{
	struct program p;
	struct pg_db db;

	pg_database_new(&db);
	write_config("c", &db, "log_level: notice\n");
	p = run("c", NULL, 0);
	await(&p, "event=started");
	write_config("c", &db, "log_level: info\nbatch_max: 7\n");
	kill(p.pid, SIGHUP);
	await(&p, "event=config_needs_restart");
	await(&p, "batch_max");
	await(&p, "event=config_loaded");
	write_config("c", &db, "log_level: debug\nbatch: 7\n");
	kill(p.pid, SIGHUP);
	await(&p, "event=config_bad");
	await(&p, "c.yaml:7");
	ck_assert_int_eq(stop(&p), 0);
}
END_TEST

START_TEST(settings_that_do_not_go_together_are_found_before_the_start)
{
	struct program p;
	struct pg_db db;

	pg_database_new(&db);
	write_config("c", &db, "node_lease: 20s\n");
	p = run("c", "--check-config", 0);
	await(&p, "sync_wait must be shorter than node_lease");
	ck_assert_int_eq(ended(&p), 2);
}
END_TEST

START_TEST(too_many_connections_for_the_files_that_may_be_open_are_refused)
{
	struct program p;
	struct pg_db db;

	pg_database_new(&db);
	write_config("c", &db, "");
	p = run("c", NULL, 1000);
	await(&p, "http_connections");
	ck_assert_int_eq(ended(&p), 2);
	write_config("c", &db, "http_connections: 16\n");
	p = run("c", NULL, 1000);
	await(&p, "event=started");
	ck_assert_int_eq(stop(&p), 0);
}
END_TEST

static void share_key(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp -p '%s/%s/identity.pem' '%s/%s/'", dir, from, dir, to);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_second_controller_says_that_it_waits_and_goes_on_when_the_first_ends)
{
	struct program first, second;
	struct pg_db db;

	pg_database_new(&db);
	write_config("c", &db, "");
	write_config("d", &db, "");
	first = run("c", NULL, 0);
	await(&first, "event=started");
	second = run("d", NULL, 0);
	await(&second, "event=zone_key_differs");
	ck_assert_int_eq(stop(&second), 0);
	share_key("c", "d");
	second = run("d", NULL, 0);
	await(&second, "event=zone_held");
	kill(first.pid, SIGKILL);
	ck_assert_int_eq(ended(&first), -SIGKILL);
	await(&second, "event=term_gained");
	ck_assert_int_eq(stop(&second), 0);
}
END_TEST

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cc-program-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("controller program");
	TCase *tc = tcase_create("program");

	controller = argc > 1 ? argv[1] : "cc-controller";
	pg_cluster_begin(NULL);
	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, hup_changes_the_level_of_the_log_and_bad_settings_change_nothing);
	tcase_add_test(tc, settings_that_do_not_go_together_are_found_before_the_start);
	tcase_add_test(tc, too_many_connections_for_the_files_that_may_be_open_are_refused);
	tcase_add_test(tc, a_second_controller_says_that_it_waits_and_goes_on_when_the_first_ends);
	suite_add_tcase(s, tc);
	return test_run(s);
}
