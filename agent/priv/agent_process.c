/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/agent_process.h"

#include "agent/driver/process.h"
#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define DELAY_FIRST_MS 250
#define DELAY_MAX_MS   30000
#define STEADY_MS      60000 /* ran that long: the next end is no quick one */

static int become_user(const struct passwd *pw)
{
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
	        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return -1;
	/* Also bars setuid programs: whoever takes cc-agent over stays this user. */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

CC_NORETURN static void run_agent(const struct priv_settings *set, const struct passwd *pw, int fd)
{
	char *alone[] = { (char *)set->agent, NULL };
	char **argv = alone;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(fd, AGENT_SOCKET_FD) < 0 || (fd == AGENT_SOCKET_FD && fcntl(fd, F_SETFD, 0) < 0))
		_exit(126);
	close_range(AGENT_SOCKET_FD + 1, ~0u, 0);
	if (pw != NULL && become_user(pw) < 0) {
		perror("cc-agent-priv: changing to the agent's user");
		_exit(126);
	}
	/* agent_argv is what followed "--"; its slot before that becomes argv[0]. */
	if (set->agent_argv != NULL) {
		argv = set->agent_argv - 1;
		argv[0] = (char *)set->agent;
	}
	execv(set->agent, argv);
	fprintf(stderr, "<3>cc-agent-priv: cannot run '%s': %s\n", set->agent, strerror(errno));
	_exit(127);
}

/* Only root can change users; without rights (simulation) the agent runs as who we are. */
static int find_user(const struct priv_settings *set, const struct passwd **ret, struct cc_error *err)
{
	*ret = NULL;
	if (geteuid() != 0)
		return 0;
	*ret = getpwnam(set->user);
	return *ret != NULL
	               ? 0
	               : cc_fail(err, NOT_FOUND, "user: there is no '%s' on this machine; make it with: useradd --system %s", set->user, set->user);
}

int agent_process_start(struct agent_process *p, const struct priv_settings *set, int *ret_fd, struct cc_error *err)
{
	const struct passwd *pw;
	int pair[2];
	pid_t pid;

	if (find_user(set, &pw, err) < 0 || priv_frame_socketpair(pair, err) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_agent(set, pw, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return cc_fail_errno(err, "forking");
	}
	p->pid = pid;
	p->started_ms = cc_boottime_ms();
	p->kill_at_ms = 0;
	*ret_fd = pair[0];
	return 0;
}

bool agent_process_reap(struct agent_process *p, int64_t now_ms)
{
	if (p->pid == 0 || waitpid(p->pid, NULL, WNOHANG) != p->pid)
		return false;
	if (now_ms - p->started_ms >= STEADY_MS || p->delay_ms == 0)
		p->delay_ms = DELAY_FIRST_MS;
	else
		p->delay_ms = p->delay_ms * 2 < DELAY_MAX_MS ? p->delay_ms * 2 : DELAY_MAX_MS;
	p->pid = 0;
	p->start_at_ms = now_ms + p->delay_ms;
	return true;
}

void agent_process_reload(const struct agent_process *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGHUP);
}

void agent_process_ask(struct agent_process *p, int64_t kill_at_ms)
{
	if (p->pid <= 0)
		return;
	/* By number, but it is our child: nobody else has the number before it is reaped. */
	kill(p->pid, SIGTERM);
	p->kill_at_ms = kill_at_ms;
}

int agent_process_insist(struct agent_process *p, int64_t now_ms)
{
	if (p->kill_at_ms == 0)
		return -1;
	if (p->kill_at_ms > now_ms)
		return (int)(p->kill_at_ms - now_ms);
	kill(p->pid, SIGKILL);
	p->kill_at_ms = 0;
	return -1;
}

void agent_process_stop(struct agent_process *p, int grace_ms)
{
	cc_auto_close int pidfd = p->pid > 0 ? process_open(p->pid) : -1;

	if (pidfd < 0)
		return;
	process_signal(pidfd, SIGTERM);
	if (!process_wait(pidfd, grace_ms))
		process_signal(pidfd, SIGKILL);
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}
