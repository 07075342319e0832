/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open requests stand in a fixed table. A request that the socket has no room for is kept whole (bytes and duplicated descriptors) in its slot and sent
 * by priv_client_step, in the order of sequence numbers. */
#include "agent/priv_client.h"

#include "agent/priv_frame.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 256
#define BUF_SIZE (PRIV_TAIL_MAX + PRIV_BODY_MAX + 64)

struct open_request {
	uint32_t seq; /* 0: the slot is free */
	uint32_t verb;
	priv_reply_fn *on_reply;
	void (*release)(void *user);
	void *user;
	struct priv_frame *unsent; /* body and tail follow it in the same block */
};

struct priv_client {
	int fd;
	bool gone;
	uint32_t last_seq;
	size_t unsent_count;
	priv_event_fn *on_event;
	void *user;
	struct open_request open[OPEN_MAX];
	_Alignas(8) char buf[BUF_SIZE];
};

struct priv_client *priv_client_new(int fd, priv_event_fn *on_event, void *user)
{
	struct priv_client *c = cc_calloc(1, sizeof(*c));

	c->fd = fd;
	c->on_event = on_event;
	c->user = user;
	return c;
}

static void drop_unsent(struct priv_client *c, struct open_request *o)
{
	if (o->unsent == NULL)
		return;
	priv_frame_close_fds(o->unsent);
	free(o->unsent);
	o->unsent = NULL;
	c->unsent_count--;
}

void priv_client_free(struct priv_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < OPEN_MAX; i++) {
		drop_unsent(c, &c->open[i]);
		if (c->open[i].seq != 0 && c->open[i].release != NULL)
			c->open[i].release(c->open[i].user);
	}
	close(c->fd);
	free(c);
}

int priv_client_fd(const struct priv_client *c)
{
	return c->fd;
}

bool priv_client_wants_write(const struct priv_client *c)
{
	return c->unsent_count > 0;
}

static struct open_request *find_open(struct priv_client *c, uint32_t seq)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		if (c->open[i].seq == seq)
			return &c->open[i];
	return NULL;
}

/* A copy of the frame that outlives the caller's memory and descriptors. */
static int keep_frame(struct priv_client *c, struct open_request *o, const struct priv_frame *f, struct cc_error *err)
{
	struct priv_frame *copy = cc_malloc(sizeof(*copy) + f->head.body + f->head.tail);
	char *bytes = (char *)(copy + 1);

	*copy = *f;
	copy->fd_count = 0;
	for (uint32_t i = 0; i < f->fd_count; i++) {
		copy->fds[i] = fcntl(f->fds[i], F_DUPFD_CLOEXEC, 3);
		if (copy->fds[i] < 0) {
			cc_fail_errno(err, "keeping a descriptor for later");
			priv_frame_close_fds(copy);
			free(copy);
			return -1;
		}
		copy->fd_count++;
	}
	memcpy(bytes, f->body, f->head.body);
	if (f->head.tail > 0)
		memcpy(bytes + f->head.body, f->tail, f->head.tail);
	copy->body = bytes;
	copy->tail = bytes + f->head.body;
	o->unsent = copy;
	c->unsent_count++;
	return 0;
}

static int send_or_keep(struct priv_client *c, struct open_request *o, const struct priv_frame *f, struct cc_error *err)
{
	int sent = c->unsent_count > 0 ? 0 : priv_frame_send(c->fd, f, err);

	if (sent < 0)
		return -1;
	return sent == 1 ? 0 : keep_frame(c, o, f, err);
}

int priv_client_send(
        struct priv_client *c, const struct priv_request *r, priv_reply_fn *on_reply, void *user, uint32_t *ret_seq, struct cc_error *err)
{
	const struct priv_verb_info *info = priv_verb_info(r->verb);
	struct open_request *o = find_open(c, 0);
	struct priv_frame f = { .body = r->body, .tail = r->tail };

	CC_PRE(info != NULL);
	if (c->gone)
		return cc_fail(err, UNAVAILABLE, "the other half of the agent is gone");
	if (o == NULL)
		return cc_fail(err, BUSY, "%d requests to the privileged half are open", OPEN_MAX);
	if (r->tail_len > info->tail_max)
		return cc_fail(err, TOO_LARGE, "%zu bytes are too many for %s, %u is the most", r->tail_len, info->name, info->tail_max);
	f.head = (struct priv_header){ .verb = r->verb, .seq = c->last_seq + 1, .body = info->request_size, .tail = (uint32_t)r->tail_len };
	if (f.head.seq == PRIV_EVENT_SEQ)
		f.head.seq = 1;
	f.fd_count = info->fds;
	for (uint32_t i = 0; i < info->fds; i++)
		f.fds[i] = r->fds[i];
	if (send_or_keep(c, o, &f, err) < 0)
		return -1;
	c->last_seq = f.head.seq;
	o->seq = f.head.seq;
	o->verb = r->verb;
	o->on_reply = on_reply;
	o->release = r->release;
	o->user = user;
	if (ret_seq != NULL)
		*ret_seq = f.head.seq;
	return 0;
}

