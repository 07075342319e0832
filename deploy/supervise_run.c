/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread, one poll: signals by signalfd, the program's output by a pipe, and at most one deadline (the next start, or SIGKILL). The pipe lives
 * as long as the supervisor, so what the program leaves behind may go on writing. The program is asked to end by the kernel when the supervisor dies,
 * so a killed supervisor does not leave one that nobody watches; the next supervisor waits until it has gone. */
#include "deploy/supervise_run.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { OUTPUT_MAX = 65536, STATE_MAX = 256, KILL_WAIT_MS = 5000 };

static const int forwarded[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT };

struct supervisor {
	const struct supervise_job *job;
	int pid_fd;
	int signal_fd;
	int output[2];
	int log_fd;
	int64_t log_bytes;
	pid_t program; /* 0: not running */
	int64_t started_ms;
	int64_t deadline_ms; /* 0: none */
	int64_t delay_ms;
	bool ending;
	struct supervise_state state;
};

/* --- pid file --------------------------------------------------------------------------------------------------------------------------------- */

int supervise_pid_open(const char *dir, const char *name, struct cc_error *err)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.pid", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd >= 0 ? fd : cc_fail_errno(err, "opening '%s'", path);
}

bool supervise_pid_read(int fd, struct supervise_state *ret)
{
	char text[STATE_MAX];
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int pid = 0, program = 0, skip = 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	memset(ret, 0, sizeof(*ret));
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%d\n%d %" SCNu64 "\n%u\n%n", &pid, &program, &ret->program_born, &ret->restarts, &skip) >= 4 && skip > 0)
		snprintf(ret->last, sizeof(ret->last), "%.*s", (int)strcspn(text + skip, "\n"), text + skip);
	ret->supervisor = pid;
	ret->program = program;
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* When the process began, in clock ticks since boot; 0 when there is none. Field 22, counted from behind the name, which may hold anything. */
static uint64_t process_born(pid_t pid)
{
	char path[64], text[1024];
	cc_auto(fclose) FILE *f = NULL;
	const char *p;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	if (f == NULL)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	p = strrchr(text, ')');
	if (p == NULL || p[1] == '\0' || p[2] == 'Z')
		return 0;
	for (int field = 2; field < 22 && p != NULL; field++)
		p = strchr(p + 1, ' ');
	return p != NULL ? strtoull(p, NULL, 10) : 0;
}

/* One write, so that a reader sees the old text or the new one. */
static void pid_write(struct supervisor *s)
{
	char text[STATE_MAX];
	int n;

	s->state.supervisor = getpid();
	s->state.program = s->program;
	s->state.program_born = process_born(s->program);
	n = snprintf(text, sizeof(text), "%d\n%d %" PRIu64 "\n%u\n%s\n", (int)s->state.supervisor, (int)s->program, s->state.program_born,
	        s->state.restarts, s->state.last);
	if (pwrite(s->pid_fd, text, (size_t)n, 0) == n && ftruncate(s->pid_fd, n) < 0)
		return;
}

/* --- log -------------------------------------------------------------------------------------------------------------------------------------- */

static int log_open(struct supervisor *s, struct cc_error *err)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s.log", s->job->dir, s->job->name);
	s->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s->log_fd < 0 || fstat(s->log_fd, &st) < 0)
		return cc_fail_errno(err, "opening '%s'", path);
	s->log_bytes = st.st_size;
	return 0;
}

static void log_rotate(struct supervisor *s)
{
	char path[PATH_MAX], old[PATH_MAX];
	struct cc_error ignored = { 0 };
	int fd = s->log_fd;

	snprintf(path, sizeof(path), "%s/%s.log", s->job->dir, s->job->name);
	snprintf(old, sizeof(old), "%s/%s.log.1", s->job->dir, s->job->name);
	if (rename(path, old) < 0)
		return;
	if (log_open(s, &ignored) < 0) {
		s->log_fd = fd;
		return;
	}
	close(fd);
}

/* A full disk costs lines of the log, not the program. */
static void log_add(struct supervisor *s, const char *text, size_t len)
{
	ssize_t n;

	if (s->log_bytes >= s->job->log_max_bytes)
		log_rotate(s);
	n = write(s->log_fd, text, len);
	if (n > 0)
		s->log_bytes += n;
}

