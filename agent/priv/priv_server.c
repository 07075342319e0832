/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread, one epoll set, one event at a time: what an event's handler frees cannot be named by a later event of the same batch. Requests stand in one
 * list in the order they came; one runs when no earlier one has its key. All bounds are in priv_state.h. */
#include "agent/priv/priv_server.h"

#include "agent/driver/process.h"
#include "agent/priv/priv_state.h"
#include "common/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGENT_GRACE_MS 3000
#define QUICK_MS       60000

/* Children at once. */
static const uint32_t jobs_max[JOBS_MAX] = { [JOBS_QUICK] = 24, [JOBS_LONG] = 8, [JOBS_STOP] = 64, [JOBS_EXEC] = 128 };

static void on_job(struct priv_server *s, struct watch *w);
static void drop_client(struct priv_server *s);

int priv_server_watch(struct priv_server *s, struct watch *w, int fd, struct cc_error *err)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return cc_fail_errno(err, "watching a descriptor");
	w->fd = fd;
	return 0;
}

void priv_server_unwatch(struct priv_server *s, struct watch *w)
{
	if (w->fd >= 0)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
}

/* Outgoing messages */

static void watch_output(struct priv_server *s, bool on)
{
	struct epoll_event e = { .events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = &s->socket };

	epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->socket.fd, &e);
}

static void keep_outgoing(struct priv_server *s, const struct priv_frame *f)
{
	struct outgoing *o = cc_malloc(sizeof(*o) + f->head.body + f->head.tail);
	char *bytes = (char *)(o + 1);

	o->next = NULL;
	o->frame = *f;
	if (f->head.body > 0)
		memcpy(bytes, f->body, f->head.body);
	if (f->head.tail > 0)
		memcpy(bytes + f->head.body, f->tail, f->head.tail);
	o->frame.body = bytes;
	o->frame.tail = bytes + f->head.body;
	*s->outbox_end = o;
	s->outbox_end = &o->next;
	if (s->outbox_count++ == 0)
		watch_output(s, true);
}

static void drop_first_outgoing(struct priv_server *s)
{
	struct outgoing *o = s->outbox;

	s->outbox = o->next;
	if (s->outbox == NULL)
		s->outbox_end = &s->outbox;
	s->outbox_count--;
	free(o);
}

static void send_frame(struct priv_server *s, const struct priv_frame *f)
{
	struct cc_error ignored = { 0 };
	int sent;

	if (s->socket.fd < 0)
		return;
	sent = s->outbox_count > 0 ? 0 : priv_frame_send(s->socket.fd, f, &ignored);
	if (sent == 0 && s->outbox_count < OUTBOX_MAX)
		keep_outgoing(s, f);
	else if (sent != 1)
		/* It does not read, or is gone; the end of file that it will see says so. */
		shutdown(s->socket.fd, SHUT_RDWR);
}

void priv_server_send(struct priv_server *s, uint32_t verb, uint32_t seq, const void *body, uint32_t body_len, const void *tail, uint32_t tail_len)
{
	struct priv_frame f = { .head = { .verb = verb, .seq = seq, .code = CC_OK, .body = body_len, .tail = tail_len }, .body = body, .tail = tail };

	send_frame(s, &f);
}

static void send_error(struct priv_server *s, uint32_t verb, uint32_t seq, const struct cc_error *err)
{
	struct priv_frame f = { .head = { .verb = verb, .seq = seq, .code = err->code, .tail = (uint32_t)strlen(err->msg) }, .tail = err->msg };

	send_frame(s, &f);
}

static void send_outbox(struct priv_server *s)
{
	struct cc_error ignored = { 0 };

	while (s->outbox_count > 0 && priv_frame_send(s->socket.fd, &s->outbox->frame, &ignored) == 1)
		drop_first_outgoing(s);
	if (s->outbox_count == 0)
		watch_output(s, false);
}

/* Requests */

static void free_request(struct priv_server *s, struct request *r)
{
	struct request **at = &s->requests;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	s->request_count--;
	for (uint32_t i = 0; i < r->fd_count; i++)
		close(r->fds[i]);
	free(r->tail);
	free(r->reply_tail);
	free(r);
}

static void append_request(struct priv_server *s, struct request *r)
{
	struct request **at = &s->requests;

	while (*at != NULL)
		at = &(*at)->next;
	*at = r;
	s->request_count++;
}

