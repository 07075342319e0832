/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How it works: initdb and pg_ctl run as user postgres when we are root (the server refuses root). All later state is in the directory, so forked
 * tests can stop and start the server too. The keeper is a process forked twice, so that it is nobody's child when ctest kills a program that
 * takes too long together with all its children; it waits for the program's pidfd, ends the server and removes the directory. */
#include "tests/lib/pg.h"

#include "common/check.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 60000, QUIT_MS = 5000, STEP_MS = 10, SESSIONS_MAX = 512, TAIL_MAX = 700 };

CC_DEFINE_CLEANUP(PGconn *, PQfinish)
CC_DEFINE_CLEANUP(PGresult *, PQclear)

static struct {
	pid_t owner;
	int keeper_ask;  /* a byte asks the keeper to end the cluster */
	int keeper_done; /* end of file when it has */
	char dir[32];
	char bin[PATH_MAX];
	unsigned databases;
} pg = { .keeper_ask = -1, .keeper_done = -1 };

static const char settings[] = "listen_addresses = ''\n"
                               "unix_socket_permissions = 0700\n"
                               "fsync = off\n"
                               "full_page_writes = off\n"
                               "shared_buffers = 32MB\n"
                               "max_connections = 100\n"
                               "dynamic_shared_memory_type = mmap\n" /* in the directory: nothing stays in /dev/shm after kill -9 */
                               "autovacuum = off\n"
                               "timezone = UTC\n"
                               "log_timezone = UTC\n"
                               "log_line_prefix = '%m [%p] %d '\n";

CC_NORETURN static void die(const char *fmt, ...) CC_PRINTF(1, 2);

