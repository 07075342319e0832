/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files into and out of instances: a job like that of a program, whose child brings its own code along instead of running the guest's. */
#include "agent/priv/priv_state.h"
#include "agent/storage/files.h"
#include "common/cleanup.h"
#include "common/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PATHS_MAX  256
#define PIPE_BYTES (256 * 1024)

struct files_args {
	struct ct_record rec;
	struct files_request request;
	const int *fds;
	bool running;
};

struct entry {
	const struct files_tool *tool;
	struct files_request request;
};

static int work_inside(const void *arg)
{
	const struct entry *e = arg;

	return e->tool->run(&e->request);
}

/* What comes from inside is as trustworthy as the guest: a number and a text, nothing else. */
static int read_report(int from, struct job_result *ret, struct cc_error *err)
{
	struct files_report report;

	if (read(from, &report, sizeof(report)) != (ssize_t)sizeof(report))
		return cc_fail(err, CONFLICT, "the copy ended early: the instance stopped, or has too little memory for it");
	report.msg[sizeof(report.msg) - 1] = '\0';
	if (report.code != CC_OK)
		return cc_error_set(err, report.code < CC_CODE_MAX ? (enum cc_code)report.code : CC_INTERNAL, 0, CC_HERE, "%s", report.msg);
	ret->exit_status = report.failed != 0;
	return 0;
}

static int work_files(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct files_args *a = args;
	struct entry entry = { .tool = files_tool_find(err), .request = a->request };
	cc_auto_close int ours = -1, theirs = -1;
	char *nothing[] = { NULL };
	struct driver_exec exec = { .argv = nothing, .env = nothing, .fds = a->fds, .control = channel, .inside = work_inside, .inside_arg = &entry };
	int report[2], status, result;

	if (entry.tool == NULL)
		return -1;
	if (pipe2(report, O_CLOEXEC) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return cc_fail_errno(err, "preparing to copy");
	/* Fewer turns between the processes at its ends. Where it may not grow it stays as it is. */
	(void)fcntl(a->fds[a->request.what.action == PRIV_FILES_PUSH ? 0 : 1], F_SETPIPE_SZ, PIPE_BYTES);
	ours = report[0];
	entry.request.report = theirs = report[1];
	entry.tool->prepare();
	/* Inside, a parent outside of the process namespace has no number. */
	entry.request.parent = a->running ? 0 : getpid();
	result = a->running ? node->driver->exec(node, &a->rec, &exec, &status, err) : files_visit(node, &a->rec, &exec, &status, err);
	/* With it, a child that died would not be noticed. */
	close(cc_take_fd(theirs));
	return result < 0 ? -1 : read_report(ours, ret, err);
}

int priv_files_check(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	const struct priv_ct_files *q = &r->body.ct_files;
	const char *at = r->tail;

	key[0] = '\0';
	if (q->action >= PRIV_FILES_MAX || q->place >= CC_TREE_PLACE_MAX)
		return cc_fail(err, INVALID, "there is no such way to copy");
	if (q->count == 0 || q->count > PATHS_MAX || (q->action != PRIV_FILES_PULL && q->count != 1))
		return cc_fail(err, INVALID, "a copy needs from 1 to %d paths, of which one can be the target", PATHS_MAX);
	if (r->tail_len == 0 || r->tail[r->tail_len - 1] != '\0' || priv_exec_count_strings(r->tail, r->tail_len) != q->count)
		return cc_fail(err, INVALID, "paths are not %u strings", q->count);
	for (uint32_t i = 0; i < q->count; i++, at += strlen(at) + 1)
		if (at[0] == '\0')
			return cc_fail(err, INVALID, "a path is empty");
	return 0;
}

int priv_files_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct instance *inst = instances_find(&s->instances, r->body.ct_files.id);
	struct files_args args = { .request = { .what = r->body.ct_files, .paths = r->tail }, .fds = r->fds };
	struct job_spec spec = { .work = work_files, .args = &args, .fds = { r->fds[0], r->fds[1], r->fds[2] }, .fd_count = 3, .outlives_us = true };

	if (inst == NULL)
		return cc_fail(err, NOT_FOUND, "there is no such instance on this node");
	args.running = inst->now.state == PRIV_CT_RUNNING;
	if (r->body.ct_files.action == PRIV_FILES_EXPORT && inst->now.state == PRIV_CT_STOPPING)
		return cc_fail(err, CONFLICT, "the instance is being stopped; try again when it is");
	if (r->body.ct_files.action != PRIV_FILES_EXPORT && !args.running)
		return cc_fail(err, CONFLICT, "the instance does not run; start it first: its files are copied by a process inside");
	if (!s->node->driver->has_rights)
		return cc_fail(err, CONFLICT, "instances of the %s driver have no files", s->node->driver->name);
	args.rec = inst->rec;
	return priv_exec_start_job(s, r, &spec, err);
}