/* `outcome` is what a handler returned: a job runs, the reply is ready, or it failed. */
static void advance(struct priv_server *s, struct request *r, int outcome, const struct cc_error *err)
{
	const struct priv_verb_info *info = priv_verb_info(r->verb);

	if (outcome == 1)
		return;
	/* The server's own requests have nobody to answer; what failed there shows in the next CT_LIST. */
	if (info != NULL && r->client == s->client && outcome == 0)
		priv_server_send(s, r->verb, r->seq, &r->reply, info->reply_size, r->reply_tail, r->reply_tail_len);
	else if (info != NULL && r->client == s->client)
		send_error(s, r->verb, r->seq, err);
	else if (r->client != 0)
		priv_server_send(s, PRIV_EVENT_CHANGED, PRIV_EVENT_SEQ, NULL, 0, NULL, 0);
	free_request(s, r);
}

/* A verb that is quick by nature may have a step that is not. */
static enum job_class class_of(const struct request *r, const struct job_spec *spec)
{
	enum job_class class = priv_verb_handler(r->verb)->class;

	return class == JOBS_QUICK && spec->timeout_ms > QUICK_MS ? JOBS_LONG : class;
}

int priv_server_start_job(struct priv_server *s, struct request *r, const struct job_spec *spec, struct cc_error *err)
{
	if (job_ended_full(&s->ended))
		return cc_fail(err, BUSY, JOB_TOO_MANY_HANG);
	if (job_start(s->node, spec, &r->job, err) < 0)
		return -1;
	r->channel.ready = on_job;
	if (priv_server_watch(s, &r->channel, r->job.channel, err) < 0) {
		struct cc_error ignored = { 0 };

		return job_expire(&r->job, &s->ended, &ignored);
	}
	r->running = true;
	r->class = class_of(r, spec);
	s->running[r->class]++;
	return 1;
}

int priv_server_wait(struct priv_server *s, struct request *r)
{
	r->job = (struct job){ .channel = -1 };
	r->running = true;
	r->class = priv_verb_handler(r->verb)->class;
	s->running[r->class]++;
	return 1;
}

void priv_server_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	r->running = false;
	s->running[r->class]--;
	advance(s, r, priv_verb_handler(r->verb)->resume(s, r, result, err), err);
}

static void on_job(struct priv_server *s, struct watch *w)
{
	struct request *r = (struct request *)(void *)((char *)w - offsetof(struct request, channel));
	struct job_result result;
	struct cc_error err = { 0 };

	priv_server_unwatch(s, w);
	if (job_finish(&r->job, &s->ended, &result, &err) == 0)
		priv_server_resume(s, r, &result, &err);
	else
		priv_server_resume(s, r, NULL, &err);
}

static bool may_begin(const struct priv_server *s, const struct request *r)
{
	enum job_class class = priv_verb_handler(r->verb)->class;

	if (r->running || (r->key[0] != '\0' && s->running[class] >= jobs_max[class]))
		return false;
	for (const struct request *e = s->requests; r->key[0] != '\0' && e != r; e = e->next)
		if (strcmp(e->key, r->key) == 0)
			return false;
	return true;
}

/* Begins whatever may; beginning can end requests and make new ones, so the scan starts over after each. */
static void begin_requests(struct priv_server *s)
{
	struct request *r = s->requests;

	while (r != NULL) {
		struct cc_error err = { 0 };

		if (!may_begin(s, r)) {
			r = r->next;
			continue;
		}
		advance(s, r, priv_verb_handler(r->verb)->begin(s, r, &err), &err);
		r = s->requests;
	}
}

/* What gives way ends as if its time were over. */
static void break_off(struct priv_server *s, const struct request *r)
{
	for (struct request *e = s->requests; e != NULL && e != r; e = e->next)
		if (e->running && strcmp(e->key, r->key) == 0 && priv_snapshot_yields(e, r->verb)) {
			e->broken_off = true;
			e->job.deadline_ms = 1;
		}
}

void priv_server_ask_self(struct priv_server *s, enum internal_verb verb, struct cc_uuid id)
{
	struct request *r;

	for (const struct request *e = s->requests; e != NULL; e = e->next)
		if (e->verb == verb && !e->running && cc_uuid_equal(e->body.ct_ref.id, id))
			return;
	r = cc_calloc(1, sizeof(*r));
	r->verb = verb;
	r->body.ct_ref.id = id;
	r->channel.fd = -1;
	cc_uuid_format(id, r->key);
	append_request(s, r);
	break_off(s, r);
}

