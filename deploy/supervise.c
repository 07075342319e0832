/* SPDX-License-Identifier: GPL-3.0-or-later */
/* supervise start|stop|status: keeps a daemon running where there is no systemd. See supervise_run.h for what happens in the background. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "deploy/supervise_run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

enum { ENV_MAX = 32, NAME_MAX_LEN = 64, EXIT_USAGE = 2, EXIT_NOT_RUNNING = 3, STOP_EXTRA_MS = 5000, TIME_MAX_MS = 24 * 60 * 60 * 1000 };

static const char usage[] = "usage: supervise start NAME [option...] -- PROGRAM [argument...]\n"
                            "       supervise stop NAME [--dir DIR]\n"
                            "       supervise status NAME [--dir DIR]\n"
                            "\n"
                            "start runs PROGRAM in the background and starts it again when it ends; it does nothing when NAME runs already.\n"
                            "stop asks that program alone to end, and kills it later. status ends with 0 (running) or 3 (not running).\n"
                            "\n"
                            "  --dir DIR          folder of NAME.pid, NAME.log and NAME.log.1 (default /run/communitycloud)\n"
                            "  --user USER        run PROGRAM as USER\n"
                            "  --env NAME=VALUE   add to its environment, which is otherwise only PATH and LC_ALL; up to 32 times\n"
                            "  --log-kib N        size at which the log becomes NAME.log.1 (default 4096)\n"
                            "  --stop-signal NAME what asks PROGRAM to end: TERM (default), INT or QUIT\n"
                            "  --grace TIME       between that and SIGKILL (default 20s)\n"
                            "  --ran TIME         a program that ran this long counts as healthy (default 10s)\n"
                            "  --delay TIME       before the first restart; doubled each time, (default 500ms)\n"
                            "  --delay-max TIME   up to this (default 30s)\n";

struct options {
	struct supervise_job job;
	char *env[ENV_MAX + 1];
	size_t n_env;
	int64_t log_kib;
};

static int read_number(const char *text, int64_t *ret, struct cc_error *err)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || *ret < 1 || *ret > 1048576)
		return cc_fail(err, INVALID, "'%s' is not a number from 1 to 1048576", text);
	return 0;
}

/* No longer than poll() can wait. */
static int read_time(const char *text, int64_t *ret, struct cc_error *err)
{
	if (cc_duration_parse(text, ret, err) < 0)
		return -1;
	return *ret <= TIME_MAX_MS ? 0 : cc_fail(err, INVALID, "'%s' is longer than a day; give at most 24h", text);
}

static int read_signal(const char *text, int *ret, struct cc_error *err)
{
	static const struct {
		const char *name;
		int signo;
	} signals[] = { { "TERM", SIGTERM }, { "INT", SIGINT }, { "QUIT", SIGQUIT } };

	for (size_t i = 0; i < CC_ARRAY_LEN(signals); i++) {
		if (strcmp(text, signals[i].name) == 0) {
			*ret = signals[i].signo;
			return 0;
		}
	}
	return cc_fail(err, INVALID, "'%s' is none of TERM, INT, QUIT", text);
}

static int read_option(struct options *o, int letter, char *value, struct cc_error *err)
{
	switch (letter) {
	case 'd':
		o->job.dir = value;
		return 0;
	case 'u':
		o->job.user = value;
		return 0;
	case 'e':
		if (o->n_env == ENV_MAX || strchr(value, '=') == NULL)
			return cc_fail(err, INVALID, "'%s' is not NAME=VALUE, or one too many", value);
		o->env[o->n_env++] = value;
		return 0;
	case 'l':
		return read_number(value, &o->log_kib, err);
	case 's':
		return read_signal(value, &o->job.stop_signal, err);
	case 'g':
		return read_time(value, &o->job.grace_ms, err);
	case 'r':
		return read_time(value, &o->job.min_ran_ms, err);
	case 'w':
		return read_time(value, &o->job.delay_ms, err);
	case 'm':
		return read_time(value, &o->job.delay_max_ms, err);
	default:
		return cc_fail(err, INVALID, "unknown option; supervise --help lists them");
	}
}

static int read_arguments(struct options *o, int argc, char **argv, struct cc_error *err)
{
	static const struct option words[] = { { "dir", required_argument, NULL, 'd' }, { "user", required_argument, NULL, 'u' },
		{ "env", required_argument, NULL, 'e' }, { "log-kib", required_argument, NULL, 'l' }, { "stop-signal", required_argument, NULL, 's' },
		{ "grace", required_argument, NULL, 'g' }, { "ran", required_argument, NULL, 'r' }, { "delay", required_argument, NULL, 'w' },
		{ "delay-max", required_argument, NULL, 'm' }, { 0 } };
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "", words, NULL)) != -1)
		if (read_option(o, letter, optarg, err) < 0)
			return -1;
	if (optind == argc)
		return cc_fail(err, INVALID, "a name is missing");
	o->job.name = argv[optind++];
	if (o->job.name[0] == '\0' || strlen(o->job.name) > NAME_MAX_LEN ||
	        strspn(o->job.name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(o->job.name))
		return cc_fail(err, INVALID, "'%s' is not a name: a-z, 0-9 and '-'", o->job.name);
	o->job.argv = argv + optind;
	o->job.env = o->env;
	o->job.log_max_bytes = o->log_kib * 1024;
	return 0;
}