static void die(const char *fmt, ...)
{
	char msg[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (getpid() != pg.owner)
		ck_abort_msg("%s", msg);
	fprintf(stderr, "error: %s\n", msg);
	exit(EXIT_FAILURE);
}

static void pause_ms(int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* --- the server's processes ------------------------------------------------------------------------------------------------------------------- */

/* Reads what postmaster.pid says: the process on line 1, the id of the System V segment last on line 7. False: no server was left behind. */
static bool read_pid_file(pid_t *ret_pid, int *ret_shm)
{
	char path[PATH_MAX], line[PATH_MAX];
	cc_auto(fclose) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", pg.dir);
	f = fopen(path, "re");
	*ret_pid = 0;
	*ret_shm = -1;
	for (int n = 1; f != NULL && fgets(line, sizeof(line), f) != NULL; n++) {
		if (n == 1)
			*ret_pid = (pid_t)strtol(line, NULL, 10);
		else if (n == 7 && strrchr(line, ' ') != NULL)
			*ret_shm = (int)strtol(strrchr(line, ' '), NULL, 10);
	}
	return *ret_pid > 0;
}

/* The pid in a stale file may belong to somebody else by now. */
static bool is_our_server(pid_t pid)
{
	char path[64], cwd[PATH_MAX], want[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	n = readlink(path, cwd, sizeof(cwd) - 1);
	if (n < 0)
		return false;
	cwd[n] = '\0';
	snprintf(want, sizeof(want), "%s/data", pg.dir);
	return strcmp(cwd, want) == 0;
}

static size_t list_children(pid_t pid, pid_t *ret, size_t max)
{
	char path[64];
	cc_auto(fclose) FILE *f = NULL;
	size_t n = 0;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	while (f != NULL && n < max && fscanf(f, "%d", &child) == 1)
		ret[n++] = child;
	return n;
}

/* A zombie counts as gone: who reaps it, and when, is not up to us. */
static bool wait_gone(pid_t pid, int ms)
{
	for (; ms > 0; ms -= STEP_MS) {
		if (!is_our_server(pid))
			return true;
		pause_ms(STEP_MS);
	}
	return false;
}

/* kill -9 for the postmaster first: it must not see its sessions die and recover. */
static bool kill_all(pid_t pid)
{
	pid_t sessions[SESSIONS_MAX];
	size_t n = list_children(pid, sessions, SESSIONS_MAX);
	bool gone;

	kill(pid, SIGKILL);
	for (size_t i = 0; i < n; i++)
		kill(sessions[i], SIGKILL);
	gone = wait_gone(pid, QUIT_MS);
	for (size_t i = 0; i < n; i++)
		gone = wait_gone(sessions[i], QUIT_MS) && gone;
	return gone;
}

/* --- the keeper ------------------------------------------------------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void keeper_clean(void)
{
	int shm;
	pid_t pid;

	if (read_pid_file(&pid, &shm)) {
		if (is_our_server(pid)) {
			kill(pid, SIGQUIT);
			if (!wait_gone(pid, QUIT_MS))
				kill_all(pid);
		}
		if (shm >= 0)
			shmctl(shm, IPC_RMID, NULL);
	}
	nftw(pg.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Runs until the program has ended or asks for the end. `done_fd` is held open on purpose: its closing at _exit tells the program. */
CC_NORETURN static void keeper_run(int program_fd, int ask_fd, int done_fd)
{
	struct pollfd p[] = { { .fd = program_fd, .events = POLLIN }, { .fd = ask_fd, .events = POLLIN } };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (write(done_fd, "", 1) != 1)
		_exit(1);
	while (poll(p, CC_ARRAY_LEN(p), -1) < 0 && errno == EINTR)
		;
	keeper_clean();
	_exit(0);
}

static void keeper_start(void)
{
	int ask[2], done[2], program_fd = pidfd_open(getpid(), 0);
	char ready;
	pid_t pid;

	if (program_fd < 0 || pipe2(ask, O_CLOEXEC) < 0 || pipe2(done, O_CLOEXEC) < 0)
		die("making the keeper's pipes: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("starting the keeper: %s", strerror(errno));
	if (pid == 0) {
		close(ask[1]);
		close(done[0]);
		setsid();
		if (fork() == 0)
			keeper_run(program_fd, ask[0], done[1]);
		_exit(0);
	}
	close(program_fd);
	close(ask[0]);
	close(done[1]);
	waitpid(pid, NULL, 0);
	if (read(done[0], &ready, 1) != 1)
		die("the keeper did not start");
	pg.keeper_ask = ask[1];
	pg.keeper_done = done[0];
}

/* At exit of the program, not of its forked tests: the cluster is gone when the program is. */
static void cluster_end(void)
{
	char none;

	if (getpid() != pg.owner || pg.keeper_ask < 0)
		return;
	if (write(pg.keeper_ask, "", 1) == 1)
		while (read(pg.keeper_done, &none, 1) < 0 && errno == EINTR)
			;
}

/* --- programs of the server ------------------------------------------------------------------------------------------------------------------- */

static bool find_bin(void)
{
	glob_t g = { 0 };
	const char *best = NULL;

	if (glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			if (best == NULL || strverscmp(g.gl_pathv[i], best) > 0)
				best = g.gl_pathv[i];
	if (best != NULL)
		snprintf(pg.bin, sizeof(pg.bin), "%.*s", (int)(strrchr(best, '/') - best), best);
	globfree(&g);
	return best != NULL;
}

static const struct passwd *server_user(void)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : getpwuid(geteuid());

	if (user == NULL)
		die("there is no user to run the server as");
	return user;
}

/* Runs bin/NAME as the server's user with its output in DIR/out; true when it succeeded. argv[0] is set here: these programs look for each other
 * beside it. */
static bool run_server_program(const char *name, char *argv[])
{
	char path[PATH_MAX + 64], out[64];
	const struct passwd *user = server_user();
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", pg.bin, name);
	snprintf(out, sizeof(out), "%s/out", pg.dir);
	argv[0] = path;
	pid = fork();
	if (pid < 0)
		die("starting %s: %s", name, strerror(errno));
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd;

		if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
			_exit(126);
		fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (null < 0 || fd < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(pg.dir) < 0)
			_exit(126);
		execv(path, argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waiting for %s: %s", name, strerror(errno));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The last bytes of a file of the cluster, for error messages. */
static const char *tail_of(const char *file, char text[static TAIL_MAX])
{
	char path[64];
	cc_auto(fclose) FILE *f = NULL;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", pg.dir, file);
	f = fopen(path, "re");
	if (f == NULL)
		return "(nothing)";
	if (fseek(f, -(long)(TAIL_MAX - 1), SEEK_END) < 0)
		rewind(f);
	n = fread(text, 1, TAIL_MAX - 1, f);
	text[n] = '\0';
	return text;
}

static void write_settings(void)
{
	char path[64];
	cc_auto(fclose) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/data/postgresql.conf", pg.dir);
	f = fopen(path, "ae");
	if (f == NULL || fprintf(f, "%sunix_socket_directories = '%s'\n", settings, pg.dir) < 0)
		die("writing %s: %s", path, strerror(errno));
}

/* --- what tests use --------------------------------------------------------------------------------------------------------------------------- */

static void set_conninfo(struct pg_db *db)
{
	snprintf(db->conninfo, sizeof(db->conninfo), "host=%s user=postgres dbname=%s", pg.dir, db->name);
}

static const struct pg_db *admin_db(void)
{
	static struct pg_db db = { .name = "postgres" };

	set_conninfo(&db);
	return &db;
}

void pg_cluster_begin(int (*fill)(const char *conninfo))
{
	char data[64], text[TAIL_MAX];
	struct pg_db template = { .name = "cc_template" };
	const struct passwd *user;

	CC_PRE(pg.owner == 0);
	pg.owner = getpid();
	if (!find_bin())
		test_skip("the PostgreSQL server is not installed");
	user = server_user();
	snprintf(pg.dir, sizeof(pg.dir), "/tmp/cc-pg-XXXXXX");
	if (mkdtemp(pg.dir) == NULL)
		die("making %s: %s", pg.dir, strerror(errno));
	keeper_start();
	atexit(cluster_end);
	if (chown(pg.dir, user->pw_uid, user->pw_gid) < 0)
		die("giving %s to %s: %s", pg.dir, user->pw_name, strerror(errno));
	snprintf(data, sizeof(data), "%s/data", pg.dir);
	if (!run_server_program("initdb", (char *[]){ NULL, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
	                                          "--no-sync", "--no-instructions", NULL }))
		die("initdb failed: %s", tail_of("out", text));
	write_settings();
	pg_server_start();
	set_conninfo(&template);
	pg_exec(admin_db(), "CREATE DATABASE cc_template");
	if (fill != NULL && fill(template.conninfo) != 0)
		die("the schema could not be put into the template database");
}

const char *pg_cluster_dir(void)
{
	return pg.dir;
}

void pg_database_new(struct pg_db *ret)
{
	char sql[160];

	snprintf(ret->name, sizeof(ret->name), "t_%d_%u", (int)getpid(), pg.databases++);
	set_conninfo(ret);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE cc_template", ret->name);
	pg_exec(admin_db(), sql);
}

void pg_database_drop(const struct pg_db *db)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", db->name);
	pg_exec(admin_db(), sql);
}

static PGresult *query(const struct pg_db *db, const char *sql)
{
	cc_auto(PQfinish) PGconn *conn = PQconnectdb(db->conninfo);
	cc_auto(PQclear) PGresult *res = NULL;

	if (PQstatus(conn) != CONNECTION_OK)
		die("connecting to %s: %s", db->name, PQerrorMessage(conn));
	res = PQexec(conn, sql);
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		die("%.200s: %s", sql, PQerrorMessage(conn));
	return cc_take(res);
}

void pg_exec(const struct pg_db *db, const char *sql)
{
	PQclear(query(db, sql));
}

char *pg_value(const struct pg_db *db, const char *sql)
{
	cc_auto(PQclear) PGresult *res = query(db, sql);

	if (PQntuples(res) == 0 || PQnfields(res) == 0 || PQgetisnull(res, 0, 0))
		return NULL;
	return cc_strdup(PQgetvalue(res, 0, 0));
}

void pg_server_stop(void)
{
	char text[TAIL_MAX];
	int shm;
	pid_t pid;

	if (!read_pid_file(&pid, &shm) || !is_our_server(pid))
		return;
	kill(pid, SIGINT);
	if (!wait_gone(pid, WAIT_MS))
		die("the server does not stop: %s", tail_of("log", text));
}

void pg_server_kill(void)
{
	static const char *const locks[] = { "data/postmaster.pid", ".s.PGSQL.5432.lock" };
	char path[64];
	int shm;
	pid_t pid;

	if (!read_pid_file(&pid, &shm) || !is_our_server(pid))
		return;
	if (!kill_all(pid))
		die("the server survived kill -9");
	if (shm >= 0)
		shmctl(shm, IPC_RMID, NULL);
	/* A starting server would take a zombie with the pid in these files for one at work. */
	for (size_t i = 0; i < CC_ARRAY_LEN(locks); i++) {
		snprintf(path, sizeof(path), "%s/%s", pg.dir, locks[i]);
		if (unlink(path) < 0)
			die("removing %s: %s", path, strerror(errno));
	}
}

void pg_server_start(void)
{
	char data[64], log[64], text[TAIL_MAX], text2[TAIL_MAX];

	snprintf(data, sizeof(data), "%s/data", pg.dir);
	snprintf(log, sizeof(log), "%s/log", pg.dir);
	if (!run_server_program("pg_ctl", (char *[]){ NULL, "start", "-w", "-s", "-t", "60", "-D", data, "-l", log, NULL }))
		die("the server does not start: %s\n%s", tail_of("out", text), tail_of("log", text2));
}