/* What the client sends */

static int check_frame(const struct priv_server *s, const struct priv_frame *f, struct cc_error *err)
{
	const struct priv_verb_info *info = priv_verb_info(f->head.verb);

	if (info == NULL || priv_verb_handler(f->head.verb) == NULL)
		return cc_fail(err, INVALID, "there is no verb %u", f->head.verb);
	if (f->head.seq == PRIV_EVENT_SEQ)
		return cc_fail(err, INVALID, "requests count from 1");
	if (f->head.body != info->request_size)
		return cc_fail(err, INVALID, "%s has %u bytes, not %u", info->name, info->request_size, f->head.body);
	if (f->head.tail > info->tail_max)
		return cc_fail(err, TOO_LARGE, "%s may carry %u more bytes, not %u", info->name, info->tail_max, f->head.tail);
	if (f->fd_count != info->fds)
		return cc_fail(err, INVALID, "%s comes with %u descriptors, not %u", info->name, info->fds, f->fd_count);
	if (s->request_count >= REQUESTS_MAX || (priv_verb_handler(f->head.verb)->class == JOBS_EXEC && s->running[JOBS_EXEC] >= jobs_max[JOBS_EXEC]))
		return cc_fail(err, BUSY, "the privileged half has all it can do; try again later");
	return 0;
}

/* Takes the descriptors. */
static struct request *new_request(const struct priv_server *s, const struct priv_frame *f)
{
	struct request *r = cc_calloc(1, sizeof(*r));

	r->verb = f->head.verb;
	r->seq = f->head.seq;
	r->client = s->client;
	r->channel.fd = -1;
	memcpy(&r->body, f->body, f->head.body);
	r->tail = cc_calloc(1, f->head.tail + 1);
	memcpy(r->tail, f->tail, f->head.tail);
	r->tail_len = f->head.tail;
	memcpy(r->fds, f->fds, sizeof(r->fds));
	r->fd_count = f->fd_count;
	return r;
}

static void take_frame(struct priv_server *s, struct priv_frame *f)
{
	const struct verb_handler *h;
	struct cc_error err = { 0 };
	struct request *r;

	if (check_frame(s, f, &err) < 0) {
		send_error(s, f->head.verb, f->head.seq, &err);
		priv_frame_close_fds(f);
		return;
	}
	r = new_request(s, f);
	h = priv_verb_handler(r->verb);
	append_request(s, r);
	if (h->check != NULL && h->check(r, r->key, &err) < 0)
		advance(s, r, -1, &err);
	else
		break_off(s, r);
}

static void on_socket(struct priv_server *s, struct watch *w)
{
	struct cc_error err = { 0 };
	struct priv_frame f;
	int got;

	if (s->outbox_count > 0)
		send_outbox(s);
	got = priv_frame_recv(w->fd, s->buf, sizeof(s->buf), &f, &err);
	if (got > 0)
		take_frame(s, &f);
	else if (got < 0 && (err.code == CC_INVALID || err.code == CC_TOO_LARGE))
		send_error(s, f.head.verb, f.head.seq, &err);
	else if (got < 0)
		drop_client(s);
}

/* The unprivileged half is gone: what it waits for has no reader, what it runs inside of instances is hung up, what was begun goes on. */
static void drop_client(struct priv_server *s)
{
	struct request *next;
	int fd = s->socket.fd;

	priv_server_unwatch(s, &s->socket);
	close(fd);
	while (s->outbox_count > 0)
		drop_first_outgoing(s);
	for (struct request *r = s->requests; r != NULL; r = next) {
		next = r->next;
		if (r->client != s->client)
			continue;
		if (!r->running)
			free_request(s, r);
		else if (priv_exec_is(r))
			shutdown(r->job.channel, SHUT_WR);
	}
	s->client++;
	agent_process_ask(&s->agent, cc_boottime_ms() + AGENT_GRACE_MS);
	if (s->node->set.serve_fd > 0)
		s->ending = true;
}

/* The loop */

static void on_signal(struct priv_server *s, struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		agent_process_reload(&s->agent);
		return;
	}
	if (info.ssi_signo != SIGCHLD) {
		s->ending = true;
		return;
	}
	job_reap(&s->ended);
	if (agent_process_reap(&s->agent, cc_boottime_ms()) && s->socket.fd >= 0)
		drop_client(s);
}