static int make_dir(const char *dir, struct cc_error *err)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return cc_fail_errno(err, "making '%s'", dir);
	return 0;
}

/* In the background: reports on `answer_fd`, in words when it fails. */
CC_NORETURN static void run_in_background(const struct supervise_job *job, int pid_fd, int answer_fd)
{
	struct cc_error err = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (chdir("/") < 0 || supervise_run(job, pid_fd, answer_fd, &err) == 0)
		_exit(EXIT_SUCCESS);
	_exit(write(answer_fd, err.msg, strlen(err.msg)) > 0 ? EXIT_FAILURE : 126);
}

static int start(const struct options *o, struct cc_error *err)
{
	struct supervise_state state;
	cc_auto_close int pid_fd = -1;
	char answer[sizeof(err->msg)];
	int fd[2];
	ssize_t n;
	pid_t pid;

	if (o->job.argv[0] == NULL || o->job.argv[0][0] != '/')
		return cc_fail(err, INVALID, "after NAME comes -- and the absolute path of a program");
	/* Locks and pipes of whoever types `start` must not live as long as the daemon. */
	close_range(3, ~0U, 0);
	if (make_dir(o->job.dir, err) < 0)
		return -1;
	pid_fd = supervise_pid_open(o->job.dir, o->job.name, err);
	if (pid_fd < 0)
		return -1;
	if (supervise_pid_read(pid_fd, &state)) {
		printf("%s runs already (pid %d)\n", o->job.name, (int)state.program);
		return 0;
	}
	if (pipe2(fd, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "making a pipe");
	pid = fork();
	if (pid < 0)
		return cc_fail_errno(err, "forking");
	if (pid == 0)
		run_in_background(&o->job, pid_fd, fd[1]);
	close(fd[1]);
	n = read(fd[0], answer, sizeof(answer) - 1);
	close(fd[0]);
	if (n == 1 && answer[0] == '\0')
		return 0;
	answer[n > 0 ? n : 0] = '\0';
	return cc_fail(err, IO, "%s", n > 0 ? answer : "the supervisor died at once");
}

/* The pid that holds the lock, as a pidfd: read again after opening, so that the signal cannot meet a stranger. -1: not running. */
static int open_supervisor(int pid_fd, struct supervise_state *ret)
{
	struct supervise_state again;
	int fd;

	if (!supervise_pid_read(pid_fd, ret) || ret->supervisor <= 0)
		return -1;
	fd = pidfd_open(ret->supervisor, 0);
	if (fd >= 0 && supervise_pid_read(pid_fd, &again) && again.supervisor == ret->supervisor)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int stop(const struct options *o, struct cc_error *err)
{
	struct supervise_state state;
	cc_auto_close int pid_fd = -1, supervisor = -1;
	struct pollfd p = { .events = POLLIN };

	if (access(o->job.dir, F_OK) < 0)
		return 0;
	pid_fd = supervise_pid_open(o->job.dir, o->job.name, err);
	if (pid_fd < 0)
		return -1;
	supervisor = open_supervisor(pid_fd, &state);
	if (supervisor < 0)
		return 0;
	if (pidfd_send_signal(supervisor, SIGTERM, NULL, 0) < 0 && errno != ESRCH)
		return cc_fail_errno(err, "ending '%s'", o->job.name);
	p.fd = supervisor;
	if (poll(&p, 1, (int)(o->job.grace_ms + STOP_EXTRA_MS)) <= 0)
		return cc_fail(
		        err, TIMEOUT, "'%s' has not ended yet (supervisor %d, program %d)", o->job.name, (int)state.supervisor, (int)state.program);
	return 0;
}

static int status(const struct options *o, struct cc_error *err)
{
	struct supervise_state state;
	cc_auto_close int pid_fd = -1;

	if (access(o->job.dir, F_OK) == 0) {
		pid_fd = supervise_pid_open(o->job.dir, o->job.name, err);
		if (pid_fd < 0)
			return -1;
	}
	if (pid_fd < 0 || !supervise_pid_read(pid_fd, &state)) {
		printf("%s: not running\n", o->job.name);
		exit(EXIT_NOT_RUNNING);
	}
	if (state.program != 0)
		printf("%s: running, pid %d (supervisor %d), %u restarts", o->job.name, (int)state.program, (int)state.supervisor, state.restarts);
	else
		printf("%s: waits before its next start (supervisor %d), %u restarts", o->job.name, (int)state.supervisor, state.restarts);
	printf("%s%s\n", state.last[0] != '\0' ? ", last time it " : "", state.last);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o, struct cc_error *err);
} verbs[] = {
	{ "start", start },
	{ "stop", stop },
	{ "status", status },
};

int main(int argc, char **argv)
{
	struct options o = { .log_kib = 4096,
		.job = { .dir = "/run/communitycloud",
		        .stop_signal = SIGTERM,
		        .grace_ms = 20000,
		        .min_ran_ms = 10000,
		        .delay_ms = 500,
		        .delay_max_ms = 30000 } };
	struct cc_error err = { 0 };

	for (size_t i = 0; argc > 1 && i < CC_ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (read_arguments(&o, argc - 1, argv + 1, &err) == 0 && verbs[i].run(&o, &err) == 0)
			return EXIT_SUCCESS;
		fprintf(stderr, "supervise: %s\n", err.msg);
		return cc_code_info(err.code)->exit_status;
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	fputs(usage, stderr);
	return EXIT_USAGE;
}
