/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs inside of instances. Each has a child that waits for it, takes signals over the job's channel, and hangs the program up when the channel ends:
 * because the client is gone, or because cc-agent-priv is. */
#include "agent/driver/console_log.h"
#include "agent/priv/priv_state.h"
#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 4096

struct exec_args {
	struct ct_record rec;
	struct driver_exec exec;
};

static int work_exec(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct exec_args *a = args;
	struct driver_exec exec = a->exec;

	exec.control = channel;
	return node->driver->exec(node, &a->rec, &exec, &ret->exit_status, err);
}

uint32_t priv_exec_count_strings(const char *tail, uint32_t len)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		n += tail[i] == '\0';
	return n;
}

int priv_exec_check(const struct request *r, char key[KEY_MAX], struct cc_error *err)
{
	const struct priv_ct_exec *q = &r->body.ct_exec;

	key[0] = '\0';
	if (q->argc == 0 || q->argc > ARGS_MAX || q->envc > ARGS_MAX)
		return cc_fail(err, INVALID, "a program needs from 1 to %d arguments", ARGS_MAX);
	if (r->tail_len == 0 || r->tail[r->tail_len - 1] != '\0' || priv_exec_count_strings(r->tail, r->tail_len) != q->argc + q->envc)
		return cc_fail(err, INVALID, "arguments and environment are not %u strings", q->argc + q->envc);
	if (r->tail[0] == '\0')
		return cc_fail(err, INVALID, "the program's name is empty");
	if (q->tty > 1)
		return cc_fail(err, INVALID, "a program has a terminal (1) or none (0)");
	if (q->uid >= SLOT_IDS || q->gid >= SLOT_IDS)
		return cc_fail(err, INVALID, "user and group inside an instance go up to %u", SLOT_IDS - 1);
	return 0;
}

static char **take_strings(char **at, uint32_t n, size_t spare)
{
	char **list = cc_calloc(n + spare + 1, sizeof(*list));

	for (uint32_t i = 0; i < n; i++) {
		list[i] = *at;
		*at += strlen(*at) + 1;
	}
	return list;
}

static bool has_variable(char **env, const char *prefix)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void add_default(char **env, uint32_t *count, const char *variable, const char *prefix)
{
	if (!has_variable(env, prefix))
		env[(*count)++] = (char *)variable;
}

bool priv_exec_is(const struct request *r)
{
	return priv_verb_handler(r->verb)->class == JOBS_EXEC;
}

/* The child has the descriptors then; end of file must not wait for this process. */
int priv_exec_start_job(struct priv_server *s, struct request *r, const struct job_spec *spec, struct cc_error *err)
{
	int started = priv_server_start_job(s, r, spec, err);

	for (uint32_t i = 0; i < r->fd_count; i++)
		close(r->fds[i]);
	r->fd_count = 0;
	return started;
}

int priv_exec_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_ct_exec *q = &r->body.ct_exec;
	const struct instance *inst = instances_find(&s->instances, q->id);
	struct exec_args args = { .exec = { .uid = q->uid, .gid = q->gid, .fds = r->fds, .tty = q->tty != 0, .size = { q->rows, q->cols } } };
	struct job_spec spec = { .work = work_exec, .args = &args, .fds = { r->fds[0], r->fds[1], r->fds[2] }, .fd_count = 3, .outlives_us = true };
	char *at = r->tail;
	uint32_t envc = q->envc;
	int started;

	if (inst == NULL)
		return cc_fail(err, NOT_FOUND, "there is no such instance on this node");
	if (inst->now.state != PRIV_CT_RUNNING)
		return cc_fail(err, CONFLICT, "the instance does not run; start it first");
	args.rec = inst->rec;
	args.exec.argv = take_strings(&at, q->argc, 0);
	args.exec.env = take_strings(&at, q->envc, 2);
	add_default(args.exec.env, &envc, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PATH=");
	if (q->uid == 0)
		add_default(args.exec.env, &envc, "HOME=/root", "HOME=");
	started = priv_exec_start_job(s, r, &spec, err);
	free(args.exec.argv);
	free(args.exec.env);
	return started;
}