static void log_say(struct supervisor *s, const char *fmt, ...) CC_PRINTF(2, 3);

static void log_say(struct supervisor *s, const char *fmt, ...)
{
	char when[CC_TIME_TEXT], text[512];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%s supervise: %s ", cc_time_format(cc_now_ms(), when), s->job->name);

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	strcat(text, "\n"); /* cc-allow: one byte was kept for it */
	log_add(s, text, strlen(text));
}

static void log_take_output(struct supervisor *s)
{
	static char text[OUTPUT_MAX];
	ssize_t n;

	while ((n = read(s->output[0], text, sizeof(text))) > 0)
		log_add(s, text, (size_t)n);
}

/* --- the program ------------------------------------------------------------------------------------------------------------------------------ */

static const char *become_user(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user == NULL)
		return "looking up its user";
	if (initgroups(name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		return "becoming its user";
	return NULL;
}

/* The environment does not depend on who typed `start`. */
static void set_environment(char *const *env)
{
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	for (; *env != NULL; env++)
		putenv(*env);
}

/* In the child. Tells on fail_fd what went wrong; success closes it. */
CC_NORETURN static void become_program(const struct supervisor *s, pid_t supervisor, int fail_fd)
{
	const char *doing = NULL;
	char text[256];
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), n;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (null < 0 || dup2(null, 0) < 0 || dup2(s->output[1], 1) < 0 || dup2(s->output[1], 2) < 0)
		doing = "connecting its output";
	if (doing == NULL && s->job->user != NULL)
		doing = become_user(s->job->user);
	set_environment(s->job->env);
	/* After the change of user, which would clear it. */
	prctl(PR_SET_PDEATHSIG, s->job->stop_signal);
	if (getppid() != supervisor)
		_exit(EXIT_FAILURE);
	if (doing == NULL) {
		execv(s->job->argv[0], s->job->argv);
		doing = "starting it";
	}
	n = snprintf(text, sizeof(text), "%s: %s", doing, strerror(errno));
	_exit(write(fail_fd, text, (size_t)n) == n ? EXIT_FAILURE : 126);
}

static int program_start(struct supervisor *s, struct cc_error *err)
{
	pid_t supervisor = getpid(), pid;
	char text[256];
	int fail[2];
	ssize_t n;

	s->deadline_ms = 0;
	if (pipe2(fail, O_CLOEXEC) < 0)
		return cc_fail_errno(err, "making a pipe");
	pid = fork();
	if (pid == 0)
		become_program(s, supervisor, fail[1]);
	close(fail[1]);
	n = pid < 0 ? 0 : read(fail[0], text, sizeof(text) - 1);
	close(fail[0]);
	if (pid < 0)
		return cc_fail_errno(err, "forking");
	if (n > 0) {
		text[n] = '\0';
		waitpid(pid, NULL, 0);
		return cc_fail(err, IO, "'%s': %s", s->job->argv[0], text);
	}
	s->program = pid;
	s->started_ms = cc_boottime_ms();
	pid_write(s);
	log_say(s, "runs as pid %d", (int)pid);
	return 0;
}

/* --- events ----------------------------------------------------------------------------------------------------------------------------------- */

/* Plans the next start. */
static void plan_restart(struct supervisor *s)
{
	const struct supervise_job *job = s->job;
	int64_t now = cc_boottime_ms(), wait;

	if (s->program != 0 && now - s->started_ms >= job->min_ran_ms)
		s->delay_ms = 0;
	wait = s->delay_ms == 0 ? job->delay_ms : s->delay_ms * 2;
	if (wait > job->delay_max_ms)
		wait = job->delay_max_ms;
	s->delay_ms = wait;
	/* A quarter more or less, so that what fails together does not come back together. */
	wait += (int64_t)arc4random_uniform((uint32_t)(wait / 2) + 1) - wait / 4;
	s->deadline_ms = now + wait;
	s->state.restarts++;
	log_say(s, "starts again in %" PRId64 " ms", wait);
}

