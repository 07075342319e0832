/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/job.h"

#include "agent/driver/process.h"

#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A program that closes all descriptors it may have, or uses select(), is not to find a million: what instances and programs are given is the usual. */
static void restore_files(const struct priv_node *node)
{
	struct rlimit files;

	if (node->soft_files > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = node->soft_files;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void prepare_child(const struct priv_node *node, const struct job_spec *spec, int channel, pid_t parent)
{
	int keep[JOB_FDS_MAX + 5] = { channel, node->dirs.root, node->dirs.instances, node->dirs.images, spec->outlives_us ? -1 : node->dirs.lock };
	size_t n = 5;
	sigset_t none;

	for (int i = 0; i < spec->fd_count; i++)
		keep[n++] = spec->fds[i];
	/* A container's monitor lives on from the child: what it held open would never close. */
	process_keep_fds(keep, n);
	if (!spec->outlives_us)
		process_end_with(parent);
	restore_files(node);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void send_result(int channel, int result, const struct job_result *r, const struct cc_error *err)
{
	struct cc_error ignored = { 0 };
	struct priv_frame f = { .head = { .code = CC_OK, .body = sizeof(*r) }, .body = r };

	if (result < 0)
		f = (struct priv_frame){ .head = { .code = err->code, .tail = (uint32_t)strlen(err->msg) }, .tail = err->msg };
	else if (r->status.init_fd >= 0 && r->status.monitor_fd >= 0) {
		f.fds[f.fd_count++] = r->status.init_fd;
		f.fds[f.fd_count++] = r->status.monitor_fd;
	}
	(void)priv_frame_send(channel, &f, &ignored);
}

CC_NORETURN static void run_child(const struct priv_node *node, const struct job_spec *spec, int channel, pid_t parent)
{
	struct job_result r = { .status = DRIVER_STATUS_NONE };
	struct cc_error err = { 0 };
	int result;

	prepare_child(node, spec, channel, parent);
	result = spec->work(node, spec->args, channel, &r, &err);
	send_result(channel, result, &r, &err);
	/* Not exit: nothing of the parent's is to be flushed or checked for leaks here. */
	_exit(0);
}

int job_start(const struct priv_node *node, const struct job_spec *spec, struct job *ret, struct cc_error *err)
{
	pid_t pid, parent = getpid();
	int pair[2];

	if (priv_frame_socketpair(pair, err) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_child(node, spec, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return errno == EAGAIN ? cc_fail(err, BUSY, "the node can start no more processes now") : cc_fail_errno(err, "forking");
	}
	*ret = (struct job){ .pid = pid,
		.channel = pair[0],
		.deadline_ms = spec->timeout_ms > 0 ? cc_boottime_ms() + spec->timeout_ms : 0,
		.outlives_us = spec->outlives_us };
	return 0;
}

void job_reap(struct job_ended *ended)
{
	for (uint32_t i = 0; i < ended->count;)
		if (waitpid(ended->pids[i], NULL, WNOHANG) != 0)
			ended->pids[i] = ended->pids[--ended->count];
		else
			i++;
}

bool job_ended_full(const struct job_ended *ended)
{
	return ended->count >= JOB_ENDED_MAX / 2;
}

static void end_job(struct job *job, struct job_ended *ended)
{
	CC_PRE(ended->count < JOB_ENDED_MAX);
	ended->pids[ended->count++] = job->pid;
	job_reap(ended);
	close(job->channel);
	job->pid = 0;
	job->channel = -1;
}

static int take_result(const struct priv_frame *f, struct job_result *ret, struct cc_error *err)
{
	if (f->head.code != CC_OK)
		return cc_error_set(err, f->head.code < CC_CODE_MAX ? (enum cc_code)f->head.code : CC_INTERNAL, 0, CC_HERE, "%.*s", (int)f->head.tail,
		        (const char *)f->tail);
	CC_PRE(f->head.body == sizeof(*ret));
	memcpy(ret, f->body, sizeof(*ret));
	ret->status.init_fd = f->fd_count == 2 ? f->fds[0] : -1;
	ret->status.monitor_fd = f->fd_count == 2 ? f->fds[1] : -1;
	return 0;
}

int job_finish(struct job *job, struct job_ended *ended, struct job_result *ret, struct cc_error *err)
{
	_Alignas(8) char buf[1024 + sizeof(struct job_result)];
	struct priv_frame f;
	struct cc_error gone = { 0 };
	int result;

	if (priv_frame_recv(job->channel, buf, sizeof(buf), &f, &gone) > 0)
		result = take_result(&f, ret, err);
	else
		result = cc_fail(err, INTERNAL, "the child that did this died");
	end_job(job, ended);
	return result;
}

void job_abandon(struct job *job, struct job_ended *ended)
{
	/* What outlives us ends what it attends to when it sees the channel's end; killed, it could not. */
	if (!job->outlives_us)
		kill(job->pid, SIGKILL);
	end_job(job, ended);
}

int job_expire(struct job *job, struct job_ended *ended, struct cc_error *err)
{
	kill(job->pid, SIGKILL);
	end_job(job, ended);
	return cc_fail(err, TIMEOUT, "this took too long and was given up");
}

int job_run(const struct priv_node *node, const struct job_spec *spec, struct job_ended *ended, struct job_result *ret, struct cc_error *err)
{
	struct job job;

	if (job_ended_full(ended))
		return cc_fail(err, BUSY, JOB_TOO_MANY_HANG);
	if (job_start(node, spec, &job, err) < 0)
		return -1;
	for (;;) {
		struct pollfd p = { job.channel, POLLIN, 0 };
		int64_t left = job.deadline_ms > 0 ? job.deadline_ms - cc_boottime_ms() : 60000;
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return job_finish(&job, ended, ret, err);
		if (n == 0 && job.deadline_ms > 0)
			return job_expire(&job, ended, err);
	}
}