static void finish(struct priv_client *c, struct open_request *o, const struct priv_reply *reply)
{
	priv_reply_fn *on_reply = o->on_reply;

	drop_unsent(c, o);
	o->seq = 0;
	if (on_reply != NULL)
		on_reply(o->user, reply);
}

static void take_frame(struct priv_client *c, const struct priv_frame *f)
{
	struct open_request *o;
	struct priv_reply reply = { .verb = f->head.verb, .seq = f->head.seq, .tail = f->tail, .tail_len = f->head.tail };

	if (f->head.seq == PRIV_EVENT_SEQ) {
		if (f->head.verb == PRIV_EVENT_EXIT && f->head.body == sizeof(struct priv_ct) && c->on_event != NULL)
			c->on_event(c->user, f->body);
		else if (f->head.verb == PRIV_EVENT_CHANGED && c->on_event != NULL)
			c->on_event(c->user, NULL);
		return;
	}
	o = find_open(c, f->head.seq);
	if (o == NULL)
		return;
	reply.code = f->head.code < CC_CODE_MAX ? (enum cc_code)f->head.code : CC_INTERNAL;
	if (reply.code == CC_OK && f->head.body == priv_verb_info(o->verb)->reply_size)
		reply.body = f->body;
	else if (reply.code == CC_OK)
		reply.code = CC_INTERNAL;
	finish(c, o, &reply);
}

static struct open_request *oldest_unsent(struct priv_client *c)
{
	struct open_request *oldest = NULL;

	for (size_t i = 0; i < OPEN_MAX; i++)
		if (c->open[i].unsent != NULL && (oldest == NULL || c->open[i].seq < oldest->seq))
			oldest = &c->open[i];
	return oldest;
}

static int send_unsent(struct priv_client *c, struct cc_error *err)
{
	while (c->unsent_count > 0) {
		struct open_request *o = oldest_unsent(c);
		int sent = priv_frame_send(c->fd, o->unsent, err);

		if (sent <= 0)
			return sent;
		drop_unsent(c, o);
	}
	return 0;
}

static int fail_all(struct priv_client *c, const struct cc_error *err)
{
	c->gone = true;
	for (size_t i = 0; i < OPEN_MAX; i++) {
		struct open_request *o = &c->open[i];

		if (o->seq != 0)
			finish(c, o,
			        &(struct priv_reply){
			                .code = CC_UNAVAILABLE, .verb = o->verb, .seq = o->seq, .tail = err->msg, .tail_len = strlen(err->msg) });
	}
	return -1;
}

int priv_client_step(struct priv_client *c, struct cc_error *err)
{
	struct priv_frame f;
	int got;

	if (c->gone)
		return cc_fail(err, UNAVAILABLE, "the other half of the agent is gone");
	if (send_unsent(c, err) < 0)
		return fail_all(c, err);
	while ((got = priv_frame_recv(c->fd, c->buf, sizeof(c->buf), &f, err)) > 0) {
		priv_frame_close_fds(&f);
		take_frame(c, &f);
	}
	return got < 0 ? fail_all(c, err) : 0;
}

struct call {
	bool done;
	int result;
	void *body;
	void **tail;
	struct cc_error *err;
};

static void call_done(void *user, const struct priv_reply *reply)
{
	struct call *call = user;

	call->done = true;
	if (reply->code != CC_OK) {
		call->result = cc_error_set(call->err, reply->code, 0, CC_HERE, "%.*s", (int)reply->tail_len, (const char *)reply->tail);
		return;
	}
	if (call->body != NULL)
		memcpy(call->body, reply->body, priv_verb_info(reply->verb)->reply_size);
	if (call->tail != NULL) {
		*call->tail = cc_malloc(reply->tail_len);
		memcpy(*call->tail, reply->tail, reply->tail_len);
	}
}

int priv_client_call(struct priv_client *c, const struct priv_request *r, int timeout_ms, void *ret_body, void **ret_tail, struct cc_error *err)
{
	struct call call = { .body = ret_body, .tail = ret_tail, .err = err };
	int64_t deadline = cc_boottime_ms() + timeout_ms;
	uint32_t seq;

	if (priv_client_send(c, r, call_done, &call, &seq, err) < 0)
		return -1;
	while (!call.done) {
		struct pollfd p = { c->fd, (short)(POLLIN | (priv_client_wants_write(c) ? POLLOUT : 0)), 0 };
		struct cc_error gone = { 0 };
		int64_t left = deadline - cc_boottime_ms();

		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			find_open(c, seq)->on_reply = NULL;
			return cc_fail(err, TIMEOUT, "no answer from the privileged half within %d ms", timeout_ms);
		}
		if (priv_client_step(c, &gone) < 0 && !call.done)
			return cc_error_set(err, gone.code, gone.sys_errno, gone.where, "%s", gone.msg);
	}
	return call.result;
}