static void program_ended(struct supervisor *s, int status)
{
	if (WIFSIGNALED(status))
		snprintf(s->state.last, sizeof(s->state.last), "killed by signal %d (%s)", WTERMSIG(status), sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(s->state.last, sizeof(s->state.last), "ended with status %d", WEXITSTATUS(status));
	log_take_output(s);
	log_say(s, "%s after %" PRId64 " s", s->state.last, (cc_boottime_ms() - s->started_ms) / 1000);
	if (!s->ending)
		plan_restart(s);
	s->program = 0;
	pid_write(s);
}

static void begin_to_end(struct supervisor *s)
{
	if (s->ending)
		return;
	s->ending = true;
	s->deadline_ms = 0;
	if (s->program == 0)
		return;
	log_say(s, "is asked to end");
	kill(s->program, s->job->stop_signal);
	s->deadline_ms = cc_boottime_ms() + s->job->grace_ms;
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int status;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		int signo = (int)info.ssi_signo;

		if (signo == SIGTERM || signo == SIGINT)
			begin_to_end(s);
		else if (signo != SIGCHLD && s->program != 0)
			kill(s->program, signo);
	}
	if (s->program != 0 && waitpid(s->program, &status, WNOHANG) == s->program)
		program_ended(s, status);
}

static void deadline_passed(struct supervisor *s)
{
	struct cc_error err = { 0 };

	s->deadline_ms = 0;
	if (s->ending) {
		log_say(s, "did not end in time: SIGKILL");
		kill(s->program, SIGKILL);
	} else if (program_start(s, &err) < 0) {
		log_say(s, "cannot start: %s", err.msg);
		plan_restart(s);
	}
}

static void loop(struct supervisor *s)
{
	struct pollfd p[] = { { .fd = s->signal_fd, .events = POLLIN }, { .fd = s->output[0], .events = POLLIN } };

	while (!s->ending || s->program != 0) {
		int64_t left = s->deadline_ms == 0 ? -1 : s->deadline_ms - cc_boottime_ms();

		if (s->deadline_ms != 0 && left <= 0) {
			deadline_passed(s);
			continue;
		}
		if (poll(p, CC_ARRAY_LEN(p), (int)(left > INT_MAX ? INT_MAX : left)) < 0)
			continue;
		log_take_output(s);
		take_signals(s);
	}
}

static int signals_open(struct supervisor *s, struct cc_error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	for (size_t i = 0; i < CC_ARRAY_LEN(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0 ? 0 : cc_fail_errno(err, "opening a signalfd");
}

/* A killed supervisor's program is ending. Two must never run. */
static int wait_for_predecessor(const struct supervise_job *job, const struct supervise_state *old, struct cc_error *err)
{
	int64_t kill_at = cc_boottime_ms() + job->grace_ms, give_up_at = kill_at + KILL_WAIT_MS;
	struct timespec step = { .tv_nsec = 20000000 };

	while (old->program > 0 && process_born(old->program) == old->program_born) {
		int64_t now = cc_boottime_ms();

		if (now >= give_up_at)
			return cc_fail(err, CONFLICT, "an earlier '%s' (pid %d) does not end", job->name, (int)old->program);
		if (now >= kill_at)
			kill(old->program, SIGKILL);
		nanosleep(&step, NULL);
	}
	return 0;
}

int supervise_run(const struct supervise_job *job, int pid_fd, int ready_fd, struct cc_error *err)
{
	struct supervisor s = { .job = job, .pid_fd = pid_fd };

	struct supervise_state old;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(pid_fd, F_OFD_SETLK, &lock) < 0)
		return cc_fail(err, CONFLICT, "'%s' is running already", job->name);
	supervise_pid_read(pid_fd, &old);
	if (old.program_born != 0 && wait_for_predecessor(job, &old, err) < 0)
		return -1;
	pid_write(&s);
	if (log_open(&s, err) < 0 || signals_open(&s, err) < 0)
		return -1;
	if (pipe2(s.output, O_CLOEXEC) < 0 || fcntl(s.output[0], F_SETFL, O_NONBLOCK) < 0)
		return cc_fail_errno(err, "making a pipe");
	if (program_start(&s, err) < 0)
		return -1;
	if (write(ready_fd, "", 1) != 1)
		log_say(&s, "was started by somebody who has gone");
	close(ready_fd);
	loop(&s);
	log_take_output(&s);
	log_say(&s, "is stopped");
	return ftruncate(pid_fd, 0) == 0 ? 0 : cc_fail_errno(err, "emptying the pid file");
}