struct console_args {
	struct ct_record rec;
	struct driver_console console;
};

static int work_console(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	const struct console_args *a = args;
	struct driver_console console = a->console;

	console.control = channel;
	ret->exit_status = 0;
	return driver_console(node, &a->rec, &console, err);
}

int priv_console_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_ct_console *q = &r->body.ct_console;
	const struct instance *inst = instances_find(&s->instances, q->id);
	struct console_args args = { .console = { .fds = r->fds, .size = { q->rows, q->cols } } };
	struct job_spec spec = { .work = work_console, .args = &args, .fds = { r->fds[0], r->fds[1] }, .fd_count = 2, .outlives_us = true };

	if (inst == NULL)
		return cc_fail(err, NOT_FOUND, "there is no such instance on this node");
	if (inst->now.state != PRIV_CT_RUNNING)
		return cc_fail(err, CONFLICT, "the instance does not run; see 'ccctl logs' for what it said last, or start it");
	args.rec = inst->rec;
	return priv_exec_start_job(s, r, &spec, err);
}

static int work_logs(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	struct console_log log = *(const struct console_log *)args;

	(void)node;
	log.control = channel;
	ret->exit_status = console_log_write(&log, err);
	return ret->exit_status < 0 ? -1 : 0;
}

int priv_logs_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	const struct priv_ct_logs *q = &r->body.ct_logs;
	const struct instance *inst = instances_find(&s->instances, q->id);
	struct console_log log = { .lines = q->lines, .monitor = -1, .out = r->fds[1] };
	struct job_spec spec = { .work = work_logs, .args = &log, .fd_count = 3, .outlives_us = true };
	cc_auto_close int dirfd = -1;

	if (inst == NULL || inst->being_deleted)
		return cc_fail(err, NOT_FOUND, "there is no such instance on this node");
	if (state_dir_open_instance(&s->node->dirs, q->id, false, &dirfd, err) < 0)
		return -1;
	log.dirfd = dirfd;
	if (q->follow != 0)
		log.monitor = inst->now.monitor_fd;
	spec.fds[0] = r->fds[1];
	spec.fds[1] = log.dirfd;
	spec.fds[2] = log.monitor;
	return priv_exec_start_job(s, r, &spec, err);
}

int priv_exec_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)err;
	/* Without processes to watch, ask: the program may have ended the instance. */
	if (!s->node->driver->has_rights && r->verb == PRIV_CT_EXEC)
		priv_server_ask_self(s, VERB_LOOK, r->body.ct_exec.id);
	if (result == NULL)
		return -1;
	r->reply.exec.exit_status = result->exit_status;
	return 0;
}

/* To what runs for this client under that number. */
static int tell_exec(struct priv_server *s, const struct request *r, uint32_t exec_seq, const struct priv_frame *f, struct cc_error *err)
{
	int sent = -1;

	for (const struct request *e = s->requests; e != NULL; e = e->next) {
		if (!priv_exec_is(e) || !e->running || e->client != r->client || e->seq != exec_seq)
			continue;
		sent = priv_frame_send(e->job.channel, f, err);
		return sent < 0 ? -1 : sent == 0 ? cc_fail(err, BUSY, "too many signals wait for the program") : 0;
	}
	return cc_fail(err, NOT_FOUND, "no program runs under that number");
}

int priv_signal_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	int32_t signal = r->body.ct_signal.signal;
	struct priv_frame f = { .head = { .verb = PRIV_CT_SIGNAL, .body = sizeof(signal) }, .body = &signal };

	if (signal < 1 || signal > 64)
		return cc_fail(err, INVALID, "there is no signal %d", signal);
	return tell_exec(s, r, r->body.ct_signal.exec_seq, &f, err);
}

int priv_window_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct terminal_size size = { r->body.ct_window.rows, r->body.ct_window.cols };
	struct priv_frame f = { .head = { .verb = PRIV_CT_WINDOW, .body = sizeof(size) }, .body = &size };

	return tell_exec(s, r, r->body.ct_window.exec_seq, &f, err);
}