static int connect_client(struct priv_server *s, int fd, struct cc_error *err)
{
	s->socket.ready = on_socket;
	s->client = s->client == 0 ? 1 : s->client;
	return priv_server_watch(s, &s->socket, fd, err);
}

/* Starts cc-agent when it is time, and ends it when it was asked to and does not. Returns ms until then, -1 when nothing is to be done. */
static int tend_agent(struct priv_server *s, int64_t now_ms)
{
	struct cc_error err = { 0 };
	int fd;

	if (s->node->set.agent[0] == '\0')
		return -1;
	if (s->agent.pid > 0)
		return agent_process_insist(&s->agent, now_ms);
	if (s->agent.start_at_ms > now_ms)
		return (int)(s->agent.start_at_ms - now_ms);
	if (agent_process_start(&s->agent, &s->node->set, &fd, &err) < 0 || connect_client(s, fd, &err) < 0) {
		fprintf(stderr, "<3>cc-agent-priv: starting cc-agent: %s\n", err.msg);
		s->agent.start_at_ms = now_ms + 30000;
	}
	return s->agent.pid > 0 ? -1 : 30000;
}

static int expire_jobs(struct priv_server *s, int64_t now_ms)
{
	int64_t next = -1;

	for (struct request *r = s->requests; r != NULL; r = r->next) {
		struct cc_error err = { 0 };

		if (!r->running || r->job.deadline_ms == 0)
			continue;
		if (r->job.deadline_ms <= now_ms) {
			priv_server_unwatch(s, &r->channel);
			(void)job_expire(&r->job, &s->ended, &err);
			priv_server_resume(s, r, NULL, &err);
			return 0;
		}
		if (next < 0 || r->job.deadline_ms < next)
			next = r->job.deadline_ms;
	}
	return next < 0 ? -1 : (int)(next - now_ms);
}

/* Of two waits the shorter; negative means for ever. */
static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static void step(struct priv_server *s)
{
	struct epoll_event e;
	int64_t now = cc_boottime_ms();
	int wait = priv_watch_look_again(s, now);

	wait = sooner(sooner(wait, priv_net_tend(s, now)), priv_names_tend(s, now));
	begin_requests(s);
	wait = sooner(sooner(expire_jobs(s, now), wait), tend_agent(s, now));
	if (epoll_wait(s->epoll, &e, 1, wait) == 1) {
		struct watch *w = e.data.ptr;

		w->ready(s, w);
	}
}

static int watch_signals(struct priv_server *s, struct cc_error *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return cc_fail_errno(err, "taking in signals");
	s->signals.ready = on_signal;
	return priv_server_watch(s, &s->signals, fd, err);
}

static void close_server(struct priv_server *s)
{
	agent_process_stop(&s->agent, AGENT_GRACE_MS);
	while (s->requests != NULL) {
		struct request *r = s->requests;

		if (r->running && r->waits_for == 0)
			job_abandon(&r->job, &s->ended);
		free_request(s, r);
	}
	while (s->outbox_count > 0)
		drop_first_outgoing(s);
	if (s->socket.fd >= 0)
		close(s->socket.fd);
	if (s->signals.fd >= 0)
		close(s->signals.fd);
	priv_lease_close(s);
	priv_names_close(s);
	priv_net_close(s);
	instances_free(&s->instances);
	close(s->epoll);
	free(s);
}

static int serve(struct priv_server *s, struct cc_error *err)
{
	/* Watching before the rules are made: no change falls between. */
	if (watch_signals(s, err) < 0 || priv_net_watch(s, err) < 0 || priv_readopt(s, err) < 0 || priv_lease_open(s, err) < 0)
		return -1;
	priv_names_changed(s);
	if (s->node->set.serve_fd > 0 && connect_client(s, (int)s->node->set.serve_fd, err) < 0)
		return -1;
	while (!s->ending)
		step(s);
	return 0;
}

int priv_server_run(struct priv_node *node, struct cc_error *err)
{
	struct priv_server *s = cc_calloc(1, sizeof(*s));
	int result;

	s->node = node;
	s->outbox_end = &s->outbox;
	s->socket.fd = s->signals.fd = s->net.addresses.fd = s->leases.timer.fd = s->names.process.fd = -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	CC_PRE(s->epoll >= 0);
	result = serve(s, err);
	close_server(s);
	return result;
}
